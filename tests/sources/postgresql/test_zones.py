from __future__ import annotations

import numpy as np
import pytest

from advisor.sources.postgresql.zones import Clock, offset_us

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("UTC", 0), ("CET", 1), ("CEST", 2), ("EST", -5), ("+03", 3), ("-0330", -3.5), ("+0545", 5.75), ("Z", 0)],
)
def test_offsets(zone: str, hours: float) -> None:
    assert offset_us(zone) == hours * HOUR


def test_an_ambiguous_zone_is_not_guessed_but_its_summer_time_settles_it() -> None:
    assert offset_us("CST") is None
    assert offset_us("CST", ["CDT", "CST"]) == -6 * HOUR
    assert offset_us("Mars") is None


def test_times_stay_local_where_the_zone_is_unknown_and_the_reader_says_so() -> None:
    clock, notes = Clock.learn(["CST"], None)
    assert not clock.zoned
    assert "CST" in notes[0]
    times = np.array([1_000_000], np.int64)
    assert clock.instants(times, np.zeros(1, np.int64), ["CST"]).tolist() == [1_000_000]


def test_a_named_zone_settles_ambiguous_and_missing_ones_only() -> None:
    clock, notes = Clock.learn(["CST"], "Asia/Shanghai")
    assert clock.zoned
    assert notes == []
    times = np.array([10 * HOUR] * 3, np.int64)
    zones = ["CST", "UTC", ""]
    assert clock.instants(times, np.arange(3), zones).tolist() == [2 * HOUR, 10 * HOUR, 2 * HOUR]


def test_the_hour_that_happens_twice_and_the_one_that_never_does() -> None:
    clock, _ = Clock.learn([], "Europe/Berlin")
    wall = [np.datetime64(text, "us").astype(np.int64) for text in (
        "2024-10-27T01:59:59", "2024-10-27T02:30:00", "2024-10-27T03:00:00", "2024-03-31T02:30:00"
    )]  # fmt: skip
    instants = clock.instants(np.array(wall), np.zeros(4, np.int64), [""])
    assert [str(np.datetime64(int(us), "us"))[11:19] for us in instants] == [
        "23:59:59",
        "00:30:00",
        "02:00:00",
        "01:30:00",
    ]
