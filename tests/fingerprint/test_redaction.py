"""Redaction keeps the layout and nothing that was said."""

import pytest

from advisor.fingerprint import redact


@pytest.mark.parametrize(
    ("dialect", "sql", "wanted"),
    [
        ("postgresql", "SELECT 'a',\n  5 -- it's\nFROM \"T 2\"", 'SELECT ?,\n  ? \nFROM "T 2"'),
        (
            "postgresql",
            "select a from t where b in (1, 2, 'x') and c = $1",
            "select a from t where b in (?, ?, ?) and c = $1",
        ),
        ("mysql", "create user \"a\" identified by 'secret' # secret", "create user ? identified by ? "),
        ("mysql", "select 1/* secret */from t", "select ? from t"),
        ("mysql", "select /*!40001 'secret' */ 1", "select /*!40001 ? */ ?"),
        ("postgresql", "select 'secret", "select ?"),
        ("postgresql", 'select "secret', "select ?"),
        ("postgresql", "select E'\\' secret' , $x$ secret", "select ? , ?"),
        ("sqlite", "select [secret", "select ?"),
    ],
)
def test_redact(dialect, sql, wanted):
    assert redact(sql, dialect) == wanted
