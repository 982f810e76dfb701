"""Transactions as stretches of a session: from BEGIN to COMMIT, or what a server's transaction ids say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, READ, RESET, ROLLBACK, WRITE
from advisor.model.batch import NO_TIME

if TYPE_CHECKING:
    from advisor.stream.material import Material

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Spans:
    """Transactions in the order of the rows; each is a contiguous stretch of them."""

    first: Ints
    """Row of the BEGIN, or of the first statement where autocommit is off or ids tell."""
    last: Ints
    """Row of the COMMIT or ROLLBACK; the last statement seen where none was."""
    closed: Flags
    """Its COMMIT or ROLLBACK was seen, and so was its start: its length is known."""
    kept: Flags
    """It ended in COMMIT, or its end was not seen."""
    of: Ints
    """Of each row, the number of its transaction; -1 for a statement on its own."""
    writes: Flags
    """Some statement of it writes, or what it does is not known."""
    changed: Flags
    """Of each row: a statement before it in its transaction wrote or locked rows."""

    def __len__(self) -> int:
        return len(self.first)


def spans(material: Material) -> Spans:
    """The transactions of the material.

    BEGIN to COMMIT is one. So are, on MySQL and MariaDB, the statements up to a COMMIT in a session that never says
    BEGIN (autocommit is off there), and consecutive statements with the same transaction id of the server. A BEGIN
    whose end is not seen runs to the end of what is known of its session, and is not `closed`.
    """
    rows = material.rows
    count = len(material)
    begun = _begun(material)
    of = _cover(begun, count)
    begun += _by_id(material, of)
    begun.sort()
    first = np.array([b[0] for b in begun], np.int64)
    last = np.array([b[1] for b in begun], np.int64)
    of = _cover(begun, count)
    wrote = writing(material)
    total = np.concatenate(([0], np.cumsum(wrote)))
    inside = of >= 0
    changed = np.zeros(count, np.bool_)
    changed[inside] = total[:-1][inside] > total[first[of[inside]]]
    return Spans(
        first=first,
        last=last,
        closed=np.array([b[2] for b in begun], np.bool_),
        kept=rows["effect"][last] != ROLLBACK if len(last) else np.zeros(0, np.bool_),
        of=of,
        writes=total[last + 1] > total[first] if len(last) else np.zeros(0, np.bool_),
        changed=changed,
    )


_Span = tuple[int, int, bool]


def _begun(material: Material) -> list[_Span]:
    """Transactions by their BEGIN and COMMIT, and by COMMIT alone where autocommit is off."""
    rows = material.rows
    effect, count = rows["effect"], len(material)
    changes = np.ones(count, np.bool_)
    changes[1:] = (rows["session"][1:] != rows["session"][:-1]) | (rows["source"][1:] != rows["source"][:-1])
    ends = np.isin(effect, [COMMIT, ROLLBACK])
    marks = np.flatnonzero(changes | ends | np.isin(effect, [BEGIN, RESET]))
    bare = _autocommit_off(material, changes)
    found: list[_Span] = []
    opened: int | None = None
    implicit = 0
    for at, act, new in zip(marks.tolist(), effect[marks].tolist(), changes[marks].tolist(), strict=True):
        if new:
            if opened is not None:
                found.append((opened, at - 1, False))
            opened, implicit = None, at
        if act in (BEGIN, RESET):
            if opened is not None:
                found.append((opened, at - 1, False))
            opened = at if act == BEGIN else None
            implicit = at + 1
        elif act in (COMMIT, ROLLBACK):
            if opened is not None:
                found.append((opened, at, True))
            elif bare[at]:
                steps = np.flatnonzero(np.isin(effect[implicit:at], [READ, WRITE]))
                if len(steps):
                    found.append((implicit + int(steps[0]), at, True))
            opened, implicit = None, at + 1
    if opened is not None:
        found.append((opened, count - 1, False))
    return found


def _autocommit_off(material: Material, changes: Flags) -> Flags:
    """Rows of sessions that commit and never begin, on a server where that means that autocommit is off.

    A session that only ever rolls back is none of them: pools roll back whatever is given back to them.
    """
    rows, count = material.rows, len(material)
    if not count:
        return np.zeros(0, np.bool_)
    mysql = np.array([material.engine(name) in ("mysql", "mariadb") for name in material.fingerprints], np.bool_)
    session = np.cumsum(changes) - 1
    total = int(session[-1]) + 1
    begins = np.bincount(session[rows["effect"] == BEGIN], minlength=total)
    commits = np.bincount(session[rows["effect"] == COMMIT], minlength=total)
    off: Flags = ((begins == 0) & (commits > 0))[session] & mysql[material.codes]
    return off


def _by_id(material: Material, of: Ints) -> list[_Span]:
    """Stretches of one session with the same known transaction id, outside of those that a BEGIN opened."""
    rows = material.rows
    loose = (of < 0) & (rows["transaction"] != 0)
    if len(loose) < 2:
        return []
    same = loose[1:] & loose[:-1]
    for name in ("transaction", "session", "source"):
        same &= rows[name][1:] == rows[name][:-1]
    edges = np.diff(np.concatenate(([0], same.astype(np.int8), [0])))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(a, b, False) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


def _cover(begun: list[_Span], count: int) -> Ints:
    of = np.full(count, -1, np.int64)
    if begun:
        ordered = sorted(begun)
        first = np.array([b[0] for b in ordered], np.int64)
        last = np.array([b[1] for b in ordered], np.int64)
        at = np.arange(count)
        number = np.searchsorted(first, at, side="right") - 1
        inside = (number >= 0) & (at <= last[np.maximum(number, 0)])
        of[inside] = number[inside]
    return of


def writing(material: Material) -> Flags:
    """Rows whose statement changes or locks rows, or may."""
    known = [material.effects[name] for name in material.fingerprints]
    flags = np.array([each.writes is None or bool(each.writes) or each.locks for each in known] or [False], np.bool_)
    found: Flags = flags[material.codes] | (material.rows["effect"] == WRITE)
    return found


def unit(material: Material) -> tuple[NDArray[np.uint64], Flags]:
    """A number per row that is the same within one request (where tags name it) or one transaction; and whether the
    row has such a unit. Statements without one are units of their own."""
    from advisor.digest.hashing import mix_pair

    trace, of = material.rows["trace"], material.spans.of
    number = np.where(of >= 0, mix_pair(of.astype(np.uint64), np.uint64(1)), np.uint64(0))
    alone = mix_pair(np.arange(len(material), dtype=np.uint64), np.uint64(2))
    known = (trace != 0) | (of >= 0)
    return np.where(trace != 0, trace, np.where(of >= 0, number, alone)), known


def ends(material: Material) -> Ints:
    """End of each statement in microseconds; NO_TIME where its time is unknown."""
    start = material.rows["start_us"]
    return np.where(start == NO_TIME, NO_TIME, start + np.maximum(material.rows["duration_us"], 0))
