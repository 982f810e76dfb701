"""Time zones as a log prints them: an abbreviation or a number behind a wall clock time.

A number is certain. An abbreviation is taken when the time zone database uses it for one offset only; where it means
several things (`CST`: Chicago, Shanghai, Havana) times stay local and the reader says so, unless `--timezone` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

_HOURS: dict[str, float] = {
    "UTC": 0, "GMT": 0, "Z": 0, "UCT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "SAST": 2, "EAT": 3, "CAT": 2, "WAT": 1, "PKT": 5, "WIB": 7, "WITA": 8, "WIT": 9,
    "HKT": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "AWST": 8, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "SST": -11, "IDT": 3, "CHST": 10, "SGT": 8, "BRT": -3,
}  # fmt: skip
#: An ambiguous abbreviation and the one that, in the same log, settles it: (sibling, hours).
_SETTLED_BY: dict[str, tuple[str, float]] = {"CST": ("CDT", -6), "IST": ("IDT", 2)}
_NUMBER = re.compile(r"([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?$")
_QUARTER_US = 900_000_000


def offset_us(zone: str, others: Iterable[str] = ()) -> int | None:
    """Microseconds east of UTC that a printed zone means; None when it is unknown or means several.

    ``others`` are the further zones of the same log. `offset_us("CST", ["CDT"])` is six hours west.
    """
    number = _NUMBER.match(zone)
    if number:
        sign, *parts = number.groups()
        hours, minutes, seconds = (int(part or 0) for part in parts)
        return (-1 if sign == "-" else 1) * (hours * 3600 + minutes * 60 + seconds) * 1_000_000
    hours_east = _HOURS.get(zone.upper())
    if hours_east is None:
        sibling, meant = _SETTLED_BY.get(zone.upper(), ("", 0.0))
        if not sibling or sibling not in others:
            return None
        hours_east = meant
    return int(hours_east * 3_600_000_000)


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns wall clock times of one log into instants. Made once a log, so that every block is read alike."""

    zoned: bool
    """False: times stay as printed, whatever zone is beside them."""
    seen: frozenset[str] = frozenset()
    timezone: ZoneInfo | None = None
    """For times whose zone is missing or ambiguous."""

    @classmethod
    def learn(cls, zones: Iterable[str], timezone: str | None, *, epoch: bool = False) -> tuple[Clock, list[str]]:
        """The clock of a log whose first lines print ``zones``, and notes for the user. ``epoch``: times are %n."""
        seen = frozenset(zones)
        local = ZoneInfo(timezone) if timezone else None
        if epoch or local is not None:
            return cls(True, seen, local), []
        unknown = sorted(zone for zone in seen if offset_us(zone, seen) is None)
        if unknown:
            return cls(False, seen), [
                f"times are local: the zone {', '.join(unknown)} means several offsets; give --timezone to settle it"
            ]
        if not seen:
            return cls(False, seen), []
        return cls(True, seen), []

    def instants(self, local_us: NDArray[np.int64], zone: NDArray[np.int64], zones: Sequence[str]) -> NDArray[np.int64]:
        """Instants of wall clock times; ``zone`` indexes ``zones``, where an empty text is a time without a zone."""
        if not self.zoned or not len(local_us):
            return local_us
        result = local_us.copy()
        for index, text in enumerate(zones):
            if text == "epoch":
                continue
            offset = offset_us(text, self.seen) if text else None
            chosen = zone == index if len(zones) > 1 else slice(None)
            if offset is not None:
                if offset:
                    result[chosen] -= offset
            elif self.timezone is not None:
                result[chosen] -= self._offsets(local_us[chosen])
        return result

    def _offsets(self, local_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Offsets of wall clock times in the given zone. An hour that happens twice is taken as its first pass."""
        quarters, inverse = np.unique(local_us // _QUARTER_US, return_inverse=True)
        base = datetime(1970, 1, 1, tzinfo=UTC)
        found = []
        for quarter in quarters.tolist():
            wall = (base + timedelta(microseconds=quarter * _QUARTER_US)).replace(tzinfo=self.timezone)
            found.append(int((wall.utcoffset() or timedelta()).total_seconds()) * 1_000_000)
        return np.array(found, np.int64)[inverse]
