"""The query that would tell: written for the engine, cheap where it can be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.model.catalog import Table
from advisor.model.engine import EngineName

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def name(text: str, engine: EngineName) -> str:
    """An identifier, quoted where it must be."""
    if engine in ("mysql", "mariadb"):
        return text if _PLAIN.fullmatch(text) else "`" + text.replace("`", "``") + "`"
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def table(of: Table | str, engine: EngineName) -> str:
    """A table, with its schema where that is not the default one."""
    if isinstance(of, str):
        return ".".join(name(part, engine) for part in of.split("."))
    if of.schema and of.name == f"{of.schema}.{of.name[len(of.schema) + 1 :]}":
        return f"{name(of.schema, engine)}.{name(of.name[len(of.schema) + 1 :], engine)}"
    return name(of.name, engine)


def nulls(of: Table, column: str, engine: EngineName) -> str:
    """Is there a NULL?"""
    return f"SELECT 1 FROM {table(of, engine)} WHERE {name(column, engine)} IS NULL LIMIT 1"


def duplicates(of: Table, columns: Sequence[str], engine: EngineName) -> str:
    """Which values stand in several rows?"""
    keys = ", ".join(name(one, engine) for one in columns)
    filled = " AND ".join(f"{name(one, engine)} IS NOT NULL" for one in columns)
    return (
        f"SELECT {keys}, count(*) FROM {table(of, engine)} WHERE {filled} GROUP BY {keys} HAVING count(*) > 1 LIMIT 10"
    )


def violations(of: Table, condition: str, engine: EngineName) -> str:
    """Is there a row for which a condition is false?"""
    return f"SELECT 1 FROM {table(of, engine)} WHERE NOT ({' '.join(condition.split())}) LIMIT 1"


def orphans(child: Table, columns: Sequence[str], parent: Table | str, keys: Sequence[str], engine: EngineName) -> str:
    """Is there a child without its parent?"""
    joined = " AND ".join(
        f"p.{name(key, engine)} = c.{name(one, engine)}" for one, key in zip(columns, keys, strict=False)
    )
    filled = " AND ".join(f"c.{name(one, engine)} IS NOT NULL" for one in columns)
    return (
        f"SELECT 1 FROM {table(child, engine)} AS c WHERE {filled} "
        f"AND NOT EXISTS (SELECT 1 FROM {table(parent, engine)} AS p WHERE {joined}) LIMIT 1"
    )


def rows(of: Table | str, engine: EngineName) -> str:
    """Is there a row at all?"""
    return f"SELECT 1 FROM {table(of, engine)} LIMIT 1"
