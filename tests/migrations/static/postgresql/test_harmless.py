"""Statements that cost or block less than their words say."""

from __future__ import annotations

import pytest

from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine

BASE = """CREATE TABLE t (id serial PRIMARY KEY, full_iv interval, hm interval HOUR TO MINUTE, sec interval(3));
CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
CREATE UNIQUE INDEX m_id ON m (id);"""


def words(text: str) -> list[str]:
    found = foretell(
        [script_of(text, "2.sql", engine="postgresql")],
        None,
        Engine("postgresql", "15"),
        base=[script_of(BASE, "1.sql", engine="postgresql")],
    ).outcomes
    return [verdict(one, Unknown()) for one in found]


@pytest.mark.parametrize(
    ("column", "new", "word"),
    [
        ("full_iv", "interval DAY TO SECOND", "brief_lock"),
        ("full_iv", "interval HOUR TO MINUTE", "blocking"),
        ("full_iv", "interval DAY TO SECOND(3)", "blocking"),
        ("hm", "interval DAY TO SECOND", "brief_lock"),
        ("hm", "interval DAY TO HOUR", "blocking"),
        ("hm", "interval", "brief_lock"),
        ("sec", "interval(4)", "brief_lock"),
        ("sec", "interval(2)", "blocking"),
    ],
)
def test_fields_of_an_interval(column: str, new: str, word: str) -> None:
    assert words(f"ALTER TABLE t ALTER COLUMN {column} TYPE {new};") == [word]


def test_nobody_writes_to_a_materialised_view() -> None:
    assert words("CREATE INDEX m_more ON m ((id + 1));") == ["online"]
    assert words("REFRESH MATERIALIZED VIEW CONCURRENTLY m;") == ["online"]
    assert words("REFRESH MATERIALIZED VIEW m;") == ["blocking"]


def test_the_sequence_of_a_serial_without_its_default() -> None:
    kept = "DROP SEQUENCE t_id_seq;"
    assert words(kept) == ["fails"]
    assert words("ALTER TABLE t ALTER COLUMN id DROP DEFAULT; " + kept) == ["brief_lock", "safe"]
