"""Forecasts against the same shop really loaded ten times as big."""

from statistics import median

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.postgresql import capture
from advisor.model.planning import Query
from advisor.planners.flips import compared
from advisor.planners.growth.scale import grow
from advisor.planners.postgresql.live import LivePlanner
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers
from tests.planners.growth import loaded

pytestmark = pytest.mark.server
QUERIES = [Query(sql) for sql in loaded.QUERIES]
SETTINGS = {"max_wal_size": "4GB", "autovacuum": "off"}


def planned(factor, major, queries=QUERIES):
    """Plans of the loaded shop, and its snapshot."""
    with servers.postgresql(SETTINGS, major=major) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            loaded.load(connection, factor)
        with LivePlanner.open(address(server.dsn)) as planner:
            answers = planner.explain(queries)
        snapshot, _ = capture(address(server.dsn))
    assert [answer.error for answer in answers if answer.error] == []
    return answers, snapshot


def forecast(snapshot, factor, queries=QUERIES):
    growth = grow(snapshot, dict.fromkeys(loaded.GROWING, factor))
    with ShadowPlanner.open(growth.snapshot, cache=False) as planner:
        return growth, planner.explain(queries)


def test_the_last_week_keeps_its_rows_while_the_table_grows():
    recent = [
        Query(f"SELECT * FROM {table} WHERE {column} > '2025-10-25 00:00+00'")
        for table, column in (
            ("orders", "created_at"),
            ("events", "at"),
            ("sessions", "opened"),
            ("readings", "at"),
            ("visits", "at"),
        )
    ]
    whole = [Query(f"SELECT * FROM {table}") for table in ("orders", "events", "sessions", "readings", "visits")]
    now, snapshot = planned(1, 15, recent + whole)
    growth, then = forecast(snapshot, 5, recent + whole)
    for before, after in zip(now[:5], then[:5], strict=True):
        assert after.rows == pytest.approx(before.rows, rel=0.15)
    for before, after in zip(now[5:], then[5:], strict=True):
        assert after.rows == pytest.approx(5 * before.rows, rel=0.01)
    decided = {(policy.table, policy.column): policy.decision for policy in growth.policies}
    assert decided["public.orders", "created_at"] == "extended"
    assert decided["public.visits", "at"] == "extended"
    assert "public.visits gets 32 more partitions like public.visits_1" in growth.notes
    assert decided["public.orders", "paid_on"] == "extended"
    assert decided["public.customers", "born"] == "kept"
    assert decided["public.lines", "product_id"] == "kept"


@pytest.mark.long
@pytest.mark.parametrize("major", [15, 18])
def test_flips_are_those_of_the_loaded_shop(major):
    """What was measured: all or all but one of the flips, no false alarm; bounds leave room for another sample."""
    now, snapshot = planned(1, major)
    real, _ = planned(10, major)
    _, then = forecast(snapshot, 10)
    flipped = {flip.query for flip in compared(now, real).flips}
    flagged = {flip.query for flip in compared(now, then).flips}
    wrong = compared(real, then)
    off = median(abs(one.cost - two.cost) / two.cost for one, two in zip(then, real, strict=True))
    print(
        f"{len(QUERIES)} queries: {len(flipped)} flips, {len(flipped & flagged)} flagged, "
        f"{len(flagged - flipped)} false alarms, {wrong.same} plans equal, median cost error {off:.4f}"
    )
    assert len(flipped) >= 8
    assert len(flipped & flagged) >= 0.75 * len(flipped)
    assert len(flagged - flipped) <= 2
    assert wrong.same >= len(QUERIES) - 5
    assert off < 0.02
