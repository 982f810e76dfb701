"""Repetitions through the whole of `analyze`: from a log, from counters, over two engines, proven by a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.api import analyze
from advisor.model.analysis import Analysis
from advisor.model.errors import UserError
from advisor.model.finding import Finding
from advisor.model.stream import StreamWishes
from advisor.sources.options import ReadOptions
from tests.conftest import StartServer

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
SCHEMA = """
CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE book (id int PRIMARY KEY, author_id int NOT NULL REFERENCES author (id), title text NOT NULL);
"""
LIST = "SELECT id, author_id, title FROM book WHERE id > {} ORDER BY id LIMIT 8"
ROW = "SELECT id, name FROM author WHERE id = {}"


def author_of(book: int) -> int:
    """Sparse, so that a key is not found in another column by chance."""
    return 1_000_003 + book * 7919 % 99_991


def log_of(pages: int) -> str:
    """Pages of books and, one by one, the author of each."""
    lines: list[str] = []
    clock = 0

    def line(sql: str, gap: int = 2) -> None:
        nonlocal clock
        clock += gap
        stamp = f"2026-11-01 10:{clock // 60_000:02}:{clock // 1000 % 60:02}.{clock % 1000:03} UTC"
        lines.append(f"{stamp} [500] app@shop LOG:  duration: 0.200 ms  statement: {sql}")

    for page in range(pages):
        line("BEGIN", 1000)
        line(LIST.format(page * 8))
        for book in range(page * 8 + 1, page * 8 + 9):
            line(ROW.format(author_of(book)))
        line("COMMIT")
    return "\n".join(lines) + "\n"


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    path = tmp_path / "schema.sql"
    path.write_text(SCHEMA)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text(log_of(20))
    return path


def loops(result: Analysis) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule.startswith("NP")]


def test_a_loop_comes_with_its_parent_and_one_statement_that_does_the_same(log: Path, schema: Path):
    result = analyze(log, catalog=schema, planner=None)
    (found,) = loops(result)
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    assert {role.role: texts[role.fingerprint].split(" where")[0] for role in found.fingerprints} == {
        "parent": "select id, author_id, title from book",
        "child": "select id, name from author",
    }
    assert (found.rule, found.evidence["n_median"], found.evidence["lists"]) == ("NP1001", 8, 20)
    assert found.evidence["round_trips_saved"] == 20 * 8 - 20
    (advice,) = [one for one in result.recommendations if one.id in found.remedies]
    assert advice.sql == "SELECT id, name FROM author WHERE id = ANY($1)"
    assert (advice.kind, advice.proof) == ("code", "static")
    assert "1000003" not in json.dumps(found.evidence), "no value of the log"


def test_the_given_round_trip_decides_what_is_saved(log: Path, schema: Path):
    slow, fast = (
        loops(analyze(log, catalog=schema, planner=None, stream=StreamWishes(round_trip_ms=ms)))[0] for ms in (40, 1)
    )
    assert slow.evidence["round_trip_ms"] == 40
    assert slow.evidence["latency_saved_ms"] > 7 * 40 > fast.evidence["latency_saved_ms"] >= 7


def test_two_engines_in_one_input_have_loops_of_their_own():
    sources = [SHOP / "postgresql" / "shop.log.gz", SHOP / "mariadb" / "slow.log.gz"]
    result = analyze(sources, planner=None)
    assert {finding.engine for finding in loops(result) if finding.confidence != "possible"} == {
        "postgresql",
        "mariadb",
    }


def counters(path: Path, lists: int) -> Path:
    rows = [
        {"query": LIST.replace("{}", "$1").replace("8", "$2"), "calls": lists, "rows": lists * 8},
        {"query": ROW.replace("{}", "$1"), "calls": lists * 8, "rows": lists * 8},
    ]
    path.write_text(json.dumps([{**row, "total_exec_time": row["calls"] * 0.2} for row in rows]))
    return path


def test_counters_tell_a_loop_and_of_two_snapshots_only_what_ran_in_between(tmp_path: Path, schema: Path):
    before, after = counters(tmp_path / "before.json", 40), counters(tmp_path / "after.json", 100)
    (alone,) = loops(analyze(after, catalog=schema, planner=None))
    (between,) = loops(
        analyze(after, catalog=schema, planner=None, stream=StreamWishes(counters_before=(str(before),)))
    )
    assert (alone.evidence["repeats"], between.evidence["repeats"]) == (800, 480)
    assert alone.evidence["unit_of_work"] == between.evidence["unit_of_work"] == "counters"
    assert {alone.confidence, between.confidence} == {"likely"}


def test_what_earlier_counters_hold_for_is_said(tmp_path: Path, log: Path, schema: Path):
    wishes = StreamWishes(counters_before=(str(counters(tmp_path / "before.json", 40)),))
    between = analyze(counters(tmp_path / "after.json", 100), catalog=schema, planner=None, stream=wishes)
    assert any("between the two dumps" in notice for notice in between.notices)
    assert any("is not used" in notice for notice in analyze(log, planner=None, stream=wishes).notices)


def test_a_log_without_durations_has_no_rate(tmp_path: Path, schema: Path):
    lines = ["Time                 Id Command    Argument"]
    for page in range(20):
        clock = f"261101 10:{page:02}:00\t"
        for sql in ["BEGIN", LIST.format(page * 8), *(ROW.format(author_of(page * 8 + i)) for i in range(8)), "COMMIT"]:
            lines.append(f"{clock}    7 Query\t{sql}")
            clock = "\t\t"
    path = tmp_path / "general.log"
    path.write_text("\n".join(lines) + "\n")
    result = analyze(path, catalog=schema, planner=None, reading=ReadOptions(engine="mariadb"))
    assert result.engine is not None
    assert result.engine.name == "mariadb"  # nothing in it tells, so the user's word counts
    (loop,) = loops(result)
    assert (loop.rule, loop.evidence["repeats"]) == ("NP1001", 160)
    assert loop.impact.seconds_per_hour is None


def test_what_a_threshold_hides_is_said(tmp_path: Path):
    path = tmp_path / "slow.log"
    path.write_text(
        "".join(
            f"2026-11-01 10:{i // 60:02}:{i % 60:02}.000 UTC [500] app@shop LOG:  duration: {200 + i % 90}.500 ms  statement: "
            f"SELECT a FROM t{i % 7} WHERE id = {i}\n"
            for i in range(400)
        )
    )
    result = analyze(path, planner=None, threshold_ms=200)
    assert result.stream is not None
    assert any("log_transaction_sample_rate" in one.advice for one in result.stream.hidden)


@pytest.fixture
def library(postgresql_with: StartServer) -> Iterator[str]:
    where = postgresql_with({})
    with psycopg.connect(where.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_api_replay")
    dsn = where.dsn.removesuffix("/postgres") + "/adv_api_replay"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SCHEMA)
        books = range(1, 400)
        for author in sorted({author_of(book) for book in books}):
            connection.execute("INSERT INTO author VALUES (%s, 'a')", (author,))
        for book in books:
            connection.execute("INSERT INTO book VALUES (%s, %s, 't')", (book, author_of(book)))
        connection.execute("ANALYZE")
    yield dsn
    with psycopg.connect(where.dsn, autocommit=True) as connection:
        connection.execute("DROP DATABASE adv_api_replay WITH (FORCE)")


@pytest.mark.server
def test_a_replay_proves_the_loop_and_measures_what_one_statement_saves(log: Path, schema: Path, library: str):
    result = analyze(log, catalog=schema, planner=None, stream=StreamWishes(replay=library))
    assert result.stream is not None
    (one,) = (each for each in result.stream.repetitions if each.replay is not None)
    assert one.replay is not None
    assert one.replay.refused is None, one.replay.refused
    assert one.replay.same_rows
    assert one.replay.provenance is not None
    assert one.replay.provenance.column == "author_id"
    assert one.tier == "confirmed"
    (advice,) = [each for each in result.recommendations if each.kind == "code"]
    assert (advice.proof, advice.proved_by.statistics) == ("measured", "live")
    (child,) = [each for each in advice.affects if each.fingerprint == one.child]
    assert child.ms_before is not None
    assert child.ms_after is not None
    assert child.ms_after < child.ms_before


@pytest.mark.server
def test_a_replay_that_cannot_be_had_is_one_line(log: Path, schema: Path):
    wanted = StreamWishes(replay="postgresql://reader:s3cret@127.0.0.1:1/shop")
    with pytest.raises(UserError, match="--replay") as caught:
        analyze(log, catalog=schema, planner=None, stream=wanted)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
