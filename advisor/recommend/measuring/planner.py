"""A planner whose costs are milliseconds: the same questions, answered by executing on a staging copy.

The indexes of all configurations that will be asked about are built once; a configuration then takes away those that
are not in it. A statement is executed once per *plan*: two sets of indexes under which it has the same plan share one
measurement, so the number of executions grows with the plans, not with the sets.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

from advisor.model.counted import counted
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse
from advisor.planners.planner import PRESENT
from advisor.recommend.definition import on_text
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.outcome import Run, Timing, timing
from advisor.recommend.measuring.staging import Progress, Seen, Staging, World, open_staging
from advisor.recommend.measuring.turns import Pair, in_turns


class MeasuredPlanner(Closing):
    """Answers `judge` with milliseconds of execution, over indexes that really stand.

    The cost is the median of several runs; `timing` has the range too. Plans that are compared ran at different times,
    and a machine's pace drifts: `compare` times two states in turns, which a final word should rest on.

    Only configurations whose ``add`` are among the built definitions can be asked for. A statement that is not executed
    (it writes, it calls functions that may do more than read, its values are not known) is answered None; `refused`
    says why. One that the timeout ended costs the timeout: a lower bound, counted in `censored`.
    """

    def __init__(
        self,
        staging: Staging,
        *,
        repeats: int = 3,
        timeout: float = 30.0,
        progress: Progress | None = None,
        deadline: float | None = None,
    ) -> None:
        """``repeats`` executions of each plan, at least one; ``deadline`` is a time of `time.monotonic`."""
        self.staging = staging
        self.repeats = max(1, repeats)
        self.timeout = timeout
        self.deadline = deadline
        self.refused: dict[Query, str] = {}
        self.executions = 0
        self.complete = True
        """False: the deadline left questions unanswered."""
        self._progress = progress
        self._numbers = {
            _normal(on_text(one.index), staging): number
            for number, one in enumerate(staging.built)
            if one.error is None
        }
        self._times: dict[tuple[Query, str], Timing | str] = {}
        self._seen: dict[tuple[Query, frozenset[int], tuple[str, ...]], Seen | str] = {}
        engine = staging.engine
        self._by = PlannedBy(
            planner="live",
            engine=engine.name,
            version=engine.version or "",
            production=engine,
            same_major=True,
            statistics="live",
            exactness=f"executed on {staging.origin}: costs are milliseconds, medians of {counted(repeats, 'run')}",
        )

    @classmethod
    def open(
        cls,
        dsn: str,
        definitions: Sequence[IndexDefinition],
        *,
        repeats: int = 3,
        timeout: float = 30.0,
        allow_writers: bool = False,
        progress: Progress | None = None,
        deadline: float | None = None,
    ) -> Self:
        """Connects and builds. Raises MeasuringError. Use it as a context: the indexes are gone at its end."""
        staging = open_staging(dsn, allow_writers=allow_writers)
        try:
            staging.build(definitions, progress or (lambda what, share: None), deadline)
            return cls(staging, repeats=repeats, timeout=timeout, progress=progress, deadline=deadline)
        except BaseException:
            staging.close()
            raise

    @property
    def planned_by(self) -> PlannedBy:
        """The staging copy."""
        return self._by

    @property
    def censored(self) -> int:
        """Measurements that the timeout ended."""
        return sum(isinstance(each, Timing) and each.censored for each in self._times.values())

    def timing(self, query: Query, configuration: Configuration = PRESENT) -> Timing | None:
        """What `judge` rests on, with its range; None where it was not executed."""
        self.judge([query], configuration)
        visible = frozenset(self._positions(configuration))
        seen = self._seen.get((query, visible, configuration.hide))
        found = self._times.get((query, seen.key)) if isinstance(seen, Seen) else None
        return found if isinstance(found, Timing) else None

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Median milliseconds and used indexes of each query; None where it is not executed.

        Raises PlannerError for an index that was not built here, and for settings and growth.
        """
        positions = self._positions(configuration)
        visible = frozenset(positions)
        if len(visible) != len(positions):
            raise PlannerError("an index stands twice in the configuration to measure")
        wanted = list(dict.fromkeys(queries))
        try:
            self._measure(wanted, visible, configuration.hide)
        except MeasuringError as error:
            raise PlannerError(str(error)) from None
        back = {number: place for place, number in enumerate(positions)}
        return [self._judged(query, visible, configuration.hide, back) for query in queries]

    def compare(self, queries: Sequence[Query], configuration: Configuration) -> list[tuple[Timing, Timing] | None]:
        """Each query as things are and in this configuration, timed in turns; one whose plan stays is not run again.

        None: it is not executed, or no time was left. Raises PlannerError as `judge` does.
        """
        visible = frozenset(self._positions(configuration))
        wanted = list(dict.fromkeys(queries))
        self.judge(wanted)
        self.judge(wanted, configuration)
        pairs: list[Pair] = []
        for number, query in enumerate(wanted):
            before = self._seen.get((query, frozenset(), ()))
            after = self._seen.get((query, visible, configuration.hide))
            if isinstance(before, Seen) and isinstance(after, Seen) and before.key != after.key:
                known = all(isinstance(self._times.get((query, each.key)), Timing) for each in (before, after))
                pairs.append(Pair(number, query, before, after, failed=None if known else "not executed"))
        told = self._progress or (lambda what, share: None)
        try:
            in_turns(self.staging, pairs, visible, configuration.hide, self.repeats, self.timeout, told, self.deadline)
        except MeasuringError as error:
            raise PlannerError(str(error)) from None
        for pair in pairs:
            self.executions += sum(len(runs) for runs in pair.runs.values())
            for seen, runs in ((pair.before, pair.runs[False]), (pair.after, pair.runs[True])):
                fresh = timing(runs)
                if fresh is not None and all(pair.runs.values()):
                    self._times[pair.query, seen.key] = fresh
        found = [(self.timing(query), self.timing(query, configuration)) for query in queries]
        return [(was, now) if was is not None and now is not None else None for was, now in found]

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """Costs in milliseconds, without the plan."""
        return [
            Answer(
                query=query,
                configuration=configuration,
                cost=one.cost if one else None,
                rows=one.rows if one else None,
                error=None if one else self.refused.get(query, "not measured"),
                planned_by=self._by,
            )
            for query, one in zip(queries, self.judge(queries, configuration), strict=True)
        ]

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Of built indexes, as they are. Raises PlannerError for others."""
        found: list[IndexSize] = []
        for number in self._positions(Configuration(add=tuple(indexes))):
            one = self.staging.built[number]
            size = one.bytes or 0
            sql = f"CREATE INDEX {one.name} {on_text(one.index)}"
            pages = size // 8192
            found.append(
                IndexSize(
                    sql=sql, table=one.index.table, name=one.name, tuples=0.0, pages=pages, bytes=size, modelled="built"
                )
            )
        return found

    def close(self) -> None:
        """Takes the indexes away."""
        self.staging.close()

    # ------------------------------------------------------------------ asking
    def _positions(self, configuration: Configuration) -> list[int]:
        if configuration.settings or configuration.scale:
            raise PlannerError("a measurement is of the staging copy as it is: neither settings nor growth can be had")
        found: list[int] = []
        for text in configuration.add:
            number = self._numbers.get(_normal(text, self.staging))
            if number is None:
                raise PlannerError(f"{' '.join(text.split())[:120]} was not built on the staging copy")
            found.append(number)
        return found

    def _measure(self, queries: Sequence[Query], visible: frozenset[int], hide: tuple[str, ...]) -> None:
        """Plans what is new in this world and executes what has a new plan, all in one visit."""
        known = [query for query in queries if (query, visible, hide) in self._seen]
        if len(known) == len(queries):
            wanting = [query for query in queries if self._lacks(query, visible, hide)]
            if not wanting or self._late():
                return
        with self.staging.world(visible, hide) as world:
            for done, query in enumerate(queries):
                place = (query, visible, hide)
                if place not in self._seen:
                    self._seen[place] = world.see(query)
                seen = self._seen[place]
                if isinstance(seen, str) or seen.refused is not None:
                    self.refused[query] = seen if isinstance(seen, str) else seen.refused or ""
                    continue
                if (query, seen.key) in self._times:
                    continue
                if self._late():
                    self.complete = False
                    continue
                if self._progress is not None:
                    self._progress(f"{counted(self.executions, 'execution')} so far", done / len(queries))
                self._times[query, seen.key] = self._execute(world, query)

    def _execute(self, world: World, query: Query) -> Timing | str:
        """Several runs after one to warm up; what takes very long is run once."""
        seconds, patience = self._bound(query), LIMITS.measuring_patience_seconds
        runs: list[Run] = []
        for turn in range(self.repeats + 1):
            outcome = world.run(query, seconds)
            self.executions += 1
            if isinstance(outcome, str):
                return outcome
            long = outcome.censored or outcome.ms > 1000 * patience
            if turn or long:
                runs.append(outcome)
            if long or sum(run.ms for run in runs) > 1000 * patience:
                break
        return timing(runs) or "it was not executed"

    def _bound(self, query: Query) -> float:
        """Seconds for one execution: a plan that takes many times as long as the best one known is out anyway."""
        known = [
            each.median_ms for (other, _), each in self._times.items() if other == query and isinstance(each, Timing)
        ]
        left = self.timeout if self.deadline is None else max(0.001, self.deadline - time.monotonic())
        if not known:
            return min(self.timeout, left)
        worse = LIMITS.measuring_worse * min(known) / 1000
        return min(self.timeout, left, max(worse, LIMITS.measuring_least_seconds))

    def _lacks(self, query: Query, visible: frozenset[int], hide: tuple[str, ...]) -> bool:
        seen = self._seen[query, visible, hide]
        return isinstance(seen, Seen) and seen.refused is None and (query, seen.key) not in self._times

    def _late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def _judged(
        self, query: Query, visible: frozenset[int], hide: tuple[str, ...], back: dict[int, int]
    ) -> Judged | None:
        seen = self._seen.get((query, visible, hide))
        if not isinstance(seen, Seen):
            return None
        found = self._times.get((query, seen.key))
        if isinstance(found, str):
            self.refused[query] = found
        if not isinstance(found, Timing):
            return None
        return Judged(
            cost=found.median_ms,
            rows=seen.rows,
            new=frozenset(back[number] for number in seen.new if number in back),
            existing=seen.existing,
        )


def _normal(text: str, staging: Staging) -> str:
    """An index definition in one spelling, without its name."""
    return parse(text, staging.engine.name).statement("i")
