"""The search over PostgreSQL itself: three tables, and the best sets that trying every set finds."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.planner import ShadowPlanner
from advisor.recommend.definition import on_text
from advisor.recommend.selection import select
from tests import servers
from tests.recommend.selection.worlds import candidate, chosen, index, statement

pytestmark = pytest.mark.server
SOURCE = """
SELECT setseed(0.2);
CREATE TABLE customers (id int, country text, email text);
INSERT INTO customers SELECT n, (ARRAY['DE', 'FR', 'US'])[1 + n % 3], 'c' || n FROM generate_series(1, 3000) n;
CREATE TABLE orders (id int, customer int, day date, status text, note text);
INSERT INTO orders SELECT n, 1 + (random() * 2999)::int, date '2024-01-01' + n / 60,
  (ARRAY['new', 'paid', 'sent', 'lost'])[1 + (random() * 3.2)::int % 4], repeat('x', 60) FROM generate_series(1, 20000) n;
CREATE TABLE lines (of_order int, product int, amount int);
INSERT INTO lines SELECT 1 + n / 3, random() * 900, random() * 50 FROM generate_series(1, 60000) n;
VACUUM ANALYZE;
"""
STATEMENTS = [
    statement("email", "SELECT * FROM customers WHERE email = 'c77'", 50),
    statement("of_customer", "SELECT * FROM orders WHERE customer = 12 ORDER BY day DESC LIMIT 5", 20),
    statement("lost", "SELECT * FROM orders WHERE status = 'lost' AND day = '2024-05-01'", 5),
    statement(
        "joined",
        "SELECT sum(amount) FROM customers c JOIN orders o ON o.customer = c.id JOIN lines l ON l.of_order = o.id "
        "WHERE c.email = 'c123'",
        10,
    ),
    statement("product", "SELECT count(*) FROM lines WHERE product = 5 AND amount > 45", 2),
]
CANDIDATES = [
    index("customers", "email"),
    index("customers", "country", "email"),
    index("orders", "customer"),
    index("orders", "customer", "day"),
    index("orders", "day"),
    index("orders", "status", "day"),
    index("lines", "of_order"),
    index("lines", "product"),
    index("lines", "product", "amount"),
]


@pytest.fixture(scope="module")
def planner():
    with servers.postgresql() as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for each in SOURCE.split(";\n"):
                if each.strip():
                    connection.execute(each)  # type: ignore[arg-type]
        snapshot = capture(server.dsn, values="present")
    with ShadowPlanner.open(snapshot, binaries=find(15)) as opened:
        yield opened


@pytest.fixture(scope="module")
def sizes(planner):
    return {each: planner.sizes([on_text(each)])[0].bytes for each in CANDIDATES}


def cost(planner, there) -> float:
    queries = [each.queries[0] for each in STATEMENTS]
    answers = planner.judge(queries, Configuration(add=tuple(map(on_text, there))))
    return sum(each.weight * answer.cost for each, answer in zip(STATEMENTS, answers, strict=True))


def test_every_size_has_the_best_set(planner, sizes):
    every = [
        (sum(sizes[each] for each in some), cost(planner, some))
        for count in range(6)
        for some in itertools.combinations(CANDIDATES, count)
    ]
    budgets = [200_000, 500_000, 900_000, 1_500_000, 3_000_000, 6_000_000]
    selected = select(
        STATEMENTS,
        [candidate(each) for each in CANDIDATES],
        planner,
        price=lambda those: [(sizes[each], 0.0) for each in those],
        budgets=budgets,
    )
    assert selected.complete
    assert selected.baseline == pytest.approx(cost(planner, ()))
    assert selected.planner_calls < len(every)
    for number, budget in enumerate(budgets):
        best = min(value for size, value in every if size <= budget)
        assert selected.points[number].cost <= best * 1.001
        assert selected.points[number].cost == pytest.approx(
            cost(planner, sorted(chosen(selected, number), key=on_text))
        )


def test_an_index_on_a_missing_column_is_left_out(planner, sizes):
    selected = select(
        STATEMENTS[:1],
        [candidate(index("customers", "email")), candidate(index("customers", "gone"))],
        planner,
        price=lambda those: [(sizes[each], 0.0) for each in those],
    )
    assert chosen(selected, -1) == {index("customers", "email")}
    assert "gone" in selected.notes[0]


def test_a_statement_that_the_server_refuses_is_left_out(planner, sizes):
    selected = select(
        [*STATEMENTS[:2], statement("broken", "SELECT * FROM nothing")],
        [candidate(each) for each in CANDIDATES],
        planner,
        price=lambda those: [(sizes[each], 0.0) for each in those],
    )
    assert "broken" in selected.notes[0]
    assert selected.points[-1].cost < selected.baseline


def test_several_samples_count_with_their_mean(planner, sizes):
    rare, frequent = ("SELECT * FROM orders WHERE day = '2024-05-01'", "SELECT * FROM orders WHERE day > '2020-01-01'")
    both = statement("both", rare)
    both = type(both)(**{
        **{name: getattr(both, name) for name in both.__slots__},
        "queries": (Query(rare), Query(frequent)),
    })  # fmt: skip
    found = [
        select(
            [both],
            [candidate(index("orders", "day"))],
            planner,
            price=lambda those: [(sizes[each], 0.0) for each in those],
            samples=samples,
        )
        for samples in (1, 2)
    ]
    means = [sum(answer.cost for answer in planner.judge(both.queries[:count])) / count for count in (1, 2)]
    assert [each.baseline for each in found] == pytest.approx(means)
