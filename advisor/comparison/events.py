"""The single calls that a digest kept (its sequence material), put in slots shape by shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix
from advisor.comparison.slots import Grid, Sums
from advisor.comparison.window import Key, Window
from advisor.model.batch import NO_TIME


class Events:
    """Calls of the shapes in ``keys`` (numbered as there), those of at least ``floor_us`` only.

    ``share`` is the part of all calls that was kept: whole sessions, chosen by hash.
    """

    def __init__(self, window: Window, keys: Sequence[Key], grid: Grid, floor_us: int) -> None:
        rows = window.digest.sequence_rows()
        shape = numbers(window, keys)
        start, duration = rows["start_us"], rows["duration_us"]
        wanted = (shape >= 0) & (start != NO_TIME)
        if floor_us:
            wanted &= duration >= floor_us
        at = np.flatnonzero(wanted)
        at = at[np.argsort(shape[at], kind="stable")]
        seen = window.digest.sequence.events
        self.share = min(1.0, len(rows["shape"]) / seen) if seen else 1.0
        self._grid = grid
        self._shape = shape[at]
        self._slot = grid.places(start[at])
        self._us = duration[at].astype(np.float64)
        self._timed = self._us >= 0
        self._log = np.log(np.maximum(self._us, 1.0))  # below a microsecond nothing is told apart
        self._unit = np.where(rows["trace"] != 0, rows["trace"], rows["session"])[at]
        span = window.totals
        self._exposure = grid.exposure(span.start_us or 0, span.end_us or 0)
        n = len(keys)
        timed, number = self._timed, self._shape
        self.calls = np.bincount(number, minlength=n).astype(np.float64)
        self.timed = np.bincount(number[timed], minlength=n).astype(np.float64)
        self.log_mean, self.log_error = self._moments(self._log, n)
        self.mean_us, error = self._moments(self._us, n)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.mean_error = error / self.mean_us

    def _moments(self, values: Matrix, n: int) -> tuple[Matrix, Matrix]:
        """Mean, and its standard error were calls independent; of a sample of sessions, were sessions that."""
        number, values = self._shape[self._timed], values[self._timed]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.bincount(number, values, n) / self.timed
            off = values - mean[number]
            error = np.sqrt(np.bincount(number, off**2, n) / self.timed / np.maximum(self.timed - 1, 1))
            if self.share < 1 and len(off):
                pair = np.stack([number.astype(np.uint64), self._unit[self._timed]])
                groups, member = np.unique(pair, axis=1, return_inverse=True)
                sums = np.bincount(member.ravel(), off)
                of_shape = groups[0].astype(np.int64)
                units = np.bincount(of_shape, minlength=n)
                spread = np.bincount(of_shape, sums**2, n) * units / np.maximum(units - 1, 1)
                error = np.maximum(error, np.sqrt(spread) / self.timed)
        return mean, error

    def sums(self, first: int, last: int) -> Sums:
        """Of the shapes ``first`` to ``last - 1``."""
        low, high = np.searchsorted(self._shape, [first, last])
        part = slice(low, high)
        cell = (self._shape[part] - first) * self._grid.count + self._slot[part]
        timed = self._timed[part]
        size = (last - first) * self._grid.count

        def added(weights: Matrix | None, which: NDArray[np.bool_] | None) -> Matrix:
            if which is not None:
                total = np.bincount(cell[which], None if weights is None else weights[which], size)
            else:
                total = np.bincount(cell, weights, size)
            return total.astype(np.float64).reshape(last - first, self._grid.count)

        return Sums(
            added(None, None),
            added(None, timed),
            added(self._us[part], timed),
            added(self._log[part], timed),
            self._exposure,
        )


def numbers(window: Window, keys: Sequence[Key]) -> NDArray[np.int64]:
    """Number in ``keys`` of each row of the sequence material; -1: of none."""
    rows = window.digest.sequence_rows()
    out = np.full(len(rows["shape"]), -1, np.int64)
    engines = np.array([source.engine.name if source.engine else "" for source in window.digest.sources.known] or [""])
    of_row = engines[rows["source"]] if len(out) else np.zeros(0, engines.dtype)
    for engine in sorted({engine for engine, _ in keys}):
        mine = [(int(text, 16), number) for number, (name, text) in enumerate(keys) if name == engine]
        mine.sort()
        names = np.array([name for name, _ in mine], np.uint64)
        numbers = np.array([number for _, number in mine], np.int64)
        at = np.arange(len(out)) if not engine else np.flatnonzero(of_row == engine)
        place = np.minimum(np.searchsorted(names, rows["shape"][at]), len(names) - 1)
        hit = names[place] == rows["shape"][at]
        out[at[hit]] = numbers[place[hit]]
    return out
