"""Blocks and functions that may do something else where there are rows, or where production runs them."""

from __future__ import annotations

import re

from advisor.dryrun.postgresql import effects
from advisor.dryrun.postgresql.standing import Standing
from advisor.model import environment
from advisor.model.migration import MigrationStatement

#: A block that may do something else where there are rows.
_BRANCHES = re.compile(r"\b(IF|LOOP|WHILE|CASE)\b", re.IGNORECASE)
#: A query of no table of its own: what is read, a function reads.
_CALLED = re.compile(r"(?!.*\bFROM\b)\s*SELECT\b", re.IGNORECASE | re.DOTALL)
_BODIES = """
    SELECT p.proname::pg_catalog.text, pg_catalog.left(p.prosrc, 100000)
    FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
    WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND l.lanname OPERATOR(pg_catalog.=) ANY ('{plpgsql,sql}')
    LIMIT 5000
"""
#: Locks of what is read and no more.
_LOOKS = frozenset({"ACCESS SHARE", "ROW SHARE"})


def depends(standing: Standing, one: MigrationStatement, seen: effects.Seen) -> str | None:
    """Why a block or function may do in production what it did not do on the copy; None: nothing of it may."""
    if seen.command not in ("DO", "CALL", "SELECT"):
        return None
    text = _with_bodies(standing, one.sql)
    if (seen.command == "DO" or text != one.sql) and (
        environment.POSTGRESQL.search(text) or environment.handles_errors(text)
    ):
        return "what it does may depend on who runs it, where and when, or on an error that it catches"
    return depends_on_rows(standing, one, seen)


def _with_bodies(standing: Standing, sql: str) -> str:
    """A statement with the bodies of the functions that it names, and that those name."""
    said = standing.session.send(_BODIES, rows=True)
    left = {
        (name or b"").decode("utf-8", "replace"): (body or b"").decode("utf-8", "replace") for name, body in said.rows
    }
    todo = [sql]
    text = sql
    while todo:
        words = {word.lower() for word in re.findall(r"[\w$]+", todo.pop())}
        for name in [name for name in left if name.lower() in words]:
            body = left.pop(name)
            text += "\n" + body
            todo.append(body)
    return text


def depends_on_rows(standing: Standing, one: MigrationStatement, seen: effects.Seen) -> str | None:
    """A block that took no more than a look at a table may do something else where there are rows."""
    reads = any(oid in standing.mine and oid in standing.names and modes <= _LOOKS for oid, modes in seen.new.items())
    if seen.command not in ("DO", "CALL", "SELECT") or not reads:
        return None
    if _BRANCHES.search(one.sql) if seen.command == "DO" else seen.command == "CALL" or _CALLED.match(one.sql):
        return "what the block does may depend on rows, which an empty copy does not have"
    return None
