"""Calls per request or transaction: they do not grow with the traffic, as calls per hour do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix
from advisor.comparison.discovery import q_values
from advisor.comparison.events import numbers
from advisor.comparison.student import two_sided
from advisor.comparison.window import Key, Window
from advisor.digest.hashing import mix_pair
from advisor.model.compared import NJump
from advisor.model.stream_limits import STREAM

#: Share of the statements that must lie in units, or units are not what the application does.
_COVERED = 0.5
Unit = Literal["request", "transaction"]


@dataclass(frozen=True, slots=True)
class Units:
    """Of each shape: ``units`` that run it, its mean calls in those (``each``) with the standard error, and its mean
    calls in all units (``every``)."""

    what: Unit
    units: Matrix
    each: Matrix
    error: Matrix
    every: Matrix
    share: float
    """Of the units that were kept."""


def units(window: Window, keys: Sequence[Key], what: Unit) -> Units | None:
    """None where too few statements carry a tag that names a request, or run in transactions of several."""
    rows = window.digest.sequence_rows()
    if what == "request":
        unit, held = rows["trace"], rows["trace"] != 0
    else:
        unit, held = mix_pair(rows["session"], rows["transaction"]), rows["transaction"] != 0
        _, which, size = np.unique(unit, return_inverse=True, return_counts=True)
        held = held & (size[which.reshape(-1)] > 1)
    if not len(held) or not keys or np.count_nonzero(held) < _COVERED * len(held):
        return None
    shape = numbers(window, keys)
    mine = held & (shape >= 0)
    of_shape, calls = _counted(shape[mine], unit[mine])
    n = len(keys)
    count = np.bincount(of_shape, minlength=n).astype(np.float64)
    total = np.bincount(of_shape, calls, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = total / count
        off = (calls - each[of_shape]) ** 2
        error = np.sqrt(np.bincount(of_shape, off, n) / count / np.maximum(count - 1, 1))
    seen = window.digest.sequence.events
    share = min(1.0, len(held) / seen) if seen else 1.0
    return Units(what, count, each, error, total / max(1, len(np.unique(unit[held]))), share)


def _counted(shape: NDArray[np.int64], unit: NDArray[np.uint64]) -> tuple[NDArray[np.int64], Matrix]:
    """Shape and calls of every pair of a shape and a unit that runs it."""
    order = np.lexsort((unit, shape))
    shape, unit = shape[order], unit[order]
    new = np.concatenate(([True], (shape[1:] != shape[:-1]) | (unit[1:] != unit[:-1])))[: len(shape)]
    first = np.flatnonzero(new)
    calls: Matrix = np.diff(np.append(first, len(shape))).astype(np.float64)
    return shape[first], calls


def per_request(window: Window, keys: Sequence[Key]) -> list[float | None]:
    """Mean calls of each shape per request that a tag names; None for all where too few statements carry one."""
    found = units(window, keys, "request")
    return [None] * len(keys) if found is None else found.every.tolist()


def grown(before: Window, after: Window, keys: Sequence[Key], *, doubtful: bool) -> list[NJump]:
    """Shapes that each request (or transaction) that runs them now runs at least twice as often.

    Units are the observations. Calls over all units must have grown as much, or it is only that other units run the
    shape now: a page that always asked often is visited more.
    """
    for what in ("request", "transaction"):
        one, other = units(before, keys, what), units(after, keys, what)
        if one is not None and other is not None:
            return _jumps(one, other, keys, after, doubtful)
    return []


def _jumps(one: Units, other: Units, keys: Sequence[Key], after: Window, doubtful: bool) -> list[NJump]:
    enough = np.minimum(one.units, other.units) >= STREAM.compare_calls
    q = q_values(np.array([_p(one, other, i) if enough[i] else math.nan for i in range(len(keys))]))
    out = []
    for i in np.flatnonzero(np.nan_to_num(q, nan=1.0) <= STREAM.compare_q).tolist():
        n_before, n_after = float(one.each[i]), float(other.each[i])
        if n_after < STREAM.compare_jump * n_before or other.every[i] < STREAM.compare_jump * one.every[i]:
            continue
        shape = after.shapes[keys[i]]
        added = (n_after - n_before) * float(other.units[i]) / other.share
        mean_us = shape.total_us / shape.timed_calls if shape.timed_calls else 0.0
        hours = after.told_hours
        out.append(
            NJump(
                child=keys[i][1],
                parent=None,
                kind=f"per_{other.what}",
                tier="possible" if doubtful else "likely",
                n_before=n_before,
                n_after=n_after,
                instances=round(float(other.units[i]) / other.share),
                repeats=round(added),
                seconds_per_hour=added * mean_us / 1e6 / hours if hours else None,
            )
        )
    return out


def _p(one: Units, other: Units, i: int) -> float:
    """Of the means being equal: Welch's t over units."""
    left, right = float(one.error[i]) ** 2, float(other.error[i]) ** 2
    difference = float(other.each[i] - one.each[i])
    if left + right == 0:  # every unit runs it equally often
        return 0.0 if difference else 1.0
    df = (left + right) ** 2 / (left**2 / (one.units[i] - 1) + right**2 / (other.units[i] - 1))
    return two_sided(difference / math.sqrt(left + right), float(df))
