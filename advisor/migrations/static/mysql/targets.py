"""The table that a statement writes rows to, and columns that it lacks."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.mysql.asked import Asked
from advisor.model.migration import Failure


def target(c: Cursor, asked: Asked) -> tuple[Name | None, Failure | None]:
    """The table that a statement writes to, where its text leaves no doubt; and a column of an INSERT that it lacks."""
    tokens = c.tokens
    try:
        verb = c.next().upper
        while c.accept_any("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "QUICK", "IGNORE"):
            continue
        if verb in ("INSERT", "REPLACE"):
            c.accept("INTO")
            name = c.name()
            return name, _unknown_column(c, name, asked)
        if verb == "DELETE" and c.accept("FROM"):
            name = c.name()
            return (name if c.done or c.token.upper in ("WHERE", "ORDER", "LIMIT", "RETURNING") else None), None
        if verb == "UPDATE":
            name = c.name()
            c.accept("AS")
            plain_one = c.token.upper == "SET" or (c.at + 1 < len(tokens) and tokens[c.at + 1].upper == "SET")
            return (name if plain_one else None), None
    except (Unexpected, IndexError):
        pass
    return None, None


def _unknown_column(c: Cursor, name: Name, asked: Asked) -> Failure | None:
    table = asked.state.find(name)
    if table is None or table.view or table.guessed or not table.columns or not c.accept("("):
        return None
    while c.token.kind in ("word", "quoted") and c.token.upper not in ("SELECT", "WITH", "VALUES"):
        column = c.identifier()
        if c.sees(".") or not (c.sees(",") or c.sees(")")):
            return None
        if table.column(column) is None:
            return Failure(message=f"Unknown column '{column}' in '{table.name}'", code="1054")
        if not c.accept(","):
            return None
    return None
