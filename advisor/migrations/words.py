"""Ranges of time and sizes as sentences name them."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.check import Queue, Seconds
from advisor.model.counted import counted

_UNITS = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000))


def price(seconds: Seconds | None, count: int | None) -> str:
    """``212 GB, 40-90 min``; what is not known is left out, or said where nothing is."""
    parts = [size(count)] if count is not None else []
    if seconds is not None:
        parts.append(duration(seconds))
    return ", ".join(parts) or "how large the table is, nothing tells"


def in_brackets(seconds: Seconds | None, count: int | None) -> str:
    """`` (212 GB, est. 40-90 min)``; empty where nothing is known."""
    parts = [size(count)] if count is not None else []
    if seconds is not None:
        parts.append(f"est. {duration(seconds)}")
    return f" ({', '.join(parts)})" if parts else ""


def queueing(queue: Queue, *, readers: bool) -> str:
    """``310 queries a second would queue, up to 620 at once``; of a lock that stops no readers ``writes``."""
    what = "queries" if readers else "writes"
    rate = queue.statements_per_second
    if rate <= 0:
        return f"none of the logged {what} would queue"
    often = f"{_figure(rate)} {what} a second" if rate >= 1 else f"{_figure(max(rate * 3600, 1))} {what} an hour"
    most = f", up to {_figure(queue.queued.high)} at once" if queue.queued.high >= 2 else ""
    return f"{often} would queue{most}"


#: Of a list of lines that is part of a sentence.
_LINES = 5


def line_list(lines: Sequence[int]) -> str:
    """``line 3``, ``lines 3, 5 and 7``; of many the first and how many more."""
    each = [str(one) for one in dict.fromkeys(lines)]
    if len(each) == 1:
        return f"line {each[0]}"
    if len(each) > _LINES:
        each = [*each[: _LINES - 1], f"{len(each) - _LINES + 1} more"]
    return f"lines {', '.join(each[:-1])} and {each[-1]}"


def held_words(lines: Sequence[int]) -> str:
    """``The lock of line 3 is``."""
    several = len(set(lines)) > 1
    return f"The lock{'s' if several else ''} of {line_list(lines)} {'are' if several else 'is'}"


def working(lines: Sequence[int], seconds: Seconds | None) -> str:
    """``3 statements work (lines 7, 8 and 12; est. 3-8 min together)``."""
    many = "1 statement works" if len(lines) == 1 else f"{counted(len(lines), 'statement')} work"
    together = f"; est. {duration(seconds)} together" if seconds is not None else ""
    return f"{many} ({line_list(lines)}{together})"


def duration_of_one(seconds: float) -> str:
    """``29 ms``, ``12 s``, ``3 min``: of one statement."""
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    return duration(Seconds(seconds, seconds))


def duration(seconds: Seconds) -> str:
    """``40-90 min``; ``under 1 s``."""
    if seconds.high < 1:
        return "under 1 s"
    for unit, length in (("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if seconds.high >= 2 * length or unit == "s":
            low, high = _figure(seconds.low / length), _figure(seconds.high / length)
            if low == "0":
                return f"up to {high} {unit}"
            return f"{high} {unit}" if low == high else f"{low}-{high} {unit}"
    return "under 1 s"


def size(count: int) -> str:
    """``212 GB``."""
    for unit, length in _UNITS:
        if count >= length:
            return f"{_figure(count / length)} {unit}"
    return f"{count} bytes"


def _figure(value: float) -> str:
    """Two digits that count: nobody knows more."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0")
