"""Beyond the cap: totals stay exact, the heavy stay, and the bound holds, for any merge grouping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.digest import Digest, merge
from advisor.model.limits import Limits
from tests.digest.events import Event, batch

LIMITS = Limits(eviction_slack=1.5)


def digest_of(rows: Sequence[Event], most: int) -> Digest:
    digest = Digest(max_shapes=most, limits=LIMITS)
    digest.add(batch(rows))
    return digest


def statement(number: int) -> str:
    return f"select c from t{number}"


few_and_many = st.one_of(st.integers(0, 3), st.integers(0, 40))
rows = st.builds(
    lambda shape, duration: Event(sql=statement(shape), duration_us=duration),
    few_and_many,
    st.one_of(st.integers(0, 10), st.integers(0, 10**6)),
)


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(st.lists(rows, min_size=1, max_size=25), min_size=1, max_size=8),
    most=st.integers(1, 6),
    draw=st.data(),
)
def test_bound_and_totals_hold_for_any_grouping(parts: list[list[Event]], most: int, draw: st.DataObject) -> None:
    everything = [e for part in parts for e in part]
    true = Counter(e.sql for e in everything)
    digests = [digest_of(part, most) for part in draw.draw(st.permutations(parts))]
    while len(digests) > 1:
        i = draw.draw(st.integers(0, len(digests) - 2))
        digests[i : i + 2] = [merge(digests[i : i + 2], max_shapes=most, limits=LIMITS)]
    digest = digests[0]
    shapes = digest.shapes()
    totals = digest.totals()
    assert len(shapes) == min(len(true), most) or len(shapes) <= most
    assert totals.events == len(everything)
    assert totals.total_us == sum(e.duration_us for e in everything)
    assert totals.other_calls == totals.events - sum(s.calls for s in shapes)
    kept = set()
    for shape in shapes:
        kept.add(shape.sql)
        assert shape.calls <= true[shape.sql] <= shape.calls + shape.calls_error_bound
    for sql, calls in true.items():
        if sql not in kept:
            assert calls <= totals.evicted_calls_floor


def test_heavy_in_calls_and_heavy_in_time_both_stay() -> None:
    digest = Digest(max_shapes=20, limits=LIMITS)
    for number in range(100):
        light = [Event(sql=statement(1000 + 30 * number + i), duration_us=5) for i in range(30)]
        often = [Event(sql="select often from x", duration_us=1)] * 10
        slow = [Event(sql="select slow from y", duration_us=10**7)] if number % 10 == 0 else []
        digest.add(batch(light + often + slow))
    found = {s.sql: s for s in digest.shapes()}
    assert found["select often from x"].calls == 1000
    assert found["select slow from y"].calls == 10
    assert found["select often from x"].calls_error_bound == 0
    totals = digest.totals()
    assert totals.kept_shapes == 20
    assert not totals.shapes_exact
    assert totals.shapes == 3002
    assert "light shapes were given up" in " ".join(totals.notes)


def test_no_bound_while_nothing_is_evicted() -> None:
    digest = digest_of([Event(sql=statement(i)) for i in range(20)], 20)
    assert {s.calls_error_bound for s in digest.shapes()} == {0}
    assert digest.totals().shapes_exact
    assert digest.totals().shapes == 20


def test_evicted_shapes_leave_nothing_behind() -> None:
    digest = digest_of([Event(sql=statement(i), session=i + 1, offset=i) for i in range(100)], 10)
    digest.settle()
    assert digest.table.count == 10
    assert len(digest.sketch.tally) == 10
    assert len(digest.hours.tally) == 10
    assert set(np.unique(digest.values.pairs()[0])) == set(range(10))
    assert all(s.slowest is not None for s in digest.shapes())


def test_sample_texts_are_bounded() -> None:
    digest = Digest(limits=Limits(sample_total_bytes=4000, samples_per_shape=2))
    rows = [
        Event(
            sql=f"select c{s} from t where x = '{'v' * 50}{i}'", duration_us=100 * s + i, literals=i, offset=100 * s + i
        )
        for s in range(20)
        for i in range(20)
    ]
    digest.add(batch(rows))
    digest.settle()
    assert digest.samples.bytes <= 4000
    shapes = digest.shapes()
    assert {s.calls for s in shapes} == {20}
    assert shapes[0].slowest is not None
    assert "to bound the memory" in " ".join(digest.totals().notes)
