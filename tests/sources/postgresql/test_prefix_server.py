"""Prefixes as a real server prints them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import psycopg
import psycopg.sql
import pytest

from tests.servers import Server
from tests.sources.postgresql.framing import framers, rows

SETTINGS = (
    "%m [%p] %q%u@%d/%a ",
    "%t:%r:%u@%d:[%p]:",
    "%t-%c-",
    "%n %l %e [%p] user=%u,db=%d,app=%a,client=%h %v %x %i %Q %b ",
    "%m [%-8p] %12u|%-12d|%a| %s ",
    "",
)


APPLICATIONS = ("till", "back office: LOG", "[x] y")


def _prints(setting: str, letter: str) -> bool:
    return any(piece.lstrip("-0123456789").startswith(letter) for piece in setting.split("%")[1:])


def _set(server: Server, setting: str) -> None:
    """Change the prefix, and wait until new sessions have it."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET log_line_prefix = " + psycopg.sql.quote(setting))
        admin.execute("SELECT pg_reload_conf()")
    for _ in range(200):
        with psycopg.connect(server.dsn) as session:
            if session.execute("SHOW log_line_prefix").fetchone() == (setting,):
                return
        time.sleep(0.05)
    raise AssertionError("the server did not take the prefix")


@pytest.mark.server
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_prefix_of_a_server(postgresql_with: Callable[[Mapping[str, str]], Server], setting: str) -> None:
    server = postgresql_with({"log_min_duration_statement": "0", "log_connections": "on", "compute_query_id": "on"})
    _set(server, setting)
    start = server.log.stat().st_size
    for application in APPLICATIONS:
        with psycopg.connect(server.dsn, autocommit=True, application_name=application) as session:
            session.execute("SELECT 42 AS answer,\n\t'two lines'")
    data = server.log.read_bytes()[start:]
    for options in ({"log_line_prefix": setting}, {}):
        for framer in framers("log", data, **options):
            found = rows(framer, data)
            assert not [row for row in found if row[1] == "unreadable"]
            hot = [row for row in found if row[1] == "hot" and "answer" in row[5]]
            assert [row[5] for row in hot] == ["SELECT 42 AS answer,\n\t'two lines'"] * 3
            if options or "user=" in setting:  # what a bare word means is learned in part only
                for row, application in zip(hot, APPLICATIONS, strict=True):
                    assert row[7].user == ("postgres" if _prints(setting, "u") else None)
                    assert row[7].database == ("postgres" if _prints(setting, "d") else None)
                    assert row[7].application == (application if _prints(setting, "a") else None)
