"""This product's answer with ``--measure``: chosen by times of a staging copy, then judged on the database like the rest."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import psycopg

from advisor.model.indexing import IndexDefinition
from advisor.recommend.advice.measured import Timed, by_times, promising
from advisor.recommend.definition import on_text
from advisor.recommend.measuring import MeasuredPlanner
from advisor.recommend.workload import Statement
from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.ours import Counting, Search
from benchmarks.indexes.peers.answer import Answer

TOOL = "advisor --measure"


@contextmanager
def copied(data: DataSet) -> Iterator[str]:
    """The DSN of a copy of the database as it is: nothing that is done to choose touches what is judged."""
    name = urlsplit(data.dsn).path.lstrip("/")
    copy = f"{name}_staging"
    with psycopg.connect(database.address(data.dsn, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {name}".encode())
        database.settle(connection, copy)
        try:
            yield database.address(data.dsn, copy)
        finally:
            connection.execute(f"DROP DATABASE {copy} WITH (FORCE)".encode())


def curve(search: Search, dsn: str, budgets: Sequence[int], repeats: int) -> list[Answer]:
    """The best set within each of the budgets (real bytes), by times; what the search by costs found is built."""
    assert search.selected is not None
    began = time.monotonic()
    planner = Counting(search.planner)
    with MeasuredPlanner.open(dsn, promising(search.selected, None), repeats=repeats, allow_writers=True) as staging:

        def priced(indexes: Sequence[IndexDefinition]) -> list[tuple[int, float]]:
            return [(size.bytes, 0.0) for size in staging.sizes([on_text(index) for index in indexes])]

        timed: Any = Timed(planner, staging)
        workload = _by_time(search.statements(), planner, staging)
        selected = by_times(workload, timed, price=priced, planned=search.selected, budgets=budgets)
        built, executions = len(staging.staging.built), staging.executions
        censored = staging.censored
    search.timed = selected
    texts = [on_text(index) for index in selected.candidates]
    return [
        Answer(
            TOOL,
            f"{point.budget_bytes / 1e6:.1f} MB",
            tuple(texts[number] for number in point.indexes),
            planner.calls,
            budget_bytes=point.budget_bytes,
            claimed_bytes=point.bytes,
            note=f"{built} indexes built to choose from, {censored} executions ended by the time limit",
            covers=len(selected.points),
            objective=point.cost,
            executions=executions,
            seconds=time.monotonic() - began,
        )
        for point in selected.points
    ]


def _by_time(statements: Sequence[Statement], planner: Any, staging: MeasuredPlanner) -> list[Statement]:
    """Weighed by how long each takes, as the product does with a log's times; what is not run, at the usual rate."""
    queries = [one.queries[0] for one in statements]
    costs, times = planner.judge(queries), staging.judge(queries)
    rates = [ms.cost / cost.cost if ms and cost else None for cost, ms in zip(costs, times, strict=True)]
    usual = statistics.median([rate for rate in rates if rate is not None])
    return [
        replace(one, weight=one.weight * (usual if rate is None else rate))
        for one, rate in zip(statements, rates, strict=True)
    ]
