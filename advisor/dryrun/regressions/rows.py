"""How many bytes a row takes on its page (PostgreSQL: src/include/access/htup_details.h, tupmacs.h)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.model.snapshot import ColumnStatistics

_HEAD = 24
"""Header of a row with room for the NULLs of eight columns; of 72 it is eight bytes more."""
_POINTER = 4
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


def row_bytes(places: Sequence[Place]) -> float:
    """On average. Where a value begins depends on the lengths before it, so their spread counts: values of
    no fixed length are taken to differ by a byte up and down."""
    filled = math.prod(1.0 - one.nulls for one in places)
    longer = 8 if len(places) > 8 else 0
    at = {_HEAD: filled, _HEAD + longer: 1.0 - filled} if longer else {_HEAD: 1.0}
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
    return _POINTER + sum(_up(offset, 8) * share for offset, share in at.items()) / known


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
    return tuple(sorted(found.items())) if len(found) <= 40 else ()


def _values(text: str | None) -> list[str]:
    return [quoted.replace("\\", "") or plain for quoted, plain in _VALUE.findall(text or "")]


def _number(value: str) -> int:
    whole, _, part = value.lstrip("-").partition(".")
    return 3 + 2 * (-(-len(whole.lstrip("0")) // 4) + -(-len(part.rstrip("0")) // 4))


def _up(offset: int, step: int) -> int:
    return -(-offset // step) * step
