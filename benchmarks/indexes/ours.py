"""This product's answer: one search out of a snapshot, sets for every budget."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.fingerprint.identity import identify
from advisor.graphs import NotAnalysed, build
from advisor.model.indexing import IndexDefinition, Selected
from advisor.model.planning import Configuration, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.choice import of_snapshot
from advisor.planners.planner import PRESENT
from advisor.recommend.candidates import CandidateLimits, Variants, candidates
from advisor.recommend.definition import on_text
from advisor.recommend.selection.select import select
from advisor.recommend.workload import Statement
from benchmarks.indexes.built import plain
from benchmarks.indexes.data.database import EXTENSION, DataSet
from benchmarks.indexes.peers.answer import Answer

TOOL = "advisor"
#: The whole product over a log: it weighs statements by their time and counts what its indexes cost the writes.
WHOLE = "advisor analyze"


class Counting:
    """A planner that counts the statements it is given."""

    def __init__(self, planner: Any) -> None:
        self.planner = planner
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.planner, name)

    def judge(self, queries: Sequence[Query], *rest: Any, **named: Any) -> Any:
        self.calls += len(queries)
        return self.planner.judge(queries, *rest, **named)

    def explain(self, queries: Sequence[Query], *rest: Any, **named: Any) -> Any:
        self.calls += len(queries)
        return self.planner.explain(queries, *rest, **named)


class Remembering(Counting):
    """... and asks nothing twice: for a search made again with other sizes."""

    def __init__(self, planner: Any) -> None:
        super().__init__(planner)
        self.known: dict[tuple[Query, Configuration], Any] = {}

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> Any:
        new = [query for query in dict.fromkeys(queries) if (query, configuration) not in self.known]
        if new:
            told = super().judge(new, configuration)
            self.known.update({(query, configuration): one for query, one in zip(new, told, strict=True)})
        return [self.known[query, configuration] for query in queries]


class Search:
    """A snapshot of the data set and its shadow."""

    def __init__(self, data: DataSet, snapshot: Snapshot, planner: Any) -> None:
        self.data = data
        self.snapshot = snapshot
        self.planner = planner
        self.again = Remembering(planner)
        self.catalog = catalog_of(snapshot)
        self.selected: Selected | None = None
        self.timed: Selected | None = None

    def statements(self) -> list[Statement]:
        """The workload, each statement with the weight that the data set gives it."""
        found = []
        for query in self.data.workload:
            identity = identify(query.sql, "postgresql")
            try:
                graph = build(query.sql, "postgresql", [self.catalog])
            except NotAnalysed:
                graph = None
            found.append(
                Statement(
                    fingerprint=identity.fingerprint,
                    engine="postgresql",
                    kind=identity.kind,
                    sql=identity.text,
                    queries=(Query(query.sql),),
                    weight=query.weight,
                    graph=graph,
                )
            )
        return found

    def curve(
        self, limit: float, budgets: Sequence[int] | None, built: Mapping[str, int] | None = None
    ) -> list[Answer]:
        """The best set for each of the budgets, all out of one search; calls and CPU seconds are those of the whole.

        ``built``: real bytes of indexes, where they are known.
        """
        began, cpu = time.process_time(), below()
        counting = self.again if built is not None else Counting(self.planner)
        wanted = CandidateLimits()
        workload = self.statements()
        proposed = candidates(workload, self.catalog, statistics=self.snapshot, wanted=wanted)
        selected = select(
            workload,
            proposed,
            counting,
            price=self._prices(counting, built or {}),
            budgets=budgets,
            deadline=limit,
            widen=Variants(workload, self.catalog, self.snapshot, wanted),
        )
        self.selected = selected
        client, server = time.process_time() - began, below() - cpu
        texts = [on_text(index) for index in selected.candidates]
        note = f"{len(proposed)} candidates" + ("" if selected.complete else ", cut by the time limit")
        return [
            Answer(
                TOOL,
                f"{point.budget_bytes / 1e6:.1f} MB",
                tuple(texts[number] for number in point.indexes),
                counting.calls,
                client,
                server,
                point.budget_bytes,
                point.bytes,
                note=note,
                covers=len(selected.points),
                objective=point.cost,
            )
            for point in selected.points
        ]

    @staticmethod
    def _prices(
        planner: Any, built: Mapping[str, int]
    ) -> Callable[[Sequence[IndexDefinition]], list[tuple[int, float]]]:
        """Bytes by the model of sizes; writes cost nothing here, as for every peer."""

        def priced(indexes: Sequence[IndexDefinition]) -> list[tuple[int, float]]:
            texts = [on_text(index) for index in indexes]
            return [
                (built.get(plain(text), size.bytes), 0.0)
                for text, size in zip(texts, planner.sizes(texts), strict=True)
            ]

        return priced


def whole(data: DataSet, limit: float, staging: str | None = None) -> list[Answer]:
    """What `advisor analyze LOG --catalog DSN` recommends, and the largest set of its curve; nothing without a log.

    With ``staging``, the DSN of a copy, what it recommends with ``--measure``.
    """
    if data.log is None:
        return []
    from advisor.api.analysis import analyze
    from advisor.recommend.wishes import IndexWishes

    began, cpu = time.process_time(), below()
    wishes = IndexWishes(time_limit=limit, measure=staging, measure_busy=True)
    with _untouched(data):
        told = analyze(str(data.log), catalog=data.dsn, planner="shadow", wishes=wishes)
    client, server = time.process_time() - began, below() - cpu
    advice = told.index_advice
    if advice is None:
        return []
    places = {"recommended": advice.chosen}
    if staging is None:
        places["largest"] = len(advice.curve) - 1
    return [
        Answer(
            WHOLE if staging is None else f"{WHOLE} --measure",
            label,
            advice.curve[place].indexes,
            advice.planner_calls,
            client,
            server,
            claimed_bytes=advice.curve[place].bytes,
            note=advice.chosen_because,
        )
        for label, place in places.items()
        if place is not None and place >= 0
    ]


@contextmanager
def _untouched(data: DataSet) -> Iterator[None]:
    """The database as it would be in production: without HypoPG."""
    with psycopg.connect(data.dsn, autocommit=True) as connection:
        connection.execute("DROP EXTENSION IF EXISTS hypopg")
        try:
            yield
        finally:
            for statement in EXTENSION.split(";"):
                connection.execute(statement.encode())


@contextmanager
def opened(data: DataSet) -> Iterator[Search]:
    """A snapshot is taken as it would be of production: before anybody builds anything."""
    with _untouched(data):
        snapshot = capture(data.dsn, values="present")
    with of_snapshot(snapshot, "shadow") as planner:
        yield Search(data, snapshot, planner)


def below(root: int | None = None) -> float:
    """CPU seconds of every process below this one, ended ones included: the shadow's backends among them."""
    root = root or os.getpid()
    ticks = os.sysconf("SC_CLK_TCK")
    processes: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                # proc(5): 4 is the parent; 14 to 17 are utime, stime, and those of children that were waited for.
                processes[int(path.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / ticks)
    spent = 0.0
    for process, (_, seconds) in processes.items():
        above = process
        while above and above != root:
            above = processes.get(above, (0, 0.0))[0]
        if above == root and process != root:
            spent += seconds
    own = os.times()
    return spent + own.children_user + own.children_system
