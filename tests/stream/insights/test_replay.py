from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor.stream.insights.replay import simulate, stored_at

#: (entry, microseconds since the access before)
TRACES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=80)
TTLS = st.one_of(st.none(), st.integers(1, 60))


def split(trace):
    entry = np.array([e for e, _ in trace], np.int64)
    return entry, np.cumsum(np.array([gap for _, gap in trace], np.int64))


def hits(trace, ttl):
    entry, stamp = split(trace)
    return int((stored_at(entry, stamp, ttl) != np.arange(len(entry))).sum())


@given(TRACES, TTLS)
def test_unbounded_replay_is_the_simulation_without_a_bound(trace, ttl):
    entry, stamp = split(trace)
    stored = stored_at(entry, stamp, ttl)
    told = simulate(entry.tolist(), stamp.tolist(), capacity=1000, ttl_us=ttl)
    assert (stored != np.arange(len(entry))).tolist() == told
    assert (entry[stored] == entry).all()
    assert (stored <= np.arange(len(entry))).all()


@given(TRACES, st.integers(1, 60), st.integers(0, 60))
def test_hits_grow_with_the_ttl(trace, ttl, more):
    assert hits(trace, ttl) <= hits(trace, ttl + more) <= hits(trace, None)


@given(TRACES, st.integers(1, 6), st.integers(0, 6))
def test_hits_grow_with_the_size(trace, capacity, more):
    entry, stamp = split(trace)
    small = simulate(entry.tolist(), stamp.tolist(), capacity=capacity)
    large = simulate(entry.tolist(), stamp.tolist(), capacity=capacity + more)
    assert all(b or not a for a, b in zip(small, large, strict=True)), "LRU caches contain one another"


@given(TRACES, st.lists(st.booleans(), min_size=80, max_size=80), TTLS)
def test_writes_never_add_hits(trace, writes, ttl):
    """A write between two accesses is an epoch's end: it splits entries."""
    entry, stamp = split(trace)
    epoch = np.cumsum(np.array(writes[: len(entry)], np.int64))
    _, parted = np.unique(np.stack((entry, epoch)), axis=1, return_inverse=True)
    parted = np.asarray(parted).reshape(-1)
    after = int((stored_at(parted, stamp, ttl) != np.arange(len(entry))).sum())
    assert after <= hits(trace, ttl)


def test_an_answer_is_kept_from_when_it_was_stored_not_from_when_it_was_asked_for():
    entry, stamp = np.zeros(4, np.int64), np.array([0, 6, 12, 15])
    assert stored_at(entry, stamp, 10).tolist() == [0, 0, 2, 2]


def test_years_of_log_do_not_overflow():
    stamp = np.array([0, 5, 2**61, 2**61 + 5], np.int64)
    entry = np.array([1, 1, 1, 1])
    assert stored_at(entry, stamp, 10).tolist() == [0, 0, 2, 2]
