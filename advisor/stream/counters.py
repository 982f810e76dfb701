"""Repetitions from cumulative counters alone: pg_stat_statements, performance_schema, or the totals of a log.

No order of statements is needed. Where a statement runs once for each row that another gave, its executions are that
other's rows: ``conservation = calls(child) / rows(parent)`` is near 1, and each execution of the parent is followed by
``calls(child) / calls(parent)`` of the child. Totals can agree by chance, so the two must be linked by a key, the
parent must not have been asked by that key, and no third statement may explain the child better, one for one. What
totals show is never `confirmed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from advisor.model.engine import EngineName
from advisor.model.finding import Confidence
from advisor.model.shape import ShapeSummary
from advisor.model.stream import KeyLink, Repetition, RepetitionKind
from advisor.model.stream_limits import STREAM
from advisor.stream.links import Links

_KINDS: dict[str, RepetitionKind] = {
    "select": "n_plus_one",
    "count": "count_per_row",
    "exists": "exists_per_row",
    "aggregate": "aggregate_per_row",
    "update": "update_per_row",
    "insert": "insert_per_row",
    "delete": "delete_per_row",
}
_WRITES = frozenset({"update", "insert", "delete"})


class Window(NamedTuple):
    """What ran between two snapshots of the counters."""

    shapes: list[ShapeSummary]
    dropped: tuple[str, ...]
    """Shapes whose counters went down: reset, or evicted and counted anew. What they did between is not known."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A family of shapes with its counters."""

    shape: ShapeSummary
    """The one with the most executions."""
    calls: int
    rows: int | None
    """Rows given, or changed; None where some executions' are not known."""
    total_us: int
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A parent that may explain a child's executions."""

    parent: _Counted
    child: _Counted
    link: KeyLink
    fan: float
    conservation: float | None
    others: int = 0
    """Further parents whose rows are counted in."""


def between(before: Iterable[ShapeSummary], after: Iterable[ShapeSummary]) -> Window:
    """The difference of two snapshots: executions, rows and time of each shape; those that did not run are left out."""
    earlier = {(shape.engine.name, shape.fingerprint): shape for shape in before}
    shapes, dropped = [], []
    for shape in after:
        first = earlier.get((shape.engine.name, shape.fingerprint))
        if first is None:
            shapes.append(shape)
        elif shape.calls < first.calls or shape.total_us < first.total_us:
            dropped.append(shape.fingerprint)
        elif shape.calls > first.calls:
            shapes.append(_minus(shape, first))
    return Window(shapes, tuple(sorted(dropped)))


def _minus(shape: ShapeSummary, first: ShapeSummary) -> ShapeSummary:
    def less(one: int | None, other: int | None) -> int | None:
        return None if one is None else max(0, one - (other or 0))

    measured = {name: max(0, calls - first.measured_calls.get(name, 0)) for name, calls in shape.measured_calls.items()}
    return msgspec.structs.replace(
        shape,
        calls=shape.calls - first.calls,
        timed_calls=max(0, shape.timed_calls - first.timed_calls),
        total_us=shape.total_us - first.total_us,
        rows_sent=less(shape.rows_sent, first.rows_sent),
        rows_affected=less(shape.rows_affected, first.rows_affected),
        measured_calls=measured,
    )


def detect(
    shapes: Sequence[ShapeSummary], links: Links, before: Sequence[ShapeSummary] | None = None
) -> list[Repetition]:
    """Statements that run once for each row of another, by their counters; the most time first.

    ``before`` is an earlier snapshot: then only what ran in between counts, which is much stronger than totals of a
    server's life, where deployments and seasons are mixed.
    """
    window = between(before, shapes) if before is not None else Window(list(shapes), ())
    counted = _families(window.shapes, links)
    pairs = _settled(_candidates(counted, links), counted, links)
    flagged = {fingerprint for pair in pairs for fingerprint in pair.child.members}
    found = [_repetition(pair, links, flagged, before is not None) for pair in pairs]
    return sorted(found, key=lambda repetition: (-repetition.child_us, repetition.child))


