"""Sizes, traffic, weights, queues and severity, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.facts.examples import shape_of
from advisor.graphs import QueryGraph, build
from advisor.migrations.impact import pace_of, severity, sizes_of, traffic_of, weigh
from advisor.migrations.impact.sizes import TableSizes, count
from advisor.migrations.impact.traffic import Caller, Traffic
from advisor.migrations.verdict import verdict
from advisor.model.capture import Capture
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.finding import SEVERITIES
from advisor.model.migration import Failure, Lock, MigrationStatement, Outcome, Work
from advisor.model.shape import ShapeSummary
from advisor.model.snapshot import ColumnStatistics, Header, Relation, Snapshot

_DDL = """
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, parent_id int REFERENCES parents (id), v int);
CREATE VIEW recent AS SELECT id, v FROM orders WHERE v > 5;
CREATE TABLE days (day date) PARTITION BY RANGE (day);
CREATE TABLE day1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-01-02');
CREATE TABLE day2 PARTITION OF days FOR VALUES FROM ('2024-01-02') TO ('2024-01-03');
CREATE TABLE void (id int);
"""
_MB = 1 << 20


def _catalog() -> Catalog:
    return read_ddl(_DDL, "schema.sql", "postgresql")


def _relation(name: str, tuples: float, size: int, **more: Any) -> Relation:
    pages = size // 8192
    given = {"schema": "public", "name": name, "kind": "table", "pages": pages, "tuples": tuples, "blocks": pages}
    return Relation(**{**given, "bytes": size, **more})


def _snapshot(*relations: Relation) -> Snapshot:
    engine = Engine(name="postgresql", version="16")
    return Snapshot(
        header=Header(engine=engine, version_number=160000, values="masked"),
        relations=list(relations),
        columns=[ColumnStatistics(schema="public", table="orders", column="v", avg_width=4)],
    )


def _sizes(rows: float = 1_000_000, size: int = 256 * _MB) -> TableSizes:
    return sizes_of(
        _catalog(),
        _snapshot(
            _relation("orders", rows, size),
            _relation("orders_pkey", rows, size // 8, kind="index", table="orders"),
            _relation("parents", 1000, 80 * 1024),
            _relation("day1", 10, 8192),
            _relation("day2", 20, 16384),
            _relation("void", 0, 0),
        ),
    )


def _statement(line: int, transaction: int | None = None) -> MigrationStatement:
    return MigrationStatement(file="m.sql", line=line, end_line=line, sql="x", transaction=transaction)


def _lock(relation: str = "orders", mode: str = "ACCESS EXCLUSIVE", **more: Any) -> Lock:
    reads = mode == "ACCESS EXCLUSIVE"
    return Lock(**{
        "relation": relation, "mode": mode, "blocks_reads": reads, "blocks_writes": True, "preexisting": True, **more
    })  # fmt: skip


def _work(kind: Any = "rewrite", relation: str = "orders", **more: Any) -> Work:
    return Work(kind=kind, relation=relation, preexisting=True, **more)


def _outcome(*locks: Lock, work: tuple[Work, ...] = (), **more: Any) -> Outcome:
    return Outcome(evidence="executed", locks=locks, work=work, **more)


def _caller(use: Any = "read", rate: float = 50.0, longest: float = 0.01, name: str = "f") -> Caller:
    return Caller(name, use, rate, rate, longest / 2, longest, longest)


def _shape(sql: str, calls: int = 600, longest: float = 0.02) -> ShapeSummary:
    import msgspec

    return msgspec.structs.replace(shape_of(sql, "postgresql", calls, 1000), max_us=int(longest * 1e6), per_hour=[])


def _traffic(*statements: str, seconds: float = 60.0, capture: Capture | None = None) -> Traffic:
    shapes = [_shape(one) for one in statements]
    graphs: dict[tuple[str, str], QueryGraph] = {(s.engine.name, s.fingerprint): build(sql, "postgresql", [_catalog()]) for s, sql in zip(
        shapes, statements, strict=True
    )}  # fmt: skip
    found = traffic_of(shapes, graphs, seconds, [_catalog()], capture)
    assert found is not None
    return found


# ---------------------------------------------------------------------- sizes
@pytest.mark.parametrize(
    ("relation", "rows"),
    [
        (_relation("t", 100, 8192 * 10), 100.0),
        (_relation("t", 100, 8192 * 10, blocks=20), 200.0),
        (_relation("t", -1, 0), 0.0),
        (_relation("t", -1, 8192), None),
        (_relation("t", -1, 8192, counters={"n_live_tup": 7}), 7.0),
        (_relation("t", 0, 0), 0.0),
        (_relation("t", 0, 0, blocks=None), 0.0),
        (_relation("t", 0, 8192), None),
        (_relation("t", 0, 0, blocks=9), None),
        (_relation("t", -1, 0, blocks=None), None),
        (_relation("t", -1, 8192, rows=5), 5.0),
    ],
)
def test_only_a_table_without_pages_is_empty(relation: Relation, rows: float | None) -> None:
    assert count(relation, "postgresql") == rows


def test_a_partitioned_table_is_as_large_as_its_partitions() -> None:
    sizes = _sizes()
    assert sizes.rows("days") == 30
    assert sizes.bytes("days") == 24576
    assert sizes.rows("void") == 0
    assert sizes.rows("nobody") is None
    assert sizes.index_bytes("orders") == 32 * _MB


def test_what_the_user_says_of_rows_counts() -> None:
    assert sizes_of(_catalog(), None, {"orders": 5}).rows("orders") == 5
    assert sizes_of(_catalog(), None).rows("orders") is None
    assert sizes_of(None, None).rows("orders") is None


# ---------------------------------------------------------------------- traffic
def test_views_partitions_and_foreign_keys_are_tables() -> None:
    traffic = _traffic(
        "SELECT v FROM recent WHERE id = 1",
        "INSERT INTO orders (id, parent_id) VALUES (1, 2)",
        "SELECT day FROM days",
        "SELECT day FROM day1 WHERE day > now()",
        "SELECT id FROM parents WHERE id = 4 FOR UPDATE",
    )
    assert traffic.reads_per_second("orders") == 10
    assert traffic.writes_per_second("orders") == 10
    assert traffic.reads_per_second("recent") == 10
    assert traffic.reads_per_second("days") == 10
    assert traffic.reads_per_second("day1") == 20
    assert traffic.reads_per_second("day2") == 10
    assert {one.use for one in traffic.callers["parents"]} == {"lock_rows"}
    assert len(traffic.callers["parents"]) == 2


def test_a_sampled_log_is_scaled_once() -> None:
    sql = "SELECT v FROM orders WHERE id = 1"
    sampled = _traffic(sql, capture=Capture(complete=False, sample_rate=0.1))
    scaled = _traffic(sql, capture=Capture(complete=False, sample_rate=0.1, scaled=True))
    assert sampled.reads_per_second("orders") == pytest.approx(100)
    assert scaled.reads_per_second("orders") == 10
    assert sampled.lower_bound
    assert not _traffic(sql, capture=Capture(complete=True)).lower_bound


def test_without_a_window_there_are_no_rates() -> None:
    assert traffic_of([], {}, None) is None


# ---------------------------------------------------------------------- weights
@pytest.mark.parametrize(
    ("mode", "waiting"),
    [("SHARE", 5.0), ("SHARE ROW EXCLUSIVE", 5.0), ("EXCLUSIVE", 12.0), ("ACCESS EXCLUSIVE", 62.0),
     ("SHARE UPDATE EXCLUSIVE", None), ("ROW EXCLUSIVE", None)],
)  # fmt: skip
def test_a_lock_stops_those_that_conflict_with_it(mode: str, waiting: float | None) -> None:
    traffic = Traffic({"orders": [
        _caller("read", 50, 4, "r"), _caller("write", 5, 2, "w"), _caller("lock_rows", 7, 1, "l")
    ]})  # fmt: skip
    (weight,) = weigh([_statement(1)], [_outcome(_lock(mode=mode))], _sizes(), traffic)
    if waiting is None:
        assert weight.queues == ()
        return
    (queue,) = weight.queues
    assert queue.statements_per_second == waiting
    assert weight.blocked_queries_per_second == waiting
    assert queue.longest_seconds == (4 if mode == "ACCESS EXCLUSIVE" else 2)
    assert queue.stall.high == pytest.approx(queue.longest_seconds or 0, abs=0.1)


def test_a_lock_timeout_bounds_the_wait() -> None:
    traffic = Traffic({"orders": [_caller(longest=30.0)]})
    stalls = []
    for timeout in (None, 0.0, 2000.0, 500.0):
        outcome = _outcome(_lock(), lock_timeout_ms=timeout)
        (weight,) = weigh([_statement(1)], [outcome], _sizes(), traffic)
        stalls.append(weight.queues[0].stall.high)
    assert stalls[0] == stalls[1] > 30
    assert stalls[2:] == pytest.approx([2.05, 0.55])


def test_a_transaction_holds_its_locks_to_the_end() -> None:
    traffic = Traffic({"orders": [_caller()], "parents": [_caller(name="p", longest=1.0)]})
    first = _outcome(_lock("parents"))
    second = _outcome(_lock("parents", held_since_line=1), _lock(), work=(_work(),))
    alone = weigh([_statement(1), _statement(2)], [first, second], _sizes(), traffic)
    together = weigh([_statement(1, 1), _statement(2, 1)], [first, second], _sizes(), traffic)
    assert alone[0].queues[0].stall.high < 1.2
    assert together[1].seconds is not None
    assert together[0].queues[0].stall.high > together[1].seconds.high + 1
    held = next(one for one in together[1].queues if one.relation == "parents")
    assert held.stall.high < together[0].queues[0].stall.high


def test_work_beside_the_traffic_holds_nobody_up() -> None:
    traffic = Traffic({"orders": [_caller()]})
    outcome = _outcome(_lock(mode="SHARE ROW EXCLUSIVE"), work=(_work("scan", online=True),))
    (weight,) = weigh([_statement(1)], [outcome], _sizes(), Traffic({"orders": [_caller("write")]}))
    assert weight.seconds is not None
    assert weight.seconds.high > 1
    assert weight.queues[0].stall.high < 0.1
    assert traffic


def test_a_rewrite_needs_a_second_copy() -> None:
    (weight,) = weigh([_statement(1)], [_outcome(_lock(), work=(_work(),))], _sizes(), None)
    assert weight.size_bytes == weight.wal_bytes == weight.disk_bytes == 288 * _MB
    assert weight.rows == 1_000_000
    assert weight.blocked_queries_per_second is None


def test_an_index_that_is_there_comes_with_the_rewrite() -> None:
    works = (_work(), _work("build", index="orders_pkey"))
    (both,) = weigh([_statement(1)], [_outcome(_lock(), work=works)], _sizes(), None)
    (alone,) = weigh([_statement(1)], [_outcome(_lock(), work=works[:1])], _sizes(), None)
    assert both.seconds == alone.seconds


def test_the_log_tells_the_pace() -> None:
    shape = _shape("CREATE INDEX i ON orders (v)", 1, 8.0)
    sizes = _sizes()
    pace = pace_of([shape], sizes, None, _catalog())
    (weight,) = weigh([_statement(1)], [_outcome(work=(_work("build", index="x"),))], sizes, None, pace)
    assert weight.seconds is not None
    assert weight.seconds.low < 8 < weight.seconds.high
    assert "log" in (weight.calibrated or "")
    assert not pace_of([_shape("ALTER TABLE orders ADD COLUMN x int", 1, 8.0)], sizes).measured
    assert not pace_of([_shape("CREATE INDEX CONCURRENTLY i ON orders (v)", 1, 8.0)], sizes).measured


# ---------------------------------------------------------------------- severity
def _severity(outcome: Outcome, sizes: TableSizes, traffic: Traffic | None) -> str:
    (weight,) = weigh([_statement(1)], [outcome], sizes, traffic)
    return severity(verdict(outcome, sizes), weight, outcome, sizes)


@pytest.mark.parametrize(
    ("rows", "size", "rate", "expected"),
    [
        (100, 16384, 50.0, "info"),
        (100, 16384, None, "info"),
        (20_000, 4 * _MB, 500.0, "low"),
        (5_000_000, 2048 * _MB, 200.0, "high"),
        (5_000_000, 2048 * _MB, None, "high"),
        (1_000_000, 256 * _MB, 0.01, "info"),
        (1_000_000, 256 * _MB, None, "medium"),
        (500_000_000, 200_000 * _MB, 300.0, "critical"),
    ],
)
def test_impact_decides(rows: float, size: int, rate: float | None, expected: str) -> None:
    traffic = None if rate is None else Traffic({"orders": [_caller(rate=rate)]})
    assert _severity(_outcome(_lock(), work=(_work(),)), _sizes(rows, size), traffic) == expected


def test_an_unknown_size_is_at_most_medium() -> None:
    unknown = sizes_of(_catalog(), None)
    traffic = Traffic({"orders": [_caller(rate=1000, longest=60)]})
    assert _severity(_outcome(_lock(), work=(_work(),)), unknown, traffic) == "medium"
    assert _severity(_outcome(_lock(), work=(_work(),)), unknown, None) == "medium"


@pytest.mark.parametrize(
    ("longest", "rate", "timeout", "expected"),
    [
        (0.01, 500.0, None, "info"),
        (4.0, 60.0, None, "high"),
        (4.0, 10.0, None, "medium"),
        (30.0, 60.0, None, "high"),
        (90.0, 60.0, None, "critical"),
        (30.0, 60.0, 500.0, "low"),
        (30.0, 0.001, None, "low"),
    ],
)
def test_a_moments_lock_is_as_bad_as_its_queue(
    longest: float, rate: float, timeout: float | None, expected: str
) -> None:
    traffic = Traffic({"orders": [_caller(rate=rate, longest=longest)]})
    assert _severity(_outcome(_lock(), lock_timeout_ms=timeout), _sizes(), traffic) == expected


def test_empty_tables_are_silent() -> None:
    assert _severity(_outcome(_lock("void"), work=(_work(relation="void"),)), _sizes(), None) == "info"


def test_a_failure_is_high() -> None:
    assert _severity(_outcome(failure=Failure(message="no")), _sizes(), None) == "high"


@settings(deadline=None)
@given(st.floats(0.001, 100), st.floats(0.1, 1000), st.floats(1.0, 50.0), st.floats(1.0, 50.0), st.booleans())
def test_more_traffic_and_longer_statements_are_never_better(
    longest: float, rate: float, longer: float, faster: float, works: bool
) -> None:
    outcome = _outcome(_lock(), work=(_work(),) if works else ())
    less = _severity(outcome, _sizes(), Traffic({"orders": [_caller(rate=rate, longest=longest)]}))
    more = _severity(outcome, _sizes(), Traffic({"orders": [_caller(rate=rate * faster, longest=longest * longer)]}))
    assert SEVERITIES.index(more) >= SEVERITIES.index(less)


def test_an_empty_table_beside_a_small_one_counts_for_nothing() -> None:
    sizes = _sizes(1000, 80 * 1024)
    assert _severity(_outcome(_lock()), sizes, None) == "info"
    assert _severity(_outcome(_lock(), _lock("void")), sizes, None) == "info"


def test_statements_of_a_transaction_are_looked_at_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.migrations.impact import queues

    calls = 0
    own = queues._locks

    def locks(outcome: Outcome, sizes: TableSizes) -> list[Lock]:
        nonlocal calls
        calls += 1
        return own(outcome, sizes)

    monkeypatch.setattr(queues, "_locks", locks)
    outcomes = [_outcome(_lock(), work=(_work(),)) for _ in range(50)]
    found = weigh([_statement(n, 1) for n in range(50)], outcomes, _sizes(), Traffic({"orders": [_caller()]}))
    assert calls == 50
    stalls = [one.queues[0].stall for one in found]
    assert stalls[0].low == pytest.approx(50 * stalls[-1].low)
    assert stalls[0].high > 49 * stalls[-1].high
