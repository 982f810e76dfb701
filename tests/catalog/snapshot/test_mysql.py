"""Snapshots of MariaDB, read from a throwaway server; MySQL is not installed here: of it only the texts are looked at."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pymysql
import pytest

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot import conceal
from advisor.catalog.snapshot.describe import catalog_of
from advisor.catalog.snapshot.file import dump, load
from advisor.catalog.snapshot.mysql import capture, complete, sampled_texts, script
from advisor.catalog.snapshot.mysql_statements import condition, statements
from advisor.model.engine import Engine
from advisor.model.snapshot import Header, Snapshot, StatisticsRow
from tests.conftest import StartServer
from tests.servers import Server

SCHEMA = Path(__file__).parent.parent / "live" / "schema_mariadb.sql"
DATA = """
INSERT INTO customers (id, email, name, kind, score) SELECT seq, concat('user', seq, '@secret.example'), concat('n', seq % 7), elt(1 + seq % 3, 'private', 'firm, or so', '(odd)'), seq % 50 FROM seq_1_to_2000;
SET SESSION histogram_type = 'JSON_HB';
ANALYZE TABLE customers PERSISTENT FOR ALL;
"""


@pytest.fixture(scope="module")
def server(mariadb_with: StartServer) -> Iterator[Server]:
    running = mariadb_with({"performance-schema": "ON", "userstat": "1"})
    client = [shutil.which("mariadb") or "mysql", f"-h{running.host}", f"-P{running.port}", "-uroot"]

    def run(sql: str, *more: str) -> None:
        subprocess.run([*client, *more], input=sql, text=True, check=True, capture_output=True)

    run("CREATE DATABASE snapped; CREATE DATABASE `other one`; CREATE TABLE `other one`.t (a int primary key)")
    run(SCHEMA.read_text("utf-8") + DATA, "snapped")
    run("CREATE USER reader@'%' IDENTIFIED BY 'hush%hush'; GRANT SELECT ON snapped.* TO reader@'%'")
    run("SELECT * FROM customers WHERE email = 'user5@secret.example'; DELETE FROM customers WHERE id = 7", "snapped")
    yield running
    run("DROP DATABASE snapped; DROP DATABASE `other one`; DROP USER reader@'%'")


def dsn(server: Server, database: str = "snapped", who: str = "root") -> str:
    return f"mariadb://{who}@{server.host}:{server.port}/{database}"


@pytest.fixture(scope="module")
def whole(server: Server) -> Snapshot:
    return capture(address(dsn(server)))[0]


def rows(snapshot: Snapshot, source: str) -> list[dict[str, object]]:
    return [row.values for row in snapshot.rows if row.source == source]


@pytest.mark.server
class TestCapture:
    def test_header_and_settings(self, whole: Snapshot) -> None:
        header = whole.header
        assert (header.engine.name, header.database, header.block_size) == ("mariadb", "snapped", 16384)
        assert header.version_number is not None
        assert header.version_number >= 100400
        settings = {setting.name: setting.value for setting in whole.settings}
        assert "mrr=" in settings["optimizer_switch"]
        assert settings["eq_range_index_dive_limit"].isdigit()

    def test_schema(self, whole: Snapshot) -> None:
        ddl = {(one.kind, one.name): one.ddl[0] for one in whole.objects}
        assert "AUTO_INCREMENT=" in ddl["table", "customers"]
        assert "PARTITION BY RANGE" in ddl["table", "events"]
        assert "FOREIGN KEY (`customer_id`)" in ddl["table", "orders"]
        assert "DEFINER" not in ddl["view", "rich"]
        assert ddl["trigger", "touch"].startswith("CREATE TRIGGER `touch` BEFORE UPDATE ON `orders` FOR EACH ROW BEGIN")

    def test_sizes_and_statistics(self, whole: Snapshot) -> None:
        relations = {(one.table, one.name): one for one in whole.relations}
        assert relations[None, "customers"].tuples == pytest.approx(2000, rel=0.02)
        assert relations["customers", "uq_email"].pages > 1
        assert relations["customers", "uq_email"].bytes == relations["customers", "uq_email"].pages * 16384
        (email,) = [row for row in rows(whole, "mysql.column_stats") if row["column_name"] == "email"]
        assert email["hist_type"] == "JSON_HB"
        assert "histogram_hb" in str(email["histogram"])
        assert {row["stat_name"] for row in rows(whole, "mysql.innodb_index_stats")} >= {"n_diff_pfx01", "size"}

    def test_counters(self, whole: Snapshot) -> None:
        relations = {(one.table, one.name): one.counters for one in whole.relations}
        assert relations["customers", "uq_email"]["count_fetch"] >= 1
        assert relations[None, "customers"]["count_delete"] >= 1
        assert relations[None, "customers"]["rows_changed"] >= 2000
        status = {str(row["variable_name"]).lower() for row in rows(whole, "global_status")}
        assert {"uptime", "uptime_since_flush_status"} <= status
        assert whole.header.missing == ()

    def test_every_database_or_one(self, server: Server, whole: Snapshot) -> None:
        everything = capture(address(dsn(server, "")))[0]
        assert {one.schema for one in everything.relations} >= {"snapped", "other one"}
        assert {one.schema for one in whole.relations} == {"snapped"}
        odd = capture(address(dsn(server, "other%20one")))[0]
        assert [one.name for one in odd.objects if one.kind == "table"] == ["t"]

    def test_with_select_on_the_database_alone(self, server: Server) -> None:
        limited = capture(address(dsn(server, who="reader:hush%25hush")))[0]
        said = "\n".join(limited.header.missing)
        for table in ("innodb_table_stats", "innodb_index_stats", "table_stats", "column_stats", "index_stats"):
            assert f"GRANT SELECT ON mysql.{table} TO" in said
        assert "GRANT TRIGGER ON `snapped`.* TO" in said
        assert "GRANT SHOW VIEW, SELECT ON `snapped`.* TO" in said
        assert "GRANT SELECT ON performance_schema.table_io_waits_summary_by_index_usage" in said
        assert "hush" not in said
        assert {one.name for one in limited.objects if one.kind == "table"} == {"customers", "orders", "events", "logs"}

    def test_a_wrong_password_is_not_shown(self, server: Server) -> None:
        with pytest.raises(CatalogError) as caught:
            capture(address(dsn(server, who="reader:tattle")))
        assert "tattle" not in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_nothing_is_written(self, server: Server) -> None:
        with pymysql.connect(host=server.host, port=server.port, user="root") as connection:
            cursor = connection.cursor()

            def writes() -> list[int]:
                cursor.execute("SHOW GLOBAL STATUS WHERE variable_name IN ('Handler_delete', 'Handler_update')")
                counted = [int(row[1]) for row in cursor.fetchall()]
                cursor.execute("SELECT COUNT(*) FROM mysql.column_stats")
                return [*counted, int(cursor.fetchone()[0])]  # type: ignore[index]

            before = writes()
            capture(address(dsn(server)))
            assert writes() == before

    def test_catalog(self, whole: Snapshot) -> None:
        catalog = catalog_of(whole)
        table = next(table for name, table in catalog.tables.items() if name.endswith("customers"))
        assert {index.name for index in table.indexes} >= {"PRIMARY", "uq_email", "k_name"}

    def test_masked_and_without(self, server: Server) -> None:
        taken = capture(address(dsn(server)))
        assert any("secret.example" in text for text in sampled_texts(taken[0]))
        for values in ("masked", "none"):
            hidden = b"".join(dump(conceal(msgspec.convert(msgspec.to_builtins(taken[0]), Snapshot), taken[1], values)))  # type: ignore[arg-type]
            assert b"secret.example" not in hidden

    def test_text_is_ordered_as_the_server_orders_it(self, server: Server) -> None:
        order = capture(address(dsn(server)))[1]
        assert order is not None
        emails = [value for value in order.values if value.endswith("@secret.example")]
        assert emails == sorted(emails)
        assert len(emails) > 10


@pytest.fixture(scope="module")
def printed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    client = [shutil.which("mariadb") or "mysql", f"-h{server.host}", f"-P{server.port}", "-uroot"]
    done = subprocess.run(
        [*client, "-N", "-B", "--raw", "--force", "--comments", "snapped"], input=script().encode(),
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stderr == b""
    path = tmp_path_factory.mktemp("script") / "raw.jsonl"
    path.write_bytes(done.stdout)
    return complete(load(path)[0])


@pytest.mark.server
class TestScript:
    def test_is_the_capture_without_its_definitions(self, printed: Snapshot, whole: Snapshot) -> None:
        def statistics(snapshot: Snapshot) -> list[str]:
            return sorted(repr(row) for row in snapshot.rows if row.source.startswith("mysql."))

        assert statistics(printed) == statistics(whole)
        shown = [(one.schema, one.table, one.name, one.pages, one.tuples) for one in printed.relations]
        assert shown == [(one.schema, one.table, one.name, one.pages, one.tuples) for one in whole.relations]
        assert printed.header.missing == ()

    def test_definitions_make_the_same_tables(self, printed: Snapshot, server: Server) -> None:
        made = {one.name: one.ddl[0] for one in printed.objects if one.kind == "table"}
        assert set(made) == {"customers", "orders", "events", "logs"}
        with pymysql.connect(host=server.host, port=server.port, user="root") as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE DATABASE again")
            cursor.execute("USE again")
            cursor.execute("SET foreign_key_checks = 0")
            for ddl in made.values():
                cursor.execute(ddl)

            def columns(schema: str) -> tuple[tuple[object, ...], ...]:
                cursor.execute(
                    "SELECT table_name, column_name, column_type, is_nullable, column_default, collation_name,"
                    " generation_expression, extra FROM information_schema.columns WHERE table_schema = %s AND table_name IN"
                    " ('customers', 'orders', 'events', 'logs') ORDER BY 1, ordinal_position", (schema,),
                )  # fmt: skip
                return tuple(cursor.fetchall())

            def keys(schema: str) -> tuple[tuple[object, ...], ...]:
                cursor.execute(
                    "SELECT table_name, index_name, seq_in_index, column_name, sub_part, collation, non_unique, index_type,"
                    " ignored FROM information_schema.statistics WHERE table_schema = %s ORDER BY 1, 2, 3", (schema,),
                )  # fmt: skip
                return tuple(cursor.fetchall())

            try:
                assert columns("again") == columns("snapped")
                assert keys("again") == keys("snapped")
            finally:
                cursor.execute("DROP DATABASE again")


def test_statements_of_each_product() -> None:
    text = script()
    assert text.count("START TRANSACTION READ ONLY;") == 1
    assert "max_execution_time" in text
    assert "max_statement_time" in text
    names = {one.name for one in statements() if one.runs_on("mysql", 80000)}
    assert {"column_statistics", "server_cost", "innodb_index_stats"} <= names
    assert not names & {"column_stats", "optimizer_costs"}
    assert "optimizer_costs" not in {one.name for one in statements() if one.runs_on("mariadb", 101100)}
    assert "optimizer_costs" in {one.name for one in statements() if one.runs_on("mariadb", 110400)}


def test_names_are_literals() -> None:
    assert condition("c", "a'; DROP") == "c = CONVERT(x'61273b2044524f50' USING utf8mb4)"
    assert condition("c", "shop") == "c = 'shop'"
    assert "'performance_schema'" in condition("c", None)


def test_histograms_of_mysql_are_read() -> None:
    histogram = {"buckets": [["base64:type254:QWRh", 0.5], ["base64:type254:Qm8=", 1.0]], "data-type": "string"}
    row = StatisticsRow(source="information_schema.column_statistics", values={"histogram": histogram})
    header = Header(engine=Engine("mysql"), values="present")
    assert sampled_texts(Snapshot(header=header, rows=[row])) == {"Ada", "Bo"}
