"""Production's statistics, written into the shadow's own tables of them. The server reads them when it starts.

(FLUSH TABLES does not make 10.11 read ``mysql.innodb_*_stats`` again.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.snapshot.mysql import bare
from advisor.model.snapshot import Snapshot
from advisor.planners.mariadb import index_pages
from advisor.planners.mariadb.tables import Key, Table

_COLUMNS = {
    "mysql.table_stats": ["db_name", "table_name", "cardinality"],
    "mysql.column_stats": [
        "db_name",
        "table_name",
        "column_name",
        "min_value",
        "max_value",
        "nulls_ratio",
        "avg_length",
        "avg_frequency",
        "hist_size",
        "hist_type",
        "histogram",
    ],
    "mysql.index_stats": ["db_name", "table_name", "index_name", "prefix_arity", "avg_frequency"],
}
Identity = tuple[str, str]


def inject(
    cursor: Any, snapshot: Snapshot, tables: Mapping[Identity, Table], factors: Mapping[Identity, float]
) -> None:
    """Writes them, sizes and row counts multiplied by ``factors`` (by table; 1 where none is given).

    A scaled table keeps how many values a column has, but for unique indexes, whose values are as many as the rows.
    """
    known: set[Identity] = set()
    for row in snapshot.rows:
        values = dict(row.values)
        if row.source == "mysql.innodb_table_stats":
            identity = values["database_name"], bare(values["table_name"])
            if identity not in tables:
                continue
            known.add(identity)
            factor = factors.get(identity, 1.0)
            cursor.execute(
                "REPLACE INTO mysql.innodb_table_stats VALUES (%s, %s, NOW(), %s, %s, %s)",
                (
                    values["database_name"],
                    values["table_name"],
                    *(round(int(values[name]) * factor) for name in ("n_rows", "clustered_index_size")),
                    round(int(values["sum_of_other_index_sizes"]) * factor),
                ),
            )
        elif row.source == "mysql.innodb_index_stats":
            identity = values["database_name"], bare(values["table_name"])
            if identity not in tables:
                continue
            value = round(int(values["stat_value"]) * _growth(tables[identity], values, factors.get(identity, 1.0)))
            _index_row(cursor, values["database_name"], values["table_name"], values["index_name"], values["stat_name"],
                       value, values.get("sample_size"), str(values.get("stat_description") or ""))  # fmt: skip
        elif row.source in _COLUMNS and (values.get("db_name"), values.get("table_name")) in tables:
            factor = factors.get((values["db_name"], values["table_name"]), 1.0)
            _independent(cursor, row.source, values, tables[values["db_name"], values["table_name"]], factor)
    for identity, table in tables.items():
        if identity not in known and table.sampled:
            _enlarged(cursor, table, factors.get(identity, 1.0))


def _growth(table: Table, values: Mapping[str, Any], factor: float) -> float:
    """How an index's number grows with its table."""
    name = str(values["stat_name"])
    if not name.startswith("n_diff_pfx"):
        return factor
    key = next((one for one in table.keys if one.name == values["index_name"]), None)
    place = int(name[len("n_diff_pfx") :])
    whole = table.prefixes.get(str(values["index_name"]), [])
    unique = key is not None and key.unique and place >= len(key.columns)
    return factor if unique or place == len(whole) or int(values["stat_value"]) >= 0.9 * table.rows else 1.0


def _independent(cursor: Any, source: str, values: dict[str, Any], table: Table, factor: float) -> None:
    for name in ("min_value", "max_value", "histogram"):
        if values.get(name) is None and values.get(f"{name}_hex"):
            values[name] = bytes.fromhex(values[f"{name}_hex"])
    if source == "mysql.table_stats" and values.get("cardinality") is not None:
        values["cardinality"] = round(int(values["cardinality"]) * factor)
    frequency = values.get("avg_frequency")
    if frequency is not None and factor != 1.0 and float(frequency) > 1.05:
        values["avg_frequency"] = float(frequency) * factor
    columns = _COLUMNS[source]
    marks = ", ".join(["%s"] * len(columns))
    cursor.execute(
        f"REPLACE INTO {source} ({', '.join(columns)}) VALUES ({marks})", [values.get(one) for one in columns]
    )


