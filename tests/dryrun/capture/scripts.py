"""What was captured, in the form that tests compare."""

from __future__ import annotations

from advisor.model.migration import Script


def told(script: Script) -> list[tuple[int, str, int | None]]:
    """Line, statement and transaction of each."""
    return [(one.line, " ".join(one.sql.split()), one.transaction) for one in script.statements]


def sql(script: Script) -> list[str]:
    """The statements alone."""
    return [statement for _, statement, _ in told(script)]
