"""A cost for a plan of MariaDB before 11.0, whose EXPLAIN prints none.

(Last_query_cost is there for a single SELECT only: it is 0 for a union, a subquery, a derived table, UPDATE and DELETE,
and knows neither LIMIT nor sorting; so it is not used.) Worked out as the optimizer of 10.x does, in reads of a page
(handler.h, sql_select.cc; https://mariadb.com/kb/en/optimizer-cost/):

* a scan reads the pages of the table, a scan of an index its pages, and each row besides where it does not cover;
* a search costs 1, and 1 a row; where the index covers, its share of the pages; by ref at most three scans;
* each row that is looked at costs a fifth of a read (TIME_FOR_COMPARE);
* tables are nested loops in the order printed, the rows of each those that its conditions let through;
* a sort compares n log2 n times; a temporary table writes and reads each row (HEAP_TEMPTABLE_LOOKUP_COST);
* a subquery that has a cache depends on the row outside, and runs for each; others run once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from advisor.planners.limit import rows_wanted

_COMPARE = 5.0
_TEMPORARY = 0.05
_SCANS_AT_MOST = 3.0
_USUAL_PAGES = 10.0
_READ_FOR_ONE = 10.0
"""Where nothing is known of a condition: to fill a LIMIT so many rows are read for each that passes."""
_TEXT = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_EQUALS = re.compile(r"(?<![<>!])= (?:''|-?[0-9])")
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_JOIN_BUFFER_ROWS = 1000.0
"""join_buffer_size is 256 kB; rows of some 256 bytes."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pages as InnoDB's persistent statistics have them; names in lower case."""

    tables: Mapping[str, tuple[float, float]]
    """Pages and rows."""
    indexes: Mapping[tuple[str, str], float]
    """Pages, by table and index."""


@dataclass(slots=True)
class Modelled:
    """Cost and rows of a plan, and what it looks at."""

    cost: float = 0.0
    rows: float = 1.0
    used: set[tuple[str, str]] = field(default_factory=set)
    """Table as the plan calls it, and index."""
    considered: set[str] = field(default_factory=set)
    """Indexes that it might have used, and those that it does."""


def sizes(cursor: Any) -> Sizes:
    """Of the server behind a cursor that may read mysql.*. Raises pymysql.Error."""
    cursor.execute(
        "SELECT LOWER(SUBSTRING_INDEX(table_name, '#P#', 1)), SUM(clustered_index_size), SUM(n_rows)"
        " FROM mysql.innodb_table_stats GROUP BY 1"
    )
    tables = {str(name): (float(pages), float(rows)) for name, pages, rows in cursor.fetchall()}
    cursor.execute(
        "SELECT LOWER(SUBSTRING_INDEX(table_name, '#P#', 1)), LOWER(index_name), SUM(stat_value)"
        " FROM mysql.innodb_index_stats WHERE stat_name = 'size' GROUP BY 1, 2"
    )
    return Sizes(tables, {(str(table), str(index)): float(pages) for table, index, pages in cursor.fetchall()})


def modelled(text: str, sql: str, sizes: Sizes, aliases: Mapping[str, str]) -> Modelled | None:
    """Of a plan of EXPLAIN FORMAT=JSON; None where it is none. ``aliases``: what plans call tables, to the tables."""
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    if not isinstance(document, dict) or "query_block" not in document:
        return None
    reading = _Reading(sizes, aliases)
    cost, rows = reading.block(document["query_block"], rows_wanted(sql))
    return Modelled(max(cost, 1.0), rows, reading.used, reading.considered)