def _index_row(
    cursor: Any, schema: str, table: str, index: str, name: str, value: int, sample: Any, description: str
) -> None:
    cursor.execute(
        "REPLACE INTO mysql.innodb_index_stats VALUES (%s, %s, %s, NOW(), %s, %s, %s, %s)",
        (schema, table, index, name, value, sample, description),
    )


def _enlarged(cursor: Any, table: Table, factor: float) -> None:
    """Of a table without InnoDB statistics: those of its synthetic rows, at production's size."""
    times = table.factor * factor
    cursor.execute(
        "UPDATE mysql.innodb_table_stats SET n_rows = GREATEST(1, ROUND(n_rows * %s)),"
        " clustered_index_size = GREATEST(1, ROUND(clustered_index_size * %s / 10)),"
        " sum_of_other_index_sizes = ROUND(sum_of_other_index_sizes * %s / 10)"
        " WHERE database_name = %s AND SUBSTRING_INDEX(table_name, '#P#', 1) = %s",
        (times, times, times, *table.identity),
    )
    # A prefix that is different in nearly every synthetic row is taken for unique; sizes were at a tenth of a fill.
    cursor.execute(
        "UPDATE mysql.innodb_index_stats SET stat_value = GREATEST(1, ROUND(CASE"
        " WHEN stat_name IN ('size', 'n_leaf_pages') THEN stat_value * %s / 10"
        " WHEN stat_value >= 0.9 * %s THEN stat_value * %s ELSE stat_value END))"
        " WHERE database_name = %s AND SUBSTRING_INDEX(table_name, '#P#', 1) = %s",
        (times, table.sampled, times, *table.identity),
    )


def modelled(table: Table, key: Key, page: int, factor: float = 1.0) -> tuple[list[int], int]:
    """Of an index that does not exist in production: distinct values by prefix, and its leaf pages.

    Prefixes that an existing index has are taken from it; others are as if columns were independent of each other, at
    most as many as rows.
    """
    rows = max(1.0, table.rows * factor)
    primary = next((one.columns for one in table.keys if one.name == "PRIMARY"), ())
    whole = (*key.columns, *(name for name in primary if name not in key.columns))
    known: dict[frozenset[str], float] = {}
    for other in table.keys:
        for place, count in enumerate(table.prefixes.get(other.name, ())):
            if place < len(other.columns):
                known[frozenset(other.columns[: place + 1])] = float(count)
    counts: list[int] = []
    running = 1.0
    for place, name in enumerate(whole):
        column = next((one for one in table.columns if one.name == name), None)
        frequency = float((column.statistics or {}).get("avg_frequency") or 0) if column else 0.0
        single = known.get(frozenset({name})) or (rows / frequency if frequency > 0 else rows**0.5)
        running = min(rows, known.get(frozenset(whole[: place + 1]), running * single))
        counts.append(max(1, round(running)))
    if key.unique or set(primary) <= set(whole):
        counts[-1] = round(rows)
    return counts, index_pages.leaves(table, key, key.prefixes, rows, page)


def pages(table: Table, key: Key, page: int, factor: float = 1.0) -> int:
    """Pages that an index would reserve in its tablespace."""
    leaves = index_pages.leaves(table, key, key.prefixes, max(1.0, table.rows * factor), page)
    return index_pages.reserved(leaves, index_pages.record(table, key, key.prefixes), page)


def describe(cursor: Any, table: Table, key: Key, page: int, factor: float = 1.0) -> int:
    """Writes the modelled statistics of an index into every partition of its table; its pages."""
    counts, leaves = modelled(table, key, page, factor)
    whole = pages(table, key, page, factor)
    cursor.execute(
        "SELECT table_name FROM mysql.innodb_table_stats"
        " WHERE database_name = %s AND SUBSTRING_INDEX(table_name, '#P#', 1) = %s",
        table.identity,
    )
    parts = [row[0] for row in cursor.fetchall()]
    for part in parts:
        share = 1 / len(parts)
        names = key.columns
        for place, count in enumerate(counts):
            _index_row(cursor, table.schema, part, key.name, f"n_diff_pfx{place + 1:02d}", max(1, round(count * share)),
                       20, ",".join(names[: place + 1]))  # fmt: skip
        _index_row(cursor, table.schema, part, key.name, "n_leaf_pages", max(1, round(leaves * share)), None, "leaves")
        _index_row(cursor, table.schema, part, key.name, "size", max(1, round(whole * share)), None, "pages")
    return whole
