"""What a rule page proposes: a remedy, before it becomes a recommendation with an id, a price and a benefit."""

from __future__ import annotations

import msgspec

from advisor.model.engine import EngineName
from advisor.model.finding import Certainty, Finding, RecommendationKind


class Remedy(msgspec.Struct, frozen=True):
    """A change that would remove the cause of a finding. Its proof is ``static``: it follows from text and schema."""

    kind: RecommendationKind
    engine: EngineName | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    """Of an index, in index order; expressions and directions are SQL (``lower(email)``, ``created_at DESC``)."""
    include: tuple[str, ...] = ()
    where: str | None = None
    """Condition of a partial index."""
    method: str | None = None
    name: str | None = None
    """Of the index that is created or dropped."""
    sql: str | None = None
    """Ready to run; None where the remedy is a change to the application's code or query."""
    rollback: str | None = None
    why: str = ""
    """The page's Fix, filled in."""
    certainty: Certainty = "certain"
    """``conditional`` when the finding is: run its ``settle`` query first."""


class Judgement(msgspec.Struct, frozen=True):
    """One finding and what to do about it."""

    finding: Finding
    remedies: tuple[Remedy, ...] = ()
