"""Between a search and a planner: answers what follows from earlier answers, asks the rest in few configurations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged, Query
from advisor.planners.errors import PlannerError
from advisor.planners.planner import Planner
from advisor.recommend.selection.clock import Clock
from advisor.recommend.selection.facts import Facts, Told
from advisor.recommend.selection.grouping import Group, grouped
from advisor.recommend.selection.pool import Pool
from advisor.recommend.selection.sets import members, union
from advisor.recommend.workload import Statement

#: A statement and the candidates that it may use.
Question = tuple[int, int]

_MADE_AT_A_TIME = 250
"""Candidates in one call of the planner: a second or some, and then the clock is looked at."""
_AT_A_TIME = 128
"""Statements in one call of the planner: between two calls a search can end."""


class Oracle:
    """Costs of statements under sets of candidates. Statements are numbered, sets are bits over the pool."""

    def __init__(
        self,
        statements: Sequence[Statement],
        pool: Pool,
        planner: Planner,
        clock: Clock,
        *,
        hide: Sequence[str] = (),
        samples: int = 1,
    ) -> None:
        """``samples`` queries of each statement are planned, and the mean of their costs is its cost."""
        self.statements = [each for each in statements if each.queries]
        self.pool = pool
        self.planner = planner
        self.clock = clock
        self.hide = tuple(hide)
        self.samples = samples
        self.calls = 0
        """Statements planned so far."""
        self.configurations = 0
        """Configurations entered so far."""
        self.facts = [Facts() for _ in self.statements]
        self.weights = [each.weight for each in self.statements]
        self.left_out = [each.fingerprint for each in statements if not each.queries]
        """Statements that are not in the workload: nothing is known of how they are planned."""
        self._names = [_names(each) for each in self.statements]
        self.visible: list[int] = []
        """Of each statement: candidates on its tables."""
        self.likely: list[int] = []
        """... and those of them worth asking about: all, unless they are very many."""
        self.look_again()

    # ------------------------------------------------------------------ what a statement can see
    def look_again(self) -> None:
        """After the pool has grown: who sees the new ones."""
        whole = self.pool.whole()
        by_reason: dict[str, int] = {}
        for position, fingerprints in enumerate(self.pool.reasons):
            for fingerprint in fingerprints:
                by_reason[fingerprint] = by_reason.get(fingerprint, 0) | 1 << position
        words = {table: table.rpartition(".")[2].lower() for table in self.pool.of_table}
        self.visible, self.likely = [], []
        for statement, names in zip(self.statements, self._names, strict=True):
            own = by_reason.get(statement.fingerprint, 0)
            seen = own & whole
            for table, there in self.pool.of_table.items():
                if words[table] in names or there & own:
                    seen |= there & whole
            self.visible.append(seen)
            self.likely.append(self._foremost(seen, own))

    def _foremost(self, seen: int, own: int) -> int:
        """Not more than the limit: its own proposals, then those that begin with the same key."""
        most = LIMITS.selection_candidates_per_statement
        if seen.bit_count() <= most:
            return seen
        starts = {self._start(position) for position in members(own)}
        related = [position for position in members(seen & ~own) if self._start(position) in starts]
        chosen = [*members(own & seen), *related][:most]
        return union(1 << position for position in chosen)

    def _start(self, position: int) -> tuple[str, object]:
        definition = self.pool.definitions[position]
        return definition.table, definition.keys[:1]

    # ------------------------------------------------------------------ asking
    def known(self, statement: int, available: int) -> Told | None:
        """The answer where it follows from earlier ones."""
        return self.facts[statement].known(available & self.visible[statement])

    def ask(self, questions: Iterable[Question], *, anew: bool = False) -> list[Told]:
        """An answer a question, in order; ``anew``: nothing is inferred, each set has been planned with as it is.

        Raises OutOfTime when the step's time is up, PlannerError when the planner fails.
        """
        wanted = [(statement, available & self.visible[statement]) for statement, available in questions]
        waiting = dict.fromkeys(wanted)
        while True:
            seen = [(statement, available & self.visible[statement]) for statement, available in waiting]
            waiting = {
                (statement, available): None
                for statement, available in seen
                if (available not in self.facts[statement].asked if anew else self.known(statement, available) is None)
            }
            if not waiting:
                break
            # The answer for a larger set often settles the smaller one.
            new = list(waiting) if anew else _largest(waiting)
            for group in grouped(new, self.visible, LIMITS.selection_indexes_at_a_time):
                self._enter(group)
        return [self._told(statement, available) for statement, available in wanted]

    def _told(self, statement: int, available: int) -> Told:
        told = self.facts[statement].known(available & self.visible[statement])
        if told is None:
            # The planner refused some of these indexes: the set without them was asked in its place.
            return self.ask([(statement, available & ~self.pool.refused)])[0]
        return told

    def cost(self, available: int) -> float | None:
        """Of the workload under a set, where that follows from what is known."""
        total = 0.0
        for statement, weight in enumerate(self.weights):
            told = self.known(statement, available)
            if told is None:
                return None
            total += weight * told.cost
        return total

    def _enter(self, group: Group) -> None:
        positions = list(members(group.indexes & ~self.pool.refused))
        configuration = Configuration(add=tuple(self.pool.texts[each] for each in positions), hide=self.hide)
        self.configurations += 1
        for start in range(0, len(group.questions), _AT_A_TIME):
            self.clock.check()
            some = group.questions[start : start + _AT_A_TIME]
            queries = [query for statement, _ in some for query in self._queries(statement)]
            try:
                answers = self.planner.judge(queries, configuration)
            except PlannerError:
                if not self._refuse(positions, queries[:1]):
                    raise
                group.questions = group.questions[start:]
                self._enter(group)
                return
            self.calls += len(queries)
            taken = iter(answers)
            for statement, available in some:
                told = [next(taken) for _ in self._queries(statement)]
                self._learn(statement, available & ~self.pool.refused, told, positions)

    def _queries(self, statement: int) -> tuple[Query, ...]:
        return self.statements[statement].queries[: self.samples]

    def _learn(self, statement: int, available: int, answers: Sequence[Judged | None], positions: list[int]) -> None:
        facts = self.facts[statement]
        there = [answer for answer in answers if answer is not None]
        if len(there) == len(answers):
            cost = sum(answer.cost for answer in there) / len(there)
            used = union(1 << positions[number] for answer in there for number in answer.new)
            facts.learn(available, Told(cost, used & self.visible[statement]))
            facts.forget(LIMITS.selection_answers // len(self.statements))
        elif 0 in facts.asked:
            facts.learn_nothing(available, Told(facts.asked[0].cost, 0))
        elif not available:
            facts.learn_nothing(0, Told(0.0, 0))
            self.weights[statement] = 0.0
            self.visible[statement] = self.likely[statement] = 0
            self.left_out.append(self.statements[statement].fingerprint)

    def _refuse(self, positions: Sequence[int], query: Sequence[Query]) -> bool:
        """Leaves out the indexes that the planner cannot make; False: it is not the indexes."""
        refused = 0
        for position in positions:
            try:
                self.planner.judge(query, Configuration(add=(self.pool.texts[position],), hide=self.hide))
            except PlannerError:
                refused |= 1 << position
        if refused == union(1 << each for each in positions) and len(positions) > 1:
            self.planner.judge(query, Configuration(hide=self.hide))
        self.pool.refused |= refused
        self.visible = [seen & ~refused for seen in self.visible]
        self.likely = [seen & ~refused for seen in self.likely]
        return bool(refused)

    def _present(self, statement: int) -> float:
        """Its cost as it is, where that was asked for."""
        told = self.facts[statement].known(0)
        return 0.0 if told is None else told.cost

    def prepare(self) -> None:
        """Lets the planner make candidates together, where that is quicker; finds those it refuses.

        Those of the statements that cost most come first. Half of the step's time is left for asking: what is not made
        by then is made when it is asked about.
        """
        make = getattr(self.planner, "prepare", None)
        if make is None:
            return
        enough = self.clock.left / 2
        order = sorted(range(len(self.likely)), key=lambda place: -self.weights[place] * self._present(place))
        wanted = list(dict.fromkeys(position for place in order for position in members(self.likely[place])))
        waiting = [wanted[start : start + _MADE_AT_A_TIME] for start in range(0, len(wanted), _MADE_AT_A_TIME)][::-1]
        while waiting and (enough == float("inf") or self.clock.left > enough):
            some = waiting.pop()
            try:
                make([self.pool.texts[position] for position in some])
            except PlannerError:
                if len(some) == 1:
                    self._refuse(some, [])
                    self.pool.refused |= 1 << some[0]
                else:
                    waiting += [some[: len(some) // 2], some[len(some) // 2 :]]
        self.visible = [seen & ~self.pool.refused for seen in self.visible]
        self.likely = [seen & ~self.pool.refused for seen in self.likely]


def _names(statement: Statement) -> frozenset[str]:
    """Words that may name a table of it: of its text, of its graph, and of plans (which see through views)."""
    text = " ".join([statement.sql, *(query.sql for query in statement.queries[:1])])
    names = set(re.findall(r"\w+", text.lower()))
    names.update(quoted.lower() for quoted in re.findall(r'["`\[]([^"`\]]{1,128})["`\]]', text))
    if statement.graph is not None:
        tables = (ref.table_name for ref in statement.graph.table_refs)
        names.update(table.rpartition(".")[2].lower() for table in tables if table)
    for plan in statement.plans:
        names.update(node.relation.lower() for node in plan.nodes if node.relation)
    return frozenset(names)


def _largest(questions: Iterable[Question]) -> list[Question]:
    """Those whose set is in no other set of the same statement."""
    of_statement: dict[int, list[int]] = {}
    for statement, available in questions:
        of_statement.setdefault(statement, []).append(available)
    return [
        (statement, available)
        for statement, sets in of_statement.items()
        for available in sets
        if not any(available != other and not available & ~other for other in sets)
    ]
