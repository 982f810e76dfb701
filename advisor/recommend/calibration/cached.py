"""Costs of a database that is in memory, for the plans that production's own constants choose.

PostgreSQL charges a page read 1 (seq_page_cost) or 4 (random_page_cost) where a row costs 0.01. Those are a disk's
proportions; of a page that is in memory they are some ten times too much, so that plans with pages are mispriced
against plans with rows, and an index against a scan. Planning under other constants would give plans that production
does not choose. A plan's cost is linear in the constants, though: planning again with one page constant a little higher
tells how much of the cost are pages of that kind (the least cost over all plans is concave in the constants, and its
slope is the plan's own share). Those are then charged `LIMITS.calibration_cached_page` instead. The manual says the
same of a cached database: lower both page costs relative to the CPU's, and make them equal (PostgreSQL, 20.7.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import msgspec

from advisor.model.limits import LIMITS
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.planner import PRESENT, Planner

SEQUENTIAL, RANDOM = "seq_page_cost", "random_page_cost"


@dataclass(frozen=True, slots=True)
class PageCosts:
    """The page constants that plans are made with."""

    sequential: float = 1.0
    random: float = 4.0


def page_costs(snapshot: Snapshot, configuration: Configuration = PRESENT) -> PageCosts:
    """Those of a snapshot, as a configuration changes them; PostgreSQL's own where they are not known."""
    values = {setting.name: setting.value for setting in snapshot.settings}
    values.update({name.lower(): value for name, value in configuration.settings})
    return PageCosts(_number(values.get(SEQUENTIAL), 1.0), _number(values.get(RANDOM), 4.0))


def recosted(cost: float, more_sequential: float, more_random: float, costs: PageCosts) -> float:
    """A plan's cost with its pages in memory, in the same units.

    ``more_sequential`` and ``more_random`` are the costs of the same query with that page constant higher by
    `LIMITS.calibration_page_step`. A part that comes out below nothing or above the whole (another plan was chosen, or
    the cost is of a few hundredths) is taken to the bound.
    """
    step = LIMITS.calibration_page_step
    sequential = min(cost, max(0.0, (more_sequential - cost) / step)) if costs.sequential > 0 else 0.0
    random = min(cost - sequential, max(0.0, (more_random - cost) / step)) if costs.random > 0 else 0.0
    pages = (sequential / costs.sequential if sequential else 0.0) + (random / costs.random if random else 0.0)
    # A cost below the least that is printed would weigh as nothing at all.
    return min(cost, max(cost - sequential - random + LIMITS.calibration_cached_page * pages, 0.01))


class CachedPlanner:
    """A planner whose `judge` charges pages as memory does. Plans, sizes and whole answers are the inner planner's.

    It is for telling times (`predictions`), not for searching: over executed TPC-H, predictions were nearer, but sets
    chosen by these costs were no better than sets chosen by printed ones. Each judgement asks the inner planner three
    times. Closing it closes the inner one.
    """

    def __init__(self, planner: Planner, costs: PageCosts) -> None:
        """``costs`` are those of the present (`page_costs`)."""
        self.planner = planner
        self.costs = costs

    @property
    def planned_by(self) -> PlannedBy:
        """The inner planner."""
        return self.planner.planned_by

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """As the inner planner: costs as printed."""
        return self.planner.explain(queries, configuration)

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """The present constants' plans, `recosted`. Raises PlannerError as `Planner.judge`."""
        costs = self._of(configuration)
        now = self.planner.judge(queries, configuration)
        sequential = self.planner.judge(queries, _with(configuration, SEQUENTIAL, costs.sequential))
        random = self.planner.judge(queries, _with(configuration, RANDOM, costs.random))
        return [
            one
            if one is None or two is None or three is None or one.modelled
            else msgspec.structs.replace(one, cost=recosted(one.cost, two.cost, three.cost, costs))
            for one, two, three in zip(now, sequential, random, strict=True)
        ]

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """As the inner planner."""
        return self.planner.sizes(indexes)

    def prepare(self, indexes: Sequence[str]) -> None:
        """Makes the candidates of a search together, where the inner planner can. Raises PlannerError."""
        make = getattr(self.planner, "prepare", None)
        if make is not None:
            make(indexes)

    def close(self) -> None:
        """Ends the inner planner."""
        self.planner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _of(self, configuration: Configuration) -> PageCosts:
        values = {name.lower(): value for name, value in configuration.settings}
        return PageCosts(
            _number(values.get(SEQUENTIAL), self.costs.sequential), _number(values.get(RANDOM), self.costs.random)
        )


def _with(configuration: Configuration, name: str, value: float) -> Configuration:
    kept = tuple(pair for pair in configuration.settings if pair[0].lower() != name)
    higher = f"{value * (1 + LIMITS.calibration_page_step):.6g}"
    return msgspec.structs.replace(configuration, settings=(*kept, (name, higher)))


def _number(text: str | None, default: float) -> float:
    try:
        return default if text is None else max(0.0, float(text))
    except ValueError:
        return default
