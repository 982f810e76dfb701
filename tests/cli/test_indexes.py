"""The index advice of `advisor analyze` as users with different set-ups meet it: real processes, real servers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.cli import run
from tests import servers

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]
SHOP = ROOT / "fixtures" / "shop"
LOG, SNAPSHOT = SHOP / "postgresql" / "shop.log.gz", SHOP / "postgresql" / "shop.snapshot"
SCHEMA = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, status text NOT NULL,
    created_at timestamptz NOT NULL, total numeric(10,2));
CREATE SCHEMA sales;
CREATE TABLE sales.events (id bigint, at timestamptz NOT NULL, who int) PARTITION BY RANGE (at);
CREATE TABLE sales.events_1 PARTITION OF sales.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE sales.events_2 PARTITION OF sales.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE sales.orders (id int PRIMARY KEY, customer int);
CREATE TABLE "Odd ""Table" (id int PRIMARY KEY, "Some Col" int);
CREATE TABLE never (id int PRIMARY KEY, ref int) WITH (autovacuum_enabled = off);
INSERT INTO customers SELECT i, 'somebody' || i || '@example.com', 'DE' FROM generate_series(1, 2000) i;
INSERT INTO orders SELECT i, 1 + i % 2000, CASE WHEN i % 100 = 0 THEN 'open' ELSE 'done' END,
    '2026-01-01'::timestamptz + i * interval '3 minutes', i % 977 FROM generate_series(1, 60000) i;
INSERT INTO sales.events SELECT i, '2026-01-01'::timestamptz + i * interval '80 s', i % 3000
    FROM generate_series(1, 50000) i;
INSERT INTO sales.orders SELECT i, i % 1000 FROM generate_series(1, 30000) i;
INSERT INTO "Odd ""Table" SELECT i, i % 5000 FROM generate_series(1, 50000) i;
INSERT INTO never SELECT i, i % 1000 FROM generate_series(1, 50000) i;
VACUUM ANALYZE customers, orders, sales.events, sales.orders, "Odd ""Table";
CREATE ROLE outsider LOGIN;
CREATE ROLE clerk LOGIN;
GRANT SELECT ON orders TO clerk;
"""
STATEMENTS = """
SELECT id, total FROM orders WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 5;
SELECT count(*) FROM sales.events WHERE who = 42;
SELECT * FROM "Odd ""Table" WHERE "Some Col" = 7;
SELECT * FROM sales.orders WHERE customer = 9;
SELECT * FROM never WHERE ref = 9;
"""


@pytest.fixture(scope="module")
def production() -> Iterator[servers.Server]:
    settings = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_utility": "off"}
    with servers.postgresql(settings) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
        yield server


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("statements") / "statements.sql"
    path.write_text(STATEMENTS)
    return path


def analysed(tmp_path: Path, *arguments: object, code: int = 0) -> dict[str, Any]:
    """The JSON report, from within this process."""
    path = tmp_path / "report.json"
    assert run(["analyze", *map(str, arguments), "--format", "json", "-o", str(path), "-q"]) == code
    return dict(json.loads(path.read_text()))


def made(report: dict[str, Any], engine: str = "postgresql") -> dict[str, dict[str, Any]]:
    """New indexes by table."""
    found = [one for one in report["recommendations"] if one["kind"] == "create_index"]
    return {one["table"]: one for one in found if one["engine"]["name"] == engine}


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of an error of the user's."""
    assert run(["analyze", *map(str, arguments)]) == 2
    return capsys.readouterr().err.strip()


