"""A digest keeps the single calls of some sessions; the rest is in its totals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from advisor.comparison import compare
from advisor.digest.digest import Digest
from advisor.model.limits import LIMITS
from tests.comparison.windows import DAY, START
from tests.digest.events import Event, batch

SQL = "select total from orders where id = 7"


def window(seed: int, factor: float, *, day: int = 0, spread: float = 0.0) -> Digest:
    """Two hundred sessions of which about one in eight is kept; ``spread``: sessions (tenants) differ in their times."""
    generator = np.random.default_rng(seed)
    of_session = np.exp(spread * generator.normal(size=200))
    events = []
    for i, at in enumerate(np.sort(generator.uniform(0, 3600, 8000)).tolist()):
        session = int(generator.integers(200))
        ms = 10 * factor * of_session[session] * float(np.exp(0.5 * generator.normal()))
        events.append(Event(SQL, int(ms * 1000), int((START + day * DAY + at) * 1e6), session + 1, offset=i * 100))
    out = Digest(limits=dataclasses.replace(LIMITS, sequence_events=1000))
    out.add(batch(events))
    return out


def test_counts_and_means_are_of_all_calls():
    before, after = window(1, 1.0), window(2, 2.0, day=1)
    assert before.totals().sequence_share < 1
    result = compare(before, after)
    (shape,) = result.shapes
    assert shape.status == "slower"
    assert (shape.calls_before, shape.calls_after) == (8000, 8000)
    one, other = (digest.shapes()[0] for digest in (before, after))
    assert shape.mean_ratio == pytest.approx(other.total_us / one.total_us)
    assert any("single calls were kept" in notice for notice in result.notices)


def test_sessions_that_differ_widen_the_interval():
    """Other tenants' sessions in the sample look like a change, if calls are taken to be independent of sessions."""
    (alike,) = compare(window(1, 1.0), window(2, 1.0, day=1)).shapes
    (unlike,) = compare(window(1, 1.0, spread=1.0), window(2, 1.0, day=1, spread=1.0)).shapes
    assert np.log(unlike.ci_high / unlike.ci_low) > 2 * np.log(alike.ci_high / alike.ci_low)
    assert alike.status == "same"
    assert unlike.status == "unclear"
