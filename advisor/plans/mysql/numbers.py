"""Numbers as MySQL and MariaDB print them."""

from __future__ import annotations

import math
import re
from typing import Any

_SIZE = re.compile(r"^([\d.]+(?:e[+-]?\d+)?) ?([kmgt]?)(?:i?b)?$", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def number(value: Any) -> float | None:
    """``"100.00"``, ``3``, ``1.5e+6``; None for what is none."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def share(value: Any) -> float | None:
    """A percentage as a share from 0 to 1."""
    found = number(value)
    return None if found is None else round(found / 100, 12)


def kilobytes(value: Any) -> float | None:
    """``15KiB``, ``2047Kb``, ``65`` (bytes), in units of 1024 bytes."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value / 1024
    match = _SIZE.match(value.strip()) if isinstance(value, str) else None
    found = number(match[1]) if match else None
    return None if match is None or found is None else found * 1024 ** (_POWERS[match[2].lower()] - 1)
