"""The tick of a log's clock."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.model.batch import NO_TIME
from advisor.stream.clock import tick_us

MOMENTS = np.array([17_123_456, 18_654_321, 19_111_999, 22_345_678, 23_900_001, 31_415_926], np.int64)
DURATIONS = np.array([321, 4567, 12, 998, 1234, 777], np.int64)


@pytest.mark.parametrize("tick", [1, 1000, 1_000_000])
@pytest.mark.parametrize("stamped", ["start", "end"])
def test_the_tick_shows_whether_a_log_stamps_starts_or_ends(tick: int, stamped: str) -> None:
    times = MOMENTS // tick * tick
    start = times if stamped == "start" else times - DURATIONS
    assert tick_us(start, DURATIONS) == tick


def test_unknown_times_do_not_count() -> None:
    start = np.append(MOMENTS // 1000 * 1000, NO_TIME)
    assert tick_us(start, np.append(DURATIONS, -1)) == 1000
    assert tick_us(start[-1:], np.array([-1])) is None


def test_few_times_are_no_evidence_of_a_coarse_clock() -> None:
    assert tick_us(np.array([5_000_000, 6_000_000]), np.array([0, 0])) == 1
