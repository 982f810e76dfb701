"""The workload that indexes are chosen for: each shape once, with the values to plan it with and its weight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model.engine import EngineName, dialect_of
from advisor.model.limits import LIMITS
from advisor.model.planning import Query
from advisor.model.shape import Sample, ShapeSummary
from advisor.recommend.system import is_system

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.model.catalog import Catalog
    from advisor.model.plan import Plan

#: What a planner plans.
PLANNED_KINDS = ("select", "insert", "update", "delete", "merge")


@dataclass(frozen=True, slots=True)
class Statement:
    """One shape of the workload."""

    fingerprint: str
    engine: EngineName
    kind: str
    """select, insert, update, delete, merge."""
    sql: str
    """Normalised, literals as ``?``: safe to print."""
    queries: tuple[Query, ...]
    """With the values seen in the log: typical first, then slowest, then others. Empty: it cannot be planned."""
    weight: float
    """Objective units of one execution's planner cost: the objective is the sum of weight times cost."""
    calls: int = 1
    """In the whole input."""
    calls_per_hour: float | None = None
    seconds_per_hour: float | None = None
    mean_ms: float | None = None
    lock_ms: float | None = None
    """Of one execution, spent waiting for locks; within ``mean_ms``. None: not logged."""
    rows_affected: float | None = None
    """Rows that one execution wrote; None: not logged."""
    prepared: bool = False
    """Logged with bound parameters: the server may plan it generically from the sixth execution on."""
    graph: QueryGraph | None = None
    plans: tuple[Plan, ...] = ()
    """As logged, and the present one as the planner sees it."""
    constants: dict[tuple[str, str], str] = field(default_factory=dict)
    """(table, column) -> the SQL literal that every sample of the shape has there: ground for a partial index."""


def statements(
    shapes: Sequence[ShapeSummary],
    graphs: Mapping[tuple[str, str], QueryGraph],
    plans: Mapping[tuple[str, str], Sequence[Plan]],
    catalogs: Sequence[Catalog],
    *,
    window_seconds: float | None,
) -> list[Statement]:
    """The shapes that a planner can be asked about, each with weight 1. ``graphs`` and ``plans`` are by (engine,
    fingerprint); rates are None where the window is not known. Monitoring that reads the system's catalogs alone is
    left out: no index helps it."""
    return [
        _statement(shape, graphs, plans, catalogs, window_seconds / 3600 if window_seconds else None)
        for shape in shapes
        if shape.kind in PLANNED_KINDS and not _of_the_system(graphs.get((shape.engine.name, shape.fingerprint)), shape)
    ]


def _of_the_system(graph: QueryGraph | None, shape: ShapeSummary) -> bool:
    """Does it read nothing but the system's own catalogs and views? A shadow's are not production's: they grow with
    every index that is tried."""
    return graph is not None and bool(graph.tables) and all(is_system(one, shape.engine.name) for one in graph.tables)


def _statement(
    shape: ShapeSummary,
    graphs: Mapping[tuple[str, str], QueryGraph],
    plans: Mapping[tuple[str, str], Sequence[Plan]],
    catalogs: Sequence[Catalog],
    hours: float | None,
) -> Statement:
    key = (shape.engine.name, shape.fingerprint)
    usable = _usable(shape)
    written = shape.measured_calls.get("rows_affected", shape.calls)
    waited = shape.measured_calls.get("lock_us", shape.calls)
    return Statement(
        fingerprint=shape.fingerprint,
        engine=shape.engine.name,
        kind=shape.kind,
        sql=shape.sql,
        queries=tuple(Query(sample.sql) for sample in usable) or _without_values(shape),
        weight=1.0,
        calls=shape.calls,
        calls_per_hour=shape.calls / hours if hours else None,
        seconds_per_hour=shape.total_us / 1e6 / hours if hours and shape.timed_calls else None,
        mean_ms=shape.total_us / shape.timed_calls / 1000 if shape.timed_calls else None,
        lock_ms=shape.lock_us / waited / 1000 if shape.lock_us is not None and waited else None,
        rows_affected=shape.rows_affected / written if shape.rows_affected is not None and written else None,
        prepared=any(sample.parameters for sample in usable),
        graph=graphs.get(key),
        plans=tuple(plans.get(key, ())),
        constants=_constants(shape, usable, catalogs),
    )


def _usable(shape: ShapeSummary) -> list[Sample]:
    """Executions whose whole text with its values is known: typical, slowest, others.

    A value that was masked as a credential is not the one that ran, and may be none of its column's type (a token that
    is a uuid): such executions stand in only where there is no other.
    """
    from advisor.sources.secrets import MASK

    found: dict[str, Sample] = {}
    for sample in (shape.typical, shape.slowest, *shape.samples):
        if sample is not None and not sample.cut and not sample.redacted:
            found.setdefault(sample.sql, sample)
    return [one for one in found.values() if f"'{MASK}'" not in one.sql] or list(found.values())


def _without_values(shape: ShapeSummary) -> tuple[Query, ...]:
    """The shape's own text, its places numbered, planned as a prepared statement is: counters and redacted digests have
    nothing else. What cannot be planned so (INTERVAL ?) the server says."""
    from advisor.fingerprint.lexer import PLACEHOLDER, tokens

    if shape.engine.name != "postgresql":
        return ()
    raw = shape.sql.encode("utf-8", "surrogatepass")
    out, at, number = [], 0, 0
    for token in tokens(raw, dialect_of(shape.engine.name)):
        if token.kind == PLACEHOLDER and raw[token.start : token.end] == b"?":
            number += 1
            out += [raw[at : token.start], b"$%d" % number]
            at = token.end
    out.append(raw[at:])
    return (Query(b"".join(out).decode("utf-8", "replace"), generic=True),)


def _constants(
    shape: ShapeSummary, samples: Sequence[Sample], catalogs: Sequence[Catalog]
) -> dict[tuple[str, str], str]:
    """Literals that belong to the shape: written in a text whose other values are bound, or the same in every sample of
    a shape that was called often enough for that to be no accident."""
    from advisor.fingerprint.parameters import split_parameters

    texts: list[str] = []
    bound = False
    for sample in samples:
        split = split_parameters(sample.sql, sample.parameters, "postgresql") if sample.parameters else None
        bound = bound or split is not None
        texts.append(split if split is not None else sample.sql)
    if not texts or (not bound and (len(texts) < LIMITS.constant_samples or shape.calls < LIMITS.constant_calls)):
        return {}
    found = [_literals(text, shape.engine.name, catalogs) for text in texts]
    return {key: literal for key, literal in found[0].items() if all(each.get(key) == literal for each in found[1:])}


def _literals(text: str, engine: EngineName, catalogs: Sequence[Catalog]) -> dict[tuple[str, str], str]:
    from advisor.graphs import NotAnalysed, build

    try:
        graph = build(text, engine, catalogs)
    except NotAnalysed:
        return {}
    seen: dict[tuple[str, str], set[str]] = {}
    for row in graph.predicates:
        if row.table_name and row.column_name and row.operator == "=" and row.wrapper is None and not row.negated:
            literal = row.value_sql if row.value_kind == "literal" and row.value_sql else ""
            seen.setdefault((row.table_name, row.column_name), set()).add(literal)
    plain = re.compile(r"'(?:[^']|'')*'|-?[0-9]+(?:\.[0-9]+)?|TRUE|FALSE|true|false")
    return {
        key: next(iter(values))
        for key, values in seen.items()
        if len(values) == 1 and plain.fullmatch(next(iter(values)))
    }