def _families(shapes: Iterable[ShapeSummary], links: Links) -> list[_Counted]:
    """Shapes that run on rows, by family; batches (IN lists of several) keep a family of their own."""
    groups: dict[tuple[EngineName, str, bool], list[ShapeSummary]] = {}
    for shape in shapes:
        if shape.calls > 0 and links.kind(shape.fingerprint) is not None and not links.noise(shape.fingerprint):
            key = (shape.engine.name, links.family(shape.fingerprint), shape.in_count_max > 1)
            groups.setdefault(key, []).append(shape)
    found = []
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda shape: (-shape.calls, shape.fingerprint))
        rows = [_rows(shape) for shape in group]
        found.append(
            _Counted(
                group[0],
                sum(shape.calls for shape in group),
                None if None in rows else sum(count or 0 for count in rows),
                sum(shape.total_us for shape in group),
                frozenset(shape.fingerprint for shape in group),
            )
        )
    return found


def _rows(shape: ShapeSummary) -> int | None:
    """Rows given or changed, scaled up where only part of the executions tell."""
    if shape.sql.startswith("declare "):
        return None  # a server-side cursor: its rows are counted at each FETCH
    name, rows = (
        ("rows_sent", shape.rows_sent) if shape.rows_sent is not None else ("rows_affected", shape.rows_affected)
    )
    if rows is None:
        return None
    measured = shape.measured_calls.get(name, shape.calls)
    return round(rows * shape.calls / measured) if 0 < measured < shape.calls else rows


def _candidates(counted: Sequence[_Counted], links: Links) -> dict[str, _Pair]:
    """The best parent of each child, by the child's fingerprint."""
    parents = [one for one in counted if _may_lead(one, links)]
    found: dict[str, _Pair] = {}
    for child in counted:
        if child.calls < STREAM.counter_calls_min or child.shape.in_count_max > 1:
            continue
        pairs = [pair for parent in parents if (pair := _pair(parent, child, links)) is not None]
        together = _together(pairs)
        fitting = [pair for pair in (*pairs, *together) if _fits(pair, links)]
        if fitting:
            found[child.shape.fingerprint] = min(fitting, key=_distance)
    return found


def _may_lead(one: _Counted, links: Links) -> bool:
    """Whether its rows could be walked: a SELECT that gives several rows an execution, as far as is known."""
    if links.kind(one.shape.fingerprint) != "select" or links.single(one.shape.fingerprint) is True:
        return False
    return one.rows is None or one.rows / one.calls >= STREAM.counter_rows_min


def _pair(parent: _Counted, child: _Counted, links: Links) -> _Pair | None:
    if parent.members & child.members or parent.shape.engine.name != child.shape.engine.name:
        return None
    link = links.of(parent.shape.fingerprint, child.shape.fingerprint)
    if link is None or link.same_filter or link.returned is False or link.parent_column is None:
        return None
    kind = links.kind(child.shape.fingerprint)
    if link.kind == "own_key" and kind not in _WRITES:
        return None  # a list, then single rows of it: pages of their own do the same
    conservation = child.calls / parent.rows if parent.rows else None
    return _Pair(parent, child, link, child.calls / parent.calls, conservation)


