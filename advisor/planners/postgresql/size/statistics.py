"""Facts of an index out of the catalog and statistics of the server it was made on: no row of the table is read.

Everything runs as an ordinary role that may read pg_stats of the table. Distinct counts and the rows of a predicate are
the planner's own (EXPLAIN); expressions without statistics are computed for the sampled values of their column.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from advisor.planners.postgresql.size.key import Facts, Key

_INDEX = """
SELECT n.nspname, c.relname, c.oid::int8, am.amname, i.indisunique, i.indnkeyatts, i.indnatts,
       pg_get_expr(i.indpred, i.indrelid), coalesce(ic.reloptions, '{}'), i.indkey::int2[]::int[],
       greatest(c.relpages, pg_relation_size(c.oid) / current_setting('block_size')::int)::int8,
       current_setting('server_version_num')::int,
       300 * greatest(current_setting('default_statistics_target')::int,
                      (SELECT max(attstattarget) FROM pg_attribute WHERE attrelid = c.oid))
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indexrelid = $1::oid
"""
_COLUMNS = """
SELECT k.number, a.attlen::int, a.attalign::text, pg_get_indexdef(i.indexrelid, k.number::int, true), t.attname,
       format_type(t.atttypid, NULL), s.null_frac::float8, s.avg_width, s.n_distinct::float8,
       s.most_common_freqs::float8[], s.schemaname IS NOT NULL, o.opcname,
       s.most_common_elem_freqs::float8[], s.elem_count_histogram::float8[], s.most_common_elems::text,
       EXISTS (SELECT FROM pg_amproc p LEFT JOIN pg_collation l ON l.oid = i.indcollation[k.number - 1]
               WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
                 AND p.amprocrighttype = o.opcintype AND p.amprocnum = 4
                 AND (p.amproc::text <> 'btvarstrequalimage' OR coalesce(l.collisdeterministic, true))),
       EXISTS (SELECT FROM pg_amproc p WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
                 AND p.amprocrighttype = o.opcintype AND p.amprocnum = 11), ot.typname, format_type(a.atttypid, NULL)
FROM pg_index i CROSS JOIN LATERAL generate_series(1, i.indnatts) AS k (number)
JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = k.number
LEFT JOIN pg_opclass o ON o.oid = i.indclass[k.number - 1]
LEFT JOIN pg_type ot ON ot.oid = o.opcintype
LEFT JOIN pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[k.number - 1] AND t.attnum > 0
LEFT JOIN pg_class c ON c.oid = i.indrelid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = t.attname
     AND NOT s.inherited
WHERE i.indexrelid = $1::oid ORDER BY k.number
"""
_TABLE_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
"""
_EXTENDED = """
SELECT count(*) FROM pg_statistic_ext e JOIN pg_index i ON i.indexrelid = $1::oid AND e.stxrelid = i.indrelid
WHERE 'd' = ANY (e.stxkind)
  AND (SELECT count(*) FROM unnest(e.stxkeys::int2[]) k WHERE k = ANY (i.indkey::int2[])) > 1
"""
_SAMPLED = """
SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs)::float8, true, n_distinct::float8,
       null_frac::float8
FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited
UNION ALL
SELECT unnest(histogram_bounds::text::text[]),
       greatest(0, 1 - null_frac - coalesce((SELECT sum(f) FROM unnest(most_common_freqs) AS f), 0))::float8
         / array_length(histogram_bounds::text::text[], 1), false, n_distinct, null_frac
FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited
"""
#: Whole numbers that stand for the values of a type: how far apart they lie bounds how many there are.
_NUMBERS = {
    "smallint": "({})::bigint",
    "integer": "({})::bigint",
    "bigint": "({})::bigint",
    "date": "({}) - date '2000-01-01'",
    "timestamp without time zone": "(extract(epoch FROM {}) * 1000000)::bigint",
    "timestamp with time zone": "(extract(epoch FROM {}) * 1000000)::bigint",
}
_MOST_COLUMNS = 4
_DRAWN = 400
_ALIGN = {"c": 1, "s": 2, "i": 4, "d": 8}
_SHORT = 126


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an index as the catalog has it."""

    number: int
    length: int
    align: int
    definition: str
    """The column or the expression."""
    name: str | None
    """None: an expression."""
    type: str | None
    null_frac: float | None
    avg_width: int | None
    n_distinct: float | None
    frequencies: tuple[float, ...]
    known: bool
    opclass: str
    element_frequencies: tuple[float, ...] | None
    element_counts: tuple[float, ...] | None
    elements: str | None
    all_equal_image: bool
    sortable: bool
    input_type: str
    result_type: str
    """Of the index's own column."""


