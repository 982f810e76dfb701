"""Numbers as dumps and drivers give them: int, float, Decimal, or text."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from advisor.model.batch import UNKNOWN

_MOST = 2**62


def integer(value: Any, scale: float = 1.0) -> int:
    """A count or time as a whole number, times ``scale``; UNKNOWN where it is missing, negative or no number."""
    if value is None:
        return UNKNOWN
    try:
        # whole numbers stay exact: picoseconds of a busy month have more digits than a float
        number = int(value) if isinstance(value, int) or str(value).isdecimal() else None
        if number is not None and scale == 1.0:
            return number if 0 <= number < _MOST else UNKNOWN
        scaled = float(value if number is None else number) * scale
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN
    return round(scaled) if math.isfinite(scaled) and 0 <= scaled < _MOST else UNKNOWN


def identifier(value: Any) -> int:
    """A signed 64-bit id; 0 where it is missing."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return 0
    return number if -(2**63) <= number < 2**63 else 0


def instant(value: Any) -> int | None:
    """Microseconds since the epoch of a time with an offset (ISO 8601 text or datetime), else None."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
