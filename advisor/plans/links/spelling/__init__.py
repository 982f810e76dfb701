"""What an engine prints for a condition, put into SQL that a parser of that engine's SQL takes.

A subplan becomes a subquery that names it, ``(SELECT 'SubPlan 1')``: to whoever classifies the condition it is one.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.model.engine import EngineName
from advisor.plans.links.spelling import mysql, postgresql, sqlite


def as_sql(text: str, engine: EngineName, params: Mapping[str, str] | None = None) -> str:
    """The text as SQL. ``params``: the subplans (PostgreSQL up to 16) whose results ``$0``, ``$1`` are."""
    if engine == "postgresql":
        return postgresql.as_sql(text, params or {})
    if engine == "sqlite":
        return sqlite.as_sql(text)
    return mysql.as_sql(text, engine)
