from __future__ import annotations

import dataclasses

import pytest

from advisor.stream.insights.routes import routes
from tests.stream.insights.logged import fingerprint, line, material


def tagged(second, sql, route, trace=None, **more):
    parent = f",traceparent='00-{trace:032x}-00000000000000ab-01'" if trace else ""
    return line(second, f"{sql} /*route='{route}'{parent}*/", **more)


LIST = "SELECT id, customer_id FROM sale LIMIT 3"
CHILD = "SELECT name FROM customer WHERE id = {}"


def page(second, trace, keys=(1, 2, 2), **more):
    yield tagged(second, LIST, "/sales", trace, **more)
    for i, key in enumerate(keys):
        yield tagged(second + (i + 1) / 100, CHILD.format(key), "/sales", trace, **more)


def test_what_a_request_costs():
    lines = [
        *page(1, 1, session=1),
        *page(1.005, 2, session=2),
        *page(5, 3, keys=(4,)),
        tagged(9, "SELECT a FROM t", "/other", 4, ms=2),
    ]
    whole = material(lines)
    costs, shapes = routes(whole)
    sales, other = costs
    assert (sales.route, sales.units, sales.statements, sales.statements_p50, sales.statements_max) == (
        "/sales",
        3,
        10,
        4,
        4,
    )
    assert sales.distinct_p50 == 2
    assert sales.repeated_share == pytest.approx(4 / 10)
    assert sales.identical_share == pytest.approx(2 / 10)
    assert sales.db_us == 10_000
    assert sales.share == pytest.approx(10 / 12)
    assert sales.by_trace
    assert sales.variants == 1
    assert (other.route, other.units, other.db_us) == ("/other", 1, 2_000)
    mine = [shape for shape in shapes if shape.route == "/sales"]
    assert [(s.position, s.calls) for s in mine] == [(1, 7), (2, 3)]
    assert mine[0].fingerprint == sales.fingerprint == fingerprint(whole, "from customer")
    assert mine[0].per_unit == pytest.approx(7 / 3)


def test_a_request_on_two_connections_is_one():
    lines = [tagged(1, LIST, "/sales", 5, session=1), tagged(1.1, CHILD.format(1), "/sales", 5, session=2)]
    assert routes(material(lines))[0][0].units == 1


def test_without_trace_ids_a_request_ends_with_a_pause_or_when_it_starts_anew():
    lines = [*page(1, None), *page(1.1, None), *page(8, None, keys=(3,)), tagged(20, LIST, "/sales")]
    (cost,) = routes(material(lines))[0]
    assert (cost.units, cost.by_trace) == (4, False)
    assert cost.statements_p50 == 2


def test_statements_of_one_shape_in_a_row_are_requests_of_their_own():
    (cost,) = routes(material([tagged(1 + i / 100, CHILD.format(i), "/customer") for i in range(10)]))[0]
    assert (cost.units, cost.repeated_share) == (10, 0.0)


def test_without_tags_transactions_stand_for_endpoints():
    lines = [
        line(n + i / 100, sql, session=n)
        for n in range(1, 5)
        for i, sql in enumerate(["BEGIN", LIST, *(CHILD.format(k) for k in range(n)), "COMMIT"])
    ]
    whole = material([*lines, line(50, "SELECT x FROM alone")])
    (cost,) = routes(whole)[0]
    assert not cost.tagged
    assert cost.route == fingerprint(whole, "from sale")
    assert (cost.units, cost.statements, cost.statements_max) == (4, 14, 5)
    assert cost.variants == 1


def test_values_that_are_not_known_are_not_called_the_same():
    lines = [tagged(1 + i / 100, "SELECT name FROM customer WHERE id = $1", "/c", 7) for i in range(4)]
    (cost,) = routes(material(lines))[0]
    assert cost.repeated_share == 0.75
    assert cost.identical_share == 0.0


def test_figures_of_a_sample_are_scaled():
    whole = material([*page(1, 1), *page(5, 3)])
    costs, shapes = routes(dataclasses.replace(whole, scale=4.0))
    assert (costs[0].units, costs[0].statements, costs[0].db_us, costs[0].estimated) == (8, 32, 32_000, True)
    assert costs[0].statements_p50 == 4
    assert shapes[0].calls == 24


def test_errors_are_charged_to_the_only_one_who_runs_the_statement():
    stamp = "2026-11-01 10:00:03.000 UTC [500] app@shop "
    failed = [
        stamp + "ERROR:  division by zero",
        stamp + "STATEMENT:  SELECT 1 / a FROM t /*route='/bad'*/",
    ]
    whole = material([tagged(1, "SELECT 1 / a FROM t", "/bad"), *failed, tagged(4, "SELECT b FROM t", "/good")])
    errors = {cost.route: cost.errors for cost in routes(whole)[0]}
    assert errors == {"/bad": 1, "/good": 0}
