"""What stays of an executed plan in the one that would replace it."""

from __future__ import annotations

import pytest

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanNode
from advisor.recommend.calibration.calibrate import calibrate
from advisor.recommend.calibration.kept import kept
from tests.recommend.calibration.building import judged, statement


def _node(place, operator, cost, ms=None, **other):
    return PlanNode(
        id=place,
        parent=place.rpartition(".")[0] or None,
        operator=operator,
        raw_operator=operator,
        cost_startup=0.0,
        cost_total=cost,
        rows_estimated=10.0,
        rows_actual=None if ms is None else 10.0,
        loops=None if ms is None else 1.0,
        time_first_ms=None if ms is None else 0.0,
        time_last_ms=ms,
        **other,
    )


def _plan(orders, whole, timed=True):
    """A join of orders, read as said, and a scan of lines for 600 of cost and 60 ms."""
    operator, index, cost, ms = orders
    return Plan(
        engine=Engine("postgresql"),
        format="json",
        nodes=[
            _node("0", "hash_join", cost + 700, whole if timed else None, join_type="inner"),
            _node("0.0", operator, cost, ms if timed else None, relation="orders", index=index),
            _node("0.1", "seq_scan", 600.0, 60.0 if timed else None, relation="lines"),
        ],
        analyzed=timed,
        timed=timed,
    )


NOW = _plan(("seq_scan", None, 3000.0, 30.0), 100.0)
THEN = _plan(("index_scan", "new", 30.0, None), None, timed=False)


def test_nodes_with_the_same_work_keep_their_time():
    found = kept(NOW, THEN)
    assert found is not None
    assert found.share == pytest.approx(0.7)  # lines 60 ms, the join itself 10
    assert (found.cost_before, found.cost_after) == (pytest.approx(3000), pytest.approx(30))


def test_a_node_that_got_dearer_does_not_stay():
    other = _plan(("index_scan", "new", 30.0, None), None, timed=False)
    other.nodes[2].cost_total = 900.0
    other.nodes[0].cost_total = 30.0 + 900.0 + 100.0
    found = kept(NOW, other)
    assert found is not None
    assert found.share == pytest.approx(0.1)


def test_nothing_is_said_without_times_or_without_a_change():
    assert kept(_plan(("seq_scan", None, 3000.0, 30.0), 100.0, timed=False), THEN) is None
    assert kept(NOW, NOW) is None
    silent = _plan(("index_scan", "new", 30.0, None), None, timed=False)
    for node in silent.nodes:
        node.cost_total = None
    assert kept(NOW, silent) is None


def test_a_prediction_leaves_them_their_time():
    """Cost alone promises four fifths of the time; the plan shows that the index is about three tenths of it."""
    costs = [50.0 * 2.5**n for n in range(9)]
    statements = [statement(n, 0.05 + cost / 37) for n, cost in enumerate(costs)]
    shape = statement(50, 100.0)
    calibration = calibrate([*statements, shape], [*(judged(cost) for cost in costs), judged(3700.0)])
    by_cost = calibration.milliseconds(shape, 3700.0, 730.0)
    by_nodes = calibration.milliseconds(shape, 3700.0, 730.0, before=NOW, after=THEN)
    assert by_cost is not None
    assert by_nodes is not None
    assert by_cost.ms < 30
    assert 70 <= by_nodes.ms < 75
    assert by_nodes.low < by_nodes.ms < by_nodes.high
