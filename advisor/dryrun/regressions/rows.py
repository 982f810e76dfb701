"""How many bytes a row takes on its page (PostgreSQL: src/include/access/htup_details.h, tupmacs.h)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.model.snapshot import ColumnStatistics

_FIXED = 23
"""SizeofHeapTupleHeader: a bitmap of NULLs follows in rows that have any."""
_HEAD = 24
POINTER = 4
"""Of a line pointer."""
_PAGE = 8192
ROOM = _PAGE - 24
"""Of a page without its header."""
_EXTENDED = 64
_DRAWN = 20_000
_SIZES = 40
"""Widths that are told apart in a column."""
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', re.DOTALL)
_MOST = 400
"""Columns that are looked at: a table has at most 1600."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column in a row."""

    width: float
    """Bytes of a value, on average."""
    nulls: float
    """The share of rows where it takes none."""
    align: int
    """At how many bytes a value begins: 1 of values of several lengths, but for long ones."""
    spread: tuple[tuple[int, float], ...] = ()
    """Widths and their shares, where values are known."""


def row_sizes(places: Sequence[Place], attributes: int = 0) -> dict[int, float]:
    """Bytes of a row, without its line pointer, with their shares. Where a value begins depends on the lengths before
    it, so their spread counts: values of no fixed length are taken to differ by a byte up and down.

    ``attributes``: columns that a row has a number for, those that are dropped among them: they are NULL there.
    """
    attributes = max(attributes, len(places))
    filled = math.prod(1.0 - one.nulls for one in places) if attributes == len(places) else 0.0
    bitmap = _up(_FIXED + -(-attributes // 8), 8)
    at = {_HEAD: filled}
    at[bitmap] = at.get(bitmap, 0.0) + 1.0 - filled
    for one in places[:_MOST]:
        then: dict[int, float] = {}
        for offset, share in at.items():
            if share < 1e-6:
                continue
            if one.nulls:
                then[offset] = then.get(offset, 0.0) + share * one.nulls
            if one.nulls < 1.0:
                for width, part in _spread(one):
                    end = _up(offset, one.align) + width
                    then[end] = then.get(end, 0.0) + share * part * (1.0 - one.nulls)
        at = then
    known = sum(at.values()) or 1.0
    found: dict[int, float] = {}
    for offset, share in at.items():
        size = _up(offset, 8)
        found[size] = found.get(size, 0.0) + share / known
    return found


def row_bytes(places: Sequence[Place], attributes: int = 0) -> float:
    """With its line pointer, on average."""
    return POINTER + sum(size * share for size, share in row_sizes(places, attributes).items())


def rows_a_page(sizes: Mapping[int, float], fillfactor: int | None = None) -> float:
    """How many rows of such sizes, drawn at random, a page of 8 kB takes until the next does not fit
    (RelationGetBufferForTuple in hio.c)."""
    room = ROOM - _PAGE * (100 - (fillfactor or 100)) // 100
    lengths = np.array(sorted(sizes), dtype=np.int64) + POINTER
    if len(lengths) == 1:
        return float(max(1, room // int(lengths[0])))
    shares = np.cumsum([sizes[size] for size in sorted(sizes)])
    points = np.random.default_rng(11).permutation((np.arange(_DRAWN) + 0.5) / _DRAWN)
    drawn = lengths[np.minimum(np.searchsorted(shares / shares[-1], points), len(lengths) - 1)]
    ends = np.cumsum(drawn)
    pages, first, start = 0, 0, 0
    while True:
        until = int(np.searchsorted(ends, start + room, side="right"))
        if until >= _DRAWN:
            return max(1.0, first / pages) if pages else float(room / drawn.mean())
        pages, first = pages + 1, max(until, first + 1)
        start = int(ends[first - 1])


def taken_ahead(pages: int) -> int:
    """Pages of a file that is written in bulk: it is made longer by as many as it has, 64 at most
    (RelationAddBlocks in hio.c, from PostgreSQL 16 on). ANALYZE counts those that stay empty."""
    have, step = 1, 1
    while have < pages:
        have += step
        step = min(have, _EXTENDED)
    return have


def _spread(one: Place) -> list[tuple[int, float]]:
    """Widths and their shares."""
    if one.spread:
        return list(one.spread)
    low = math.floor(one.width)
    over = one.width - low
    if one.align > 1 or one.width <= 2:
        return [(low, 1.0 - over), (low + 1, over)] if over else [(low, 1.0)]
    return [
        (low - 1, 0.25 * (1 - over)),
        (low, 0.5 * (1 - over) + 0.25 * over),
        (low + 1, 0.25 * (1 - over) + 0.5 * over),
        (low + 2, 0.25 * over),
    ]


def widths(row: ColumnStatistics, kind: Literal["text", "numeric"], *, check: bool) -> tuple[tuple[int, float], ...]:
    """Bytes of values of a column with their shares, by the values that its statistics name; none where they name none,
    or (``check``) these are not of the average width: they are masked, or too few to tell.

    A short value has one byte before it; a number two more, and two for every four digits before and behind the point.
    """
    freqs = row.most_common_freqs or ()
    common = _values(row.most_common_vals)[: len(freqs)]
    bounds = _values(row.histogram_bounds)
    told = [(value, share) for value, share in zip(common, freqs, strict=False)]
    rest = max(0.0, 1.0 - row.null_frac - sum(share for _, share in told))
    told += [(value, rest / len(bounds)) for value in bounds]
    total = sum(share for _, share in told)
    if total <= 0:
        return ()
    found: dict[int, float] = {}
    for value, share in told:
        size = 1 + len(value.encode()) if kind == "text" else _number(value)
        found[size + (3 if size > 127 else 0)] = found.get(size, 0.0) + share / total
    mean = sum(size * share for size, share in found.items())
    if check and abs(mean - row.avg_width) > 1.0:
        return ()
    return _grouped(found)


def _grouped(found: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """So many widths at most, the mean kept."""
    step = -(-(max(found) - min(found) + 1) // _SIZES)
    groups: dict[int, list[tuple[int, float]]] = {}
    for size, share in sorted(found.items()):
        groups.setdefault(size // step, []).append((size, share))
    kept = []
    for group in groups.values():
        total = sum(share for _, share in group)
        kept.append((round(sum(size * share for size, share in group) / total), total))
    return tuple(kept)


def _values(text: str | None) -> list[str]:
    return [quoted.replace("\\", "") or plain for quoted, plain in _VALUE.findall(text or "")]


def _number(value: str) -> int:
    whole, _, part = value.lstrip("-").partition(".")
    return 3 + 2 * (-(-len(whole.lstrip("0")) // 4) + -(-len(part.rstrip("0")) // 4))


def _up(offset: int, step: int) -> int:
    return -(-offset // step) * step
