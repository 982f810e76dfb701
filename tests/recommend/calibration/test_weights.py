"""What a cost unit of each statement is worth."""

from __future__ import annotations

import dataclasses

import pytest

from advisor.recommend.calibration.calibrate import calibrate
from advisor.recommend.calibration.weights import weights
from tests.recommend.calibration.building import judged, statement

_COSTS = [100.0 * 3**n for n in range(8)]


def _workload(**other):
    return [statement(n, 0.01 * cost, **other) for n, cost in enumerate(_COSTS)], [judged(cost) for cost in _COSTS]


def test_timed_the_objective_is_seconds_per_hour():
    statements, now = _workload()
    found = weights(statements, now, calibrate(statements, now))
    assert found.basis == "seconds_per_hour"
    total = sum(value * one.cost for value, one in zip(found.values, now, strict=True))
    assert total == pytest.approx(sum(one.seconds_per_hour for one in statements), rel=0.02)


def test_lock_waits_are_not_to_be_had():
    statements, now = _workload()
    statements[5] = dataclasses.replace(statements[5], lock_ms=0.9 * statements[5].mean_ms)
    found = weights(statements, now, calibrate(statements, now)).values
    assert found[5] == pytest.approx(0.1 * found[4], rel=0.05)


def test_a_counted_statement_gets_the_time_of_others_of_its_cost():
    statements, now = _workload()
    counted = statement(50, None, calls=1000.0)
    found = weights([*statements, counted], [*now, judged(2700.0)], calibrate(statements, now))
    # 27 ms a call, as the timed ones; 1,000 calls an hour
    assert found.values[-1] * 2700 == pytest.approx(27.0, rel=0.05)


def test_without_times_calls_weigh():
    statements = [statement(1, None, calls=10.0), statement(2, None, calls=70.0), statement(3, None, calls=None)]
    now = [judged(5.0), judged(50.0), judged(1.0)]
    found = weights(statements, now, calibrate(statements, now))
    assert found == ([10.0, 70.0, 0.0], "cost_per_hour")


def test_without_anything_each_weighs_the_same():
    statements = [statement(n, None, calls=None) for n in range(3)]
    found = weights(
        statements, [judged(5.0), None, judged(0.0)], calibrate(statements, [judged(5.0), None, judged(0.0)])
    )
    assert found == ([1.0, 0.0, 0.0], "cost")


def test_times_without_a_window_are_no_rate():
    """Means are logged, the window is not known: what an hour holds cannot be said."""
    statements, now = _workload(calls=None)
    found = weights(statements, now, calibrate(statements, now))
    assert found.basis == "cost"


def test_without_a_window_all_calls_weigh():
    statements = [dataclasses.replace(statement(n, None, calls=None), calls=10 * n + 1) for n in range(3)]
    now = [judged(5.0)] * 3
    assert weights(statements, now, calibrate(statements, now)) == ([1.0, 11.0, 21.0], "cost")
