"""Planners whose every answer is known: a statement has some plans, each with the indexes it needs and its cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from advisor.model.catalog import IndexKey
from advisor.model.indexing import Candidate, IndexDefinition, Reason, Selected
from advisor.model.planning import Configuration, Judged, Query
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.recommend.definition import on_text
from advisor.recommend.workload import Statement


def index(table: str, *columns: str) -> IndexDefinition:
    return IndexDefinition(engine="postgresql", table=table, keys=tuple(IndexKey(column=each) for each in columns))


def candidate(definition: IndexDefinition, *fingerprints: str) -> Candidate:
    return Candidate(index=definition, reasons=tuple(Reason(each, "it may help") for each in fingerprints))


def statement(name: str, sql: str, weight: float = 1.0) -> Statement:
    return Statement(
        fingerprint=name, engine="postgresql", kind="select", sql=sql, queries=(Query(sql),), weight=weight
    )


@dataclass
class World:
    """``plans``: by the statement's text, (indexes a plan needs, its cost); the plan without indexes is among them."""

    plans: dict[str, list[tuple[frozenset[IndexDefinition], float]]]
    sizes: dict[IndexDefinition, int]
    weights: dict[str, float] = field(default_factory=dict)
    upkeep: dict[IndexDefinition, float] = field(default_factory=dict)
    refused: frozenset[IndexDefinition] = frozenset()
    unplannable: frozenset[str] = frozenset()
    before: Callable[[int], None] | None = None
    """Called before each answer, with the number of statements planned so far."""
    calls: int = 0
    widest: int = 0
    prices: int = 0

    # ------------------------------------------------------------------ as a planner
    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        known = {on_text(each): each for each in [*self.sizes, *self.refused]}
        there = [known[text] for text in configuration.add]
        if self.refused & set(there):
            raise PlannerError("this index cannot be made")
        self.widest = max(self.widest, len(there))
        answers: list[Judged | None] = []
        for query in queries:
            if self.before is not None:
                self.before(self.calls)
            self.calls += 1
            if query.sql in self.unplannable:
                answers.append(None)
                continue
            used, cost = self.plan(query.sql, frozenset(there))
            answers.append(
                Judged(cost=cost, rows=None, new=frozenset(there.index(each) for each in used), existing=frozenset())
            )
        return answers

    def plan(self, sql: str, there: frozenset[IndexDefinition]) -> tuple[frozenset[IndexDefinition], float]:
        return min((each for each in self.plans[sql] if each[0] <= there), key=lambda each: each[1])

    # ------------------------------------------------------------------ as a workload
    @property
    def statements(self) -> list[Statement]:
        return [statement(f"s{number}", sql, self.weights.get(sql, 1.0)) for number, sql in enumerate(self.plans)]

    @property
    def candidates(self) -> list[Candidate]:
        return [candidate(each) for each in [*self.sizes, *self.refused]]

    def price(self, indexes: Sequence[IndexDefinition]) -> list[tuple[int, float]]:
        self.prices += 1
        return [(self.sizes[each], self.upkeep.get(each, 0.0)) for each in indexes]

    def cost(self, there: frozenset[IndexDefinition]) -> float:
        return sum(self.weights.get(sql, 1.0) * self.plan(sql, there)[1] for sql in self.plans)

    def objective(self, there: frozenset[IndexDefinition]) -> float:
        return self.cost(there) + sum(self.upkeep.get(each, 0.0) for each in there)

    def fits(self, there: frozenset[IndexDefinition], budget: int) -> bool:
        return sum(self.sizes[each] for each in there) <= budget

    # ------------------------------------------------------------------ what others would choose
    def optimum(self, budget: int, allowed: Callable[[frozenset[IndexDefinition]], bool] = lambda _: True) -> float:
        every = list(self.sizes)
        return min(
            self.objective(frozenset(some))
            for count in range(len(every) + 1)
            for some in itertools.combinations(every, count)
            if self.fits(frozenset(some), budget) and allowed(frozenset(some))
        )

    def greedy(self, budget: int, *, dense: bool) -> float:
        """Adds the index that saves most (per byte), asking the planner about each, until none does."""
        chosen: frozenset[IndexDefinition] = frozenset()
        while True:
            now = self.objective(chosen)
            gains = [
                ((now - self.objective(chosen | {each})) / (self.sizes[each] if dense else 1), on_text(each), each)
                for each in self.sizes
                if each not in chosen and self.fits(chosen | {each}, budget)
            ]
            if not gains or max(gains)[0] <= 1e-9:
                return now
            chosen |= {max(gains)[2]}


def chosen(selected: Selected, point: int) -> frozenset[IndexDefinition]:
    return frozenset(selected.candidates[each] for each in selected.points[point].indexes)
