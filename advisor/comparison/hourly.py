"""Calls and time of each shape hour by hour, exact for all calls: the material where no single calls were kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.comparison.slots import DAY_US, Grid, Sums
from advisor.comparison.window import Key, Window
from advisor.digest.hours import HOUR_US, Hours
from advisor.digest.shapetable import ENGINES

_MOST = 20_000  # stretches: two years of hours


class Hourly:
    """Sums of a window's shapes over stretches of hours (calls of a stretch count as timed: the digest adds up
    durations of timed calls alone, and the caller leaves out shapes with others)."""

    def __init__(self, window: Window, keys: Sequence[Key]) -> None:
        digest = window.digest
        start, end = window.totals.start_us or 0, window.totals.end_us or 0
        self._shift = 0
        while (end - start) // (HOUR_US << (digest.hours.level + self._shift)) >= _MOST:
            self._shift += 1  # one event of another century: longer stretches
        step = HOUR_US << (digest.hours.level + self._shift)
        first = start // step
        self.grid = Grid(first * step, step, int(end // step - first + 1))
        self.exposure = self.grid.exposure(start, end)
        table = digest.table
        self._tally = digest.hours.tally
        self._shape = {
            (name if keys and keys[0][0] else "", f"{int(table.fingerprint[i]):016x}"): i
            for i, name in enumerate(ENGINES[table.engine[i]] for i in range(table.count))
        }
        self._keys = keys

    def sums(self, numbers: Sequence[int]) -> Sums:
        """Of the keys with these numbers, in their order."""
        calls = np.zeros((len(numbers), self.grid.count))
        us = np.zeros_like(calls)
        first_hour = self.grid.start_us // self.grid.slot_us
        for row, number in enumerate(numbers):
            shape = self._shape.get(self._keys[number])
            if shape is None:
                continue
            keys, (n, total) = self._tally.between(shape << Hours.BITS, (shape + 1) << Hours.BITS)
            place = np.clip((Hours.split(keys)[1] >> self._shift) - first_hour, 0, self.grid.count - 1)
            np.add.at(calls[row], place, n)
            np.add.at(us[row], place, total)
        return Sums(calls, calls, us, None, self.exposure)


def paired(before: Hourly, after: Hourly) -> bool:
    """Whether hour i of both is the same hour of the day."""
    one, other = before.grid, after.grid
    return one.slot_us == other.slot_us and one.count == other.count and (other.start_us - one.start_us) % DAY_US == 0
