"""The whole search on a recorded log and its snapshot, planned by a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api.analysis import analyze
from advisor.model.analysis import Analysis
from advisor.recommend.wishes import Amount, IndexWishes

SHOP = Path(__file__).parents[3] / "fixtures" / "shop" / "postgresql"
pytestmark = [pytest.mark.server]


@pytest.fixture(scope="module")
def result() -> Analysis:
    return analyze(SHOP / "shop.log.gz", catalog=SHOP / "shop.snapshot")


def test_the_heaviest_faults_are_mended_and_proven(result: Analysis) -> None:
    made = {(one.table, one.columns[0]): one for one in result.recommendations if one.kind == "create_index"}
    for subject in (("order_items", "product_id"), ("events", "session_key"), ("orders", "customer_id")):
        one = made[subject]
        assert one.proof == "planned"
        assert one.proved_by.planner == "shadow"
        assert one.size_bytes
        assert one.sql is not None
        assert "CONCURRENTLY" in one.sql
        assert all(each.cost_after < each.cost_before for each in one.affects if each.cost_before and each.cost_after)
        assert one.benefit.seconds_per_hour is not None
        assert one.touches.seconds_per_hour is not None
        assert one.benefit.seconds_per_hour <= one.touches.seconds_per_hour


def test_what_is_proven_stands_first_by_net_benefit(result: Analysis) -> None:
    proofs = [one.proof for one in result.recommendations if one.kind == "create_index"]
    assert proofs == sorted(proofs, key=["planned", "static"].index)
    net = [
        one.benefit.seconds_per_hour - (one.write_seconds_per_hour or 0)
        for one in result.recommendations
        if one.benefit.seconds_per_hour is not None
    ]
    assert net == sorted(net, reverse=True)


def test_a_rule_that_asked_for_an_index_points_at_the_one_that_was_chosen(result: Analysis) -> None:
    ids = {one.id: one for one in result.recommendations}
    asked = next(one for one in result.findings if one.rule == "IDX001" and one.tables == ("order_items",))
    assert [ids[name].proof for name in asked.remedies] == ["planned"]
    assert [one.id for one in result.recommendations] == [f"R{n + 1}" for n in range(len(result.recommendations))]


def test_the_curve_never_rises_and_holds_the_choice(result: Analysis) -> None:
    advice = result.index_advice
    assert advice is not None
    assert advice.chosen is not None
    outcome = [point.cost + point.upkeep for point in advice.curve]
    assert outcome == sorted(outcome, reverse=True)
    assert all(point.bytes <= point.budget_bytes for point in advice.curve)
    chosen = advice.curve[advice.chosen]
    made = [one for one in result.recommendations if one.kind == "create_index" and one.proof == "planned"]
    assert len(made) == len(chosen.indexes)
    assert sum(one.size_bytes or 0 for one in made) == chosen.bytes
    assert 0 < chosen.saved_share < 1
    assert advice.unit == "seconds_per_hour"
    assert not advice.unplanned


def test_limits_of_the_user_hold() -> None:
    wishes = IndexWishes(budget=Amount(1_000_000, "absolute"), max_indexes=2, exclude_tables=("events",))
    result = analyze(SHOP / "shop.log.gz", catalog=SHOP / "shop.snapshot", wishes=wishes)
    made = [one for one in result.recommendations if one.kind == "create_index" and one.proof == "planned"]
    assert 0 < len(made) <= 2
    assert sum(one.size_bytes or 0 for one in made) <= 1_000_000
    assert all(one.table != "events" for one in made)


def test_without_a_planner_advice_stays_static() -> None:
    result = analyze(SHOP / "shop.log.gz", catalog=SHOP / "shop.snapshot", planner=None)
    assert result.index_advice is None
    assert {one.proof for one in result.recommendations} == {"static"}


def test_a_schema_file_proves_nothing() -> None:
    result = analyze(SHOP / "shop.log.gz", catalog=SHOP / "schema.sql", planner="shadow", rows={"events": 40_000})
    assert result.index_advice is not None
    assert result.index_advice.proof == "static"
    assert {one.proof for one in result.recommendations} == {"static"}
