"""What a planner is asked and what it answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.engine import Engine, EngineName
from advisor.model.plan import Plan

#: ``shadow``: a throwaway server with another database's statistics; ``live``: the database itself; ``hypopg``: the
#: database itself with hypothetical indexes.
PlannerKind = Literal["shadow", "live", "hypopg"]
StatisticsKind = Literal["live", "snapshot", "scaled", "default"]


class Query(msgspec.Struct, frozen=True):
    """One statement to plan."""

    sql: str
    parameters: tuple[str | None, ...] | None = None
    """Values of $1, $2... (or ?), as text; None where they are not known: the generic plan is then asked for."""
    generic: bool = False
    """Plan it as a prepared statement is planned after its fifth execution: without looking at the values."""


#: In `Scale.table`: every table.
EVERY = "*"


class Scale(msgspec.Struct, frozen=True):
    """Growth of one table, or of every table that is not named beside it."""

    table: str
    factor: float


class Configuration(msgspec.Struct, frozen=True):
    """A world to plan in: what differs from the one that was captured. Equal configurations are planned once."""

    add: tuple[str, ...] = ()
    """Indexes that do not exist: whole ``CREATE INDEX`` statements, or what follows the name: ``ON t (a, b DESC)``."""
    hide: tuple[str, ...] = ()
    """Existing indexes that the planner must not see, by name (``schema.name`` where it is not on the search path)."""
    settings: tuple[tuple[str, str], ...] = ()
    scale: tuple[Scale, ...] = ()
    days: float | None = None
    """How long the growth takes; None: as long as history took in proportion."""


class PlannedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Who answered, and how exact that is."""

    planner: PlannerKind
    engine: EngineName
    version: str
    """Of the optimizer that planned."""
    production: Engine | None = None
    """What the statistics were captured from."""
    same_major: bool | None = None
    """The optimizer has production's major version. None: production's is not known."""
    statistics: StatisticsKind
    captured_at: str | None = None
    values: Literal["masked", "present", "none"] | None = None
    exactness: str = ""
    """One sentence: how far plans and costs are known to agree with production's."""
    notes: tuple[str, ...] = ()
    """What could not be carried over: objects that were not made, statistics that are missing, types masked."""


class IndexSize(msgspec.Struct, frozen=True, kw_only=True):
    """An index that does not exist, and how big it would be."""

    sql: str
    """As the planner made it: a CREATE INDEX statement."""
    table: str
    name: str
    """Under which plans mention it."""
    tuples: float
    pages: int
    bytes: int
    height: int | None = None
    modelled: str | None = None
    """What the size rests on; None: a plain B-tree, within a few per cent."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the optimizer would do with one query in one configuration."""

    query: Query
    configuration: Configuration
    plan: Plan | None = None
    error: str | None = None
    """Why there is no plan: the server's words, one line."""
    cost: float | None = None
    """Of the root, in the engine's units; None where the engine prints none."""
    rows: float | None = None
    planned_by: PlannedBy
    indexes: tuple[IndexSize, ...] = ()
    """Of ``configuration.add``, in that order."""
    notes: tuple[str, ...] = ()
    """About this query: a literal that masking hides, a parameter that was left open."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An answer without its plan, for searches that ask thousands of times."""

    cost: float
    """Total cost of the plan, in the engine's units."""
    rows: float | None
    new: frozenset[int]
    """Which of ``configuration.add`` the plan uses, by position."""
    existing: frozenset[str]
    """Which existing indexes it uses: ``schema.index`` (PostgreSQL; of a partition, the partitioned table's index) or
    ``table.index`` (MySQL, MariaDB, SQLite)."""
    modelled: bool = False
    """The engine prints no cost: this one was worked out from the plan's operators and the statistics."""
