"""Statements by the extended query protocol, unnamed: a second one in the text is refused, nothing stays prepared.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

from __future__ import annotations

from typing import Any

from advisor.model.counted import counted
from advisor.planners.errors import PlannerError


def rows(connection: Any, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement with ``$1`` parameters, none of one that gives none. ``connection`` is psycopg's.

    Raises psycopg.Error.
    """
    import psycopg

    with psycopg.RawCursor(connection) as cursor:
        # Asking for binary results is what makes psycopg use the extended protocol without parameters.
        cursor.execute(sql.encode(), parameters or None, prepare=False, binary=True)
        return cursor.fetchall() if cursor.description is not None else []


def row(connection: Any, sql: str, *parameters: Any) -> tuple[Any, ...]:
    """The only row of one statement. Raises psycopg.Error, and PlannerError where there are more or none.

    A catalog gives another number where a schema's operators stand in front of the system's.
    """
    found = rows(connection, sql, *parameters)
    if len(found) != 1:
        words = " ".join(sql.split())[:60]
        raise PlannerError(f"the server gave {counted(len(found), 'row')} in place of one ({words}...)")
    return found[0]


def words(error: Exception) -> str:
    """An error in one line: the server's own words."""
    import psycopg

    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        return " ".join(f"{error.diag.message_primary}{detail}".split())[:400]
    return " ".join(str(error).split())[:400]
