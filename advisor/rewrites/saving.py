"""What a batch saves, by a formula that can be checked by hand.

Round trips saved = repeats - instances: each instance of the loop keeps one statement, the batch.
Latency saved = round trips saved x (round trip time + overhead of a statement).

The rows still have to be found: time inside of the server is not counted as saved, but for the fixed overhead of
parsing, planning and starting a statement.
"""

from __future__ import annotations

import msgspec

from advisor.model.stream import Repetition, StreamReport

OVERHEAD_US = 50.0
"""What a server spends on a statement whatever it finds: parse, plan, start, send. In recorded logs of our tests a
lookup by primary key took 142 to 311 us (10th to 90th percentile, PostgreSQL 15) and 98 to 358 us (MariaDB 10.11) on a
loaded machine. The batch does part of that too, so it is taken well below the smallest."""


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What one repetition costs in round trips, in the window and per hour."""

    round_trips: float
    """Statements that need not be sent, in the whole window (a sample is scaled up)."""
    latency_us: float | None
    """Time that callers would not wait; None where no round trip time is known."""
    per_instance_us: float | None
    """The same for one instance of the loop."""
    round_trips_per_hour: float | None
    latency_us_per_hour: float | None
    round_trip_us: float | None
    overhead_us: float
    formula: str
    """The numbers in the formula, for people."""


def saving(
    repetition: Repetition,
    *,
    round_trip_us: float | None = None,
    report: StreamReport | None = None,
    overhead_us: float = OVERHEAD_US,
    window_seconds: float | None = None,
) -> Saving:
    """What the batch of a repetition saves.

    ``round_trip_us``: time of one round trip with nothing to do, from the user; else the report's estimate. None of
    both: times are None, round trips are told all the same. ``window_seconds``: how long the log is.
    """
    rtt = round_trip_us if round_trip_us is not None else (report.round_trip_us if report is not None else None)
    trips = max(0, repetition.repeats - repetition.instances) * repetition.scale
    instances = repetition.instances * repetition.scale
    latency = None if rtt is None else trips * (rtt + overhead_us)
    hours = window_seconds / 3600 if window_seconds else None
    words = f"({repetition.repeats} - {repetition.instances})"
    if repetition.scale != 1:
        words += f" x {repetition.scale:.4g} (sampled)"
    words += f" = {trips:.0f} round trips"
    if latency is not None and rtt is not None:
        words += f" x ({rtt / 1000:.3g} ms + {overhead_us / 1000:.3g} ms) = {latency / 1e6:.3g} s"
    else:
        words += "; the time of a round trip is not known"
    return Saving(
        round_trips=trips,
        latency_us=latency,
        per_instance_us=None if latency is None or not instances else latency / instances,
        round_trips_per_hour=None if hours is None else trips / hours,
        latency_us_per_hour=None if hours is None or latency is None else latency / hours,
        round_trip_us=rtt,
        overhead_us=overhead_us,
        formula=words,
    )
