"""The words of index advice: an index that could be, what speaks for it, what it costs, and sets of them by size."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.catalog import IndexKey
from advisor.model.engine import EngineName

#: Where a price comes from: activity counters of a snapshot or a live server, a log that is known to be complete.
WriteBasis = Literal["counters", "log"]


class IndexDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """An index, whether it exists or not. Equal definitions are the same index under any name."""

    engine: EngineName
    table: str
    """Canonical, as `Table.name`: ``schema.table``, without the schema when it is the default one."""
    keys: tuple[IndexKey, ...]
    include: tuple[str, ...] = ()
    where: str | None = None
    method: str = "btree"
    unique: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """Storage parameters: ``pages_per_range``..."""


class Reason(msgspec.Struct, frozen=True):
    """What speaks for a candidate."""

    fingerprint: str
    """Of the shape; empty for a reason that no statement gives (a foreign key without an index)."""
    why: str
    """One sentence: ``status is compared for equality, then created_at sorts``."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An index worth asking a planner about."""

    index: IndexDefinition
    reasons: tuple[Reason, ...]


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What an index costs. None is not known, never zero."""

    bytes: int | None
    size_basis: str = ""
    """What the size rests on, one phrase; empty: the B-tree model over captured statistics."""
    write_seconds_per_hour: float | None = None
    writes_per_second: float | None = None
    """Index entries written: rows inserted, and rows whose update touches the key or is no longer heap-only."""
    hot_updates_lost_per_second: float | None = None
    write_basis: WriteBasis | None = None
    build_seconds: tuple[float, float] | None = None
    """Lowest and highest estimate."""
    build_lock: str = ""
    """Of the DDL that is proposed, in the engine's words, and what waits for it."""
    notes: tuple[str, ...] = ()


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """The best set found up to a size."""

    budget_bytes: int
    bytes: int
    """Of the set."""
    indexes: tuple[int, ...]
    """Positions among the selection's candidates, ascending."""
    cost: float
    """Of the workload, in objective units: sum of each statement's weight times its planner cost, as the planner judged
    the whole set (not a sum of parts)."""
    upkeep: float = 0.0
    """Of the set's writes, in objective units; not in ``cost``."""


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one search: a set for every size."""

    candidates: tuple[IndexDefinition, ...]
    bytes: tuple[int, ...]
    """Size of each candidate."""
    baseline: float
    """Cost of the workload as it is, in objective units."""
    points: tuple[CurvePoint, ...]
    """By ascending budget; cost plus upkeep never rises."""
    planner_calls: int
    """Statements that were planned."""
    seconds: float
    complete: bool
    """False: ended by the time limit or by the user, and this is the best so far."""
    gap: float | None = None
    """Share by which the exact solver's answers may be above its own bound; 0: proven best over what was planned."""
    notes: tuple[str, ...] = ()
