"""Predictions of time: exact for the plan that was logged, careful far from it, silent where nothing was timed."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.model.limits import LIMITS
from advisor.recommend.calibration.calibrate import calibrate
from tests.recommend.calibration.building import judged, statement

_COSTS = [9.0, 40.0, 200.0, 900.0, 4e3, 2e4, 9e4, 4e5, 1e6]
_TIMES = st.lists(st.floats(0.02, 1e5), min_size=len(_COSTS), max_size=len(_COSTS))
_COST = st.floats(1, 1e8)


def workload(times=None, **other):
    times = times or [0.05 + 0.005 * cost for cost in _COSTS]
    return [statement(n, ms, **other) for n, ms in enumerate(times)], [judged(cost) for cost in _COSTS]


def test_the_same_cost_is_the_logged_time():
    statements, now = workload()
    calibration = calibrate(statements, now)
    for one, cost in zip(statements, _COSTS, strict=True):
        predicted = calibration.milliseconds(one, cost, cost)
        assert predicted is not None
        assert predicted == pytest.approx((one.mean_ms,) * 3)


def test_an_agreeing_workload_predicts_its_own_line():
    statements, now = workload()
    predicted = calibrate(statements, now).milliseconds(statements[6], 9e4, 900)
    assert predicted is not None
    assert predicted.ms == pytest.approx(0.05 + 4.5, rel=0.25)
    assert predicted.low < 0.05 + 4.5 < predicted.high


def test_a_thousand_times_less_cost_is_not_a_thousand_times_less_time():
    statements, now = workload()
    predicted = calibrate(statements, now).milliseconds(statements[3], 900, 0.9)
    assert predicted is not None
    assert predicted.ms > statements[3].mean_ms / 100  # 4.55 ms: 0.05 stay


def test_a_shape_s_own_factor_fades():
    """Ten times slower than its cost says: half the cost keeps most of that, a thousandth keeps little."""
    times = [0.05 + 0.005 * cost for cost in _COSTS]
    times[7] *= 10
    statements, now = workload(times)
    calibration = calibrate(statements, now)
    near = calibration.milliseconds(statements[7], 4e5, 2e5)
    far = calibration.milliseconds(statements[7], 4e5, 400)
    assert near is not None
    assert far is not None
    assert near.ms > 5 * 0.005 * 2e5
    assert far.ms < 5 * 0.005 * 400
    assert near.high / near.low < far.high / far.low


@given(_TIMES, st.integers(0, len(_COSTS) - 1), _COST, _COST)
def test_less_cost_never_takes_longer(times, place, one, two):
    statements, now = workload(times)
    calibration = calibrate(statements, now)
    low, high = sorted((one, two))
    cheap = calibration.milliseconds(statements[place], _COSTS[place], low)
    dear = calibration.milliseconds(statements[place], _COSTS[place], high)
    assert cheap is not None
    assert dear is not None
    assert cheap.ms <= dear.ms * (1 + 1e-9)
    assert 0 < cheap.low <= cheap.ms <= cheap.high


@given(_TIMES, st.integers(0, len(_COSTS) - 1), _COST, st.floats(0.1, 1e3))
def test_units_of_cost_do_not_matter(times, place, after, unit):
    """But for what counts as cheap, which is in PostgreSQL's: no statement here is."""
    times[0] = max(times[0], 1.0)  # its cost is that of a row by a key
    assume(min(_COSTS[1:]) * unit > LIMITS.calibration_cheap_cost)
    statements, now = workload(times)
    one = calibrate(statements[1:], now[1:])
    two = calibrate(statements[1:], [judged(cost * unit) for cost in _COSTS[1:]])
    assert one.relation is not None
    assert two.relation is not None
    assume(abs(one.relation.slope - two.relation.slope) < 1e-6)
    place = max(place, 1)
    first = one.milliseconds(statements[place], _COSTS[place], after)
    second = two.milliseconds(statements[place], _COSTS[place] * unit, after * unit)
    assert first is not None
    assert second is not None
    assert second == pytest.approx(first, rel=1e-3)


