"""Executions of the workload planned in two worlds, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from advisor.dryrun.regressions.replanning import Unplanned
from advisor.fingerprint import without_values
from advisor.model.engine import dialect_of
from advisor.model.limits import LIMITS
from advisor.model.migration_limits import MIGRATION
from advisor.model.planning import Answer, Configuration, Judged, Query
from advisor.planners.planner import PRESENT, Planner
from advisor.recommend.regressions.samples import Asked, asked
from advisor.recommend.workload import Statement


def rises(before: Judged, after: Judged) -> bool:
    """Whether a cost got worse, by more than a planner tells apart."""
    share = MIGRATION.replan_modelled_share if after.modelled else MIGRATION.replan_share
    return after.cost - before.cost > max(MIGRATION.replan_cost, share * before.cost)


@dataclass(frozen=True, slots=True)
class World:
    """A planner and what differs there from its snapshot."""

    planner: Planner
    configuration: Configuration = PRESENT

    def judge(self, queries: Sequence[Query]) -> list[Judged | None]:
        """One a query, None where it cannot be planned."""
        return self.planner.judge(queries, self.configuration)

    def explain(self, query: Query) -> Answer:
        """With the plan."""
        return self.planner.explain([query], self.configuration)[0]


@dataclass(frozen=True, slots=True)
class Pair:
    """One execution in both."""

    asked: Asked
    before: Judged
    after: Judged | None

    @property
    def worse(self) -> bool:
        """By more than planning the same thing twice may differ."""
        return self.after is not None and rises(self.before, self.after)

    @property
    def share(self) -> float:
        """By how much it is dearer."""
        return (self.after.cost if self.after is not None else self.before.cost) / max(self.before.cost, 1e-9)


@dataclass(slots=True)
class Compared:
    """All that was learnt."""

    pairs: list[Pair]
    worst: dict[int, Pair] = field(default_factory=dict)
    """By statement: the execution that gets worst, of those that get worse."""
    failing: dict[int, tuple[Pair, str]] = field(default_factory=dict)
    """By statement: an execution that cannot be planned afterwards, and why; of statements of which none can."""
    planned: set[int] = field(default_factory=set)
    """Statements with an execution that was planned in both."""
    unplanned: list[Unplanned] = field(default_factory=list)


def compare(statements: Sequence[Statement], before: World, after: World) -> Compared:
    """Plans every execution in both worlds."""
    everything = [one for number, statement in enumerate(statements) for one in asked(number, statement)]
    was = before.judge([one.query for one in everything])
    there = [one for one, judged in zip(everything, was, strict=True) if judged is not None]
    then = dict(zip((one.query for one in there), after.judge([one.query for one in there]), strict=True))
    found = Compared(
        [Pair(one, judged, then[one.query]) for one, judged in zip(everything, was, strict=True) if judged is not None]
    )
    for pair in found.pairs:
        number = pair.asked.statement
        if pair.after is not None:
            found.planned.add(number)
        if pair.worse and (number not in found.worst or pair.share > found.worst[number].share):
            found.worst[number] = pair
    words = _Words(statements)
    for pair in found.pairs:
        number = pair.asked.statement
        if number not in found.planned and number not in found.failing:
            found.failing[number] = pair, words.of(after, pair.asked)
    first = {one.statement: one for one in reversed(everything)}
    for number, statement in enumerate(statements):
        if number in found.planned or number in found.failing:
            continue
        one = first.get(number)
        why = "no execution with its values is known" if one is None else words.of(before, one)
        found.unplanned.append(Unplanned(fingerprint=statement.fingerprint, why=why))
    return found


class _Words:
    """Why something cannot be planned: asked one by one, so a bounded number of times."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.left = LIMITS.regression_reasons

    def of(self, world: World, one: Asked) -> str:
        if self.left <= 0:
            return "it cannot be planned"
        self.left -= 1
        statement = self.statements[one.statement]
        said = world.explain(one.query).error or "the planner gives no cost for it"
        return without_values(said, statement.sql, dialect_of(statement.engine))


#: Whether an execution still gets worse in a configuration.
Worse = Callable[[Configuration], bool]


def worse_in(world: World, pair: Pair) -> Worse:
    """Asks the planner; a configuration in which it cannot be planned is worse."""

    def ask(configuration: Configuration) -> bool:
        one = world.planner.judge([pair.asked.query], configuration)[0]
        return one is None or rises(pair.before, one)

    return ask


def risen(before: World, after: World, query: Query) -> dict[str, float]:
    """By table: by how much reading it costs more, where it does."""
    was, will = _reading(before, query), _reading(after, query)
    return {name: cost - was[name] for name, cost in will.items() if name in was and cost > was[name]}


def _reading(world: World, query: Query) -> dict[str, float]:
    plan = world.explain(query).plan
    found: dict[str, float] = {}
    for node in plan.nodes if plan is not None else ():
        if node.relation is not None and node.operator != "modify":
            found[node.relation] = found.get(node.relation, 0.0) + (node.cost_total or 0.0)
    return found
