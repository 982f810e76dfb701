"""What the catalog says of an index: its table, its columns with their statistics, its predicate and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import quoted
from advisor.planners.postgresql.protocol import rows

_INDEX = """
SELECT i.indexrelid::int8, n.nspname, c.relname, c.oid::int8, am.amname, i.indisunique, i.indnkeyatts, i.indnatts,
       pg_get_expr(i.indpred, i.indrelid), coalesce(ic.reloptions, '{}'), i.indkey::int2[]::int[],
       greatest(c.relpages, pg_relation_size(c.oid) / current_setting('block_size')::int)::int8,
       current_setting('server_version_num')::int,
       300 * greatest(current_setting('default_statistics_target')::int,
                      (SELECT max(attstattarget) FROM pg_attribute WHERE attrelid = c.oid))
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indexrelid = ANY ($1::oid[])
"""
#: Equal images: support function 4; but PostgreSQL 15 (15.20 was tried) deduplicates no char(n), as 14 and 16 to 18 do.
_COLUMNS = """
SELECT i.indexrelid::int8, k.number, a.attlen::int, a.attalign::text,
       pg_get_indexdef(i.indexrelid, k.number::int, true), t.attname,
       format_type(t.atttypid, NULL), coalesce(o.opcname, ''),
       NOT (ot.typname = 'bpchar' AND current_setting('server_version_num')::int / 10000 = 15) AND
       EXISTS (SELECT FROM pg_amproc p LEFT JOIN pg_collation l ON l.oid = i.indcollation[k.number - 1]
               WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
                 AND p.amprocrighttype = o.opcintype AND p.amprocnum = 4
                 AND (p.amproc::text <> 'btvarstrequalimage' OR coalesce(l.collisdeterministic, true))),
       EXISTS (SELECT FROM pg_amproc p WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
                 AND p.amprocrighttype = o.opcintype AND p.amprocnum = 11), coalesce(ot.typname, ''),
       format_type(a.atttypid, NULL)
FROM pg_index i CROSS JOIN LATERAL generate_series(1, i.indnatts) AS k (number)
JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = k.number
LEFT JOIN pg_opclass o ON o.oid = i.indclass[k.number - 1]
LEFT JOIN pg_type ot ON ot.oid = o.opcintype
LEFT JOIN pg_attribute t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[k.number - 1] AND t.attnum > 0
WHERE i.indexrelid = ANY ($1::oid[]) ORDER BY i.indexrelid, k.number
"""
_STATISTICS = """
SELECT null_frac::float8, avg_width, n_distinct::float8, most_common_freqs::float8[], most_common_elem_freqs::float8[],
       elem_count_histogram::float8[], most_common_elems::text, coalesce(correlation, 0)::float8
FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited
"""
_ALIGN = {"c": 1, "s": 2, "i": 4, "d": 8}


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
    opclass: str = ""
    element_frequencies: tuple[float, ...] | None = None
    element_counts: tuple[float, ...] | None = None
    elements: str | None = None
    all_equal_image: bool = False
    sortable: bool = False
    input_type: str = ""
    result_type: str = ""
    """Of the index's own column."""
    correlation: float = 0.0
    """Of the order of its values with that of the rows."""


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
        return f"FROM ONLY {quoted(self.schema)}.{quoted(self.table)}{where}"


def read_together(connection: Any, oids: Sequence[int], memo: dict[tuple[Any, ...], Any]) -> None:
    """What `read` asks of each index, for several at once, into ``memo``; of what is not there once, nothing."""
    told = rows(connection, _INDEX, list(oids))
    if len(told) != len(set(oids)):
        return
    columns: dict[int, list[tuple[Any, ...]]] = {}
    for oid, *rest in rows(connection, _COLUMNS, list(oids)):
        columns.setdefault(oid, []).append(tuple(rest))
    for oid, *rest in told:
        memo["index", oid] = tuple(rest)
        memo["columns", oid] = columns.get(oid, [])


def read(connection: Any, oid: int, memo: dict[tuple[Any, ...], Any]) -> Index:
    """The index of an OID. ``connection`` is psycopg's; ``memo`` keeps the statistics of columns.

    Raises psycopg.Error; PlannerError where it is not found.
    """
    if ("index", oid) not in memo:
        read_together(connection, [oid], memo)
    if ("index", oid) not in memo:
        raise PlannerError(f"the server does not tell of one index of OID {oid}")
    schema, table, table_oid, method, unique, keys, _, predicate, options, _, pages, version, sample = memo.pop(
        ("index", oid)
    )

    def known(name: str | None) -> tuple[Any, ...] | None:
        place = ("statistics", table_oid, name)
        if name is not None and place not in memo:
            memo[place] = next(iter(rows(connection, _STATISTICS, schema, table, name)), None)
        found: tuple[Any, ...] | None = memo.get(place)
        return found

    columns = tuple(_column(one, known(one[4])) for one in memo.pop(("columns", oid)))
    given = dict(option.partition("=")[::2] for option in options)
    return Index(
        oid, schema, table, table_oid, method, unique, keys, predicate, given, int(pages), version, sample, columns
    )


def _column(row: tuple[Any, ...], known: tuple[Any, ...] | None) -> Column:
    number, length, align, definition, name, type_, opclass, equal_image, sortable, input_type, result_type = row
    null_frac, width, distinct, frequencies, element_frequencies, element_counts, elements, order = known or (None,) * 8
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
        known=known is not None,
        opclass=opclass,
        element_frequencies=None if element_frequencies is None else tuple(element_frequencies),
        element_counts=None if element_counts is None else tuple(element_counts),
        elements=elements,
        all_equal_image=equal_image,
        sortable=sortable,
        input_type=input_type,
        result_type=result_type,
        correlation=order or 0.0,
    )
