"""Shapes as counters know them: by family, with executions, rows and time, in a server's life or between snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from advisor.model.engine import EngineName
from advisor.model.shape import ShapeSummary
from advisor.model.stream import Visibility
from advisor.stream.links import Links

_OPENED = ("begin", "start transaction")
_CLOSED = ("commit", "rollback", "end")


class Window(NamedTuple):
    """What ran between two snapshots of the counters."""

    shapes: list[ShapeSummary]
    dropped: tuple[str, ...]
    """Shapes whose counters went down: reset, or evicted and counted anew. What they did between is not known."""
    engine: EngineName | None = None
    """Of the dropped ones."""

    @property
    def hidden(self) -> Visibility | None:
        """What to tell the user of the dropped ones; None where there are none."""
        if not self.dropped:
            return None
        many = "statement counts" if len(self.dropped) == 1 else "statements count"
        return Visibility(
            what=f"{len(self.dropped):,} {many} less than in the first snapshot: reset or evicted in between",
            setting="pg_stat_statements.max" if self.engine == "postgresql" else "performance_schema_digests_size",
            advice="raise the number of statements that the server keeps, or take the snapshots closer together",
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """A family of shapes with its counters."""

    shape: ShapeSummary
    """The one with the most executions."""
    calls: int
    rows: int | None
    """Rows given, or changed; None where some executions' are not known."""
    total_us: int
    members: frozenset[str]
    """Fingerprints of all."""

    @property
    def name(self) -> str:
        """Fingerprint of the one with the most executions."""
        return self.shape.fingerprint


def between(before: Iterable[ShapeSummary], after: Iterable[ShapeSummary]) -> Window:
    """The difference of two snapshots: executions, rows and time of each shape; those that did not run are left out."""
    earlier = {(shape.engine.name, shape.fingerprint): shape for shape in before}
    shapes, dropped, engine = [], [], None
    for shape in after:
        first = earlier.get((shape.engine.name, shape.fingerprint))
        if first is None:
            shapes.append(shape)
        elif shape.calls < first.calls or shape.total_us < first.total_us:
            dropped.append(shape.fingerprint)
            engine = shape.engine.name
        elif shape.calls > first.calls:
            shapes.append(_minus(shape, first))
    return Window(shapes, tuple(sorted(dropped)), engine)


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


def families(shapes: Iterable[ShapeSummary], links: Links) -> list[Counted]:
    """Shapes that run on rows, by family; batches (IN lists of several) are a family of their own."""
    groups: dict[tuple[EngineName, str, bool], list[ShapeSummary]] = {}
    fetched = 0
    for shape in shapes:
        if shape.sql.startswith("fetch "):
            fetched += shape.rows_sent or 0
        if shape.calls > 0 and links.kind(shape.fingerprint) is not None and not links.noise(shape.fingerprint):
            key = (shape.engine.name, links.family(shape.fingerprint), shape.in_count_max > 1)
            groups.setdefault(key, []).append(shape)
    cursors = sum(_is_cursor(shape) for group in groups.values() for shape in group)
    found = []
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda shape: (-shape.calls, shape.fingerprint))
        rows = [(fetched or None) if _is_cursor(s) and cursors == 1 else _rows(s) for s in group]
        found.append(
            Counted(
                group[0],
                sum(shape.calls for shape in group),
                None if None in rows else sum(count or 0 for count in rows),
                sum(shape.total_us for shape in group),
                frozenset(shape.fingerprint for shape in group),
            )
        )
    return found


def transactions(shapes: Iterable[ShapeSummary]) -> int:
    """How many transactions there were at most, of those that a statement opened or closed."""
    opened = closed = 0
    for shape in shapes:
        word = shape.sql.rstrip("; ").lower()
        opened += shape.calls if word.startswith(_OPENED) else 0
        closed += shape.calls if word in _CLOSED else 0
    return max(opened, closed)


def _is_cursor(shape: ShapeSummary) -> bool:
    """A server-side cursor: its rows are counted at each FETCH."""
    return shape.sql.startswith("declare ")


def _rows(shape: ShapeSummary) -> int | None:
    """Rows given or changed, scaled up where only part of the executions tell."""
    if _is_cursor(shape):
        return None
    name, rows = ("rows_sent", shape.rows_sent)
    if rows is None or (shape.kind not in ("select", "other") and shape.rows_affected is not None):
        name, rows = ("rows_affected", shape.rows_affected)
    if rows is None:
        return None
    measured = shape.measured_calls.get(name, shape.calls)
    return round(rows * shape.calls / measured) if 0 < measured < shape.calls else rows
