"""Modelled costs of SQLite's plans: sane by themselves, and the indexes exactly those that the plan names."""

from __future__ import annotations

import random

import pytest

from advisor.catalog.snapshot import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.sqlite.cost import Statistics, modelled
from advisor.planners.sqlite.planner import SqlitePlanner
from tests.planners.sqlite import shop

HIDDEN = ["orders_status", "orders_placed", "event_kind", "customer_city", "item_sku"]


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    path = tmp_path_factory.mktemp("cost") / "shop.db"
    shop.load(path)
    with SqlitePlanner.open(capture(f"sqlite:///{path}", values="present")) as opened:
        yield opened


def cost(planner, sql, *add, hide=()):
    (found,) = planner.judge([Query(sql)], Configuration(add=add, hide=tuple(hide)))
    assert found is not None
    assert found.modelled
    return found


def test_indexes_are_those_of_the_plan(planner):
    """In random configurations, against the plans as `explain` reads them."""
    chance = random.Random(3)
    used = 0
    for _ in range(12):
        configuration = Configuration(
            add=tuple(chance.sample(shop.WHAT_IF, chance.choice([0, 1, 4, 10]))),
            hide=tuple(chance.sample(HIDDEN, chance.choice([0, 1, 3]))),
        )
        queries = [Query(sql) for sql in [*shop.QUERIES, "SELECT * FROM nothing", "SELECT 1"]]
        for query, brief, answer in zip(
            queries, planner.judge(queries, configuration), planner.explain(queries, configuration), strict=True
        ):
            assert (brief is None) == (answer.plan is None), query.sql
            if brief is None:
                continue
            names = {name for node in answer.plan.nodes if node.index for name in node.index.split(",")}
            told = {answer.indexes[place].name for place in brief.new}
            assert told | {name.split(".")[1] for name in brief.existing} == names, query.sql
            assert not told & set(configuration.hide)
            assert brief.cost > 0
            used += bool(told)
    assert used > 40


def test_what_an_index_spares_is_seen(planner):
    """A search below a scan, a covering index below one that is not, no sort below a sort; more rows cost more."""
    scan = cost(planner, "SELECT * FROM orders WHERE total = 5")
    search = cost(planner, "SELECT * FROM orders WHERE total = 5", "ON orders (total)")
    assert search.cost < scan.cost / 20
    assert search.new == {0}
    bare = cost(planner, "SELECT total FROM orders WHERE total > 5", "ON orders (total)")
    looked_up = cost(planner, "SELECT * FROM orders WHERE total > 5", "ON orders (total)")
    assert bare.cost < looked_up.cost
    top = "SELECT * FROM orders ORDER BY total DESC LIMIT 10"
    assert cost(planner, top, "ON orders (total)").cost < cost(planner, top).cost / 100
    assert cost(planner, "SELECT * FROM orders ORDER BY total").cost > cost(planner, "SELECT * FROM orders").cost
    many = "SELECT max(total) FROM orders WHERE customer_id > 5 LIMIT 1"
    assert cost(planner, many).cost > 1000
    join = "SELECT * FROM flat f JOIN flat g ON f.a = g.b"
    assert cost(planner, join, "ON flat (b, a)").cost < cost(planner, join).cost


def test_hidden_indexes_are_missed(planner):
    sql = "SELECT * FROM orders WHERE status = 'lost'"
    now, without = cost(planner, sql), cost(planner, sql, hide=["orders_status"])
    assert now.existing == {"orders.orders_status"}
    assert without.existing == frozenset()
    assert without.cost > now.cost
    instead = cost(planner, sql, "ON orders (status)", hide=["orders_status"])
    assert instead.new == {0}
    assert instead.cost == pytest.approx(now.cost, rel=0.01)


def test_loops_are_nested_and_subqueries_run_as_often_as_they_must():
    statistics = Statistics(
        {"t": 1000.0, "u": 100.0}, {"t_a": (10.0,)}, {"t_a": 1000.0}, {"t_a": "t"}, {"t": "t", "u": "u", "t_a": "T_a"}
    )

    def of(*rows: tuple[int, int, str], sql: str = "SELECT 1") -> float:
        return modelled([(number, parent, 0, text) for number, parent, text in rows], sql, statistics).cost

    outer, inner = of((1, 0, "SCAN u")), of((1, 0, "SEARCH t USING INDEX t_a (a=?)"))
    assert of((1, 0, "SCAN u"), (2, 0, "SEARCH t USING INDEX t_a (a=?)")) == outer + 100 * inner
    correlated = of((1, 0, "SCAN u"), (2, 0, "CORRELATED SCALAR SUBQUERY 1"), (3, 2, "SEARCH t USING INDEX t_a (a=?)"))
    assert correlated == outer + 100 * inner
    assert of((1, 0, "SCAN u"), (2, 0, "LIST SUBQUERY 1"), (3, 2, "SEARCH t USING INDEX t_a (a=?)")) == outer + inner
    either = of((1, 0, "MULTI-INDEX OR"), (2, 1, "INDEX 1"), (3, 2, "SEARCH t USING INDEX t_a (a=?)"),
                (4, 1, "INDEX 2"), (5, 4, "SEARCH t USING INDEX t_a (a=?)"))  # fmt: skip
    assert either == 2 * inner
    both = of(
        (1, 0, "COMPOUND QUERY"), (2, 1, "LEFT-MOST SUBQUERY"), (3, 2, "SCAN u"), (4, 1, "UNION ALL"), (5, 4, "SCAN u")
    )
    assert both == 2 * outer
    assert of((1, 0, "SCAN x"), sql="SELECT * FROM u AS x") == outer
    assert of((1, 0, "SEARCH t USING INDEX t_a (a>?)")) > of((1, 0, "SEARCH t USING INDEX t_a (a>? AND a<?)"))
    assert of((1, 0, "SEARCH t USING COVERING INDEX t_a (a=?)")) < inner
    assert of((1, 0, "SEARCH t USING AUTOMATIC COVERING INDEX (b=?)")) > of((1, 0, "SCAN t"))