def _together(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Several parents, none of which has rows enough: their rows added up."""
    short = [pair for pair in pairs if pair.conservation is not None and pair.conservation > STREAM.conservation_most]
    if len(short) < 2:
        return []
    rows = sum(pair.parent.rows or 0 for pair in short)
    largest = max(short, key=lambda pair: (pair.parent.rows or 0, pair.parent.shape.fingerprint))
    calls = sum(pair.parent.calls for pair in short)
    child = largest.child
    return [_Pair(largest.parent, child, largest.link, child.calls / calls, child.calls / rows, len(short) - 1)]


def _fits(pair: _Pair, links: Links) -> bool:
    if pair.conservation is None:
        return pair.fan >= STREAM.counter_fan_min and links.kind(pair.child.shape.fingerprint) not in _WRITES
    if pair.conservation > STREAM.conservation_most:
        return False
    if _strong(pair):
        return pair.fan >= STREAM.counter_fan_strong
    partly = pair.conservation >= STREAM.conservation_cached and pair.fan >= STREAM.counter_fan_min
    return partly and links.kind(pair.child.shape.fingerprint) not in _WRITES


def _strong(pair: _Pair) -> bool:
    return pair.conservation is not None and pair.conservation >= STREAM.conservation_least


def _distance(pair: _Pair) -> tuple[bool, bool, float, str]:
    off = abs(1 - pair.conservation) if pair.conservation is not None else 1.0
    return (not _strong(pair), pair.link.kind == "shared_reference", round(off, 2), pair.parent.shape.fingerprint)


def _settled(candidates: dict[str, _Pair], counted: Sequence[_Counted], links: Links) -> list[_Pair]:
    """Without children that another statement explains one for one, unless that is itself repeated for a list.

    Taking one away can take away the reason for another, so it runs to a fixed point.
    """
    kept = dict(candidates)
    while True:
        explained = [name for name, pair in kept.items() if _explained(pair, counted, kept, links)]
        if not explained:
            return [kept[name] for name in sorted(kept)]
        for name in explained:
            del kept[name]


def _explained(pair: _Pair, counted: Sequence[_Counted], kept: dict[str, _Pair], links: Links) -> bool:
    child = pair.child
    for other in counted:
        if other.members & (child.members | pair.parent.members) or other.shape.fingerprint in kept:
            continue
        if abs(other.calls - child.calls) > STREAM.one_for_one * child.calls or not _gives_one(other):
            continue
        link = links.of(other.shape.fingerprint, child.shape.fingerprint)
        if link is not None and link.returned is not False:
            return True
    return False


def _gives_one(one: _Counted) -> bool:
    return one.rows is None or one.rows <= one.calls * STREAM.counter_rows_min


def _repetition(pair: _Pair, links: Links, flagged: set[str], windowed: bool) -> Repetition:
    child, parent = pair.child, pair.parent
    kind = links.kind(child.shape.fingerprint)
    nested = bool(parent.members & flagged)
    tier = _tier(pair)
    return Repetition(
        kind=_KINDS[kind or "select"],
        engine=child.shape.engine.name,
        child=child.shape.fingerprint,
        parent=parent.shape.fingerprint,
        link=pair.link,
        nested_in=parent.shape.fingerprint if nested else None,
        boundary="counters",
        tier=tier,
        score=_score(pair, windowed),
        reasons=_reasons(pair, windowed),
        instances=parent.calls,
        repeats=child.calls,
        n_median=pair.fan,
        n_p95=pair.fan,
        n_max=max(1, round(pair.fan)),
        parent_rows=parent.rows / parent.calls if parent.rows is not None else None,
        conservation=pair.conservation,
        child_us=child.total_us,
    )


def _tier(pair: _Pair) -> Confidence:
    if _strong(pair):
        return "likely"
    # Several rows may have one and the same row above them: an identity map or a cache answers the rest. Rows below
    # differ from row to row, so a part of the rows means something else decides.
    return "likely" if pair.conservation is not None and pair.link.to_one else "possible"


def _score(pair: _Pair, windowed: bool) -> float:
    score = {"foreign_key": 3.0, "own_key": 2.5, "name": 2.2, "shared_reference": 1.6}.get(pair.link.kind, 2.0)
    score += 2.0 if _strong(pair) else 0.5 if pair.conservation is not None else 0.0
    return score + (0.5 if windowed else 0.0) - (0.3 if pair.others else 0.0)


def _reasons(pair: _Pair, windowed: bool) -> tuple[str, ...]:
    if pair.conservation is None:
        told = "how many rows the parent gave is not known"
    elif pair.others:
        told = f"{pair.conservation:.2f} executions for each row of {pair.others + 1} statements that give its key"
    else:
        told = f"{pair.conservation:.2f} executions for each row of the parent"
    reasons = [told, f"{pair.fan:.1f} executions for each of the parent"]
    if pair.conservation is not None and not _strong(pair):
        reasons.append("the rest may come from a cache, or rows share their keys")
    if not windowed:
        reasons.append("totals since the counters were reset: two snapshots would say more")
    return tuple(reasons)
