"""Facts of an index out of the catalog and statistics of the server it was made on: no row of the table is read.

Everything runs as an ordinary role that may read pg_stats of the table. Distinct counts and the rows of a predicate are
the planner's own (EXPLAIN); expressions without statistics are computed for the sampled values of their column.
"""

from __future__ import annotations

from typing import Any

from advisor.planners.hypothetical import quoted
from advisor.planners.postgresql.protocol import row, rows
from advisor.planners.postgresql.size.catalog import Column, Index
from advisor.planners.postgresql.size.key import Facts, Key
from advisor.planners.postgresql.size.samples import (
    NUMBERS,
    WHOLE,
    bounds,
    computed,
    expression_key,
    mentions,
    size_of,
    stored,
)

_EXTENDED = """
SELECT count(*) FROM pg_statistic_ext e JOIN pg_index i ON i.indexrelid = $1::oid AND e.stxrelid = i.indrelid
WHERE 'd' = ANY (e.stxkind)
  AND (SELECT count(*) FROM unnest(e.stxkeys::int2[]) k WHERE k = ANY (i.indkey::int2[])) > 1
"""
#: Whether the keys include all columns of a unique index that covers every row, none of them nullable.
_UNIQUE = """
SELECT EXISTS (
  SELECT FROM pg_index i JOIN pg_index u ON u.indrelid = i.indrelid AND u.indexrelid <> i.indexrelid
  WHERE i.indexrelid = $1::oid AND u.indisunique AND u.indisvalid AND u.indpred IS NULL
    AND NOT EXISTS (
      SELECT FROM generate_series(0, u.indnkeyatts - 1) AS n (place)
      LEFT JOIN pg_attribute a ON a.attrelid = u.indrelid AND a.attnum = u.indkey[n.place] AND a.attnotnull
      WHERE a.attnum IS NULL OR NOT a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
"""
_HAS_UNIQUE = "SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = $1::oid AND indisunique AND indisvalid)"
_HAS_EXTENDED = "SELECT EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = $1::oid)"

_COMPRESSED_FROM = 508


#: Table and column (or nothing) -> what was found of it.
Memo = dict[tuple[Any, ...], Any]


