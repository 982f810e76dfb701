"""Insight: what each place in the application costs the database, request by request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, RESET, ROLLBACK, SETTING
from advisor.digest.hashing import mix, mix_pair
from advisor.model.batch import NO_TIME
from advisor.model.stream_limits import STREAM
from advisor.model.traffic import RouteCost, RouteShape
from advisor.stream.insights.durations import torn
from advisor.stream.insights.grouping import again, combined, different, groups, quantile
from advisor.stream.insights.spans import ends

if TYPE_CHECKING:
    from advisor.stream.material import Material

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SHAPES_OF_ROUTE = 5


def routes(material: Material) -> tuple[list[RouteCost], list[RouteShape]]:
    """Cost per route, controller, job or service, the heaviest first, and the heaviest statements of each.

    A request is what one trace id of the tags names; without trace ids a transaction, or statements of one route in a
    session without a pause, up to the next execution of the one that they began with. Where no statement is tagged,
    transactions that start with the same statement stand for a route: an endpoint without a name. Statements outside
    of transactions then belong to none.
    """
    work = _work(material)
    if work is None:
        return [], []
    total_us = int(np.maximum(material.rows["duration_us"], 0).sum())
    costs: list[tuple[RouteCost, list[RouteShape]]] = []
    everywhere = np.bincount(material.codes, minlength=len(material.fingerprints))
    for number, places in groups(work.place):
        costs.append(_cost(material, work, work.names[number], places, total_us, everywhere))
    costs.sort(key=lambda c: (-c[0].db_us, -c[0].statements, c[0].route))
    kept = costs[: STREAM.insight_rows]
    return [cost for cost, _ in kept], [shape for _, shapes in kept for shape in shapes]


@dataclass(frozen=True)
class _Work:
    """Statements of known places."""

    row: Ints
    place: Ints
    names: list[str]
    unit: Ints
    tagged: bool
    by_trace: Flags
    repeated: Flags
    identical: Flags
    set_hash: NDArray[np.uint64]
    """Of each unit, its set of statements."""


def _work(material: Material) -> _Work | None:
    rows = material.rows
    step = ~np.isin(rows["effect"], [BEGIN, COMMIT, ROLLBACK, RESET, SETTING])
    tagged = bool((rows["route"] != 0).any())
    if tagged:
        row = np.flatnonzero(step & (rows["route"] != 0))
        numbers, place = np.unique(rows["route"][row], return_inverse=True)
        names = [material.routes.get(int(n), "(other)") for n in numbers.tolist()]
        unit = _requests(material, row)
    else:
        row = np.flatnonzero(step & (material.spans.of >= 0))
        if not len(row) or torn(material):
            return None
        unit = combined(material.spans.of[row])
        _, first = np.unique(unit, return_index=True)
        numbers, place = np.unique(material.codes[row[first]][unit], return_inverse=True)
        names = [material.fingerprints[int(n)] for n in numbers.tolist()]
    if not len(row):
        return None
    repeated = again(unit, rows["shape"][row])
    sets = np.zeros(int(unit.max()) + 1, np.uint64)
    np.add.at(sets, unit[~repeated], mix(rows["shape"][row[~repeated]]))
    identical = again(unit, rows["shape"][row], rows["literals"][row]) & _valued(material)[row]
    return _Work(row, place.astype(np.int64), names, unit, tagged, rows["trace"][row] != 0, repeated, identical, sets)


def _requests(material: Material, row: Ints) -> Ints:
    """A number per request: by trace id, else by transaction, else by route without a pause in the session."""
    rows, spans = material.rows, material.spans
    start, end = rows["start_us"][row], ends(material)[row]
    same = np.zeros(len(row), np.bool_)
    same[1:] = True
    for name in ("source", "session", "route"):
        same[1:] &= rows[name][row][1:] == rows[name][row][:-1]
    alone = spans.of[row] < 0
    same[1:] &= alone[1:] == alone[:-1]
    timed = (start[1:] != NO_TIME) & (start[:-1] != NO_TIME)
    same[1:] &= ~timed | (start[1:] - end[:-1] < STREAM.route_pause_us)
    # Where the statement that a run began with comes again, the next request begins.
    opening = np.maximum.accumulate(np.where(same, 0, np.arange(len(row))))
    shape = rows["shape"][row]
    same &= shape != shape[opening]
    # A transaction is one request, even where it holds statements of two routes: they are told apart by place.
    run = np.cumsum(~same)
    number = np.where(alone, mix_pair(run.astype(np.uint64), np.uint64(1)), mix(spans.of[row].astype(np.uint64)))
    number = np.where(rows["trace"][row] != 0, rows["trace"][row], number)
    return combined(number, rows["route"][row])


def _valued(material: Material) -> Flags:
    """Rows whose values are known, or that have none: only then are equal ones equal."""
    sql = [getattr(material.by_fingerprint.get(name), "sql", "?") for name in material.fingerprints]
    has = np.array(["?" in text for text in sql] or [True], np.bool_)
    found: Flags = ~has[material.codes] | (material.rows["literals"] != 0)
    return found


def _cost(
    material: Material,
    work: _Work,
    name: str,
    places: NDArray[np.intp],
    total_us: int,
    everywhere: NDArray[np.intp],
) -> tuple[RouteCost, list[RouteShape]]:
    row = work.row[places]
    time = np.maximum(material.rows["duration_us"][row], 0)
    unit = combined(work.unit[places])
    units = int(unit.max()) + 1
    statements = np.bincount(unit, minlength=units)
    spent = np.bincount(unit, weights=time, minlength=units)
    repeated = work.repeated[places]
    codes = material.codes[row]
    known = len(material.fingerprints)
    calls, times = np.bincount(codes, minlength=known), np.bincount(codes, weights=time, minlength=known)
    order = sorted(np.flatnonzero(calls).tolist(), key=lambda c: (-times[c], -calls[c], material.fingerprints[c]))
    scale, db_us = material.scale, int(time.sum())
    shapes = [
        RouteShape(
            name,
            position,
            material.fingerprints[code],
            round(int(calls[code]) * scale),
            round(int(times[code]) * scale),
            int(calls[code]) / units,
            float(times[code]) / db_us if db_us else None,
        )
        for position, code in enumerate(order[:_SHAPES_OF_ROUTE], 1)
    ]
    cost = RouteCost(
        route=name,
        tagged=work.tagged,
        fingerprint=material.fingerprints[order[0]],
        units=round(units * scale),
        statements=round(len(row) * scale),
        statements_p50=quantile(statements, 0.5),
        statements_p95=quantile(statements, 0.95),
        statements_max=int(statements.max()),
        distinct_p50=quantile(np.bincount(unit[~repeated], minlength=units), 0.5),
        repeated_share=float(repeated.mean()),
        identical_share=float(work.identical[places].mean()),
        db_us=round(db_us * scale),
        db_p50_us=quantile(spent, 0.5),
        db_p95_us=quantile(spent, 0.95),
        share=db_us / total_us if total_us else None,
        errors=_errors(material, order, calls, everywhere),
        by_trace=bool(work.by_trace[places].all()),
        variants=different(work.set_hash[work.unit[places]]),
        complete=material.capture.complete,
        estimated=scale > 1.0,
    )
    return cost, shapes


def _errors(material: Material, codes: list[int], calls: NDArray[np.intp], everywhere: NDArray[np.intp]) -> int:
    """Errors of the statements that nobody else runs: the log does not say whose the others were."""
    found = 0
    for code in codes:
        shape = material.by_fingerprint.get(material.fingerprints[code])
        if shape is not None and calls[code] == everywhere[code]:
            found += shape.errors
    return found