def test_without_times_nothing_is_told():
    statements, now = workload()
    counted = [dataclasses.replace(one, mean_ms=None, seconds_per_hour=None) for one in statements]
    calibration = calibrate(counted, now)
    assert calibration.relation is None
    assert calibration.milliseconds(counted[3], 900, 9) is None
    assert calibration.milliseconds(statements[3], 900, 9) is None
    report = calibration.report()
    assert (report.statements, report.median_factor, report.p90_factor) == (0, None, None)


def test_a_statement_without_a_time_gets_none_beside_timed_ones():
    statements, now = workload()
    silent = statement(99, None)
    calibration = calibrate([*statements, silent], [*now, judged(500)])
    assert calibration.milliseconds(silent, 500, 5) is None
    assert calibration.untimed == 1


def test_lock_waits_are_no_evidence_and_stay():
    statements, now = workload()
    waiting = statement(99, 10_000.0, lock_ms=9_990.0)
    calibration = calibrate([*statements, waiting], [*now, judged(2e3)])
    clean = calibrate(statements, now)
    assert calibration.relation == clean.relation
    assert calibration.waiting == 1
    assert (waiting.engine, waiting.fingerprint) not in calibration.factors
    predicted = calibration.milliseconds(waiting, 2e3, 2.0)
    assert predicted is not None
    assert 9_990 < predicted.ms < 9_992
    assert "waiting for locks" in " ".join(calibration.report().notes)


def test_a_statement_that_only_waited_tells_nothing():
    statements, now = workload()
    waiting = statement(99, 10.0, lock_ms=10.0)
    calibration = calibrate([*statements, waiting], [*now, judged(2e3)])
    assert calibration.milliseconds(waiting, 2e3, 2.0) is None
    assert (calibration.waiting, calibration.untimed) == (1, 0)


def test_rows_that_are_written_take_their_time_under_any_plan():
    statements, now = workload()
    reads = statement(50, 12.0)
    writes = statement(51, 12.0, kind="update", rows_affected=1000.0)
    calibration = calibrate([*statements, reads, writes], [*now, judged(2e3), judged(2e3)])
    by_read = calibration.milliseconds(reads, 2e3, 10.0)
    by_write = calibration.milliseconds(writes, 2e3, 10.0)
    assert by_read is not None
    assert by_write is not None
    assert by_read.ms < 2 < 1000 * LIMITS.calibration_row_ms <= by_write.ms


def test_the_floor_is_the_fastest_cheap_statement():
    statements, now = workload([0.11, *[0.05 + 0.005 * cost for cost in _COSTS[1:]]])
    calibration = calibrate(statements, now)
    assert (calibration.floor, calibration.floor_statements) == (0.11, 1)


def test_a_threshold_of_the_log_is_no_floor():
    """Only slow calls were logged: a point query that once took 100 ms does not say that all do."""
    statements, now = workload([max(100.0, 0.05 + 0.005 * cost) for cost in _COSTS])
    calibration = calibrate(statements, now)
    assert (calibration.floor, calibration.floor_statements) == (LIMITS.calibration_floor_ms, 0)
    assert any("next to nothing" in note for note in calibration.report().notes)


def test_the_error_is_shown_and_told_from_enough_only():
    times = [0.05 + 0.005 * cost * (4 if n % 2 else 1) for n, cost in enumerate(_COSTS)]
    statements, now = workload(times)
    report = calibrate(statements, now).report()
    assert report.median_factor is not None
    assert report.p90_factor is not None
    assert 1 < report.median_factor <= report.p90_factor < 4.5
    few = calibrate(statements[:3], now[:3]).report()
    assert (few.statements, few.median_factor, few.p90_factor) == (3, None, None)
    calibration = calibrate(statements, now)
    errors = [calibration.factors[one.engine, one.fingerprint].error for one in statements[2:]]
    assert max(errors) / min(errors) == pytest.approx(4, rel=0.6)


def test_a_cost_of_nothing_is_left_out():
    statements, now = workload()
    calibration = calibrate([*statements, statement(77, 3.0), statement(78, 3.0)], [*now, judged(0.0), None])
    assert len(calibration.factors) == len(statements)
    assert calibration.untimed == 2
    assert calibration.milliseconds(statement(77, 3.0), 0.0, 10.0) is None
