"""The catalog: tables, columns, keys, indexes and what is known of their size."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.engine import Engine


class Column(msgspec.Struct, frozen=True):
    name: str
    type: str
    """The declared type in the engine's words, lower case (``character varying(20)``, ``int unsigned``)."""
    nullable: bool | None = None
    default: str | None = None
    collation: str | None = None
    charset: str | None = None
    generated: str | None = None
    """Expression of a generated column."""
    identity: bool = False
    stored: bool | None = None
    """Of a generated column of MySQL or MariaDB: False is VIRTUAL; None also where nobody told."""
    identity_as: str | None = None
    """PostgreSQL: ``GENERATED ... AS IDENTITY`` with the options of its sequence that are not the type's own; None
    also where nobody told."""


class IndexKey(msgspec.Struct, frozen=True):
    """One key part. Exactly one of ``column`` and ``expression`` is set."""

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    prefix: int | None = None
    """MySQL prefix length."""
    opclass: str | None = None
    collation: str | None = None


class Index(msgspec.Struct, frozen=True):
    name: str
    keys: tuple[IndexKey, ...]
    unique: bool = False
    primary: bool = False
    constraint: bool = False
    """Backs a PRIMARY KEY, UNIQUE or EXCLUDE constraint."""
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: str | None = None
    valid: bool = True
    visible: bool = True
    nulls_not_distinct: bool = False
    bytes: int | None = None
    scans: int | None = None
    ddl: str | None = None
    last_scan: str | None = None
    """When it was last scanned (PostgreSQL from 16 on), as the server prints it."""
    clustered: bool = False
    """CLUSTER orders the table by it."""
    replica_identity: bool = False
    """Logical replication tells rows apart by it."""
    attached_to: str | None = None
    """Of a partition's index: the partitioned table's, ``schema.index``, bare where the schema is the default one."""
    timing: str | None = None
    """Of PostgreSQL's constraint: ``DEFERRABLE``, ``DEFERRABLE INITIALLY DEFERRED`` or empty; None: nobody told."""


class ForeignKey(msgspec.Struct, frozen=True):
    name: str | None
    columns: tuple[str, ...]
    parent: str
    """Canonical name of the referenced table."""
    parent_columns: tuple[str, ...]
    validated: bool = True
    on_delete: str | None = None
    on_update: str | None = None
    clauses: str | None = None
    """PostgreSQL: what stands behind the referenced columns (MATCH, ON DELETE, DEFERRABLE), without NOT VALID; None:
    nobody told."""


class Policy(msgspec.Struct, frozen=True):
    """A row-level security policy."""

    name: str
    command: str
    roles: tuple[str, ...]
    permissive: bool
    using: str | None
    check: str | None


class Table(msgspec.Struct, frozen=True):
    """A table, partitioned table, view or materialised view."""

    name: str
    """Canonical: ``schema.table``, without the schema when it is the default one (public, main, the current database).
    Case as the engine stores it."""
    schema: str | None
    kind: Literal["table", "view", "materialized_view", "partitioned", "partition", "foreign"] = "table"
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    rls_enabled: bool = False
    triggers: tuple[str, ...] = ()
    rows: int | None = None
    """Estimated live rows; None unknown."""
    bytes: int | None = None
    storage_engine: str | None = None
    charset: str | None = None
    """MySQL and MariaDB: that of new columns."""
    collation: str | None = None
    row_format: str | None = None
    """MySQL and MariaDB: lower case."""
    versioned: bool = False
    """MariaDB: WITH SYSTEM VERSIONING."""
    unlogged: bool | None = None
    """PostgreSQL; None: nobody told."""
    partition_key: str | None = None
    partition_of: str | None = None
    partition_bound: str | None = None
    """Of a partition: ``DEFAULT``, or ``FOR VALUES ...``; None also where nobody told."""
    inherits: tuple[str, ...] = ()
    """Parents by INHERITS, canonical; a partition's is `partition_of`."""
    checks_not_valid: tuple[str, ...] = ()
    """Of ``checks``: NOT VALID."""
    check_names: tuple[str, ...] = ()
    """Of ``checks``, in their order; empty where nobody told."""
    definition: str | None = None
    """A view's query."""
    line: int | None = None
    """Line of its CREATE in a DDL file."""


#: What can be known of a subject. A rule's `needs` are checked against these.
Aspect = Literal["columns", "keys", "indexes", "statistics", "sizes", "policies", "plan", "stream"]


class Unread(msgspec.Struct, frozen=True):
    """A statement of a DDL file that was not understood."""

    file: str
    line: int
    sql: str
    reason: str


class Catalog(msgspec.Struct):
    """All that is known of one database's schema. `known` says which aspects were seen for every table in it."""

    engine: Engine
    tables: dict[str, Table]
    default_schema: str | None = None
    known: frozenset[Aspect] = frozenset({"columns", "keys", "indexes"})
    origin: str = ""
    """Where it came from, safe to print (no password)."""
    unread: list[Unread] = []
    search_path: tuple[str, ...] = ()
    settings: dict[str, str] = {}
    """Server or database settings that change what a statement means: ``lc_collate``, ``sql_mode``..."""
    types: dict[str, str] = {}
    """User-defined types by name: ``enum`` or the base type of a domain."""
    constrained_domains: frozenset[str] = frozenset()
    """Of ``types``: domains with NOT NULL or a CHECK."""
    functions: dict[str, str] = {}
    """Volatility of user-defined functions by name: ``immutable``, ``stable``, ``volatile`` (the strongest of several
    with one name)."""
    bodies: dict[str, str] = {}
    """Of user-defined functions and procedures of SQL and PL/pgSQL that may change something, by name; of triggers
    none."""
    parameters: dict[str, str | None] = {}
    """Of `bodies`: what stands between the parentheses of their CREATE; None: of several of one name."""

    def find(self, name: str, schema: str | None = None) -> Table | None:
        """The table that a name means, qualified or not, by the engine's folding rules; None if absent or ambiguous."""
        wanted = f"{schema}.{name}" if schema and schema != self.default_schema else name
        table = self.tables.get(wanted)
        if table is not None:
            return table
        folded = wanted.lower()
        hits = [t for key, t in self.tables.items() if key.lower() == folded]
        if len(hits) == 1:
            return hits[0]
        if schema is None:
            hits = [t for key, t in self.tables.items() if key.lower().rpartition(".")[2] == folded]
            return hits[0] if len(hits) == 1 else None
        return None
