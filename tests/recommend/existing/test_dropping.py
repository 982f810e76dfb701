"""Which indexes may go: proven by the planner, and against the real server without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

import psycopg
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.model.remedy import Remedy
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.recommend.existing.judging import judge_existing
from tests.recommend.existing.conftest import World, workload

STATEMENTS = (
    "SELECT * FROM sales WHERE client_id = 17",
    "SELECT * FROM sales WHERE client_id = 17 ORDER BY placed_at DESC LIMIT 5",
    "SELECT count(*) FROM sales WHERE code < 500",
    "SELECT * FROM sales WHERE code = 5",
    "SELECT * FROM sales ORDER BY placed_at DESC LIMIT 10",
    "SELECT * FROM sales WHERE ref = 'r5'",
    "SELECT * FROM clients WHERE lower(email) = 'user5@example.com'",
    "SELECT * FROM sales WHERE status = 'void'",
    "SELECT * FROM events WHERE kind = 5",
    "SELECT email FROM clients WHERE country = 'de' ORDER BY email LIMIT 3",
    'SELECT * FROM "Odd.One"."a.b" WHERE x = 1',
)


def _costs(connection: psycopg.Connection[tuple[object, ...]]) -> list[float]:
    found = []
    for text in STATEMENTS:
        (row,) = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode()).fetchall()
        plan = row[0] if isinstance(row[0], list) else json.loads(str(row[0]))
        found.append(plan[0]["Plan"]["Total Cost"])
    return found


@pytest.mark.server
def test_drops_are_those_that_no_statement_misses_on_the_server_itself(world: World):
    judged = world.judge(*STATEMENTS)
    drops = {one.index: one for one in judged.drops}
    odd = {"i.1", 'i"2'} & drops.keys()
    either = {"sales_status_a", "sales_status_b"} & drops.keys(), {"sales_placed", "sales_placed_desc"} & drops.keys()
    assert [len(one) for one in (odd, *either)] == [1, 1, 1]
    assert [note for note in judged.notes if "not proven" in note] == []
    rest = drops.keys() - odd - either[0] - either[1]
    assert rest == {"sales_client", "sales_ref_plain", "clients_lower", "events_kind"}
    assert drops["sales_client"].kinds == ("prefix",)
    assert drops["sales_ref_plain"].kinds == ("duplicate",)
    assert {one.proof for one in drops.values()} == {"planned"}
    assert drops["events_kind"].partitioned
    assert drops["events_kind"].replanned == ("q9",)
    assert [one.fingerprint for one in drops["sales_client"].affects] == ["q1"]
    with psycopg.connect(world.dsn) as connection:
        before = _costs(connection)
        for one in judged.drops:
            schema = "Odd.One" if one.index in odd else "public"
            connection.execute(psycopg.sql.SQL("DROP INDEX {}").format(psycopg.sql.Identifier(schema, one.index)))
        after = _costs(connection)
        connection.rollback()
    assert all(new <= old * 1.02 for old, new in zip(before, after, strict=True))


@pytest.mark.server
def test_an_index_that_a_statement_would_miss_stays_with_the_cost(world: World):
    judged = world.judge(*STATEMENTS)
    kept = {one.index: one for one in judged.kept}
    # Read alone, the narrow index has a quarter of the pages.
    assert kept["sales_code"].because.startswith("Without sales_code, q3 would cost ")
    assert kept["clients_country"].protections[0].code == "cluster"
    assert "sales_code" in {one.index for one in world.judge(*STATEMENTS[3:]).drops}


@pytest.mark.server
def test_usage_counts_what_plans_read_at_present(world: World):
    judged = world.judge(*STATEMENTS)
    assert judged.used is not None
    assert judged.used["sales", "sales_client"] == ("q1",)
    assert ("events", "events_kind") in judged.used or ("events", "events_kind_day") in judged.used
    assert judged.report.used == len(judged.used) < judged.report.indexes == judged.indexes
    assert not {index for _, index in judged.used} & {"events_1_kind_idx", "events_2_kind_idx"}
    assert world.judge(*STATEMENTS, planned=False).used is None


@pytest.mark.server
def test_a_new_index_makes_old_ones_superfluous(world: World):
    new = IndexDefinition(
        engine="postgresql",
        table="sales",
        keys=(IndexKey(column="shop"), IndexKey(column="total"), IndexKey(column="id")),
    )
    text = "SELECT * FROM sales WHERE shop = 3 AND total = 153"
    assert "sales_shop_total" not in {one.index for one in world.judge(text).drops}
    (drop,) = [one for one in world.judge(text, added=[new]).drops if one.index == "sales_shop_total"]
    assert "the new index ON sales (shop, total, id)" in drop.why
    assert drop.proof == "planned"
    assert drop.replanned == ("q1",)


@pytest.mark.server
def test_without_a_planner_the_proof_is_static(world: World):
    judged = world.judge(*STATEMENTS, planned=False)
    assert {one.proof for one in judged.drops} == {"static"}
    assert "sales_code" in {one.index for one in judged.drops}
    # A statement that cannot be planned leaves its table without proof.
    judged = world.judge(*STATEMENTS, "SELECT nothing_there FROM sales WHERE client_id = 3")
    (drop,) = [one for one in judged.drops if one.index == "sales_client"]
    assert drop.proof == "static"
    assert drop.unplanned == ("q12",)
    assert any("q12" in caveat for caveat in drop.caveats)
    assert {one.proof for one in judged.drops if one.table == "events"} == {"planned"}


@pytest.mark.server
def test_a_page_does_not_say_it_again(world: World):
    judged = world.judge(*STATEMENTS)
    asked = [
        Remedy(kind="drop_index", engine="postgresql", table="sales", name=name)
        for name in ("sales_client", "sales_code")
    ]
    assert all(judged.settles(remedy) for remedy in asked)
    assert not judged.settles(Remedy(kind="drop_index", table="sales", name="sales_agent"))
    assert not judged.settles(Remedy(kind="create_index", table="sales", columns=("client_id",)))


class Stub:
    """A planner whose costs are a function of what is hidden."""

    planned_by = PlannedBy(planner="shadow", engine="postgresql", version="15", statistics="snapshot")

    def __init__(self, cost: Callable[[str, Collection[str]], Judged | None]) -> None:
        self.cost = cost

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        return [self.cost(query.sql, configuration.hide) for query in queries]

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        raise PlannerError("no sizes")


def _judged(cost: float, *existing: str, rows: float = 1.0) -> Judged:
    return Judged(cost=cost, rows=rows, new=frozenset(), existing=frozenset(existing))


DDL = (
    "CREATE TABLE t (a int, b int, c int, d int); CREATE INDEX x ON t (a); CREATE INDEX x2 ON t (a, c);"
    "CREATE INDEX y ON t (b); CREATE INDEX y2 ON t (b, d);"
)


def test_what_only_the_whole_set_makes_dearer_is_put_back():
    def cost(sql: str, hidden: Collection[str]) -> Judged:
        return _judged(20.0 if {"public.x", "public.y"} <= set(hidden) else 10.0)

    judged = judge_existing(
        read_ddl(DDL, "x", "postgresql"),
        statements=workload("SELECT * FROM t WHERE a = 1 AND b = 2"),
        planner=Stub(cost),  # type: ignore[arg-type]
    )
    assert len(judged.drops) == 1
    assert judged.drops[0].index in "xy"
    assert len(judged.kept) == 1
    assert "and the others that may go" in judged.kept[0].because


def test_one_of_two_that_stand_in_for_each_other_stays():
    ddl = "CREATE TABLE t (a int); CREATE INDEX x ON t (a); CREATE INDEX y ON t (a); CREATE INDEX z ON t (a);"
    for planner in (None, Stub(lambda sql, hidden: _judged(10.0 if len(hidden) < 3 else 99.0, "public.x"))):
        judged = judge_existing(
            read_ddl(ddl, "x", "postgresql"),
            statements=workload("SELECT * FROM t WHERE a = 1"),
            planner=planner,  # type: ignore[arg-type]
        )
        assert len(judged.drops) == 2
        assert judged.kept == []
        stays = ({"x", "y", "z"} - {one.index for one in judged.drops}).pop()
        assert all(one.evidence["covered_by"] == [stays] for one in judged.drops)


def test_a_planner_that_cannot_hide_leaves_the_proof_static_and_says_so():
    def cost(sql: str, hidden: Collection[str]) -> Judged:
        if hidden:
            raise PlannerError("cannot hide an index from one session")
        return _judged(10.0, "public.x")

    judged = judge_existing(
        read_ddl(DDL, "x", "postgresql"),
        statements=workload("SELECT * FROM t WHERE a = 1"),
        planner=Stub(cost),  # type: ignore[arg-type]
    )
    assert {one.index for one in judged.drops} == {"x", "y"}
    assert {one.proof for one in judged.drops} == {"static"}
    assert judged.notes[-1] == "Drops are not proven by planning: cannot hide an index from one session"
    assert judged.used == {("t", "x"): ("q1",)}


def test_a_statement_that_no_longer_plans_counts_as_dearer():
    judged = judge_existing(
        read_ddl(DDL, "x", "postgresql"),
        statements=workload("SELECT * FROM t WHERE a = 1"),
        planner=Stub(lambda sql, hidden: None if "public.x" in hidden else _judged(1.0, "public.x")),  # type: ignore[arg-type]
    )
    assert {one.index for one in judged.drops} == {"y"}
    assert {one.index for one in judged.kept} == {"x"}


def test_statistics_of_an_expression_keep_its_index():
    ddl = "CREATE TABLE t (a text, b int); CREATE INDEX x ON t (lower(a)); CREATE INDEX y ON t (lower(a), b);"

    def cost(sql: str, hidden: Collection[str]) -> Judged:
        return _judged(10.0, rows=500.0 if "public.x" in hidden else 3.0)

    judged = judge_existing(
        read_ddl(ddl, "x", "postgresql"),
        statements=workload("SELECT * FROM t WHERE lower(a) = 'b'"),
        planner=Stub(cost),  # type: ignore[arg-type]
    )
    assert judged.drops == []
    assert judged.kept[0].protections[0].code == "expression_statistics"


def test_a_planner_that_gives_up_costs_the_proof_and_not_the_run():
    def cost(sql: str, hidden: Collection[str]) -> Judged:
        if len(hidden) > 1:
            raise PlannerError("the shadow's server has ended")
        return _judged(10.0)

    judged = judge_existing(
        read_ddl(DDL, "x", "postgresql"),
        statements=workload("SELECT * FROM t WHERE a = 1"),
        planner=Stub(cost),  # type: ignore[arg-type]
    )
    assert {(one.index, one.proof) for one in judged.drops} == {("x", "static"), ("y", "static")}
    assert "The drops could not be planned together: the shadow's server has ended" in judged.notes
