"""What the search starts from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model.advice import IndexAdvice
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.recommendations import Proven
from advisor.recommend.wishes import IndexWishes
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.model.capture import Capture
    from advisor.model.catalog import Catalog
    from advisor.model.snapshot import Snapshot
    from advisor.planners.planner import Planner

#: Hears what is being done, in a few words, and the share of it that is done.
Watch = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """A workload of one engine, and the planner of its database."""

    statements: Sequence[Statement]
    judgements: Sequence[Judgement]
    planner: Planner
    catalog: Catalog
    snapshot: Snapshot | None
    """What the planner plans from, where that is one."""
    capture: Capture
    wishes: IndexWishes
    watch: Watch = lambda _, __: None
    seconds_per_hour: float | None = None
    """Of the whole log, statements that are not planned among them."""


@dataclass(slots=True)
class Searched:
    """The outcome, before recommendations have ids."""

    advice: IndexAdvice | None = None
    proven: list[Proven] = field(default_factory=list)
    answered: set[tuple[int, Remedy]] = field(default_factory=set)
    """Remedies of rules that the planner decided on, each with its judgement's number."""
    notices: list[str] = field(default_factory=list)
