"""What the user asks of the index search, each wish with its default and the reason for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from advisor.model.errors import UserError
from advisor.model.limits import LIMITS

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]i?)?b?\Z", re.IGNORECASE)
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%\Z")
_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|h)?\Z", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, or a share of a whole."""

    value: float
    kind: Literal["absolute", "share"]

    def of(self, whole: float) -> float:
        """The amount; of ``whole`` where it is a share."""
        return self.value * whole if self.kind == "share" else self.value


@dataclass(frozen=True, slots=True)
class IndexWishes:
    """Limits of the set that is recommended."""

    budget: Amount | None = None
    """Bytes of new indexes, or a share of the tables' bytes. None: as much as pays (LIMITS.selection_size_price)."""
    max_indexes: int | None = None
    max_write_overhead: float = LIMITS.selection_write_overhead
    """Of the workload's time: what keeping the new indexes up to date may cost at most."""
    min_benefit: Amount = Amount(LIMITS.selection_min_benefit, "share")
    """What each index of the set must save, beside the others: a share of the workload's time, or seconds an hour."""
    only_tables: tuple[str, ...] = ()
    exclude_tables: tuple[str, ...] = ()
    time_limit: float = LIMITS.selection_seconds
    measure: str | None = None
    """DSN of a staging copy."""
    measure_busy: bool = False
    """Measure there although others write."""
    repeats: int = 5


def size(text: str, option: str) -> Amount:
    """``2GB``, ``500 MB``, ``1.5GiB``, ``20%``. 1 kB is 1000 bytes. Raises UserError."""
    written = text.strip()
    found = _SHARE.match(written)
    if found:
        return Amount(float(found[1]) / 100, "share")
    found = _SIZE.match(written)
    if found is None:
        raise UserError(f"{option} {text}: write a size (2GB, 500MB) or a share of the tables' size (20%)")
    unit = (found[2] or "").lower()
    base = 1024 if unit.endswith("i") else 1000
    return Amount(float(found[1]) * base ** ("kmgt".index(unit[0]) + 1 if unit else 0), "absolute")


def saving(text: str, option: str) -> Amount:
    """``1%`` of the workload's time, or ``30s`` an hour. Raises UserError."""
    written = text.strip()
    found = _SHARE.match(written)
    if found:
        return Amount(float(found[1]) / 100, "share")
    found = _TIME.match(written)
    if found is None:
        raise UserError(f"{option} {text}: write a share of the workload's time (1%), or time per hour (30s, 2min)")
    return Amount(float(found[1]) * _SECONDS[(found[2] or "s").lower()], "absolute")


def share(text: str, option: str) -> float:
    """``10%`` as 0.1. Raises UserError."""
    found = _SHARE.match(text.strip())
    if found is None:
        raise UserError(f"{option} {text}: write a share of the workload's time, as in {option} 5%")
    return float(found[1]) / 100
