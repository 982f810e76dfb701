"""Savings: by hand, and as properties."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.stream import StreamReport
from advisor.rewrites.saving import saving
from tests.rewrites.test_wording import repetition


def of(repeats: int, instances: int, scale: float = 1.0) -> object:
    return msgspec.structs.replace(repetition("n_plus_one"), repeats=repeats, instances=instances, scale=scale)


def test_by_hand() -> None:
    found = saving(of(1000, 50), round_trip_us=450, overhead_us=50, window_seconds=1800)  # type: ignore[arg-type]
    assert found.round_trips == 950
    assert found.latency_us == 950 * 500
    assert found.per_instance_us == 9500
    assert found.round_trips_per_hour == 1900
    assert found.latency_us_per_hour == pytest.approx(950_000)
    assert found.formula == "(1000 - 50) = 950 round trips x (0.45 ms + 0.05 ms) = 0.475 s"


def test_what_is_not_known_is_not_told() -> None:
    found = saving(of(1000, 50))  # type: ignore[arg-type]
    assert (found.latency_us, found.per_instance_us, found.latency_us_per_hour, found.round_trips_per_hour) == (
        None,
    ) * 4
    assert found.round_trips == 950
    assert found.formula.endswith("the time of a round trip is not known")


def test_the_users_round_trip_goes_before_the_estimate() -> None:
    report = StreamReport(events=1, sampled_share=1.0, units={}, round_trip_us=300.0)
    assert saving(of(3, 1), report=report).round_trip_us == 300  # type: ignore[arg-type]
    assert saving(of(3, 1), report=report, round_trip_us=0.0).round_trip_us == 0  # type: ignore[arg-type]


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.floats(1, 1000), st.floats(0, 10**5))
def test_savings_scale(repeats: int, instances: int, scale: float, rtt: float) -> None:
    one = saving(of(repeats, instances), round_trip_us=rtt)  # type: ignore[arg-type]
    more = saving(of(repeats, instances, scale), round_trip_us=rtt)  # type: ignore[arg-type]
    assert one.round_trips >= 0
    assert more.round_trips == pytest.approx(one.round_trips * scale)
    assert (more.per_instance_us is None) == (instances == 0)
    if one.per_instance_us is not None:
        assert more.per_instance_us == pytest.approx(one.per_instance_us)
