"""What PostgreSQL really prints: self times and blocks of every query of the lab's suite add up."""

from __future__ import annotations

import json as standard
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.model.plan import Plan
from advisor.plans.diff import compare
from advisor.plans.excerpt import Excerpt
from advisor.plans.fingerprint import fingerprint
from advisor.plans.metrics import measure
from advisor.plans.postgresql import json, text
from advisor.plans.postgresql.interpret import interpret
from tests import servers
from tests.plans.lab import cases, schema

Connection = psycopg.Connection[tuple[str]]


def excerpt(printed: str, form: str) -> Excerpt:
    return Excerpt(printed, range(1, printed.count("\n") + 2), form)


def explained(connection: Connection, sql: str, options: str = "ANALYZE, BUFFERS") -> Plan:
    rows = connection.execute(f"EXPLAIN ({options}) {sql}").fetchall()
    return interpret(text.read(excerpt("\n".join(line for (line,) in rows) + "\n", "text")))


def prepare(server: servers.Server) -> Connection:
    connection = psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None)
    connection.execute("SET jit = off")
    schema.create(connection, Path(server.directory))
    return connection


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with servers.postgresql({"track_io_timing": "on"}) as server, prepare(server) as made:
        yield made


def check(connection: Connection, case: cases.Case, options: str) -> list[str]:
    """What does not add up."""
    connection.execute("DEALLOCATE ALL")
    with connection.transaction(force_rollback=True):
        for name, value in case.settings.items():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        for statement in case.before:
            connection.execute(statement)
        plan = explained(connection, case.sql, options)
    measures = measure(plan)
    total = measures.nodes["0"].total_ms or 0.0
    own = [of.self_ms or 0.0 for of in measures.nodes.values()]
    wrong = []
    if abs(sum(own) - total - (measures.after_root_ms or 0.0)) > 1e-6:
        wrong.append(f"{case.name}: self times sum to {sum(own)}, the root took {total}")
    if min(own) < -0.02 * total:
        wrong.append(f"{case.name}: a node took {min(own)} of {total}")
    if any(count < 0 for of in measures.nodes.values() for count in of.buffers_self.values()):
        wrong.append(f"{case.name}: negative blocks")
    costs = [of.cost_self or 0.0 for of in measures.nodes.values()]
    if min(costs) < 0 or abs(sum(costs) - (plan.root.cost_total or 0.0) % 1e10) > 1e-3:
        wrong.append(f"{case.name}: costs sum to {sum(costs)}, the root costs {plan.root.cost_total}")
    return wrong


@pytest.mark.server
@pytest.mark.parametrize("options", ["ANALYZE, BUFFERS", "ANALYZE, BUFFERS, VERBOSE"])
def test_times_blocks_and_costs_of_every_query_add_up(connection: Connection, options: str):
    major = connection.info.server_version // 10000
    wrong = [line for case in cases.suite(major) for line in check(connection, case, options)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.server
def test_fingerprints_do_not_depend_on_how_a_plan_is_printed(connection: Connection):
    for sql in (
        "SELECT c.region, sum(o.amount) FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'paid' GROUP BY 1 ORDER BY 2",
        "WITH x AS MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM x a JOIN x b USING (id) WHERE a.amount > (SELECT avg(amount) FROM x)",
        "SELECT * FROM event WHERE day = '2025-05-05' AND kind = 'buy'",
    ):
        plans = [
            explained(connection, sql, options)
            for options in ("ANALYZE", "COSTS off", "VERBOSE", "ANALYZE, VERBOSE, TIMING off")
        ]
        printed = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchone()
        assert printed is not None
        plans.append(interpret(json.read(excerpt(standard.dumps(printed[0]), "json"))))
        assert len({fingerprint(plan) for plan in plans}) == 1


@pytest.mark.server
def test_before_and_after_an_index(connection: Connection):
    sql = "SELECT * FROM item WHERE quantity = 3 AND line = 1 AND product_id > 290"
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL enable_bitmapscan = off")
        connection.execute("DROP INDEX item_product")
        before = explained(connection, sql)
        connection.execute("CREATE INDEX item_wished ON item (quantity, line, product_id)")
        after = explained(connection, sql)
    diff = compare(before, after)
    assert diff.headline.startswith("Sequential scan of item became an index scan using item_wished: -")
    assert [change.status for change in diff.nodes] == ["changed"]
    assert not diff.same_plan


@pytest.mark.long
@pytest.mark.server
@pytest.mark.parametrize("major", [10, 12, 13, 14, 16, 17, 18])
def test_of_other_majors_too(major: int):
    with servers.postgresql({"track_io_timing": "on"}, major) as server:
        with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None) as connection:
            if major > 10:
                connection.execute("SET jit = off")
            schema.create(connection, Path(server.directory))
            wrong = []
            for case in cases.suite(major):
                try:
                    wrong += check(connection, case, "ANALYZE, BUFFERS, VERBOSE")
                except psycopg.errors.UndefinedObject:
                    continue  # a setting by another name
        assert not wrong, "\n".join(wrong)
