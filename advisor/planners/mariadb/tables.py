"""Tables of the shadow: what the server made of the schema, and what the snapshot says of their sizes and values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from advisor.catalog.snapshot.mysql import bare
from advisor.model.snapshot import Snapshot
from advisor.planners.mariadb.distribution import Column

#: Schema and name of a table.
Identity = tuple[str, str]


@dataclass(frozen=True)
class Key:
    """One index of a table."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    ordinary: bool
    """A B-tree over whole columns or their prefixes."""
    prefixes: tuple[int | None, ...] = ()
    """Characters of each column that are indexed; None or nothing: all."""


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    parent: tuple[str, str]
    parent_columns: tuple[str, ...]


@dataclass
class Table:
    """One table."""

    schema: str
    name: str
    rows: float
    """In production, as its optimizer believes."""
    columns: list[Column] = field(default_factory=list)
    generated: frozenset[str] = frozenset()
    keys: list[Key] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    prefixes: dict[str, list[int]] = field(default_factory=dict)
    """By index: distinct values of its first column, of its first two..."""
    sampled: int = 0
    """Synthetic rows that stand for them."""

    @property
    def identity(self) -> Identity:
        """Schema and name."""
        return self.schema, self.name

    @property
    def factor(self) -> float:
        """Rows of production that one synthetic row stands for."""
        return max(1.0, self.rows / self.sampled) if self.sampled else 1.0


def tables(cursor: Any, snapshot: Snapshot, schemas: list[str]) -> dict[Identity, Table]:
    """The base tables that stand in the shadow's databases, from its information_schema."""
    if not schemas:
        return {}
    marks = ", ".join(["%s"] * len(schemas))

    def rows(view: str, order: str, column: str = "table_schema") -> list[dict[str, Any]]:
        cursor.execute(f"SELECT * FROM information_schema.{view} WHERE {column} IN ({marks}) ORDER BY {order}", schemas)
        names = [str(part[0]).lower() for part in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    found: dict[tuple[str, str], Table] = {}
    sizes = {(one.schema, one.name): one for one in snapshot.relations if one.kind in ("table", "partitioned")}
    for row in rows("tables", "table_schema, table_name"):
        if row["table_type"] == "BASE TABLE":
            identity = row["table_schema"], row["table_name"]
            size = sizes.get(identity)
            found[identity] = Table(*identity, rows=max(0.0, size.tuples) if size else 0.0)
    highest = {identity: size.counters.get("auto_increment") for identity, size in sizes.items()}
    _keys(found, rows)
    distinct = _prefixes(found, snapshot)
    statistics = {
        (row.values.get("db_name"), row.values.get("table_name"), row.values.get("column_name")): row.values
        for row in snapshot.rows
        if row.source == "mysql.column_stats"
    }
    for row in rows("columns", "table_schema, table_name, ordinal_position"):
        table = found.get((row["table_schema"], row["table_name"]))
        if table is None:
            continue
        name = row["column_name"]
        automatic = "auto_increment" in str(row["extra"]).lower()
        table.columns.append(
            Column(
                name=name,
                type=str(row["data_type"]).lower(),
                declared=str(row["column_type"]),
                nullable=row["is_nullable"] == "YES",
                length=_length(row),
                scale=int(row["numeric_scale"] or 0),
                indexed=any(name in key.columns for key in table.keys),
                statistics=statistics.get((*table.identity, name)),
                distinct=distinct.get((*table.identity, name)),
                octets=None if row["character_octet_length"] is None else int(row["character_octet_length"]),
                highest=int(highest.get(table.identity) or 0) or None if automatic else None,
            )
        )
        if row.get("generation_expression"):
            table.generated |= {name}
    return found


def _length(row: dict[str, Any]) -> int | None:
    for name in ("character_maximum_length", "numeric_precision"):
        if row[name] is not None:
            return int(row[name])
    return None


def _keys(found: dict[tuple[str, str], Table], rows: Any) -> None:
    parts: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows("statistics", "table_schema, table_name, index_name, seq_in_index"):
        parts[row["table_schema"], row["table_name"], row["index_name"]].append(row)
    for (schema, name, index), members in parts.items():
        if (schema, name) in found:
            columns = tuple(str(row["column_name"]) for row in members)
            first = members[0]
            key = Key(index, columns, not int(first["non_unique"]), first["index_type"] in ("BTREE", "HASH"))
            found[schema, name].keys.append(key)
    foreign: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows("key_column_usage", "table_schema, table_name, constraint_name, ordinal_position"):
        if row["referenced_table_name"] is not None:
            foreign[row["table_schema"], row["table_name"], row["constraint_name"]].append(row)
    for (schema, name, _), members in foreign.items():
        if (schema, name) in found:
            parent = members[0]["referenced_table_schema"], members[0]["referenced_table_name"]
            columns = tuple(row["column_name"] for row in members)
            there = tuple(row["referenced_column_name"] for row in members)
            found[schema, name].references.append(Reference(columns, parent, there))


def _prefixes(found: dict[tuple[str, str], Table], snapshot: Snapshot) -> dict[tuple[str, str, str], float]:
    """Distinct counts of index prefixes, partitions summed; and of columns that lead an index."""
    counts: dict[tuple[str, str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in snapshot.rows:
        values = row.values
        if row.source == "mysql.innodb_index_stats" and str(values.get("stat_name")).startswith("n_diff_pfx"):
            place = int(str(values["stat_name"])[len("n_diff_pfx") :])
            identity = str(values["database_name"]), bare(str(values["table_name"])), str(values["index_name"])
            counts[identity][place] += int(values["stat_value"])
    distinct: dict[tuple[str, str, str], float] = {}
    for table in found.values():
        for key in table.keys:
            given = counts.get((*table.identity, key.name))
            if given:
                table.prefixes[key.name] = [given[place] for place in sorted(given)]
                distinct.setdefault((*table.identity, key.columns[0]), float(table.prefixes[key.name][0]))
    return distinct
