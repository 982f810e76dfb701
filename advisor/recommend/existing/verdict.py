"""What is said of an index that exists."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.model.finding import Affected, Confidence, Proof
from advisor.model.indexing import IndexDefinition, Reason

VerdictKind = Literal["duplicate", "prefix", "covered", "unused", "rarely_used", "bloated", "invalid", "invisible"]
ProtectionCode = Literal[
    "primary_key",
    "constraint",
    "unique",
    "replica_identity",
    "cluster",
    "attached",
    "on_conflict",
    "foreign_key",
    "referenced_key",
    "hint",
    "full_text",
    "auto_increment",
    "expression_statistics",
]


class Protection(msgspec.Struct, frozen=True):
    """Why an index must not be dropped."""

    code: ProtectionCode
    why: str
    """One sentence."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement of one index. It is advice to drop only as far as `Drop` says so."""

    kind: VerdictKind
    table: str
    """Canonical."""
    index: str
    definition: IndexDefinition
    bytes: int | None
    why: str
    evidence: dict[str, Any] = {}
    covered_by: tuple[str, ...] = ()
    """Existing indexes, each of which serves whatever this one serves; or definitions (``ON t (a, b)``) of new ones."""
    protections: tuple[Protection, ...] = ()
    confidence: Confidence = "likely"
    caveats: tuple[str, ...] = ()


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """An index that may go, with the proof: the parts of a recommendation."""

    table: str
    index: str
    definition: IndexDefinition
    ddl: str | None
    """The server's own CREATE INDEX for it, for the way back."""
    partitioned: bool
    """Of a partitioned table: its partitions' indexes go with it, and it cannot go concurrently."""
    bytes: int | None
    """What is freed, partitions included."""
    writes_per_second: float | None
    """Rows written to the table, each of which may write the index; None: not known."""
    kinds: tuple[VerdictKind, ...]
    why: str
    evidence: dict[str, Any] = {}
    caveats: tuple[str, ...] = ()
    confidence: Confidence = "likely"
    proof: Proof = "static"
    replanned: tuple[str, ...] = ()
    """Fingerprints of the statements on its table that were planned without it."""
    unplanned: tuple[str, ...] = ()
    """... and of those that could not be."""
    affects: tuple[Affected, ...] = ()
    """Statements whose plan used it, with their cost before and after."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An index that looks superfluous and stays."""

    table: str
    index: str
    because: str
    protections: tuple[Protection, ...] = ()


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """Existing indexes that one new index can replace."""

    table: str
    create: IndexDefinition
    create_bytes: int
    drops: tuple[Drop, ...]
    why: str
    affects: tuple[Affected, ...] = ()
    caveats: tuple[str, ...] = ()


class UnindexedForeignKey(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key whose referencing columns no index leads with."""

    table: str
    columns: tuple[str, ...]
    parent: str
    constraint: str | None
    definition: IndexDefinition
    """The index that would serve it."""
    severity: Literal["low", "medium"]
    """``medium`` when the workload or the counters delete parents, or change their keys."""
    reasons: tuple[Reason, ...]
    evidence: dict[str, Any] = {}
