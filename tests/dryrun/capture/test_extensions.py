"""Extensions that migrations make on a copy whose owner may make none."""

from __future__ import annotations

import pytest

from advisor.dryrun.capture.postgresql_relay import _without_extension

HERE = frozenset({"citext", "uuid-ossp"})


@pytest.mark.parametrize(
    ("sql", "made"),
    [
        ("CREATE EXTENSION citext", True),
        ("/*@advisor 2f74 20*/ CREATE EXTENSION IF NOT EXISTS citext", True),
        (' create extension if not exists "uuid-ossp" WITH SCHEMA public;\n', True),
        ("CREATE EXTENSION hstore", False),
        ("CREATE EXTENSION citext; DROP TABLE t", False),
        ("SELECT 'CREATE EXTENSION citext'", False),
        ("/* CREATE EXTENSION citext", False),
    ],
)
def test_what_is_there_is_not_made_again(sql: str, made: bool) -> None:
    raw = sql.encode() + b"\0"
    assert (_without_extension(b"Q", raw, HERE) != raw) is made
    prepared = b"name\0" + raw + b"\0\0"
    sent = _without_extension(b"P", prepared, HERE)
    assert (sent != prepared) is made
    assert sent.startswith(b"name\0")
    assert sent.endswith(b"\0\0\0")
    assert _without_extension(b"D", raw, HERE) == raw