class _Reading:
    def __init__(self, sizes: Sizes, aliases: Mapping[str, str]) -> None:
        self.sizes = sizes
        self.aliases = aliases
        self.used: set[tuple[str, str]] = set()
        self.considered: set[str] = set()
        self.for_one = 1.0
        """Rows read for one that passes, by the conditions of scans of which the statistics say nothing."""

    def block(self, block: dict[str, Any], wanted: float | None = None) -> tuple[float, float]:
        """Cost and rows of a query block with its subqueries."""
        union = block.get("union_result")
        if isinstance(union, dict):
            parts = [self.block(each["query_block"]) for each in union.get("query_specifications", ())]
            rows = sum(part[1] for part in parts)
            return sum(part[0] for part in parts) + 2 * _TEMPORARY * rows, rows
        loops, after, rows = self.loops(block, 1.0)
        if wanted is not None and not after:
            loops *= min(1.0, wanted * self.for_one / max(rows, 1.0))
        cost = loops + after
        for each in block.get("subqueries", ()):
            cached = each.get("expression_cache")
            inner = (cached or each).get("query_block")
            if inner is not None:
                cost += self.block(inner)[0] * (max(rows, 1.0) if cached else 1.0)
        return cost, rows

    def loops(self, node: dict[str, Any], before: float) -> tuple[float, float, float]:
        """Cost of the loops, of what is done with their rows, and the rows; ``before``: rows of the loops around."""
        loops, after, rows = 0.0, 0.0, before
        for key, value in node.items():
            if key == "nested_loop":
                for each in value:
                    more, later, rows = self.loops(each, rows)
                    loops, after = loops + more, after + later
            elif key == "table":
                cost, rows = self.table(value, rows)
                loops += cost
            elif key == "block-nl-join":
                runs = math.ceil(rows / _JOIN_BUFFER_ROWS)
                cost, inner = self.table(value["table"], float(max(runs, 1)))
                found = inner / max(runs, 1)
                loops += cost + rows * found / _COMPARE
                rows *= found
            elif key in ("filesort", "temporary_table", "duplicates_removal", "read_sorted_file", "buffer_result"):
                more, later, rows = self.loops(value, rows)
                loops, after = loops + more, after + later
                if key == "filesort":
                    after += rows * math.log2(max(rows, 2.0)) / _COMPARE
                elif key == "temporary_table":
                    after += 2 * _TEMPORARY * rows
        return loops, after, rows

    def table(self, table: dict[str, Any], before: float) -> tuple[float, float]:
        """Cost of reading a table for each row before it, and the rows of both."""
        name = str(table.get("table_name", "")).lower()
        access = table.get("access_type")
        if access is None:  # a message: nothing is read
            return 0.0, before if "message" not in table else 1.0
        name = self.aliases.get(name, name)
        rows = float(table.get("rows", 1) or 1)
        self.considered.update(str(one).lower() for one in table.get("possible_keys", ()))
        keys = [str(table["key"])] if "key" in table else _merged(table.get("index_merge"))
        if not name.startswith("<"):  # keys of derived tables are made for the query
            self.used.update((name, key) for key in keys)
        self.considered.update(key.lower() for key in keys)
        once = 0.0
        inner = table.get("materialized")
        if isinstance(inner, dict) and "query_block" in inner:
            once, made = self.block(inner["query_block"])
            once += _TEMPORARY * made
        pages, whole = self.sizes.tables.get(name, (max(1.0, rows * _TEMPORARY) if inner else _USUAL_PAGES, rows))
        passing = rows * _share(table)
        blind = access in ("ALL", "index") and "attached_condition" in table and _share(table) == 1.0
        if blind and access == "index" and rows < whole:
            # Rows are printed as if all of them passed, cut to the LIMIT: so many are read until that many do.
            rows = min(whole, rows * _read_for_one(str(table["attached_condition"]), whole))
            blind = False
        share = min(1.0, rows / max(whole, 1.0))
        key = keys[0].lower() if len(keys) == 1 else ""
        own = pages if key == "primary" else self.sizes.indexes.get((name, key), pages)
        covers = bool(table.get("using_index")) or key == "primary"
        if access == "ALL":
            reads = pages
        elif access == "index":
            reads = own * share if covers else rows
        elif access in ("const", "system", "eq_ref", "unique_subquery"):
            reads = 1.0
        elif access in ("ref", "ref_or_null", "index_subquery", "fulltext"):
            reads = 1.0 + (own * share if covers else min(rows, _SCANS_AT_MOST * pages))
        else:
            reads = 1.0 + (own * share if covers else rows)
        if blind:
            self.for_one = max(self.for_one, _read_for_one(str(table["attached_condition"]), whole))
        return once + before * (reads + rows / _COMPARE), before * max(passing, 1e-9)


def _share(table: dict[str, Any]) -> float:
    """Of the rows that are read, those that pass the conditions."""
    return min(1.0, float(table.get("filtered", 100)) / 100)


def _read_for_one(condition: str, rows: float) -> float:
    """A column that equals a value and has no statistics is taken for one of as many values as the root of the rows, as
    hypothetical indexes on it are (`statistics.modelled`): what the scan costs and what the index spares then agree."""
    plain = _TEXT.sub("''", condition)
    return max(_READ_FOR_ONE, rows**0.5) if _EQUALS.search(plain) and not _OR.search(plain) else _READ_FOR_ONE


def _merged(node: Any) -> list[str]:
    """The indexes of an index merge, unions and intersections below each other."""
    if isinstance(node, list):
        return [name for each in node for name in _merged(each)]
    if not isinstance(node, dict):
        return []
    found = []
    for key, value in node.items():
        if key == "range" and isinstance(value, dict) and "key" in value:
            found.append(str(value["key"]))
        elif key == "key" and isinstance(value, str):
            found.append(value)
        else:
            found += _merged(value)
    return found
