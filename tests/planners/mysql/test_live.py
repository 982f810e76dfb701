"""EXPLAIN on a running MariaDB. MySQL is not installed here: what is said of it is not executed by any test."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pymysql
import pytest

from advisor.catalog.live.dsn import address
from advisor.model.planning import Configuration, Query, Scale
from advisor.planners.errors import PlannerError
from advisor.planners.mysql.explaining import Refused, engine_of, prepared
from advisor.planners.mysql.live import LivePlanner
from tests.conftest import StartServer
from tests.servers import Server


@pytest.fixture(scope="module")
def server(mariadb_with: StartServer) -> Iterator[Server]:
    running = mariadb_with({"performance-schema": "ON", "userstat": "1"})
    statements = [
        "CREATE DATABASE planned",
        "USE planned",
        "CREATE TABLE planned.goods (id int PRIMARY KEY, kind int, name varchar(20), KEY ix_kind (kind))",
        "INSERT INTO planned.goods SELECT seq, seq % 50, concat('n', seq) FROM seq_1_to_5000",
        "CREATE FUNCTION planned.noisy() RETURNS int DETERMINISTIC MODIFIES SQL DATA"
        " BEGIN INSERT INTO planned.goods VALUES (-1, -1, 'written'); RETURN 1; END",
        "ANALYZE TABLE planned.goods",
    ]
    with pymysql.connect(host=running.host, port=running.port, user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        yield running
        cursor.execute("DROP DATABASE planned")


@pytest.fixture
def planner(server: Server) -> Iterator[LivePlanner]:
    with LivePlanner.open(address(f"mariadb://root@{server.host}:{server.port}/planned")) as opened:
        yield opened


@pytest.mark.server
class TestLive:
    def test_plans(self, planner: LivePlanner) -> None:
        plain, bound = planner.explain(
            [
                Query("SELECT * FROM goods WHERE kind = 3;"),
                Query("SELECT * FROM goods WHERE kind = ? LIMIT ?, ?", ("3", "1", "2")),
            ]
        )
        for answer in (plain, bound):
            assert answer.error is None
            assert answer.plan is not None
            assert answer.plan.nodes[-1].index == "ix_kind"
            assert answer.plan.nodes[-1].rows_estimated == 100
        assert (plain.planned_by.planner, plain.planned_by.engine, plain.planned_by.statistics) == (
            "live",
            "mariadb",
            "live",
        )

    def test_cost_is_what_the_server_prints(self, planner: LivePlanner) -> None:
        (answer,) = planner.explain([Query("SELECT * FROM goods")])
        major = int(planner.planned_by.version.split(".")[0])
        assert (answer.cost is not None) == (major >= 11)  # 10.11 prints none

    def test_nothing_is_executed(self, planner: LivePlanner, server: Server) -> None:
        answers = planner.explain(
            [
                Query("SELECT 1; DROP TABLE goods"),
                Query("DROP TABLE goods"),
                Query("ANALYZE SELECT * FROM goods"),
                Query("/*! ANALYZE */ SELECT 1"),
                Query("FOR CONNECTION 1"),
                Query("DELETE FROM goods"),
                Query("SELECT * FROM goods WHERE id = noisy()"),
                Query("SELECT * FROM goods INTO OUTFILE '/tmp/advisor-must-not-be'"),
                Query(""),
            ]
        )
        assert [answer.error is None for answer in answers][:6] == [False] * 6
        assert "may write" in (answers[5].error or "")
        with pymysql.connect(host=server.host, port=server.port, user="root") as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT COUNT(*), MIN(id) FROM planned.goods")
            assert cursor.fetchone() == (5000, 1)

    def test_no_lock_outlives_an_answer(self, planner: LivePlanner, server: Server) -> None:
        planner.explain([Query("SELECT * FROM goods")])
        with pymysql.connect(host=server.host, port=server.port, user="root") as connection:
            cursor = connection.cursor()
            cursor.execute("SET SESSION lock_wait_timeout = 2")
            began = time.monotonic()
            cursor.execute("ALTER TABLE planned.goods COMMENT 'not kept waiting'")
            assert time.monotonic() - began < 2

    def test_settings_are_of_one_configuration(self, planner: LivePlanner) -> None:
        query = Query("SELECT a.id FROM goods a JOIN goods b ON b.name = a.name")
        changed = planner.explain([query], Configuration(settings=(("join_cache_level", "0"),)))[0]
        plain = planner.explain([query])[0]
        assert changed.plan is not None
        assert plain.plan is not None
        assert "block_nested_loop" in {node.operator for node in plain.plan.nodes}
        assert "block_nested_loop" not in {node.operator for node in changed.plan.nodes}

    @pytest.mark.parametrize(
        "configuration",
        [
            Configuration(add=("ON goods (name)",)),
            Configuration(hide=("ix_kind",)),
            Configuration(scale=(Scale("goods", 10),)),
            Configuration(settings=(("general_log", "1"),)),
            Configuration(settings=(("sql_mode = '', GLOBAL general_log", "1"),)),
        ],
    )
    def test_what_it_cannot_do(self, planner: LivePlanner, configuration: Configuration) -> None:
        with pytest.raises(PlannerError) as caught:
            planner.explain([Query("SELECT 1")], configuration)
        assert "\n" not in str(caught.value)

    def test_an_unknown_server_is_one_line(self) -> None:
        with pytest.raises(PlannerError) as caught:
            LivePlanner.open(address("mariadb://u:tattle@127.0.0.1:1/x"))
        assert "tattle" not in str(caught.value)


class TestPrepared:
    @pytest.mark.parametrize(
        ("sql", "values", "sent"),
        [
            ("SELECT ?", ("it's \\",), r"SELECT 'it\'s \\'"),
            ("SELECT '?' FROM t WHERE a = ? -- ?", ("1",), "SELECT '?' FROM t WHERE a = '1'"),
            ("SELECT * FROM t LIMIT ? OFFSET ?", ("5", "6"), "SELECT * FROM t LIMIT 5 OFFSET 6"),
            ("SELECT * FROM t WHERE a = ?", (None,), "SELECT * FROM t WHERE a = NULL"),
            ("(SELECT 1) ;", None, "(SELECT 1)"),
        ],
    )
    def test_values(self, sql: str, values: tuple[str | None, ...] | None, sent: str) -> None:
        assert prepared(Query(sql, values))[0] == sent

    @pytest.mark.parametrize("sql", ["SELECT ?", "SELECT 1;SELECT 2", "", "CALL p()", "SET @a = 1", "EXPLAIN SELECT 1"])
    def test_refused(self, sql: str) -> None:
        with pytest.raises(Refused):
            prepared(Query(sql))


def test_products() -> None:
    assert engine_of("10.11.19-MariaDB-0+deb12u1") == "mariadb"
    assert engine_of("8.0.36") == "mysql"
