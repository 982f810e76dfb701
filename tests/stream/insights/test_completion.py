from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.batch import NO_TIME
from advisor.stream.insights.completion import completion


def rows(start, duration, offset=None, source=None):
    count = len(start)
    return {
        "start_us": np.array(start, np.int64),
        "duration_us": np.array(duration, np.int64),
        "offset": np.array(offset if offset is not None else range(count), np.int64),
        "source": np.array(source if source is not None else [0] * count, np.int32),
    }


def test_a_coarse_clock_keeps_the_order_of_the_source():
    second = 1_000_000
    order, stamp = completion(rows([10 * second - 900, 10 * second - 20, 10 * second - 5000], [900, 20, 5000]))
    assert order.tolist() == [0, 1, 2]
    assert stamp.tolist() == [10 * second] * 3


def test_sources_are_merged_by_time():
    order, _ = completion(rows([10, 30, 20, 40], [1, 1, 1, 1], offset=[0, 1, 0, 1], source=[0, 0, 1, 1]))
    assert order.tolist() == [0, 2, 1, 3]


def test_one_wrong_time_does_not_stop_the_clock():
    day = 86_400_000_000
    order, stamp = completion(rows([day, 400 * day, day + 5, day + 9], [1, 1, 1, 1]))
    assert stamp.tolist() == [day + 1, day + 6, day + 10, 400 * day + 1]
    assert order.tolist() == [0, 2, 3, 1]


def test_statements_without_a_time_are_left_out():
    order, _ = completion(rows([10, NO_TIME, 20], [1, -1, -1]))
    assert order.tolist() == [0, 2]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-1, 10**6), st.integers(0, 2)), max_size=40))
def test_stamps_never_decrease_and_every_timed_row_is_there(events):
    start, duration, source = (list(x) for x in zip(*events, strict=True)) if events else ([], [], [])
    order, stamp = completion(rows(start, duration, source=source))
    assert sorted(order.tolist()) == list(range(len(events)))
    assert (np.diff(stamp) >= 0).all()
