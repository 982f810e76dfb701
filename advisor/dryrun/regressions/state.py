"""What a PostgreSQL copy holds at one moment, by OID: what renaming keeps and making anew does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.planners.postgresql.protocol import rows

if TYPE_CHECKING:
    import psycopg

_RELATIONS = """
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, c.relfilenode::int8, i.indrelid::int8,
       coalesce(i.indisvalid, true), coalesce(i.indisunique, false),
       CASE WHEN c.relkind IN ('i', 'I') THEN pg_catalog.pg_get_indexdef(c.oid) END,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')),
       (SELECT h.inhparent::int8 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid LIMIT 1),
       pg_catalog.concat_ws(' ',
           (SELECT pg_catalog.string_agg(pg_catalog.concat_ws('/', k.contype, k.convalidated, k.conkey, k.confrelid,
                                                              k.confkey, k.conbin), ' ' ORDER BY k.oid)
            FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('f', 'c')),
           (SELECT pg_catalog.string_agg(w.oid::text || '/' || w.xmin::text, ' ' ORDER BY w.oid)
            FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid),
           pg_catalog.pg_get_partkeydef(c.oid), c.relpartbound),
       pg_catalog.string_to_array(i.indkey::text, ' ')::int4[],
       (SELECT o.option_value::int4 FROM pg_catalog.pg_options_to_table(c.reloptions) o
        WHERE o.option_name = 'fillfactor')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v', 'i', 'I') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> 'advisor_shadow'
ORDER BY c.oid
"""
_COLUMNS = """
SELECT a.attrelid::int8, a.attnum::int4, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attlen::int4, a.attalign::text, a.attnotnull, a.attcollation::int8, a.attmissingval::text
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND n.nspname <> 'advisor_shadow'
"""
#: Functions and operators that statements call: what plans may depend on besides.
_OTHERS = """
SELECT 'f', p.oid::int8, p.xmin::text FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
UNION ALL
SELECT 'o', o.oid::int8, o.xmin::text FROM pg_catalog.pg_operator o WHERE o.oid >= 16384
UNION ALL
SELECT 's', s.oid::int8, '' FROM pg_catalog.pg_statistic_ext s
"""
_REFERENCES = """
SELECT k.oid::int8, k.conname::text, k.conrelid::int8, k.confrelid::int8,
       array(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (number, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
       array(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place)
FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
"""
_TABLES = frozenset("rpmf")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view or index."""

    oid: int
    schema: str
    name: str
    kind: str
    """pg_class.relkind."""
    file: int
    """relfilenode: another one after a rewrite."""
    table: int | None
    """Of an index: its table."""
    valid: bool
    unique: bool
    definition: str | None
    """Of an index: CREATE INDEX."""
    constraint: bool
    """Of an index: a key or exclusion constraint rests on it."""
    parent: int | None
    """Of a partition or its index: the partitioned one."""
    told: str
    """Checks, references, rules and bounds: plans depend on them; compared for being the same only."""
    keys: Sequence[int] | None
    """Of an index: attribute numbers of its columns, included ones too; 0 of an expression. None of a table."""
    fillfactor: int | None = None
    """Per cent of a page that is filled, where that is set."""

    @property
    def key(self) -> tuple[str, str]:
        """Schema and name."""
        return self.schema, self.name


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    length: int
    """Bytes of a value; negative: they differ."""
    align: str
    """c, s, i, d: at how many bytes a value begins."""
    not_null: bool
    collation: int
    missing: str | None
    """Of a column that was added with a constant default: that, as an array literal of one value."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key."""

    oid: int
    name: str
    table: int
    parent: int
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Everything that plans depend on."""

    relations: dict[int, Relation]
    columns: dict[int, dict[int, Column]]
    """By table and attribute number, which renaming keeps and which no later column gets again."""
    references: tuple[Reference, ...]
    others: frozenset[tuple[Any, ...]]
    """Functions, operators and statistics objects, each with its version."""

    @property
    def tables(self) -> list[Relation]:
        """With rows of their own, or parts that have."""
        return [one for one in self.relations.values() if one.kind in _TABLES]

    @property
    def indexes(self) -> dict[int, Relation]:
        """By OID."""
        return {oid: one for oid, one in self.relations.items() if one.kind in "iI"}


def read(connection: psycopg.Connection[Any]) -> State:
    """The state as this connection sees it, uncommitted changes of its own among it. Raises psycopg.Error."""
    columns: dict[int, dict[int, Column]] = {}
    for table, number, *rest in rows(connection, _COLUMNS):
        columns.setdefault(table, {})[number] = Column(*rest)
    others = frozenset(rows(connection, _OTHERS))
    found = {row[0]: Relation(*row) for row in rows(connection, _RELATIONS)}
    references = tuple(
        Reference(oid, name, table, parent, tuple(own), tuple(theirs))
        for oid, name, table, parent, own, theirs in rows(connection, _REFERENCES)
    )
    return State(found, columns, references, others)
