"""`advisor snapshot` and `advisor explain --sql` as a user meets them: real processes, a real server."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import jsonschema
import psycopg
import pytest

from advisor.cli import run
from tests import servers

ROOT = Path(__file__).parents[2]
SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, status text NOT NULL,
    created_at timestamptz NOT NULL, total numeric(10,2));
CREATE INDEX orders_open ON orders (created_at) WHERE status = 'open';
"""
ROWS = """
INSERT INTO customers SELECT i, 'somebody' || i || '@secret.example', CASE WHEN i % 50 = 0 THEN 'Wonderland' ELSE 'DE' END
    FROM generate_series(1, 2000) i;
INSERT INTO orders SELECT i, 1 + i % 2000, CASE WHEN i % 100 = 0 THEN 'open' WHEN i % 7 = 0 THEN 'embargoed' ELSE 'done' END,
    '2026-01-01'::timestamptz + i * interval '3 minutes', i % 977 FROM generate_series(1, 60000) i;
"""
QUERY = "SELECT * FROM orders WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 5"
INDEX = "ON orders (customer_id, created_at DESC)"


def advisor(*arguments, stdin=None, directory=ROOT):
    command = [sys.executable, "-m", "advisor", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=directory, input=stdin, capture_output=True, env=environment, timeout=120, text=True
    )


@cache
def form(command):
    return jsonschema.Draft202012Validator(json.loads(advisor("schema", command).stdout))


