"""Findings and recommendations, in the form that the JSON contract fixes (`advisor schema analyze`)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.model.engine import Engine, EngineName
from advisor.model.indexing import IndexDefinition, Price

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
Confidence = Literal["confirmed", "likely", "possible"]
Certainty = Literal["certain", "conditional"]
Proof = Literal["static", "planned", "measured"]
RelatedRole = Literal["alike", "lock", "work"]
RecommendationKind = Literal["create_index", "drop_index", "rewrite", "statistics", "setting", "schema", "code"]


class Role(msgspec.Struct, frozen=True):
    fingerprint: str
    role: Literal["query", "parent", "child"] = "query"


class Impact(msgspec.Struct, frozen=True):
    """What the finding's shapes cost now, as observed. None where the input has no times."""

    seconds_per_hour: float | None = None
    share: float | None = None


class Location(msgspec.Struct, frozen=True):
    file: str
    line: int


class Related(msgspec.Struct, frozen=True):
    """A further statement of a migration that a finding is about."""

    file: str
    line: int
    role: RelatedRole = "alike"
    """``alike``: the same is true of it. ``lock``: it takes a lock that the finding is about. ``work``: it works
    while that lock is held."""


class Mark(msgspec.Struct, frozen=True):
    """Where a finding shows in a plan, and in the text of the query."""

    plan: int | None = None
    """Plan of the report, from 0."""
    node: str | None = None
    start: int | None = None
    """Characters [start, end) of the query's text."""
    end: int | None = None


class Finding(msgspec.Struct, frozen=True):
    """A rule that matched a subject."""

    id: str
    """Hash of rule and normalised subject: the same on every run."""
    rule: str
    severity: Severity
    confidence: Confidence
    certainty: Certainty
    title: str
    fingerprints: tuple[Role, ...] = ()
    engine: EngineName | None = None
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """As ``table.column``."""
    evidence: dict[str, Any] = {}
    impact: Impact = Impact()
    remedies: tuple[str, ...] = ()
    """Ids of recommendations."""
    location: Location | None = None
    advice: str = ""
    """The page's Fix, filled in: what to do, in words."""
    settle: str | None = None
    """For a conditional finding: the query that would settle it."""
    marks: tuple[Mark, ...] = ()
    """Of a finding about plans: the nodes and the conditions it is about."""
    related: tuple[Related, ...] = ()
    """Of a finding about migrations: further statements beside that of ``location``."""


class ProvedBy(msgspec.Struct, frozen=True):
    planner: str | None = None
    version: str | None = None
    same_major: bool | None = None
    statistics: Literal["live", "snapshot", "scaled", "default"] | None = None
    captured_at: str | None = None


class Affected(msgspec.Struct, frozen=True):
    fingerprint: str
    cost_before: float | None = None
    cost_after: float | None = None
    ms_before: float | None = None
    ms_after: float | None = None


class Recommendation(msgspec.Struct, frozen=True):
    """A change, ready to run, with its rollback and how far it is proven."""

    id: str
    engine: Engine
    kind: RecommendationKind
    table: str | None = None
    columns: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    where: str | None = None
    method: str | None = None
    sql: str | None = None
    rollback: str | None = None
    proof: Proof = "static"
    proved_by: ProvedBy = ProvedBy()
    size_bytes: int | None = None
    write_seconds_per_hour: float | None = None
    benefit: Impact = Impact()
    """Time it saves, as a planner or a measurement showed. None with ``proof`` static: text alone cannot tell."""
    cost_share: float | None = None
    """Of the workload's planner cost: what it saves beside the rest of the set. None: no planner was asked."""
    touches: Impact = Impact()
    """Time of the shapes it is about, now: an upper bound of the benefit."""
    affects: tuple[Affected, ...] = ()
    why: str = ""
    name: str | None = None
    """Of the index."""
    definition: IndexDefinition | None = None
    """Of an index: key by key."""
    price: Price | None = None
    """Of a new index: what ``size_bytes`` and ``write_seconds_per_hour`` rest on, how long it takes to build."""
