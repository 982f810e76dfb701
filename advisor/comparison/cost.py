"""What a change adds to the load, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.comparison.window import Window
from advisor.model.finding import Severity
from advisor.model.stream_limits import STREAM


@dataclass(frozen=True, slots=True)
class Cost:
    """``seconds_per_hour`` is None where a window's length is not known, or gives no rate; ``share`` is of the load
    before."""

    seconds_per_hour: float | None
    share: float | None
    brief: bool = False
    """A window gives no rate (`LIMITS.rate_seconds`): its share of a moment's load is no reason to stop a release."""

    @property
    def matters(self) -> bool:
        """Above the practical floor: 1 % of the load, or 36 seconds an hour."""
        return (self.share or 0) >= STREAM.compare_share or (self.seconds_per_hour or 0) >= STREAM.compare_seconds

    @property
    def severity(self) -> Severity:
        """By what it adds. Critical: it doubles the load of a server that is not idle."""
        seconds, share = self.seconds_per_hour, self.share or 0.0
        if seconds is not None and seconds < STREAM.compare_idle_seconds:
            return "low"
        if share >= 1 and (seconds or 0) >= STREAM.compare_medium[1]:
            return "critical"
        levels: tuple[tuple[Severity, tuple[float, float]], ...] = (
            ("high", STREAM.compare_high),
            ("medium", STREAM.compare_medium),
        )
        for level, (least, most) in levels:
            if share >= least or (seconds or 0) >= most:
                return "medium" if self.brief else level
        return "low"


def cost(added_us: float, before: Window, after: Window) -> Cost:
    """Of ``added_us`` more statement time in the window after."""
    if before.hours and after.hours:
        per_hour = added_us / 1e6 / after.hours
        load = before.load or 0.0
        brief = before.told_hours is None or after.told_hours is None
        return Cost(None if brief else per_hour, per_hour / load if load else None, brief)
    total = after.totals.total_us
    return Cost(None, added_us / total if total else None)
