"""What a DDL statement does, as data: the parser makes these, the draft schema applies them.

The query graph reads the same operations to tell what a migration or a logged DDL statement does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from advisor.model.catalog import Column, Index, IndexKey, Policy

ActionKind = Literal[
    "add_column",
    "drop_column",
    "change_column",
    "alter_type",
    "set_not_null",
    "drop_not_null",
    "set_default",
    "drop_default",
    "set_identity",
    "add_constraint",
    "drop_constraint",
    "drop_primary_key",
    "drop_index",
    "index_visibility",
    "rename_column",
    "rename_index",
    "rename_table",
    "set_schema",
    "set_persistence",
    "validate_constraint",
    "attach_partition",
    "row_security",
    "inherit",
    "partition_by",
    "storage_engine",
    "cluster_on",
    "replica_identity",
    "other",
]
ConstraintKind = Literal["primary_key", "unique", "foreign_key", "check", "exclude", "index", "not_null"]


#: Of functions, from the safest to the strongest.
VOLATILITIES = ("immutable", "stable", "volatile")


@dataclass(frozen=True, slots=True)
class Name:
    """A possibly qualified name, already folded by the engine's rules."""

    name: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A table constraint, or MySQL's KEY inside CREATE TABLE."""

    kind: ConstraintKind
    name: str | None = None
    keys: tuple[IndexKey, ...] = ()
    include: tuple[str, ...] = ()
    method: str | None = None
    where: str | None = None
    nulls_not_distinct: bool = False
    visible: bool = True
    parent: Name | None = None
    parent_columns: tuple[str, ...] = ()
    on_delete: str | None = None
    on_update: str | None = None
    not_valid: bool = False
    expression: str | None = None
    using_index: str | None = None
    clauses: str | None = None
    """Of a foreign key: what stands behind the referenced columns, without NOT VALID; of another: DEFERRABLE..."""


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column definition with the constraints that its own clause declares."""

    column: Column
    constraints: tuple[Constraint, ...] = ()
    kind: Literal["serial", "identity", "stored", "virtual"] | None = None
    """What fills it, when no default does; None of ``generated``: the text says neither STORED nor VIRTUAL."""


@dataclass(frozen=True, slots=True)
class Action:
    """One clause of an ALTER TABLE."""

    kind: ActionKind
    column: str | None = None
    new: NewColumn | None = None
    constraint: Constraint | None = None
    new_name: str | None = None
    name: Name | None = None
    type: str | None = None
    value: str | None = None
    """Of ``attach_partition``: its bound."""


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE in all its forms."""

    table: Name
    columns: tuple[NewColumn, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    like: tuple[Name, ...] = ()
    like_options: tuple[str, ...] = ()
    """Of each, in capitals: ``INCLUDING ALL EXCLUDING INDEXES``."""
    inherits: tuple[Name, ...] = ()
    partition_of: Name | None = None
    partition_bound: str | None = None
    partition_key: str | None = None
    storage_engine: str | None = None
    charset: str | None = None
    collation: str | None = None
    row_format: str | None = None
    versioned: bool = False
    without_rowid: bool = False
    foreign: bool = False
    temporary: bool = False
    unlogged: bool = False
    if_not_exists: bool = False
    query: str | None = None


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """CREATE INDEX."""

    table: Name
    index: Index
    concurrently: bool = False
    only: bool = False
    """ON ONLY: partitions do not get it."""
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE [MATERIALIZED] VIEW."""

    view: Name
    query: str
    columns: tuple[str, ...] = ()
    materialized: bool = False


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE, one action a clause."""

    table: Name
    actions: tuple[Action, ...]
    only: bool = False


@dataclass(frozen=True, slots=True)
class AlterIndex:
    """ALTER INDEX ... RENAME TO / ATTACH PARTITION."""

    index: Name
    action: Action


@dataclass(frozen=True, slots=True)
class Drop:
    """DROP of tables, views, indexes."""

    kind: Literal["table", "view", "index", "schema", "type", "other"]
    names: tuple[Name, ...]
    table: Name | None = None
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    """TRUNCATE."""

    tables: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class CreatePolicy:
    """CREATE POLICY."""

    table: Name
    policy: Policy


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """CREATE TRIGGER."""

    table: Name
    trigger: str


@dataclass(frozen=True, slots=True)
class CreateType:
    """CREATE TYPE ... AS ENUM, CREATE DOMAIN."""

    type: Name
    base: str
    not_null: bool = False
    check: str | None = None


@dataclass(frozen=True, slots=True)
class CreateFunction:
    """CREATE FUNCTION of PostgreSQL: its name, and whether its result may change from call to call."""

    function: Name
    volatility: str
    body: str | None = None
    """Of one in SQL or PL/pgSQL that may change something; None of all others, and of triggers."""
    parameters: str = ""
    """What stands between the parentheses behind its name."""


@dataclass(frozen=True, slots=True)
class SetPath:
    """SET search_path, USE database."""

    schemas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameTables:
    """MySQL's RENAME TABLE."""

    renames: tuple[tuple[Name, Name], ...]


@dataclass(frozen=True, slots=True)
class Irrelevant:
    """Understood, and without effect on what a catalog holds."""

    verb: str = field(default="")


Operation = (
    CreateTable
    | CreateIndex
    | CreateView
    | AlterTable
    | AlterIndex
    | Drop
    | Truncate
    | CreatePolicy
    | CreateTrigger
    | CreateType
    | CreateFunction
    | SetPath
    | RenameTables
    | Irrelevant
)