def indexes(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        return {row[0] for row in connection.execute("SELECT indexrelid::regclass::text FROM pg_index").fetchall()}


def test_partitions_schemas_and_quoted_names_are_planned_and_a_table_never_analysed_proves_nothing(
    production: servers.Server, statements: Path, tmp_path: Path
) -> None:
    report = analysed(tmp_path, statements, "--catalog", production.dsn)
    proofs = {table: one["proof"] for table, one in made(report).items()}
    assert proofs == {
        "orders": "planned",
        "sales.events": "planned",
        'Odd "Table': "planned",
        "sales.orders": "planned",
        "never": "static",
    }
    assert report["index_advice"]["proof"] == "planned"
    assert any("No statistics of 1 table (never)" in note for note in report["index_advice"]["notes"])


def test_the_sql_file_runs_and_its_way_back_restores(
    production: servers.Server, statements: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = indexes(production.dsn)
    file = tmp_path / "x.sql"
    assert run(["analyze", str(statements), "--catalog", production.dsn, "--format", "sql", "-o", str(file)]) == 0
    told = capsys.readouterr().err
    assert "1 index change that nothing has proven is left out of the file" in told
    assert "x.down.sql" in told
    for path, there in ((file, False), (tmp_path / "x.down.sql", True)):
        command = ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(path), production.dsn]
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
        assert (indexes(production.dsn) == before) is there


def test_a_role_without_rights_gets_advice_that_claims_nothing(
    production: servers.Server, statements: Path, tmp_path: Path
) -> None:
    where = production.dsn.replace("postgres@", "outsider@")
    report = analysed(tmp_path, statements, "--catalog", where)
    advice = report["index_advice"]
    assert advice["proof"] == "static"
    assert {one["proof"] for one in report["recommendations"]} == {"static"}
    assert any("GRANT pg_read_all_data TO outsider" in note for note in advice["notes"])


def test_a_role_with_some_rights_gets_proof_where_it_may_look(
    production: servers.Server, statements: Path, tmp_path: Path
) -> None:
    report = analysed(tmp_path, statements, "--catalog", production.dsn.replace("postgres@", "clerk@"))
    proofs = {table: one["proof"] for table, one in made(report).items()}
    assert proofs.pop("orders") == "planned"
    assert set(proofs.values()) == {"static"}


def test_counters_are_planned_without_values_and_catalog_queries_are_no_workload(
    production: servers.Server, tmp_path: Path
) -> None:
    with psycopg.connect(production.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(30):
            connection.execute(f"SELECT id, total FROM public.orders WHERE customer_id = {number}")
            connection.execute(f"SELECT relname FROM pg_class WHERE relpages > {number}")
            connection.execute(f"SELECT total::text || 'x{number}' FROM orders WHERE id = {number}")
    report = analysed(tmp_path, production.dsn, "--catalog", production.dsn)
    assert made(report)["orders"]["proof"] == "planned"
    assert made(report)["orders"]["columns"][0] == "customer_id"
    texts = {one["fingerprint"]: one["sql"] for one in report["shapes"]}
    assert any("from pg_class" in text for text in texts.values())
    advice = report["index_advice"]
    named = {one["fingerprint"] for one in [*advice["unplanned"], *advice["regressions"]]}
    assert not any("from pg_class" in texts[one] for one in named)


def hypopg(dsn: str) -> bool:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'").fetchone()
        if found is not None:
            connection.execute("CREATE EXTENSION IF NOT EXISTS hypopg")
        return found is not None


def test_hypopg_plans_on_the_server_and_leaves_nothing(
    production: servers.Server, statements: Path, tmp_path: Path
) -> None:
    if not hypopg(production.dsn):
        pytest.skip("the server has no HypoPG")
    before = indexes(production.dsn)
    report = analysed(tmp_path, statements, "--catalog", production.dsn, "--planner", "hypopg")
    assert report["index_advice"]["planned_by"]["planner"] == "hypopg"
    assert {made(report)[table]["columns"][0] for table in ("orders", "sales.orders")} == {"customer_id", "customer"}
    assert made(report)["orders"]["proved_by"]["planner"] == "hypopg"
    assert indexes(production.dsn) == before


def test_hypopg_and_the_shadow_see_the_same_present(
    production: servers.Server, statements: Path, tmp_path: Path
) -> None:
    if not hypopg(production.dsn):
        pytest.skip("the server has no HypoPG")
    there = analysed(tmp_path, statements, "--catalog", production.dsn, "--planner", "hypopg")
    here = analysed(tmp_path, statements, "--catalog", production.dsn)
    assert there["index_advice"]["baseline"] == pytest.approx(here["index_advice"]["baseline"], rel=1e-6)
    assert set(made(there)) == set(made(here))


@pytest.mark.long
def test_digests_and_every_log_format_lead_to_the_same_indexes(tmp_path: Path) -> None:
    digest = tmp_path / "shop.digest"
    assert run(["digest", str(LOG), "-o", str(digest), "-q"]) == 0
    wanted = ("--catalog", SNAPSHOT, "--max-indexes", 2)
    found = [
        sorted(one["sql"] for one in made(analysed(tmp_path, source, *wanted)).values() if one["proof"] == "planned")
        for source in (LOG, digest, LOG.with_name("shop.csv.gz"), LOG.with_name("shop.json.gz"))
    ]
    assert len(found[0]) == 2
    assert found == [found[0]] * 4


def test_a_redacted_digest_is_planned_generically(tmp_path: Path) -> None:
    digest = tmp_path / "shop.digest"
    assert run(["digest", str(LOG), "--redact", "-o", str(digest), "-q"]) == 0
    report = analysed(tmp_path, digest, "--catalog", SNAPSHOT, "--max-indexes", 2)
    assert made(report)["order_items"]["proof"] == "planned"
    assert made(report)["order_items"]["columns"][0] == "product_id"


def test_a_schema_file_has_no_sizes_and_no_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "advisor.toml").write_text(
        '[tables.orders]\nrows = 60000\n[analyze]\nplanner = "shadow"\nmax-indexes = 2\nmin-benefit = "2%"\n'
    )
    schema = SHOP / "postgresql" / "schema.sql"
    report = analysed(tmp_path, LOG, "--catalog", schema)
    advice = report["index_advice"]
    assert advice["proof"] == "static"
    assert len(advice["curve"][advice["chosen"]]["indexes"]) == 2
    assert {point["bytes"] for point in advice["curve"]} == {0}
    assert {one["size_bytes"] for one in report["recommendations"] if "size_bytes" in one} <= {None}
    assert advice.get("trap") is None
    assert "sizes of indexes are not known" in refused(capsys, LOG, "--catalog", schema, "--budget", "1GB", "-q")
    assert run(["analyze", str(LOG), "--catalog", str(schema), "-q"]) == 0
    assert "of unknown size" in capsys.readouterr().out


@pytest.mark.parametrize("text", ['[analyze]\nvalues = "x"\n', '[explain]\nbudget = "1GB"\n'])
def test_a_key_that_its_command_does_not_have_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    assert "key" in refused(capsys, LOG, "--config", file)


def test_sqlite_and_its_snapshot_give_the_same_advice(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, total NUMERIC)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", [(n, n % 5000, n % 99) for n in range(60_000)])
        connection.execute("ANALYZE")
    connection.close()
    source = tmp_path / "statements.sql"
    source.write_text("SELECT id, total FROM orders WHERE customer_id = 7;\n")
    snapshot = tmp_path / "shop.snapshot"
    assert run(["snapshot", f"sqlite:///{path}", "-o", str(snapshot), "-q"]) == 0
    one = analysed(tmp_path, source, "--catalog", f"sqlite:///{path}")
    two = analysed(tmp_path, source, "--catalog", snapshot)
    assert made(one, "sqlite")["orders"]["proof"] == "planned"
    assert made(one, "sqlite")["orders"]["sql"] == made(two, "sqlite")["orders"]["sql"]
    file = tmp_path / "x.sql"
    assert run(["analyze", str(source), "--catalog", str(snapshot), "--format", "sql", "-o", str(file), "-q"]) == 0
    with sqlite3.connect(path) as connection:
        count = "SELECT count(*) FROM sqlite_schema WHERE type = 'index'"
        before = connection.execute(count).fetchone()
        connection.executescript(file.read_text())
        assert connection.execute(count).fetchone() != before
        connection.executescript((tmp_path / "x.down.sql").read_text())
        assert connection.execute(count).fetchone() == before
    connection.close()


def test_two_engines_in_one_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = (LOG, SHOP / "mariadb" / "slow.log.gz")
    catalogs = ("--catalog", SNAPSHOT, "--catalog", SHOP / "mariadb" / "shop.snapshot")
    report = analysed(tmp_path, *both, *catalogs, "--max-indexes", 1)
    assert "CONCURRENTLY" in next(one["sql"] for one in made(report).values() if one["proof"] == "planned")
    assert made(report, "mariadb")
    for one in made(report, "mariadb").values():
        assert one["proof"] == "static"
        assert "CONCURRENTLY" not in one["sql"]
    assert "name only that" in refused(capsys, *both, *catalogs, "--planner", "shadow", "-q")
    for form in ("sql", "alembic", "django"):
        line = refused(capsys, *both, *catalogs, "--planner", "none", "--format", form, "--django-app", "shop", "-q")
        assert "one file is for one engine" in line


@pytest.fixture
def place() -> Iterator[Path]:
    """For the temporary files of a process of its own; every account may pass through."""
    with tempfile.TemporaryDirectory(prefix="searching-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _started(place: Path, *more: str) -> subprocess.Popen[str]:
    """`analyze` in a process of its own."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from advisor.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "analyze", str(LOG), "--catalog", str(SNAPSHOT), "-q", *more]
    environment = {**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _until(true: Any, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_during_the_search_reports_what_there_is(place: Path) -> None:
    process = _started(place, "--format", "json")
    assert _until(lambda: any(place.rglob("postmaster.pid")) or process.poll() is not None)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert made(report)
    advice = report["index_advice"]
    assert not advice["complete"] if advice else "interrupted" in " ".join(report["notices"])
    assert not list(place.iterdir())


def test_a_killed_search_leaves_no_server(place: Path) -> None:
    process = _started(place)
    assert _until(lambda: any(place.rglob("postmaster.pid")) or process.poll() is not None)
    process.kill()
    process.communicate(timeout=60)
    assert _until(lambda: not list(place.iterdir()))


def test_the_end_of_the_time_takes_no_advice_away(tmp_path: Path) -> None:
    report = analysed(tmp_path, LOG, "--catalog", SNAPSHOT, "--time-limit", 1)
    assert {"order_items", "events", "orders"} <= set(made(report))


def test_start_up_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'highspy', 'psycopg', 'sqlglot', 'networkx', 'pymysql'}"
    code = f"""
import contextlib, io, sys
from advisor.cli import run
with contextlib.redirect_stdout(io.StringIO()):
    run(["analyze", "--help"])
print(sorted({heavy} & set(sys.modules)))
with contextlib.redirect_stdout(io.StringIO()):
    run(["analyze", {str(LOG)!r}, "-q"])
print(sorted({heavy} & set(sys.modules) - {{"numpy", "sqlglot", "networkx"}}))
"""
    # the log has a deadlock: networkx looks for the circle
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]