class Reader:
    """Collects the facts of indexes over one connection (psycopg; any transaction state)."""

    def __init__(self, connection: Any, memo: Memo | None = None) -> None:
        """``memo`` keeps what columns gave for other indexes of the same tables, while statistics stay as they are."""
        self.connection = connection
        self.memo = {} if memo is None else memo

    def planned_rows(self, sql: str) -> tuple[float, int, str] | None:
        """Rows, width and operator that the planner expects of a query; None where it refuses."""
        import psycopg

        try:
            with self.connection.transaction():
                (plan,) = row(self.connection, f"EXPLAIN (FORMAT JSON) {sql}")
        except psycopg.Error:
            return None
        root = plan[0]["Plan"]
        return float(root["Plan Rows"]), int(root["Plan Width"]), str(root["Node Type"])

    def facts(self, index: Index) -> Facts:
        """Everything that a model needs."""
        notes: list[str] = []
        place = ("rows", index.table_oid)
        if place not in self.memo:
            all_rows = self.planned_rows(f"SELECT 1 FROM ONLY {quoted(index.schema)}.{quoted(index.table)}")
            self.memo[place] = all_rows[0] if all_rows else 0.0
        table_rows: float = self.memo[place]
        covered = table_rows
        if index.predicate:
            some = self.planned_rows(f"SELECT 1 {index.from_clause}")
            covered = some[0] if some else table_rows
            if some is None:
                notes.append("the planner refused to estimate the predicate: as if all rows were covered")
        keys: list[Key] = []
        include: list[Key] = []
        for column in index.columns:
            key = self._once(index, column, covered, table_rows, notes)
            (keys if column.number <= index.key_count else include).append(key)
        long = [c.name or "an expression" for c, k in zip(index.columns, keys + include, strict=True) if _long(k)]
        if long:
            notes.append(
                f"long values of {', '.join(long)} are compressed in an index, nobody knows how well: at most so big"
            )
        distinct = None
        if self._unique(index):
            distinct = covered
        elif index.key_count > 1 and self._extended(index):
            texts = ", ".join(column.definition for column in index.columns[: index.key_count])
            grouped = self.planned_rows(f"SELECT {texts} {index.from_clause} GROUP BY {texts}")
            distinct = grouped[0] if grouped else None
        return Facts(
            index.method,
            covered,
            table_rows,
            index.heap_pages,
            tuple(keys),
            tuple(include),
            index.unique,
            all(column.all_equal_image for column in index.columns[: index.key_count]),
            index.options,
            distinct,
            index.columns[0].opclass,
            index.version,
            tuple(notes),
        )

    def _unique(self, index: Index) -> bool:
        """Keys of a unique index are among the columns: asked only where the table has one."""
        place = ("has unique", index.table_oid)
        if place not in self.memo:
            self.memo[place] = bool(row(self.connection, _HAS_UNIQUE, index.table_oid)[0])
        return self.memo[place] and bool(row(self.connection, _UNIQUE, index.oid)[0])

    def _extended(self, index: Index) -> bool:
        """Statistics of several of its columns together: asked only where the table has any."""
        place = ("has extended", index.table_oid)
        if place not in self.memo:
            self.memo[place] = bool(row(self.connection, _HAS_EXTENDED, index.table_oid)[0])
        return self.memo[place] and bool(row(self.connection, _EXTENDED, index.oid)[0])

    # ------------------------------------------------------------------ keys
    def _once(self, index: Index, column: Column, rows: float, table_rows: float, notes: list[str]) -> Key:
        """A whole column is the same in every index without a predicate."""
        if column.name is None or index.predicate:
            return self._key(index, column, rows, table_rows, notes)
        place = (index.table_oid, column.name, column.length, column.result_type)
        if place not in self.memo:
            said: list[str] = []
            self.memo[place] = self._key(index, column, rows, table_rows, said), said
        key, said = self.memo[place]
        notes += said
        found: Key = key
        return found

    def _key(self, index: Index, column: Column, rows: float, table_rows: float, notes: list[str]) -> Key:
        if column.name is None:
            return self._expression(index, column, rows, notes)
        if not column.known:
            notes.append(f"no statistics of {column.name}")
            width = self.planned_rows(f"SELECT {column.definition} {index.from_clause}")
            average = float(width[1]) if width else 32.0
            return Key(column.length, column.align, average, distinct=self._distinct(index, column, rows))
        null_frac, frequencies = column.null_frac or 0.0, column.frequencies
        given = column.n_distinct or 0.0
        distinct = -given * table_rows if given < 0 else given or self._distinct(index, column, rows)
        if index.predicate and mentions(index.predicate, column.name):
            null_frac, frequencies, distinct = self._chosen(index, column, distinct, rows, table_rows)
        elif index.predicate:
            distinct = self._distinct(index, column, rows)
        return Key(
            column.length,
            column.align,
            float(column.avg_width or 4),
            self._widths(index, column) if column.length < 0 else (),
            null_frac,
            frequencies,
            min(max(distinct, 1.0), max(rows * (1 - null_frac), 1.0)),
            min(1.0, index.sample_rows / max(table_rows, 1.0)),
            column.correlation,
            () if index.predicate else bounds(self.connection, index, column),
            1.0 if column.type in WHOLE else 0.0,
        )

    def _chosen(
        self, index: Index, column: Column, distinct: float, rows: float, table_rows: float
    ) -> tuple[float, tuple[float, ...], float]:
        """NULLs, common values and distinct values of a column of which the predicate chooses among the values."""
        null_frac = column.null_frac or 0.0
        if null_frac and self._excludes(index, column, "IS NOT NULL"):
            return 1.0, (), 1.0
        if null_frac and self._excludes(index, column, "IS NULL"):
            null_frac = 0.0
        found = computed(self.connection, index, index.predicate or "", f"({index.predicate}) IS TRUE")
        total = sum(weight for _, weight, _, _, _ in found)
        passed = sum(weight for passes, weight, _, _, _ in found if passes)
        if not passed or total <= 0:
            covered = rows / max(1.0, table_rows * (1 - (column.null_frac or 0.0)))
            return null_frac, (), distinct * min(1.0, covered)
        common = [(passes, weight) for passes, weight, common, _, _ in found if common]
        others = [passes for passes, _, common, _, _ in found if not common]
        frequencies = tuple(weight / passed * (1 - null_frac) for passes, weight in common if passes)
        share = sum(others) / len(others) if others else 0.0
        return null_frac, frequencies, len(frequencies) + max(0.0, distinct - len(common)) * share

    def _distinct(self, index: Index, column: Column, rows: float) -> float:
        grouped = self.planned_rows(f"SELECT {column.definition} {index.from_clause} GROUP BY {column.definition}")
        return grouped[0] if grouped else rows

    def _excludes(self, index: Index, column: Column, test: str) -> bool:
        """Whether the planner can refute that a row of the index passes the test there."""
        with self.connection.transaction(force_rollback=True):
            rows(self.connection, "SELECT set_config('constraint_exclusion', 'on', true)")
            table = f"ONLY {quoted(index.schema)}.{quoted(index.table)}"
            null = f"{quoted(column.name or '')} {test}"
            planned = self.planned_rows(f"SELECT 1 FROM {table} WHERE ({index.predicate}) AND {null}")
        return planned is not None and planned[2] == "Result"

    def _widths(self, index: Index, column: Column) -> tuple[tuple[int, float], ...]:
        """Bytes of the sampled values as they would be stored in an index, weighted; nothing where it cannot be had."""
        text, passes = column.definition, "true"
        if index.predicate and mentions(index.predicate, column.name or ""):
            text, passes = f"{text} {index.predicate}", f"({index.predicate}) IS TRUE"
        found = [
            (row[0], row[2] if row[1] else 0.0)
            for row in computed(self.connection, index, text, f"{size_of(column)}, {passes}")
        ]
        sizes = [(stored(bytes_, column.length), weight) for bytes_, weight in found if weight and bytes_ is not None]
        total = sum(weight for _, weight in sizes)
        if not sizes or total <= 0 or column.avg_width is None:
            return ()
        mean = sum(bytes_ * weight for bytes_, weight in sizes) / total
        if column.length == -2:
            return tuple(sizes)
        # Masked values have lengths of their own, toasted ones are stored elsewhere.
        if passes != "true":
            return tuple(sizes)
        return tuple(sizes) if abs(mean - column.avg_width) <= max(2.0, column.avg_width * 0.2) else ()

    # ------------------------------------------------------------------ expressions
    def _expression(self, index: Index, column: Column, rows: float, notes: list[str]) -> Key:
        planned = self.planned_rows(f"SELECT {column.definition} {index.from_clause}")
        width = float(planned[1]) if planned else 32.0
        distinct = self._distinct(index, column, rows)
        sampled = self._sampled(index, column, rows)
        shown = " ".join(column.definition.split())[:60]
        if sampled is None:
            notes.append(f"no statistics of the expression {shown}: the planner's defaults")
            return Key(column.length, column.align, width, distinct=min(distinct, max(rows, 1.0)))
        notes.append(f"the expression {shown} was computed for the column's sampled values")
        return sampled

    def _sampled(self, index: Index, column: Column, rows: float) -> Key | None:
        """The expression over the common values and the histograms of its columns."""
        number = NUMBERS.get(column.result_type, "NULL").format(column.definition)
        what = f"{size_of(column)}, md5(({column.definition})::text), {number}"
        found = computed(self.connection, index, column.definition, what)
        if len(found) < 2:
            return None
        n_distinct, null_frac = found[0][-2:]
        values = max(1.0, -n_distinct * rows if n_distinct < 0 else n_distinct)
        share = min(1.0, index.sample_rows / max(rows, 1.0))
        return expression_key(column, found, values, rows, null_frac, share)


def _long(key: Key) -> bool:
    """TOAST_INDEX_TARGET: index_form_tuple tries to compress what is longer (indextuple.c)."""
    return key.length == -1 and key.width > _COMPRESSED_FROM
