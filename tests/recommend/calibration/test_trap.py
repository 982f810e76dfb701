"""When page costs are said not to fit, and when nothing may be said."""

from __future__ import annotations

import pytest

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanNode
from advisor.model.snapshot import Header, Relation, Setting, Snapshot, StatisticsRow
from advisor.recommend.calibration import calibrate, trap
from tests.recommend.calibration.building import judged, statement

_NOTHING = calibrate([], [])


def snapshot(
    *,
    random="4",
    shared="16384",
    blocks=1_000_000,
    counters=None,
    cache=None,
    source="configuration file",
    engine="postgresql",
):
    settings = [
        Setting(name="random_page_cost", value=random),
        Setting(name="seq_page_cost", value="1"),
        Setting(name="shared_buffers", value=shared, unit="8kB", source="configuration file"),
    ]
    if cache is not None:
        settings.append(Setting(name="effective_cache_size", value=cache, unit="8kB", source=source))
    return Snapshot(
        header=Header(engine=Engine(engine), values="none"),
        settings=settings,
        relations=[Relation(schema="public", name="t", kind="table", blocks=blocks)],
        rows=[StatisticsRow(source="pg_stat_database", values=counters)] if counters else [],
    )


def plan(operator, cost, **other):
    return Plan(
        engine=Engine("postgresql"),
        format="json",
        nodes=[PlanNode(id="0", parent=None, operator=operator, raw_operator=operator, cost_total=cost, **other)],
        analyzed=bool(other.get("buffers")),
    )


def test_a_hit_share_near_one_is_evidence():
    found = trap(snapshot(counters={"blks_hit": 9_990_000, "blks_read": 10_000}), [], _NOTHING)
    assert found is not None
    assert (found.present, found.fitting, found.settings) == (4.0, 1.1, (("random_page_cost", "1.1"),))
    assert any("99.9%" in words for words in found.evidence)


@pytest.mark.parametrize(
    "counters",
    [
        {"blks_hit": 900_000, "blks_read": 100_000},  # where the rest came from is not known
        {"blks_hit": 999, "blks_read": 1},  # too few
        {"blks_hit": None, "blks_read": None},
        {"blks_hit": "many", "blks_read": 1},
    ],
)
def test_counters_that_say_nothing(counters):
    assert trap(snapshot(counters=counters), [], _NOTHING) is None


def test_quick_reads_are_evidence_and_slow_ones_speak_against_it():
    quick = {"blks_hit": 900_000, "blks_read": 100_000, "blk_read_time": 1_000.0}
    slow = {**quick, "blk_read_time": 400_000.0}
    assert trap(snapshot(counters=quick), [], _NOTHING) is not None
    assert trap(snapshot(counters=slow), [], _NOTHING) is None
    assert trap(snapshot(counters=slow, blocks=100), [], _NOTHING) is None  # fits into memory, yet it reads


def test_all_of_it_in_shared_buffers_is_evidence():
    assert trap(snapshot(shared="1000000"), [], _NOTHING) is not None
    assert trap(snapshot(shared="999999"), [], _NOTHING) is None


def test_memory_that_somebody_named_is_evidence_and_a_default_is_not():
    assert trap(snapshot(cache="2000000"), [], _NOTHING) is not None
    assert trap(snapshot(cache="900000"), [], _NOTHING) is None
    assert trap(snapshot(cache="2000000", source="default"), [], _NOTHING) is None


def test_a_small_database_is_in_memory():
    assert trap(snapshot(shared="100", blocks=60_000), [], _NOTHING) is not None
    assert trap(snapshot(shared="100", blocks=70_000), [], _NOTHING) is None


def test_constants_that_fit_are_no_trap():
    counters = {"blks_hit": 9_990_000, "blks_read": 10_000}
    assert trap(snapshot(random="1.1", counters=counters), [], _NOTHING) is None
    assert trap(snapshot(random="1.5", counters=counters), [], _NOTHING) is None


def test_other_engines_have_no_such_setting():
    counters = {"blks_hit": 9_990_000, "blks_read": 10_000}
    assert trap(snapshot(engine="mariadb", counters=counters), [], _NOTHING) is None


def test_buffers_of_executed_plans_are_evidence():
    hot = plan("seq_scan", 10.0, buffers={"shared_hit": 5_000, "shared_read": 3})
    cold = plan("seq_scan", 10.0, buffers={"shared_hit": 50, "shared_read": 5_000}, io_ms={"shared_read": 9_000.0})
    assert trap(snapshot(), [statement(1, plans=(hot,))], _NOTHING) is not None
    assert trap(snapshot(), [statement(1, plans=(cold,))], _NOTHING) is None
    assert trap(snapshot(), [statement(1, plans=(hot,)), statement(2, plans=(cold,))], _NOTHING) is None


def _mixed(faster):
    """Index plans and scans of the same costs, the first ``faster`` times as fast."""
    costs = [100.0 * 1.7**n for n in range(8)]
    statements = [
        *(statement(n, cost * 0.01 / faster, plans=(plan("index_scan", cost),)) for n, cost in enumerate(costs)),
        *(statement(20 + n, cost * 0.01, plans=(plan("seq_scan", cost),)) for n, cost in enumerate(costs)),
    ]
    return statements, calibrate(statements, [judged(cost) for cost in (*costs, *costs)])


def test_times_of_index_plans_against_scans():
    statements, calibration = _mixed(4.0)
    found = trap(snapshot(), statements, calibration)
    assert found is not None
    assert any("times as fast as plans that scan" in words for words in found.evidence)
    assert trap(snapshot(), *_mixed(1.2)) is None
    assert trap(snapshot(), *_mixed(0.2)) is None


def test_a_few_statements_of_a_kind_say_nothing():
    statements, calibration = _mixed(4.0)
    assert trap(snapshot(), statements[5:], calibration) is None
