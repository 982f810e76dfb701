"""A cost for a plan of SQLite, which prints none before 3.41 and no total after: worked out as its planner does.

The loops of a query are nested in the order printed; each costs what one run of it does times the rows of those before
it (https://sqlite.org/queryplanner-ng.html, "The cost of each loop"). One run, with N rows in the table and n that the
constraints of the index leave (sqlite_stat1: https://sqlite.org/fileformat2.html#stat1tab), as in where.c
(whereLoopAddBtree, whereLoopAddBtreeIndex), in steps of an index:

* a scan of the table 3 N, of a covering index 1.8 N, of another index both;
* a search log2 N + 1.8 n, and 3 n more to look the rows up in the table;
* each bound of a range leaves a quarter of the rows, and two of them one in 64 (whereRangeScanEst);
* an automatic index 7 N log2 N once, and then 20 rows a search (constructAutomaticIndex);
* a temporary B-tree n log2 n (whereSortingCost).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from advisor.model.plan import PlanNode
from advisor.planners.limit import rows_wanted
from advisor.planners.sqlite.library import Library
from advisor.plans.sqlite.detail import table_of

_SCAN = 3.0
_COVERING_SCAN = 1.8
_LOOKUP = 3.0
_AUTOMATIC_BUILD = 7.0
_AUTOMATIC_ROWS = 20.0
_TWO_BOUNDS = 64.0
_ONE_BOUND = 4.0
#: build.c, sqlite3DefaultRowEst: a table without statistics, and the rows of one value of an index without.
_DEFAULT_ROWS = float(1 << 20)
_DEFAULT_EACH = 10.0
#: Of a condition that no index serves nothing is known: to fill a LIMIT so many rows are read for each that passes.
_READ_FOR_ONE = 10.0
_WORD = re.compile(r"\w+|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]")
_BOUND = re.compile(r"[<>]")
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What sqlite_stat1 and the schema say; names in lower case."""

    rows: Mapping[str, float]
    """By table."""
    each: Mapping[str, tuple[float, ...]]
    """By index: rows of one value of its first column, of its first two..."""
    entries: Mapping[str, float]
    """By index: how many it has; a partial one has fewer than its table has rows."""
    tables: Mapping[str, str]
    """By index: its table."""
    spelled: Mapping[str, str]
    """By table or index: its name as the schema spells it."""

    def known_as(self, index: str) -> str:
        """``table.index``."""
        table = self.tables.get(index)
        name = self.spelled.get(index, index)
        return f"{self.spelled.get(table, table)}.{name}" if table else name


@dataclass(slots=True)
class Modelled:
    """Cost and rows of a plan, and the indexes that are in it."""

    cost: float = 0.0
    rows: float = 1.0
    indexes: set[str] = field(default_factory=set)
    """In lower case."""


Row = tuple[object, ...]


def statistics(library: Library) -> Statistics:
    """Of a database whose sqlite_stat1 is filled, or that has none."""
    rows: dict[str, float] = {}
    each: dict[str, tuple[float, ...]] = {}
    entries: dict[str, float] = {}
    tables: dict[str, str] = {}
    spelled: dict[str, str] = {}
    analysed = False
    for kind, name, table in library.run(
        "SELECT type, name, tbl_name FROM sqlite_schema WHERE type IN ('table', 'index')"
    ):
        spelled[str(name).lower()] = str(name)
        analysed |= name == "sqlite_stat1"
        if kind == "index":
            tables[str(name).lower()] = str(table).lower()
        else:
            rows[str(name).lower()] = _DEFAULT_ROWS
    for table, index, stat in library.run("SELECT tbl, idx, stat FROM sqlite_stat1") if analysed else ():
        numbers = [float(word) for word in str(stat).split() if word.isdigit()]
        if not numbers:
            continue
        key = str(table).lower()
        # a partial index counts the rows that it has
        rows[key] = max(numbers[0], rows[key]) if rows.get(key, _DEFAULT_ROWS) != _DEFAULT_ROWS else numbers[0]
        if index is not None:
            each[str(index).lower()] = tuple(numbers[1:])
            entries[str(index).lower()] = numbers[0]
    return Statistics(rows, each, entries, tables, spelled)


def modelled(rows: Sequence[Row], sql: str, statistics: Statistics) -> Modelled:
    """Of the rows of EXPLAIN QUERY PLAN (id, parent, number, text) of ``sql``."""
    below: dict[object, list[Row]] = {}
    for row in rows:
        below.setdefault(row[1], []).append(row)
    reading = _Reading(below, statistics, _aliases(sql, statistics))
    return reading.query(0, rows_wanted(sql), filtered=bool(_WHERE.search(sql)))


