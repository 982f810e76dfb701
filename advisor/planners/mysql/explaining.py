"""One EXPLAIN of MySQL or MariaDB: what may be sent, with which values, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.catalog.live.mysql_connection import message
from advisor.fingerprint import lexer
from advisor.model.engine import EngineName
from advisor.model.plan import Plan
from advisor.model.planning import Answer, Configuration, PlannedBy, Query
from advisor.plans.errors import PlanError
from advisor.plans.read import read

#: What EXPLAIN takes. ANALYZE, FOR CONNECTION and every statement that would be executed are not among them.
_READS = frozenset({b"SELECT", b"WITH", b"TABLE", b"VALUES"})
_WRITES = frozenset({b"INSERT", b"UPDATE", b"DELETE", b"REPLACE"})
_COUNTS = frozenset({b"LIMIT", b"OFFSET"})
#: MariaDB and MySQL: a write within a transaction that is READ ONLY.
_READ_ONLY_TRANSACTION = 1792


class Refused(Exception):  # noqa: N818 - no fault of the program: its text is the answer's error
    """A statement that is not sent; says why in one line."""


def explain(
    cursor: Any,
    query: Query,
    configuration: Configuration,
    by: PlannedBy,
    shown: Callable[[str], str] = str,
) -> Answer:
    """EXPLAIN FORMAT=JSON on a connection. What the server or we refuse becomes the answer's ``error``.

    ``shown`` turns what the server printed (its JSON, its errors) into what the user shall read.

    Raises pymysql.OperationalError when the connection is lost.
    """
    import pymysql

    plan: Plan | None = None
    error: str | None = None
    notes: tuple[str, ...] = ()
    try:
        text, notes = prepared(query)
        cursor.execute("EXPLAIN FORMAT=JSON " + text)
        document = shown("".join(str(row[0]) for row in cursor.fetchall()))
        plan = read(document, engine=by.engine).plans[0]
        plan.query = query.sql
    except Refused as refusal:
        error = str(refusal)
    except PlanError as failure:
        error = f"the server's answer cannot be read: {failure}"
    except pymysql.Error as failure:
        if lost(failure):
            raise
        error = shown(message(failure))
        if failure.args and failure.args[0] == _READ_ONLY_TRANSACTION:
            error = (
                "EXPLAIN of a write needs a transaction that may write, which is not opened here; "
                "plan the SELECT that finds the same rows"
            )
    root = plan.root if plan else None
    return Answer(
        query=query,
        configuration=configuration,
        plan=plan,
        error=error,
        cost=root.cost_total if root else None,
        rows=root.rows_estimated if root else None,
        planned_by=by,
        notes=notes,
    )


def prepared(query: Query) -> tuple[str, tuple[str, ...]]:
    """The statement with its values, and what there is to say about it. Raises Refused."""
    sql = query.sql.encode("utf-8", "surrogatepass")
    found = [token for token in lexer.tokens(sql, "mysql") if token.kind != lexer.COMMENT]
    while found and found[-1].kind == lexer.SEMICOLON:
        found.pop()
    if not found:
        raise Refused("there is no statement")
    if any(token.kind == lexer.SEMICOLON for token in found):
        raise Refused("more than one statement; give them one by one")
    words = [sql[token.start : token.end].upper() for token in found if token.kind != lexer.LPAREN]
    if not words or words[0] not in _READS | _WRITES:
        raise Refused("only SELECT, WITH, TABLE, VALUES, INSERT, UPDATE, DELETE and REPLACE have a plan")
    sql = sql[: found[-1].end]
    notes: tuple[str, ...] = ()
    places = [number for number, token in enumerate(found) if token.kind == lexer.PLACEHOLDER]
    if places:
        if query.parameters is None or len(query.parameters) != len(places):
            raise Refused("it has parameters without values, and this engine plans with values only")
        for number, value in sorted(zip(places, query.parameters, strict=True), reverse=True):
            token = found[number]
            before = [sql[one.start : one.end].upper() for one in found[max(0, number - 3) : number]]
            sql = sql[: token.start] + _literal(value, before) + sql[token.end :]
        notes = ("parameters were planned as text literals",)
    if query.generic:
        notes += ("this engine has no generic plans: planned with the values",)
    return sql.decode("utf-8", "surrogatepass"), notes


def _literal(value: str | None, before: list[bytes]) -> bytes:
    """A value as SQL. Text compares with a column of any type by that type; only LIMIT and OFFSET need a number."""
    if value is None:
        return b"NULL"
    counts = bool(before) and (before[-1] in _COUNTS or (before[-1] == b"," and before[0] == b"LIMIT"))
    if counts and value.isascii() and value.isdigit():
        return value.encode()
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return b"'" + escaped.encode("utf-8", "surrogatepass") + b"'"


def lost(failure: Any) -> bool:
    """The connection is gone (2006, 2013, 2055, packet errors), as opposed to a statement that failed."""
    code = failure.args[0] if failure.args else 0
    return not isinstance(code, int) or code == 0 or 2000 <= code < 3000


def engine_of(version: str) -> EngineName:
    """The product that a VERSION() text is of."""
    return "mariadb" if "mariadb" in version.lower() else "mysql"