def explained(*arguments):
    """What `explain` says as JSON. Within this process: other tests start one."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "explained.json"
        assert run(["explain", *map(str, arguments), "--format", "json", "-o", str(path)]) == 0
        document = json.loads(path.read_text())
    form("explain").validate(document)
    return document


@pytest.fixture(scope="module")
def production():
    with servers.postgresql() as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SCHEMA)
        connection.execute(ROWS)
        connection.execute("VACUUM ANALYZE")
        yield server


@pytest.fixture(scope="module")
def snapshot(production, tmp_path_factory):
    path = tmp_path_factory.mktemp("snapshot") / "prod.snapshot"
    done = advisor("snapshot", production.dsn, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


def costs(production, sql, *before):
    with psycopg.connect(production.dsn, autocommit=True) as connection:
        for statement in before:
            connection.execute(statement)
        return connection.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchone()[0][0]["Plan"]["Total Cost"]


@pytest.mark.server
def test_a_snapshot_shows_no_text_and_says_what_it_holds(snapshot):
    text = gzip.decompress(snapshot.read_bytes()).decode()
    assert "embargoed" not in text
    assert "Wonderland" not in text
    assert "secret.example" not in text
    assert "orders_open" in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["record"] == "header"
    for line in lines[:-1]:
        form("snapshot").validate(line)
    described = advisor("snapshot", snapshot).stdout
    assert "masked" in described
    assert "public.orders" in described


@pytest.mark.server
def test_psql_gives_the_same_snapshot(production, snapshot, tmp_path):
    script = tmp_path / "script.sql"
    script.write_text(advisor("snapshot", "--sql").stdout)
    printed = subprocess.run(
        ["psql", "-XAtq", "-f", str(script), production.dsn], capture_output=True, text=True, check=True
    ).stdout
    raw = tmp_path / "raw.snapshot"
    raw.write_text(printed)
    assert "embargoed" in printed
    done = advisor("snapshot", raw, "-o", tmp_path / "masked.snapshot")
    assert done.returncode == 0, done.stderr
    assert b"embargoed" not in gzip.decompress((tmp_path / "masked.snapshot").read_bytes())
    one = explained("--sql", QUERY, "--catalog", tmp_path / "masked.snapshot")
    two = explained("--sql", QUERY, "--catalog", snapshot)
    assert one["plans"][0]["nodes"] == two["plans"][0]["nodes"]


@pytest.mark.server
@pytest.mark.parametrize(
    "sql",
    [
        QUERY,
        "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'embargoed'",
        "SELECT * FROM orders WHERE status = 'open' AND created_at > '2026-03-01'",
        "UPDATE orders SET total = 0 WHERE customer_id = 7",
    ],
)
def test_the_shadow_plans_as_production_does(production, snapshot, sql):
    (plan,) = explained("--sql", sql, "--catalog", snapshot)["plans"]
    assert plan["nodes"][0]["cost_total"] == costs(production, sql)
    by = plan["planning"]["planned_by"]
    assert (by["planner"], by["statistics"], by["same_major"]) == ("shadow", "snapshot", True)
    assert plan["planning"]["proof"] == "planned"


@pytest.mark.server
def test_an_index_that_does_not_exist_against_the_real_one(production, snapshot):
    document = explained("--sql", QUERY, "--catalog", snapshot, "--with-index", INDEX)
    before, after = document["plans"]
    with psycopg.connect(production.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE INDEX really {INDEX}")
        size = connection.execute("SELECT pg_relation_size('really')").fetchone()[0]
    try:
        assert after["nodes"][0]["cost_total"] == pytest.approx(costs(production, QUERY), rel=0.01)
    finally:
        with psycopg.connect(production.dsn, autocommit=True) as connection:
            connection.execute("DROP INDEX really")
    assert before["nodes"][0]["cost_total"] == costs(production, QUERY)
    assert document["diff"]["same_plan"] is False
    (comparison,) = document["comparisons"]
    assert (comparison["before"], comparison["after"], comparison["why"]) == (0, 1, "indexes")
    (index,) = after["planning"]["indexes"]
    assert index["bytes"] == pytest.approx(size, rel=0.1)


@pytest.mark.server
def test_growth_tells_what_it_took_to_grow(snapshot):
    arguments = ("--sql", "SELECT * FROM orders WHERE total = 5", "--catalog", snapshot, "--scale", "orders=100")
    document = explained(*arguments)
    assert [comparison["why"] for comparison in document["comparisons"]] == ["growth"]
    assert document["plans"][1]["planning"]["planned_by"]["statistics"] == "scaled"
    (table,) = document["growth"]["tables"]
    assert (table["table"], table["factor"]) == ("public.orders", 100)
    text = advisor("explain", *arguments).stdout
    assert "How it grows" in text
    assert "a forecast" in text


@pytest.mark.server
def test_default_statistics_prove_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "advisor.toml").write_text("[tables.orders]\nrows = 5_000_000\n")
    arguments = ("--sql", QUERY, "--catalog", tmp_path / "schema.sql", "--with-index", INDEX)
    document = explained(*arguments)
    assert {plan["planning"]["proof"] for plan in document["plans"]} == {"static"}
    assert {plan["planning"]["planned_by"]["statistics"] for plan in document["plans"]} == {"default"}
    assert document["plans"][0]["nodes"][0]["cost_total"] > 10_000
    assert "DEFAULT statistics" in advisor("explain", *arguments, directory=tmp_path).stdout


@pytest.mark.server
def test_a_workload_is_planned_with_its_values(snapshot, tmp_path):
    log = tmp_path / "postgresql.log"
    log.write_text(
        "2026-11-22 10:00:00.000 UTC [7] app@shop LOG:  duration: 90.000 ms  execute s: "
        "SELECT count(*) FROM orders WHERE status = $1\n"
        "2026-11-22 10:00:00.000 UTC [7] app@shop DETAIL:  parameters: $1 = 'open'\n"
        "2026-11-22 10:00:02.000 UTC [7] app@shop LOG:  duration: 800.000 ms  execute s: "
        "SELECT count(*) FROM orders WHERE status = $1\n"
        "2026-11-22 10:00:02.000 UTC [7] app@shop DETAIL:  parameters: $1 = 'done'\n"
    )
    document = explained("--workload", log, "--catalog", snapshot)
    seen = {plan["planning"]["values"]: plan for plan in document["plans"]}
    assert "slowest" in seen
    assert "generic" in seen
    assert any(comparison["why"] == "values" for comparison in document["comparisons"])


@pytest.mark.server
def test_a_refused_statement_does_not_stop_the_others(snapshot):
    document = explained("--sql", QUERY, "--sql", "SELECT nothing FROM orders", "--catalog", snapshot)
    (failed,) = document["unplanned"]
    assert "nothing" in failed["error"]
    assert len(document["plans"]) == 1


@pytest.mark.server
def test_a_refusal_does_not_tell_values(snapshot):
    """The server quotes a value as it quotes a name."""
    asked = ("--sql", QUERY, "--sql", "SELECT id FROM orders WHERE customer_id = $1 AND total > 'hidden1'::text::int")
    asked = (*asked, "--sql", "SELECT id FROM orders WHERE id = 'hidden2'", "--parameter", "hidden3")
    document = explained(*asked, "--catalog", snapshot)
    assert [one["error"] for one in document["unplanned"]]
    assert "hidden" not in json.dumps(document["unplanned"])
    document = explained(*asked, "--catalog", snapshot, "--show-literals")
    assert "hidden2" in json.dumps(document["unplanned"])


@pytest.mark.server
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "--sql", "SELECT 1"], "needs one --catalog"),
        (["explain", "--sql", "SELECT 1", "-c", "SNAPSHOT", "-c", "SNAPSHOT"], "name one"),
        (["explain", "--sql", "SELECT 1", "-c", "SNAPSHOT", "--scale", "orders"], "TABLE=FACTOR"),
        (["explain", "--sql", "SELECT 1", "-c", "SNAPSHOT", "--scale", "nowhere=3"], "nowhere"),
        (["explain", "--sql", "SELECT 1", "-c", "SNAPSHOT", "--with-index", "ON nowhere (a)"], "nowhere"),
        (
            ["explain", "--sql", "SELECT 1", "-c", "SNAPSHOT", "--with-index", "ON orders (id); DROP TABLE orders"],
            "one",
        ),
        (["explain", "--sql", "DROP TABLE orders", "-c", "SNAPSHOT"], "no statement could be planned"),
        (["explain", "--sql", "SELECT 1; SELECT 2", "-c", "SNAPSHOT"], "no statement could be planned"),
        (["explain", "--sql", "SELECT 1", "-c", "absent.snapshot"], "No such file"),
        (["explain", "--with-index", "ON a (b)"], "--sql"),
        (["explain", "plan.txt", "--sql", "SELECT 1", "-c", "SNAPSHOT"], "give one"),
        (["snapshot", "ftp://x/y", "-o", "f"], "postgresql://"),
        (["snapshot", "SNAPSHOT", "--values", "-o", "f"], "masked already"),
        (["snapshot", "postgresql://nobody:hunter2@127.0.0.1:1/x", "-o", "f"], "127.0.0.1:1"),
    ],
)
def test_faults_of_use_are_one_line(arguments, words, snapshot, capsys):
    code = run([str(snapshot) if argument == "SNAPSHOT" else argument for argument in arguments])
    said = capsys.readouterr().err
    assert code == 2, said
    assert len(said.strip().splitlines()) == 1
    assert words in said
    assert "hunter2" not in said
