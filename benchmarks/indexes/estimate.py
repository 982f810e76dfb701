"""What the planner says of a set: with HypoPG, with the set really built, and in this product's shadow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.indexes.built import Built, plain
from benchmarks.indexes.data.database import DataSet, Named

if TYPE_CHECKING:
    from advisor.planners.planner import Planner

#: Figures of a plan that are not what it does.
_FIGURES = ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width")


@dataclass(frozen=True)
class Planned:
    """One statement under one set."""

    cost: float
    form: str
    """Equal forms do the same work: operators, conditions and the definitions of the indexes used."""


def explain(connection: psycopg.Connection, query: Named) -> dict[str, Any]:
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {query.sql}".encode()).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def total(data: DataSet, costs: Sequence[float]) -> float:
    """The objective: weight times cost."""
    return sum(query.weight * cost for query, cost in zip(data.queries, costs, strict=True))


def hypothetical(data: DataSet, indexes: Sequence[str]) -> tuple[list[float], int, list[str]]:
    """Costs by HypoPG, its size of the set, and what it refuses."""
    refused = []
    with psycopg.connect(data.dsn, autocommit=True, prepare_threshold=None) as connection:
        for index in dict.fromkeys(map(plain, indexes)):
            try:
                connection.execute("SELECT hypo.hypopg_create_index(%s)", (f"CREATE INDEX {index}",))
            except psycopg.Error as error:
                refused.append(f"{index}: {str(error).partition(chr(10))[0]}")
        row = connection.execute(
            "SELECT coalesce(sum(hypo.hypopg_relation_size(indexrelid)), 0) FROM hypo.hypopg()"
        ).fetchone()
        costs = [float(explain(connection, query)["Total Cost"]) for query in data.queries]
    return costs, int(row[0]) if row else 0, refused


def real(built: Built, indexes: Sequence[str]) -> list[Planned]:
    """Costs and forms with the set built and shown."""
    definitions = {name: text for text, name in built.names.items()}
    built.show(indexes)
    shown = sorted(set(map(plain, indexes)))
    found = []
    with built.connect() as connection:
        for query in built.data.queries:
            plan = explain(connection, query)
            cost = float(plan["Total Cost"])
            # What a write maintains is not in its plan.
            form = json.dumps([_bare(plan, definitions), shown if query.writes else None], sort_keys=True)
            found.append(Planned(cost, form))
    return found


def shadowed(planner: Planner, data: DataSet, indexes: Sequence[str]) -> list[float | None]:
    """Costs in the shadow, None where it has no answer."""
    from advisor.model.planning import Configuration, Query

    wanted = Configuration(add=tuple(dict.fromkeys(map(plain, indexes))))
    found = [planner.judge([Query(query.sql)], wanted)[0] for query in data.queries]
    return [one and one.cost for one in found]


def _bare(node: Any, definitions: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_bare(part, definitions) for part in node]
    if not isinstance(node, dict):
        return node
    found = {name: _bare(value, definitions) for name, value in node.items() if name not in _FIGURES}
    if "Index Name" in found:
        found["Index Name"] = definitions.get(found["Index Name"], found["Index Name"])
    return found
