"""A cost's pages, charged as memory does."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Query
from advisor.recommend.calibration import PageCosts, predictions, recosted, trap
from advisor.recommend.calibration.cached import CachedPlanner, page_costs
from advisor.recommend.calibration.calibrate import calibrate
from advisor.recommend.calibration.fragile import fragile
from advisor.recommend.calibration.setting import setting, told
from advisor.recommend.calibration.trap import Trap
from tests.recommend.calibration.building import statement
from tests.recommend.calibration.world import opened

STEP = LIMITS.calibration_page_step
COSTS = PageCosts(1.0, 4.0)


def _cost(pages, seeks, cpu, costs=COSTS):
    return pages * costs.sequential + seeks * costs.random + cpu


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_pages_are_found_and_charged(pages, seeks, cpu):
    cost = _cost(pages, seeks, cpu)
    told = recosted(cost, cost + STEP * pages, cost + STEP * 4 * seeks, COSTS)
    assert told == pytest.approx(LIMITS.calibration_cached_page * (pages + seeks) + cpu, rel=1e-6)


@given(st.floats(0.01, 1e6), st.floats(0, 2e6), st.floats(0, 2e6))
def test_it_is_never_dearer_and_never_nothing(cost, one, two):
    assert 0 < recosted(cost, one, two, COSTS) <= max(cost, 0.01)


def test_free_pages_stay_free():
    assert recosted(10.0, 10.0, 10.0, PageCosts(0.0, 0.0)) == 10.0


@pytest.fixture(scope="module")
def world():
    with opened() as found:
        yield found


_SCAN = Query("SELECT count(*) FROM purchase WHERE note = 'x'")
_KEY = Query("SELECT * FROM purchase WHERE id = 17")
_MANY = Query("SELECT * FROM purchase WHERE account_id BETWEEN 100 AND 200")


@pytest.mark.server
def test_a_scan_s_pages_are_the_table_s(world):
    source, planner = world
    pages = source.execute("SELECT relpages FROM pg_class WHERE relname = 'purchase'").fetchone()[0]
    (now,) = planner.judge([_SCAN])
    (memory,) = CachedPlanner(planner, page_costs(planner.snapshot)).judge([_SCAN])
    assert now.cost - memory.cost == pytest.approx((1 - LIMITS.calibration_cached_page) * pages, rel=0.02)


@pytest.mark.server
def test_the_plan_stays_production_s(world):
    _, planner = world
    cached = CachedPlanner(planner, page_costs(planner.snapshot))
    configuration = Configuration(add=("ON purchase (account_id)",))
    for queries in ([_SCAN, _KEY, _MANY], [Query("SELECT nonsense"), _KEY]):
        plain, memory = planner.judge(queries, configuration), cached.judge(queries, configuration)
        for one, two in zip(plain, memory, strict=True):
            assert (one is None) == (two is None)
            if one is not None and two is not None:
                assert (one.new, one.existing, one.rows) == (two.new, two.existing, two.rows)
                assert two.cost < one.cost
    assert plain[0] is None


@pytest.mark.server
def test_an_index_is_worth_more_in_memory(world):
    """A bitmap of some hundred pages against a scan: by the disk's prices a third, by memory's a tenth."""
    _, planner = world
    cached = CachedPlanner(planner, page_costs(planner.snapshot))
    add = Configuration(add=("ON purchase (account_id)",))

    def ratio(one):
        (before,), (after,) = one.judge([_MANY]), one.judge([_MANY], add)
        return after.cost / before.cost

    assert ratio(cached) < 0.7 * ratio(planner)


@pytest.mark.server
def test_times_of_a_workload(world):
    _, planner = world
    statements = [
        statement(1, 20.0, queries=(_SCAN,)),
        statement(2, 9.0, queries=(_MANY,)),
        statement(3, 0.03, queries=(_KEY,)),
        statement(4, None, queries=(_KEY,)),
        statement(5, 3.0, queries=()),
        statement(6, 3.0, queries=(Query("SELECT gone"),)),
    ]
    add = Configuration(add=("ON purchase (account_id)",))
    plain = predictions(statements, planner, add)
    memory = predictions(statements, planner, add, in_memory=page_costs(planner.snapshot))
    for found in (plain, memory):
        assert found.times[0] == pytest.approx((20.0, 20.0, 20.0))
        assert found.times[2] == pytest.approx((0.03, 0.03, 0.03))
        assert found.times[3:] == [None, None, None]
        assert found.times[1].ms < 7
    assert memory.times[1].ms < plain.times[1].ms
    assert memory.calibration.relation != plain.calibration.relation


@pytest.mark.server
def test_the_trap_of_a_database_in_memory(world):
    """Real counters and sizes: 20 MB in 128 MB of shared buffers, random_page_cost 4."""
    _, planner = world
    statements = [
        # Chosen as a scan because of the seeks: the setting alone is enough.
        statement(
            1, queries=(Query("SELECT * FROM purchase p JOIN account a ON a.id = p.account_id WHERE p.id < 4000"),)
        ),
        statement(2, queries=(_MANY,)),
        statement(3, queries=(_KEY,)),
    ]
    found = trap(planner.snapshot, statements, calibrate([], []))
    assert found is not None
    costs = page_costs(planner.snapshot)
    seen = fragile(statements, ["ON purchase (account_id)", "ON account (note)"], planner, found, costs)
    assert len(seen.benefit) == 2
    assert min(seen.benefit[0]) > 0
    assert seen.benefit[1] == (0.0, 0.0)
    assert seen.indexes == ()
    assert 0 <= seen.saving <= seen.saving_set < 1
    report = told(found, seen, ["one", "two"])
    assert (report.present, report.fitting, report.fragile) == ("4", "1.1", ())


#: Rows of a fifth of the table, on all of its pages: at a seek's price it is read whole.
_LURED = Query("SELECT a.* FROM account a WHERE a.city BETWEEN 20 AND 60")


@pytest.mark.server
def test_an_index_pays_more_at_the_price_that_fits(world):
    _, planner = world
    found = Trap(4.0, 1.1, ("said",), (("random_page_cost", "1.1"),))
    narrow = Query("SELECT * FROM purchase WHERE account_id < 500")
    seen = fragile(
        [statement(1, queries=(narrow,))], ["ON purchase (account_id)"], planner, found, page_costs(planner.snapshot)
    )
    one, two = seen.benefit[0]
    assert two > 1.5 * one > 0
    assert seen.indexes == ()


@pytest.mark.server
def test_the_setting_is_a_recommendation_with_a_rollback(world):
    source, planner = world
    statements = [statement(1, queries=(_LURED,)), statement(2, queries=(_KEY,))]
    found = Trap(4.0, 0.3, ("said",), (("random_page_cost", "0.3"),))
    seen = fragile(statements, [], planner, found, page_costs(planner.snapshot))
    assert seen.better_by_setting == (statements[0].fingerprint,)
    assert 0 < seen.saving < 1
    made = setting(found, seen, planner.snapshot, planner.planned_by)
    assert made is not None
    assert (made.kind, made.proof, made.benefit.seconds_per_hour) == ("setting", "planned", None)
    for sql, value in ((made.sql, "0.3"), (made.rollback, "4")):
        source.execute(sql.encode())
        with psycopg.connect(source.info.dsn) as fresh:
            assert fresh.execute("SHOW random_page_cost").fetchone()[0] == value


@pytest.mark.server
def test_no_better_plan_no_setting(world):
    _, planner = world
    found = Trap(4.0, 1.1, ("said",), (("random_page_cost", "1.1"),))
    seen = fragile([statement(2, queries=(_SCAN,))], [], planner, found, page_costs(planner.snapshot))
    assert seen.better_by_setting == ()
    assert setting(found, seen, planner.snapshot, planner.planned_by) is None
