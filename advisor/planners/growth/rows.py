"""Growth of the statistics that MariaDB, MySQL and SQLite keep as rows of their own tables.

They count how many different keys an index has and nothing of the values, so one rule decides for all: different keys
that are more than a tenth of the rows are a share of them and grow; fewer are a closed set and get more rows each. It
is PostgreSQL's own rule for a negative n_distinct (analyze.c, compute_scalar_stats).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from advisor.model.planning import EVERY
from advisor.model.snapshot import Relation, Snapshot, StatisticsRow
from advisor.planners.errors import PlannerError
from advisor.planners.growth.policies import Grown

#: Values with fewer rows each than its inverse come with the table's growth; others are a closed set, whose rows grow.
#: The line is PostgreSQL's (analyze.c, compute_scalar_stats: more distinct values than a tenth of the rows).
_SHARE = 0.1


def grow_rows(
    snapshot: Snapshot, factors: Mapping[str, float]
) -> tuple[list[Relation], list[StatisticsRow], tuple[Grown, ...], tuple[str, ...]]:
    """Relations and statistics with ``factors`` times the rows, what grew, and what a reader must know.

    Raises PlannerError for a table that the snapshot does not have.
    """
    return _Rows(snapshot, factors).grown()


class _Rows:
    def __init__(self, snapshot: Snapshot, factors: Mapping[str, float]) -> None:
        self.snapshot = snapshot
        self.counts = _counts(snapshot)
        self.factors = self._known(factors)

    def _known(self, factors: Mapping[str, float]) -> dict[str, float]:
        known = {o.name for o in self.snapshot.objects if o.kind == "table"}
        known |= {r.name for r in self.snapshot.relations if r.table is None} | set(self.counts)
        found = dict.fromkeys(known, factors[EVERY]) if EVERY in factors else {}
        for name, factor in factors.items():
            if name == EVERY:
                continue
            bare = name.rpartition(".")[2].strip("`\"'")
            hits = [table for table in known if table.lower() == bare.lower()]
            if len(hits) != 1:
                near = get_close_matches(bare, list(known), n=3)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise PlannerError(f"scale {name}: the snapshot has no table of this name{hint}")
            found[hits[0]] = factor
        return found

    def grown(self) -> tuple[list[Relation], list[StatisticsRow], tuple[Grown, ...], tuple[str, ...]]:
        relations = [self._relation(relation) for relation in self.snapshot.relations]
        rows = [self._row(row) for row in self.snapshot.rows]
        told = tuple(
            Grown(
                table=name,
                factor=factor,
                rows_before=self.counts.get(name),
                rows_after=self.counts[name] * factor if name in self.counts else None,
            )
            for name, factor in sorted(self.factors.items())
            if factor != 1.0
        )
        rule = (
            "values are those of today: of an index, different keys that are more than a tenth of the rows grow with "
            "them, fewer stay as many; histograms and samples are kept, so new dates and numbers lie outside them"
        )
        unknown = tuple(
            f"{grown.table} has no statistics: nothing tells a planner that it grew"
            for grown in told
            if grown.rows_before is None
        )
        return relations, rows, told, (rule, *unknown) if told else ()

    def _factor(self, table: object) -> float:
        return self.factors.get(str(table or "").partition("#")[0], 1.0)

    def _relation(self, relation: Relation) -> Relation:
        factor = self._factor(relation.table or relation.name)
        if factor == 1.0:
            return relation
        counters = dict(relation.counters)
        if isinstance(number := counters.get("cardinality"), int | float):
            counters["cardinality"] = self._keys(relation.table, number, factor)
        if isinstance(size := counters.get("index_length"), int):
            counters["index_length"] = round(size * factor)
        return msgspec.structs.replace(
            relation,
            pages=round(relation.pages * factor),
            tuples=relation.tuples * factor if relation.tuples > 0 else relation.tuples,
            blocks=None if relation.blocks is None else round(relation.blocks * factor),
            bytes=None if relation.bytes is None else round(relation.bytes * factor),
            rows=None if relation.rows is None else round(relation.rows * factor),
            height=None,
            counters=counters,
        )

    def _keys(self, table: object, number: float, factor: float) -> int:
        return round(number * factor) if self._open(table, number) else round(number)

    def _open(self, table: object, number: float) -> bool:
        """So many different keys are a share of the table's rows."""
        rows = self.counts.get(str(table or "").partition("#")[0], 0.0)
        return rows > 0 and number > _SHARE * rows

    def _row(self, row: StatisticsRow) -> StatisticsRow:
        change = _CHANGES.get(row.source.lower())
        if change is None:
            return row
        values = {name.lower(): value for name, value in row.values.items()}
        factor = self._factor(values.get("table_name") or values.get("tbl"))
        if factor == 1.0:
            return row
        changes = {name: value for name, value in change(self, values, factor).items() if name in values}
        spelled = {name.lower(): name for name in row.values}
        return StatisticsRow(
            source=row.source, values={**row.values, **{spelled[name]: value for name, value in changes.items()}}
        )

    # ------------------------------------------------------------------ MariaDB and MySQL
    def innodb_table(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        names = ("n_rows", "clustered_index_size", "sum_of_other_index_sizes")
        return {name: round(values[name] * factor) for name in names if isinstance(values.get(name), int | float)}

    def innodb_index(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        number = values.get("stat_value")
        if not isinstance(number, int | float):
            return {}
        if str(values.get("stat_name", "")).startswith("n_diff"):
            return {"stat_value": self._keys(values.get("table_name"), number, factor)}
        return {"stat_value": round(number * factor)}

    def partition(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        names = ("table_rows", "data_length", "index_length")
        return {name: round(values[name] * factor) for name in names if isinstance(values.get(name), int | float)}

    def cardinality(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        number = values.get("cardinality")
        return {"cardinality": round(number * factor)} if isinstance(number, int | float) else {}

    def frequency(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        """Average rows per value: as many as today where the values grow with the rows."""
        try:
            average = float(values.get("avg_frequency") or "")
        except (TypeError, ValueError):
            return {}
        after = average if average and 1.0 / average > _SHARE else average * factor
        return {"avg_frequency": type(values["avg_frequency"])(round(after, 4))}

    # ------------------------------------------------------------------ SQLite
    def stat1(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        """``rows a b c noskipscan``: rows, then rows per distinct prefix of the keys (sqlite.org/fileformat2.html)."""
        words = str(values.get("stat") or "").split(" ")
        if not words[0].isdigit():
            return {}
        out = [str(round(int(words[0]) * factor))]
        for word in words[1:]:
            closed = word.isdigit() and int(word) * _SHARE >= 1.0
            out.append(str(round(int(word) * factor)) if closed else word)
        return {"stat": " ".join(out)}

    def stat4(self, values: dict[str, Any], factor: float) -> dict[str, Any]:
        """Rows equal to a sample, before it, and different keys before it."""

        def times(name: str, closed: Callable[[int], bool]) -> str:
            words = str(values.get(name) or "").split(" ")
            return " ".join(
                str(round(int(word) * factor)) if word.isdigit() and closed(int(word)) else word for word in words
            )

        return {
            "neq": times("neq", lambda number: number * _SHARE >= 1.0),
            "nlt": times("nlt", lambda number: True),
            "ndlt": times("ndlt", lambda number: self._open(values.get("tbl"), number)),
        }


_CHANGES: dict[str, Callable[[_Rows, dict[str, Any], float], dict[str, Any]]] = {
    "mysql.innodb_table_stats": _Rows.innodb_table,
    "mysql.innodb_index_stats": _Rows.innodb_index,
    "information_schema.partitions": _Rows.partition,
    "mysql.table_stats": _Rows.cardinality,
    "mysql.index_stats": _Rows.frequency,
    "mysql.column_stats": _Rows.frequency,
    "sqlite_stat1": _Rows.stat1,
    "sqlite_stat4": _Rows.stat4,
}


def _counts(snapshot: Snapshot) -> dict[str, float]:
    """Rows by table, as the statistics have them."""
    found = {r.name: r.tuples for r in snapshot.relations if r.table is None and r.tuples >= 0}
    for row in snapshot.rows:
        values = {name.lower(): value for name, value in row.values.items()}
        source = row.source.lower()
        if source == "sqlite_stat1":
            first = str(values.get("stat") or "").split(" ")[0]
            if first.isdigit():
                found[str(values["tbl"])] = float(first)
        elif source == "mysql.innodb_table_stats" and isinstance(values.get("n_rows"), int | float):
            name = str(values["table_name"]).partition("#")[0]
            found.setdefault(name, float(values["n_rows"]))
    return found
