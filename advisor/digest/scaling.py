"""A sampled log, scaled up: what the shapes and the workload would be had every statement been logged.

Sound only where one rate held for the whole input and chose statements (or whole sessions) without regard to what
they did, as `log_slow_rate_limit` and `log_statement_sample_rate` do. Then a count divided by the rate is an unbiased
estimate (Horvitz and Thompson, 1952). Extremes, quantiles and means need no scaling. What was seen of errors and lock
waits outside of the sampled statements is not touched.
"""

from __future__ import annotations

import msgspec

from advisor.digest.totals import Totals
from advisor.model.shape import HourCount, ShapeSummary


def scaled_shape(shape: ShapeSummary, rate: float) -> ShapeSummary:
    """The estimate for one shape; ``rate`` is the share of the statements that was logged, above 0."""

    def up(value: int) -> int:
        return round(value / rate)

    def maybe(value: int | None) -> int | None:
        return None if value is None else up(value)

    def counts(values: dict[str, int]) -> dict[str, int]:
        return {name: up(count) for name, count in values.items()}

    return msgspec.structs.replace(
        shape,
        calls=up(shape.calls),
        timed_calls=up(shape.timed_calls),
        total_us=up(shape.total_us),
        rows_sent=maybe(shape.rows_sent),
        rows_examined=maybe(shape.rows_examined),
        rows_affected=maybe(shape.rows_affected),
        lock_us=maybe(shape.lock_us),
        temp_bytes=maybe(shape.temp_bytes),
        databases=counts(shape.databases),
        users=counts(shape.users),
        applications=counts(shape.applications),
        hosts=counts(shape.hosts),
        tags={key: counts(values) for key, values in shape.tags.items()},
        per_hour=[HourCount(hour.hour, up(hour.calls), up(hour.total_us)) for hour in shape.per_hour],
        measured_calls=counts(shape.measured_calls),
    )


def scaled_totals(totals: Totals, rate: float) -> Totals:
    """The same for the workload. Shapes and sessions stay as seen: how many were missed is not known."""
    return msgspec.structs.replace(
        totals,
        events=round(totals.events / rate),
        untimed_events=round(totals.untimed_events / rate),
        total_us=round(totals.total_us / rate),
        other_calls=round(totals.other_calls / rate),
        other_us=round(totals.other_us / rate),
    )
