"""Rows that a query names by key: the optimizer reads them while it plans, and plans nothing where it finds none."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from advisor.planners.mariadb.distribution import Column
from advisor.planners.mariadb.synthetic import place, quoted
from advisor.planners.mariadb.tables import Key, Table

Identity = tuple[str, str]


def literal_keys(sql: str, tables: dict[Identity, Table], database: str | None) -> list[tuple[Table, dict[str, str]]]:
    """Tables of which a statement fixes a whole unique key by ``column = literal``, also through ``a.x = b.y``.

    Scopes are not told apart: a row too many does no harm.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(sql, read="mysql")
    except (SqlglotError, RecursionError):
        return []
    named: dict[str, Table] = {}
    for source in tree.find_all(exp.Table):
        table = _table(tables, source.db or database, source.name)
        if table is not None:
            named[(source.alias or source.name).lower()] = table
    groups: dict[tuple[str, str], set[tuple[str, str]]] = {}
    values: dict[tuple[str, str], str] = {}

    def column(node: Any) -> tuple[str, str] | None:
        if not isinstance(node, exp.Column):
            return None
        if node.table:
            return (node.table.lower(), node.name) if node.table.lower() in named else None
        owners = [name for name, table in named.items() if any(one.name == node.name for one in table.columns)]
        return (owners[0], node.name) if len(owners) == 1 else None

    for equality in tree.find_all(exp.EQ):
        left, right = column(equality.left), column(equality.right)
        if left and right:
            merged = groups.get(left, {left}) | groups.get(right, {right})
            for member in merged:
                groups[member] = merged
            continue
        side, other = (left, equality.right) if left else (right, equality.left)
        if side and isinstance(other, exp.Literal):
            values[side] = str(other.this)
        elif side and isinstance(other, exp.Neg) and isinstance(other.this, exp.Literal):
            values[side] = f"-{other.this.this}"
    for member, merged in groups.items():
        if member not in values:
            values.update({member: values[one]} if (one := next((m for m in merged if m in values), None)) else {})
    fixed: dict[str, dict[str, str]] = defaultdict(dict)
    for (alias, name), value in values.items():
        fixed[alias][name] = value
    found = []
    for alias, given in fixed.items():
        table = named[alias]
        for key in table.keys:
            if key.unique and all(name in given for name in key.columns):
                found.append((table, {name: given[name] for name in key.columns}))
    return found


def _table(tables: dict[Identity, Table], schema: str | None, name: str) -> Table | None:
    exact = tables.get((schema or "", name))
    if exact is not None:
        return exact
    alike = [table for table in tables.values() if table.name.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def add(cursor: Any, table: Table, given: dict[str, str]) -> None:
    """Adds a row with this key, else like one in the middle of the table, unless there is one."""
    conditions = " AND ".join(f"{quoted(name).replace('%', '%%')} = %s" for name in given)
    values = list(given.values())
    there = place(table).replace("%", "%%")
    cursor.execute(f"SELECT 1 FROM {there} WHERE {conditions} LIMIT 1", values)
    if cursor.fetchone() is not None:
        return
    names: list[str] = []
    expressions: list[str] = []
    parameters: list[str | None] = []
    for column in table.columns:
        if column.name in table.generated:
            continue
        names.append(quoted(column.name).replace("%", "%%"))
        if column.name in given:
            expressions.append("%s")
            parameters.append(given[column.name])
        elif _elsewhere_unique(table, column, given):
            expressions.append("%s")
            parameters.append(_own(column, given))
        else:
            expressions.append(names[-1])
    cursor.execute(
        f"INSERT IGNORE INTO {there} ({', '.join(names)}) SELECT {', '.join(expressions)}"
        f" FROM {there} LIMIT 1 OFFSET {table.sampled // 2}",
        parameters,
    )


def _elsewhere_unique(table: Table, column: Column, given: dict[str, str]) -> bool:
    """It is in a unique key that the row's own values do not tell from that of the row it is copied from."""

    def other(key: Key) -> bool:
        return key.unique and column.name == key.columns[-1] and not any(name in given for name in key.columns)

    return any(other(key) for key in table.keys)


def _own(column: Column, given: dict[str, str]) -> str | None:
    if column.nullable:
        return None
    from zlib import crc32

    number = crc32(repr(sorted(given.items())).encode())
    if column.family in ("integer", "decimal", "float"):
        most = {"tinyint": 100, "smallint": 30_000, "mediumint": 8_000_000}.get(column.type, 2_000_000_000)
        return str(number % most)
    return f"{number:08x}"[: column.length or 8]
