"""Plans that the log printed, before and after."""

from __future__ import annotations

from advisor.comparison import compare
from tests.comparison.windows import DAY, START, digest, shop, steady

SQL = "select total from orders where customer_id = 7"
INDEX = """Index Scan using orders_customer on orders  (cost=0.42..8.44 rows=12 width=4)
  Index Cond: (customer_id = 7)"""
SCAN = """Seq Scan on orders  (cost=0.00..417.00 rows=12 width=4)
  Filter: (customer_id = 7)"""


def window(day, *plans, ms=40.0):
    """Plans as (text, how many, milliseconds)."""
    out = digest(shop(day + 1) + steady(SQL, ms, 300, seed=day + 1), start=START + day * DAY)
    number = next(i for i, text in enumerate(out.table.texts[: out.table.count]) if b"orders" in text)
    for text, count, took in plans:
        for i in range(count):
            out.plans.add(number, text, "text", int(took * 1000), int((START + day * DAY + i) * 1e6))
    return out


def orders(result):
    return next(shape for shape in result.shapes if "orders" in shape.sql)


def test_another_plan_that_is_slower_is_one_finding():
    result = compare(window(0, (INDEX, 20, 40)), window(1, (SCAN, 20, 160), ms=160))
    assert [finding.rule for finding in result.findings] == ["CMP004"]
    assert orders(result).plan_changed is True
    (flip,) = result.plan_flips
    assert "sequential scan" in flip.headline
    assert (flip.mean_ms_before, flip.mean_ms_after) == (40, 160)
    assert (flip.share_before, flip.share_after) == (0, 1)


def test_the_same_plan_with_other_costs_and_estimates_is_no_flip():
    """Tables grow and statistics are taken anew; only what is done counts."""
    grown = INDEX.replace("0.42..8.44 rows=12", "0.55..91.07 rows=340").replace("= 7", "= 8")
    result = compare(window(0, (INDEX, 20, 40)), window(1, (grown, 20, 160), ms=160))
    assert orders(result).plan_changed is False
    assert result.plan_flips == ()
    assert [finding.rule for finding in result.findings] == ["CMP001"]


def test_another_index_is_a_flip():
    other = INDEX.replace("orders_customer", "orders_customer_total")
    assert orders(compare(window(0, (INDEX, 20, 40)), window(1, (other, 20, 40)))).plan_changed is True


def test_another_plan_that_is_no_slower_is_noted_only():
    result = compare(window(0, (INDEX, 20, 40)), window(1, (SCAN, 20, 40)))
    assert orders(result).plan_changed is True
    assert result.findings == ()


def test_a_part_of_the_executions_took_to_another_plan():
    result = compare(window(0, (INDEX, 20, 40)), window(1, (INDEX, 12, 40), (SCAN, 8, 300), ms=100))
    assert [finding.rule for finding in result.findings] == ["CMP004"]
    assert result.plan_flips[0].share_after == 0.4


def test_two_plans_that_take_turns_are_no_change():
    result = compare(window(0, (INDEX, 11, 40), (SCAN, 9, 40)), window(1, (INDEX, 9, 40), (SCAN, 11, 40)))
    assert orders(result).plan_changed is False
    assert result.plan_flips == ()


def test_without_plans_on_both_sides_nothing_is_said():
    assert orders(compare(window(0), window(1, (SCAN, 20, 40)))).plan_changed is None


def test_plans_that_cannot_be_read_are_counted():
    result = compare(window(0, ("no plan at all", 1, 40)), window(1, (SCAN, 1, 40)))
    assert any("could not be read" in notice for notice in result.notices)
    assert orders(result).plan_changed is None
