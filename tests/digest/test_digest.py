"""What a digest says of its events is what a plain count over them says."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.digest import Digest
from advisor.digest.sketch import rank
from advisor.fingerprint import normalise
from advisor.model.batch import NO_TIME, Context
from advisor.model.limits import LIMITS, Limits
from advisor.model.source import SourceSummary
from tests.digest.events import MYSQL, Event, batch
from tests.digest.strategies import events


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(events(), min_size=1, max_size=60))
def test_numbers_are_those_of_a_plain_count(rows: list[Event]) -> None:
    digest = Digest()
    digest.add(batch(rows))
    by_shape: dict[str, list[Event]] = defaultdict(list)
    for event in rows:
        by_shape[normalise(event.sql, "postgresql")].append(event)
    shapes = digest.shapes()
    assert {s.sql for s in shapes} == set(by_shape)
    for shape in shapes:
        own = by_shape[shape.sql]
        timed = [e.duration_us for e in own if e.duration_us >= 0]
        assert shape.calls == len(own)
        assert shape.timed_calls == len(timed)
        assert shape.total_us == sum(timed)
        assert shape.min_us == min(timed, default=None)
        assert shape.max_us == max(timed, default=None)
        times = [e.time_us for e in own if e.time_us != NO_TIME]
        assert shape.first_seen_us == min(times, default=None)
        assert shape.last_seen_us == max(times, default=None)
        for name in ("rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes"):
            known = [getattr(e, name) for e in own if getattr(e, name) >= 0]
            assert getattr(shape, name) == (sum(known) if known else None)
            assert shape.measured_calls.get(name, 0) == len(known)
        assert shape.in_count_max == max(e.in_count for e in own)
        assert shape.query_id == min((e.query_id for e in own if e.query_id), default=None)
        assert sum(h.calls for h in shape.per_hour) == len(times)
        assert sum(h.total_us for h in shape.per_hour) == sum(
            max(e.duration_us, 0) for e in own if e.time_us != NO_TIME
        )
        for dimension, name in (("users", "user"), ("databases", "database"), ("applications", "application")):
            found = getattr(shape, dimension)
            values = [getattr(e.context, name) for e in own if getattr(e.context, name) is not None]
            assert found == {v: values.count(v) for v in set(values)}
        assert sum(shape.tags.get("controller", {}).values()) == sum("controller" in (e.tag or "") for e in own)
        assert "traceparent" not in shape.tags
        for q, estimate in ((0.5, shape.p50_us), (0.95, shape.p95_us), (0.99, shape.p99_us)):
            if not timed:
                assert estimate is None
                continue
            exact = sorted(timed)[rank(q, len(timed))]
            assert estimate is not None
            assert abs(estimate - exact) <= LIMITS.sketch_error * exact + 1e-6
        assert len(shape.samples) == min(len({(e.literals, e.time_us) for e in own}), LIMITS.samples_per_shape)
        if timed:
            assert shape.slowest is not None
            assert shape.slowest.duration_us == max(timed)
    totals = digest.totals()
    assert totals.events == len(rows)
    assert totals.total_us == sum(max(e.duration_us, 0) for e in rows)
    assert totals.untimed_events == sum(e.duration_us < 0 for e in rows)
    assert (totals.sessions or 0) == len({e.session for e in rows if e.session})
    assert totals.start_us == min((e.time_us for e in rows if e.time_us != NO_TIME), default=None)
    assert totals.other_calls == 0


def test_shapes_are_sorted_by_time_then_calls_then_fingerprint() -> None:
    digest = Digest()
    digest.add(
        batch(
            [Event(sql="select a from t", duration_us=10)] * 3
            + [Event(sql="select b from t", duration_us=30)]
            + [Event(sql="select c from t", duration_us=15)] * 2
            + [Event(sql=f"select {c} from u", duration_us=1) for c in "pqrs"]
        )
    )
    every = digest.shapes()
    assert [s.sql for s in every[:3]] == ["select a from t", "select c from t", "select b from t"]
    assert [s.fingerprint for s in every[3:]] == sorted(s.fingerprint for s in every[3:])
    for top in range(1, 9):
        assert digest.shapes(top) == every[:top]


def test_samples_name_their_place_and_join_their_parameters() -> None:
    digest = Digest([SourceSummary(path="pg.log")])
    digest.add(batch([Event(sql="select * from t where a = $1", parameters="$1 = 'x''y'", offset=41, duration_us=5)]))
    (shape,) = digest.shapes()
    assert shape.slowest is not None
    assert shape.slowest.sql == "select * from t where a = 'x''y'"
    assert shape.slowest.parameters == "$1 = 'x''y'"
    assert (shape.slowest.source, shape.slowest.line) == ("pg.log", 42)
    assert shape.typical == shape.slowest


def test_long_samples_are_cut_and_say_so() -> None:
    digest = Digest(limits=Limits())
    digest.add(batch([Event(sql="select '" + "é" * LIMITS.sample_bytes + "' from t")]))
    (shape,) = digest.shapes()
    assert shape.slowest is not None
    assert shape.slowest.cut
    assert len(shape.slowest.sql.encode()) <= LIMITS.sample_bytes
    assert shape.slowest.sql.endswith("é")


def test_counters_have_totals_and_no_quantiles() -> None:
    digest = Digest()
    digest.add(
        batch([Event(sql="select 1 from t", calls=40, duration_us=4000, rows_sent=80, time_us=NO_TIME)], counted=True)
    )
    (shape,) = digest.shapes()
    assert (shape.calls, shape.total_us, shape.timed_calls, shape.rows_sent) == (40, 4000, 40, 80)
    assert shape.min_us is shape.max_us is shape.p50_us is shape.p95_us is shape.p99_us is None
    assert shape.users == {"app": 40}
    assert shape.measured_calls == {"rows_sent": 40}
    assert shape.slowest is None
    assert shape.typical is not None
    assert digest.totals().events == 40


def test_many_values_of_a_dimension_become_other() -> None:
    digest = Digest(limits=Limits(values_per_dimension=3))
    for i in range(50):
        digest.add(batch([Event(context=Context(user=f"u{i}"))] * 2))
    (shape,) = digest.shapes()
    assert len(shape.users) == 4
    assert shape.users["(other)"] == 94
    assert set(shape.users.values()) == {2, 94}


def test_hours_coarsen_when_there_are_too_many() -> None:
    digest = Digest(limits=Limits(hour_pairs=10))
    hour = 3_600_000_000
    digest.add(batch([Event(time_us=i * hour) for i in range(40)]))
    (shape,) = digest.shapes()
    assert digest.totals().hours_step == 4
    assert [h.calls for h in shape.per_hour] == [4] * 10
    assert shape.per_hour[1].hour == "1970-01-01T04:00:00+00:00"


def test_local_times_are_given_without_a_zone() -> None:
    digest = Digest()
    digest.add(batch([Event(time_us=0)], zoned=False, engine=MYSQL))
    assert digest.shapes()[0].per_hour[0].hour == "1970-01-01T00:00:00"
    assert not digest.totals().zoned


@pytest.mark.parametrize("value", [2**63 - 1, 2**62, 2**50])
def test_impossible_numbers_do_no_harm(value: int) -> None:
    digest = Digest()
    row = Event(duration_us=value, rows_sent=value, rows_examined=value, lock_us=value, temp_bytes=value, time_us=value)
    digest.add(batch([row] * 100))
    digest.add(batch([Event(time_us=-(2**63) + 1)]))
    (shape,) = digest.shapes()
    assert shape.calls == 101
    assert shape.total_us > 0
    assert shape.rows_sent is not None
    assert shape.rows_sent > 0
    assert len(shape.per_hour) == 2
    assert digest.to_bytes()


def test_an_empty_batch_changes_nothing() -> None:
    digest = Digest()
    digest.add(batch([]))
    assert digest.shapes() == []
    assert digest.totals().events == 0
    assert digest.totals().sessions is None


def test_a_text_is_asked_for_only_when_its_shape_or_sample_is_new() -> None:
    digest = Digest()
    rows = [Event(sql=f"select * from t where a = {i}", literals=i, duration_us=1000 - i, offset=i) for i in range(500)]
    one = batch(rows)
    digest.add(one)
    assert one.texts.asked <= 2 + LIMITS.samples_per_shape  # type: ignore[attr-defined]


def test_further_fetches_add_time_but_no_call() -> None:
    digest = Digest()
    rows = [
        Event(duration_us=10_000, offset=1, tag="controller='a'"),
        Event(duration_us=30_000, offset=2, tag="controller='a'", continues=True),
        Event(duration_us=500, offset=3, tag="controller='a'", continues=True),
        Event(sql="select a from b", duration_us=700, offset=4, time_us=1_700_009_000_000_000),
    ]
    digest.add(batch(rows))
    fetched, other = digest.shapes()
    assert (fetched.calls, fetched.timed_calls, fetched.total_us) == (1, 1, 40_500)
    assert (fetched.min_us, fetched.max_us) == (10_000, 30_000)
    assert fetched.p50_us == pytest.approx(10_000, rel=0.01)
    assert [(hour.calls, hour.total_us) for hour in fetched.per_hour] == [(1, 40_500)]
    assert fetched.users == {"app": 1}
    assert fetched.tags["controller"] == {"a": 1}
    assert (other.calls, other.total_us) == (1, 700)
    assert (digest.events, digest.total_us) == (2, 41_200)
    assert digest.sequence.rows["offset"].tolist() == [1, 4]


def test_a_fetch_without_its_execution_has_no_quantiles() -> None:
    digest = Digest()
    digest.add(batch([Event(duration_us=30_000, continues=True)]))
    (shape,) = digest.shapes()
    assert (shape.calls, shape.total_us, shape.min_us, shape.max_us, shape.p50_us) == (0, 30_000, None, 30_000, None)


def test_the_text_of_a_new_shape_is_made_once() -> None:
    part = batch([Event(sql=f"select a{i} from t") for i in range(50)])
    Digest().add(part)
    assert part.texts.asked == 50  # type: ignore[attr-defined]