@dataclass(frozen=True, slots=True)
class Index:
    """What the catalog says of an index."""

    oid: int
    schema: str
    table: str
    table_oid: int
    method: str
    unique: bool
    key_count: int
    predicate: str | None
    options: dict[str, str]
    heap_pages: int
    version: int
    sample_rows: int
    """That ANALYZE looks at."""
    columns: tuple[Column, ...]

    @property
    def from_clause(self) -> str:
        """``FROM ONLY schema.table [WHERE predicate]``."""
        where = f" WHERE {self.predicate}" if self.predicate else ""
        return f"FROM ONLY {_quoted(self.schema)}.{_quoted(self.table)}{where}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class Reader:
    """Collects the facts of indexes over one connection (psycopg; any transaction state)."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """One statement by the extended protocol."""
        import psycopg

        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(sql, parameters, prepare=True)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def index(self, oid: int) -> Index:
        """The catalog's words about an index."""
        ((schema, table, table_oid, method, unique, keys, _, predicate, options, _, pages, version, sample),) = (
            self.rows(_INDEX, oid)
        )
        columns = tuple(_column(row) for row in self.rows(_COLUMNS, oid))
        given = dict(option.partition("=")[::2] for option in options)
        return Index(
            oid, schema, table, table_oid, method, unique, keys, predicate, given, int(pages), version, sample, columns
        )

    def planned_rows(self, sql: str) -> tuple[float, int, str] | None:
        """Rows, width and operator that the planner expects of a query; None where it refuses."""
        import psycopg

        try:
            with self.connection.transaction():
                ((plan,),) = self.rows(f"EXPLAIN (FORMAT JSON) {sql}")
        except psycopg.Error:
            return None
        root = plan[0]["Plan"]
        return float(root["Plan Rows"]), int(root["Plan Width"]), str(root["Node Type"])

    def facts(self, index: Index) -> Facts:
        """Everything that a model needs."""
        notes: list[str] = []
        all_rows = self.planned_rows(f"SELECT 1 FROM ONLY {_quoted(index.schema)}.{_quoted(index.table)}")
        table_rows = all_rows[0] if all_rows else 0.0
        rows = table_rows
        if index.predicate:
            some = self.planned_rows(f"SELECT 1 {index.from_clause}")
            rows = some[0] if some else table_rows
            if some is None:
                notes.append("the planner refused to estimate the predicate: as if all rows were covered")
        keys: list[Key] = []
        include: list[Key] = []
        for column in index.columns:
            key = self._key(index, column, rows, table_rows, notes)
            (keys if column.number <= index.key_count else include).append(key)
        distinct = None
        if index.key_count > 1 and self.rows(_EXTENDED, index.oid)[0][0]:
            texts = ", ".join(column.definition for column in index.columns[: index.key_count])
            grouped = self.planned_rows(f"SELECT {texts} {index.from_clause} GROUP BY {texts}")
            distinct = grouped[0] if grouped else None
        return Facts(
            index.method,
            rows,
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

    # ------------------------------------------------------------------ keys
    def _key(self, index: Index, column: Column, rows: float, table_rows: float, notes: list[str]) -> Key:
        if column.name is None:
            return self._expression(index, column, rows, notes)
        grouped = self._distinct(index, column, rows)
        if not column.known:
            notes.append(f"no statistics of {column.name}")
            width = self.planned_rows(f"SELECT {column.definition} {index.from_clause}")
            average = float(width[1]) if width else 32.0
            return Key(column.length, column.align, average, distinct=grouped)
        null_frac, frequencies = column.null_frac or 0.0, column.frequencies
        given = column.n_distinct or 0.0
        distinct = -given * table_rows if given < 0 else given or grouped
        if index.predicate and _mentions(index.predicate, column.name):
            null_frac, frequencies, distinct = self._chosen(index, column, distinct, rows, table_rows)
        elif index.predicate:
            distinct = grouped
        return Key(
            column.length,
            column.align,
            float(column.avg_width or 4),
            self._widths(index, column) if column.length < 0 else (),
            null_frac,
            frequencies,
            min(max(distinct, 1.0), max(rows * (1 - null_frac), 1.0)),
            min(1.0, index.sample_rows / max(table_rows, 1.0)),
        )

    def _chosen(
        self, index: Index, column: Column, distinct: float, rows: float, table_rows: float
    ) -> tuple[float, tuple[float, ...], float]:
        """NULLs, common values and distinct values of a column of which the predicate chooses among the values."""
        null_frac = column.null_frac or 0.0
        if null_frac and self._excludes_nulls(index, column):
            null_frac = 0.0
        found = self.sampled(index, index.predicate or "", f"({index.predicate}) IS TRUE")
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

    def _excludes_nulls(self, index: Index, column: Column) -> bool:
        """Whether the planner can refute that a row of the index has NULL there."""
        name = _quoted(column.name or "")
        with self.connection.transaction(force_rollback=True):
            self.rows("SELECT set_config('constraint_exclusion', 'on', true)")
            where = index.from_clause.replace(" WHERE ", " WHERE (", 1)
            planned = self.planned_rows(f"SELECT 1 {where}) AND {name} IS NULL")
        return planned is not None and planned[2] == "Result"

    def _widths(self, index: Index, column: Column) -> tuple[tuple[int, float], ...]:
        """Bytes of the sampled values as they would be stored in an index, weighted; nothing where it cannot be had."""
        text, passes = column.definition, "true"
        if index.predicate and _mentions(index.predicate, column.name or ""):
            text, passes = f"{text} {index.predicate}", f"({index.predicate}) IS TRUE"
        found = [(row[0], row[2] if row[1] else 0.0) for row in self.sampled(index, text, f"{_size(column)}, {passes}")]
        sizes = [(_stored(bytes_, column.length), weight) for bytes_, weight in found if weight and bytes_ is not None]
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
        number = _NUMBERS.get(column.result_type, "NULL").format(column.definition)
        what = f"{_size(column)}, md5(({column.definition})::text), {number}"
        found = self.sampled(index, column.definition, what)
        if len(found) < 2:
            return None
        n_distinct, null_frac = found[0][-2:]
        values = max(1.0, -n_distinct * rows if n_distinct < 0 else n_distinct)
        share = min(1.0, index.sample_rows / max(rows, 1.0))
        return _expression_key(column, found, values, rows, null_frac, share)

    def sampled(self, index: Index, text: str, what: str) -> list[tuple[Any, ...]]:
        """``what`` (SQL over the columns that ``text`` mentions) for the values that statistics hold.

        Rows of what, weight, whether it is a common value, n_distinct and null_frac (of several columns: values drawn
        at random, as if independent). Empty where it cannot be had.
        """
        import psycopg

        names = self.rows(_TABLE_COLUMNS, index.table_oid)
        used = [(name, type_) for name, type_ in names if _mentions(text, name)]
        if not used or len(used) > _MOST_COLUMNS:
            return []
        try:
            with self.connection.transaction():
                columns = [self.rows(_SAMPLED, index.schema, index.table, name) for name, _ in used]
                if not all(columns):
                    return []
                if len(used) == 1:
                    texts, weights, common = ([list(each) for each in zip(*columns[0], strict=True)])[:3]
                    drawn, n_distinct, null_frac = [texts], columns[0][0][3], columns[0][0][4]
                else:
                    draw = random.Random(5)  # noqa: S311 - the same facts give the same sample
                    drawn = [_drawn(column, draw) for column in columns]
                    weights, common = [1.0 / _DRAWN] * _DRAWN, [False] * _DRAWN
                    n_distinct, null_frac = -1.0, 0.0
                given = ", ".join(f"CAST(v{n} AS {type_}) AS {_quoted(name)}" for n, (name, type_) in enumerate(used))
                arrays = ", ".join(f"${n + 1}::text[]" for n in range(len(used)))
                labels = ", ".join(f"v{n}" for n in range(len(used)))
                found = self.rows(
                    f"SELECT {what} FROM (SELECT {given} FROM unnest({arrays}) WITH ORDINALITY AS u ({labels}, place)"
                    f" ORDER BY place) AS {_quoted(index.table)}",
                    *drawn,
                )
        except psycopg.Error:
            return []
        return [
            (*row, weight, usual, n_distinct, null_frac)
            for row, weight, usual in zip(found, weights, common, strict=True)
        ]


def _drawn(column: list[tuple[Any, ...]], draw: random.Random) -> list[str | None]:
    values: list[str | None] = [row[0] for row in column]
    weights = [float(row[1]) for row in column]
    if column[0][4]:
        values.append(None)
        weights.append(float(column[0][4]))
    return draw.choices(values, weights, k=_DRAWN)


def _expression_key(
    column: Column, found: list[tuple[Any, ...]], values: float, rows: float, null_frac: float, share: float
) -> Key | None:
    """What the computed values say: results that several inputs share are common, the others as many as the inputs."""
    weights: dict[str, float] = {}
    inputs: dict[str, int] = {}
    sizes: dict[int, float] = {}
    nulls = null_frac
    numbers = sorted({int(row[2]) for row in found if row[2] is not None})
    for size, digest, _, weight, common, _, _ in found:
        if digest is None:
            nulls += weight
            continue
        weights[digest] = weights.get(digest, 0.0) + weight
        inputs[digest] = inputs.get(digest, 0) + (2 if common else 1)
        stored = _stored(int(size), column.length)
        sizes[stored] = sizes.get(stored, 0.0) + weight
    if not weights:
        return Key(column.length, column.align, 1.0, null_frac=min(1.0, nulls), distinct=1.0)
    met = sum(1 for row in found if row[1] is not None)
    once = sum(1 for times in inputs.values() if times == 1)
    collisions = met - len(weights)
    if not collisions:
        distinct = values
    elif once > 0.8 * met:
        distinct = min(values, met * (met - 1) / 2 / collisions)  # birthdays
    else:
        # Guaranteed-error estimate (Charikar et al., PODS 2000): those met once stand for a root of all.
        distinct = len(weights) - once + once * max(1.0, (max(values, met) / met) ** 0.5)
    if len(numbers) > 2:
        step = math.gcd(*(after - before for before, after in pairwise(numbers)))
        distinct = min(distinct, (numbers[-1] - numbers[0]) / step + 1)
    frequent: tuple[float, ...] = ()
    if once <= 0.8 * met:
        frequent = tuple(sorted((weights[d] for d, times in inputs.items() if times > 1), reverse=True))
    total = sum(sizes.values()) or 1.0
    mean = sum(size * weight for size, weight in sizes.items()) / total
    widths = tuple(sorted(sizes.items())) if column.length < 0 else ()
    return Key(
        column.length,
        column.align,
        mean,
        widths,
        min(1.0, nulls),
        frequent,
        min(max(distinct, 1.0), max(rows, 1.0)),
        share if distinct == values else 1.0,
    )


def _size(column: Column) -> str:
    """Bytes of a value as it is computed, with a header of four bytes."""
    if column.length > 0:
        return "1"
    if column.length == -2:
        return f"octet_length(({column.definition})::text) + 1"
    if column.result_type in ("text", "character varying", "character", "citext"):
        return f"octet_length(({column.definition})::text) + 4"  # a short header may have been kept
    return f"pg_column_size({column.definition})"


def _stored(size: int, length: int) -> int:
    """Bytes in a tuple of what pg_column_size says of a computed value: short ones have one byte of header."""
    if length == -1:
        return size - 3 if size - 3 <= _SHORT else size
    return size


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def _column(row: tuple[Any, ...]) -> Column:
    (number, length, align, definition, name, type_, null_frac, width, distinct, frequencies, known, opclass) = row[:12]
    (element_frequencies, element_counts, elements, equal_image, sortable, input_type, result_type) = row[12:]
    return Column(
        number=number,
        length=length,
        align=_ALIGN[align],
        definition=definition,
        name=name,
        type=type_,
        null_frac=null_frac,
        avg_width=width,
        n_distinct=distinct,
        frequencies=tuple(frequencies or ()),
        known=known,
        opclass=opclass or "",
        element_frequencies=None if element_frequencies is None else tuple(element_frequencies),
        element_counts=None if element_counts is None else tuple(element_counts),
        elements=elements,
        all_equal_image=equal_image,
        sortable=sortable,
        input_type=input_type or "",
        result_type=result_type,
    )