def _aliases(sql: str, statistics: Statistics) -> dict[str, str]:
    """What plans call a table that has another name in the query."""
    found: dict[str, str] = {}
    words = [word.strip('"`[]').lower() for word in _WORD.findall(sql)]
    for place, word in enumerate(words[:-1]):
        if word in statistics.rows:
            after = words[place + 1] if words[place + 1] != "as" else "".join(words[place + 2 : place + 3])
            found.setdefault(after, word)
    return found


class _Reading:
    def __init__(
        self, below: Mapping[object, Sequence[Row]], statistics: Statistics, aliases: Mapping[str, str]
    ) -> None:
        self.below = below
        self.statistics = statistics
        self.aliases = aliases
        self.derived: dict[str, float] = {}
        """Rows of subqueries by name."""

    def query(self, parent: object, wanted: float | None = None, *, filtered: bool = False) -> Modelled:
        """The loops below one row of the plan."""
        found = Modelled()
        loops, once, sorts = 0.0, 0.0, 0.0
        scans, sorted_ = False, False
        for row in self.below.get(parent, ()):
            if row[0] == parent:
                continue
            text = " ".join(str(row[3]).split())
            loop = table_of(text, 0)
            if loop is not None:
                setup, one, rows = self.loop(loop, found.indexes)
                once += setup
                loops += found.rows * one
                found.rows *= rows
                scans |= loop.access == "SCAN"
            elif text.startswith("USE TEMP B-TREE"):
                sorted_ = True
                part = 0.5 if "TERM" in text else 1.0  # the rest of the keys comes in order
                sorts += part * found.rows * _log(found.rows)
            elif not text.startswith("BLOOM FILTER"):
                inner = self.query(row[0])
                found.indexes |= inner.indexes
                if text == "MULTI-INDEX OR":
                    loops += found.rows * inner.cost
                    found.rows *= inner.rows
                elif text.startswith("CORRELATED"):
                    loops += found.rows * inner.cost
                else:
                    once += inner.cost
                    if text.startswith(("MATERIALIZE ", "CO-ROUTINE ")):
                        self.derived[text.split(" ", 1)[1].lower()] = inner.rows
                    elif text.startswith(("INDEX ", "LEFT-MOST", "UNION", "COMPOUND", "EXCEPT", "INTERSECT")):
                        found.rows += inner.rows
        if wanted is not None and not sorted_:
            read = wanted * (_READ_FOR_ONE if filtered and scans else 1.0)
            loops *= min(1.0, read / max(found.rows, 1.0))
        found.cost = loops + once + sorts
        return found

    def loop(self, loop: PlanNode, used: set[str]) -> tuple[float, float, float]:
        """Cost before the first run, cost and rows of one run of a loop."""
        index = loop.index.lower() if loop.index else None
        if loop.operator == "const":
            return 0.0, 1.0, 1.0
        name = (loop.relation or "").lower()
        if index is not None:
            used.add(index)
            name = self.statistics.tables.get(index, name)
        elif name not in self.statistics.rows:
            name = self.aliases.get(name, name)
        rows = self.derived.get((loop.relation or "").lower()) or self.statistics.rows.get(name, _DEFAULT_ROWS)
        if index is not None:
            rows = self.statistics.entries.get(index, rows)
        if loop.extra.get("automatic"):
            return _AUTOMATIC_BUILD * rows * _log(rows), _log(rows) + _AUTOMATIC_ROWS, min(rows, _AUTOMATIC_ROWS)
        if loop.access == "SCAN":
            each = _SCAN if index is None else _COVERING_SCAN if loop.covering else _COVERING_SCAN + _LOOKUP
            return 0.0, max(1.0, each * rows), max(1.0, rows)
        left = self.left(loop, index or name, rows)
        each = _LOOKUP if index is None else _COVERING_SCAN if loop.covering else _COVERING_SCAN + _LOOKUP
        return 0.0, _log(rows) + each * left, left

    def left(self, loop: PlanNode, index: str, rows: float) -> float:
        """Rows that the constraints of a search leave."""
        constraints = loop.predicates.get("index", "")
        equal, bounds = constraints.count("=?"), len(_BOUND.findall(constraints))
        each = self.statistics.each.get(index, ())
        if not constraints:
            return 1.0  # the first or the last row
        found = rows
        if equal and loop.index is None and not each:
            found = 1.0
        elif equal:
            found = each[min(equal, len(each)) - 1] if each else _DEFAULT_EACH
        if bounds:
            found /= _ONE_BOUND if bounds == 1 else _TWO_BOUNDS
        return max(1.0, min(found, rows))


def _log(rows: float) -> float:
    return math.log2(max(rows, 2.0))
