"""How big HypoPG's indexes would really be: our own model of B-trees, fed from a running server's statistics."""

from __future__ import annotations

from typing import Any

from advisor.planners.hypothetical import Hypothetical, quoted
from advisor.planners.postgresql.session import Session
from advisor.planners.postgresql.size import btree
from advisor.planners.postgresql.size.catalog import Column, Index
from advisor.planners.postgresql.size.key import Built
from advisor.planners.postgresql.size.statistics import Reader

_TABLE = """
SELECT c.oid::int8, n.nspname, c.relkind::text,
       greatest(c.relpages, pg_relation_size(c.oid) / current_setting('block_size')::int)::int8,
       current_setting('default_statistics_target')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)
"""
_COLUMN = """
SELECT a.attlen::int, a.attalign::text, format_type(a.atttypid, NULL), s.null_frac::float8, s.avg_width,
       s.n_distinct::float8, s.most_common_freqs::float8[], s.attname IS NOT NULL,
       EXISTS (SELECT FROM pg_opclass AS o JOIN pg_amproc AS p ON p.amprocfamily = o.opcfamily AND p.amprocnum = 4
                 AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype
               LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
               WHERE o.opcmethod = 403 AND o.opcdefault
                 AND (o.opcintype = a.atttypid
                      OR EXISTS (SELECT FROM pg_cast AS k WHERE k.castsource = a.atttypid
                                 AND k.casttarget = o.opcintype AND k.castmethod = 'b'))
                 AND (p.amproc::text <> 'btvarstrequalimage' OR coalesce(l.collisdeterministic, true)))
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
  AND NOT s.inherited
WHERE a.attrelid = $1::int8::oid AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped
"""
_ALIGN = {"c": 1, "s": 2, "i": 4, "d": 8}


def modelled(session: Session, wanted: Hypothetical) -> tuple[float | None, Built | None]:
    """Rows that the index would cover, and its size; None of what cannot be told.

    The model is for B-trees over columns of a table. Inside a transaction; raises psycopg.Error.
    """
    name = quoted(wanted.table.name)
    if wanted.table.schema:
        name = f"{quoted(wanted.table.schema)}.{name}"
    found = session.rows(_TABLE, [name])
    if not found:
        return None, None
    ((oid, schema, kind, pages, target),) = found
    reader = Reader(session.connection)
    if kind != "r" or wanted.method != "btree" or any(key.column is None for key in wanted.keys):
        where = f" WHERE {wanted.where}" if wanted.where else ""
        rows = reader.planned_rows(f"SELECT 1 FROM {name}{where}")
        return (rows[0] if rows else None), None
    columns = []
    for number, column in enumerate([key.column or "" for key in wanted.keys] + list(wanted.include), start=1):
        facts = session.rows(_COLUMN, [oid, column])
        if not facts:
            return None, None
        columns.append(_column(number, column, facts[0]))
    options = dict(part.strip().partition("=")[::2] for part in (wanted.options or "").split(",") if part.strip())
    index = Index(
        oid=0,
        schema=schema,
        table=wanted.table.name,
        table_oid=oid,
        method="btree",
        unique=wanted.unique,
        key_count=len(wanted.keys),
        predicate=wanted.where,
        options={key.strip().lower(): value.strip() for key, value in options.items()},
        heap_pages=int(pages),
        version=session.version_number,
        sample_rows=300 * int(target),
        columns=tuple(columns),
    )
    built = btree.size(reader.facts(index))
    return built.tuples, built


def _column(number: int, name: str, row: tuple[Any, ...]) -> Column:
    length, align, type_, null_frac, width, n_distinct, frequencies, known, equal_image = row
    return Column(
        number=number,
        length=length,
        align=_ALIGN[align],
        definition=quoted(name),
        name=name,
        type=type_,
        null_frac=null_frac,
        avg_width=width,
        n_distinct=n_distinct,
        frequencies=tuple(frequencies or ()),
        known=known,
        all_equal_image=equal_image,
        result_type=type_,
    )
