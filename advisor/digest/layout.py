"""What stands in a digest file besides columns."""

from __future__ import annotations

import msgspec

from advisor.digest.incidents import Deadlock, Group
from advisor.digest.plans import Form, Plan
from advisor.digest.waits import Wait
from advisor.model.engine import Engine, EngineName
from advisor.model.source import SourceSummary
from advisor.sources.capture import CaptureEvidence


class StoredSource(msgspec.Struct):
    identity: int
    account: SourceSummary
    zoned: bool
    engine: Engine | None
    witnesses: dict[int, int]


class StoredGroup(msgspec.Struct, array_like=True):
    kind: str
    engine: int
    fingerprint: int | None
    label: str | None
    detail: str | None
    group: Group


class Head(msgspec.Struct, kw_only=True):
    """Everything that is not a column."""

    events: int
    timed: int
    total_us: int
    first_us: int
    last_us: int
    floor: int
    evicted: int
    shed: int
    sketch_level: int
    hours_level: int
    values_level: int
    sequence_level: int
    sequence_events: int
    routes: list[str] = []
    """Names of the routes in the sequence material. Files before version 3 have none."""
    sources: list[StoredSource]
    versions: dict[EngineName, list[str]]
    contexts: list[tuple[str | None, str | None, str | None, str | None, int]]
    contexts_other: int
    values: list[tuple[int, str]]
    """Dimension and text by value number - DIMENSIONS."""
    groups: list[StoredGroup]
    deadlocks: list[Deadlock]
    waits: list[Wait] = []
    """Files before version 3 have none."""
    settings: list[tuple[str, int, int, str]]
    capture: CaptureEvidence
    plan_forms: list[tuple[int, int, Form]] = []
    """Shape, form, what was seen of it. Files of version 1 have none: their plans are not read."""
    slowest_plans: list[tuple[int, Plan]] = []
    plan_counts: list[tuple[int, int]]
    plans_too_long: int
    redacted: bool
