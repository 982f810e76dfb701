"""How many rows each execution of a statement asks for at most: its LIMIT, execution by execution.

A query graph knows the LIMIT of one sample, and pages of different sizes share a shape. The values of the executions
are kept as hashes, and small whole numbers are found again by theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from zlib import crc32

import numpy as np

from advisor.stream.steps import Ints, Steps

#: Nobody walks through longer pages, and hashes of numbers below are far apart (CRC-32 of up to four characters).
_MOST = 9999

#: The LIMIT that stands last: the statement's own.
_LIMIT = re.compile(r".*\blimit\s+(?:\d+\s*,\s*)?(\d+)", re.I | re.S)


@cache
def _numbers() -> tuple[Ints, Ints]:
    """Hashes of the decimal numbers from 1 on, ascending, and the numbers."""
    hashes = np.array([crc32(str(number).encode()) for number in range(1, _MOST + 1)], np.int64)
    order = np.argsort(hashes)
    return hashes[order], order + 1


def allowances(steps: Steps, at: Ints, sample: int, samples: Sequence[str]) -> Ints:
    """The LIMIT of each of the executions ``at`` those steps; -1 where it is not known.

    ``sample`` is that of one execution: it tells which of the first values is the LIMIT, where most have the same. A
    LIMIT that is no value (a literal beside bound parameters, a fifth value or a later one) is taken from the
    ``samples`` where all of them agree: one alone says nothing of the others.
    """
    values = steps.values[at].astype(np.int64)
    mine = values == crc32(str(sample).encode())
    # of conditions with the same number by chance the LIMIT comes last
    column = max(range(values.shape[1]), key=lambda number: (int(mine[:, number].sum()), number))
    limit, open_ = np.full(len(at), -1, np.int64), np.ones(len(at), np.bool_)
    if 2 * int(mine[:, column].sum()) >= max(1, int((values[:, column] != 0).sum())):
        hashes, numbers = _numbers()
        place = np.minimum(np.searchsorted(hashes, values[:, column]), len(hashes) - 1)
        limit = np.where(hashes[place] == values[:, column], numbers[place], limit)
        open_ = values[:, column] == 0
    told = {found.groups() for text in samples if (found := _LIMIT.search(text))}
    agreed = told == {(str(sample),)} and len(samples) > 1
    return np.where(open_ & agreed, sample, limit)
