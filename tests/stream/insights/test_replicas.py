from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.stream.insights.replicas import replicas
from tests.stream.insights.logged import fingerprint, line, material

READ = "SELECT name FROM item WHERE id = 7"


def whole(lines, seconds=1.0, **more):
    return next(r for r in replicas(material(lines, **more)) if r.fingerprint is None and r.seconds == seconds)


def test_shares_are_of_time_not_of_counts():
    row = whole(
        [line(1, READ, ms=30), line(2, READ.replace("item", "shop"), ms=10), line(9, "UPDATE item SET a = 1", ms=60)]
    )
    assert (row.calls, row.offload_calls, row.total_us, row.offload_us) == (2, 2, 40_000, 40_000)
    assert row.share == pytest.approx(0.4)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM item WHERE id = 7 FOR UPDATE",
        "SELECT name FROM item WHERE id = 7 FOR KEY SHARE",
        "SELECT nextval('item_id_seq')",
        "SELECT pg_advisory_xact_lock(7)",
        "SELECT buy(id) FROM item WHERE id = 7",
        "WITH gone AS (DELETE FROM item RETURNING id) SELECT id FROM gone",
    ],
)
def test_what_only_the_primary_can_answer(sql):
    found = replicas(material([line(1, sql), line(2, sql)]))
    assert all(row.offload_calls == 0 for row in found)
    assert all(row.why_not for row in found if row.fingerprint)


@pytest.mark.parametrize(
    "sql", ["SELECT now(), name FROM item", "SELECT id FROM item ORDER BY random()", "SELECT current_user"]
)
def test_what_a_replica_answers_although_no_cache_may(sql):
    assert whole([line(1, sql)]).offload_calls == 1


def test_who_has_written_must_find_it_for_some_seconds():
    lines = [line(10.0, "UPDATE item SET a = 1 WHERE id = 7"), line(10.5, READ), line(12.0, READ), line(16.0, READ)]
    assert [whole(lines, x).offload_calls for x in (0.1, 1.0, 5.0)] == [3, 2, 1]
    elsewhere = [lines[0].replace("item", "shop"), *lines[1:]]
    assert whole(elsewhere, 5.0).offload_calls == 3


def test_another_sessions_write_counts_only_where_any_writer_counts():
    lines = [line(10.0, "UPDATE item SET a = 1 WHERE id = 7", session=9), line(10.5, READ, session=1)]
    row = whole(lines)
    assert (row.offload_us, row.any_writer_us) == (1000, 0)


def test_a_write_can_be_found_from_its_commit_on():
    lines = [
        line(10.0, "BEGIN", session=9),
        line(10.1, "UPDATE item SET a = 1 WHERE id = 7", session=9),
        line(14.0, "COMMIT", session=9),
        line(14.5, READ, session=9),
        line(14.6, READ, session=1),
    ]
    row = whole(lines)
    assert (row.offload_calls, row.own_write_us, row.any_writer_us) == (1, 1000, 0)


def test_a_transaction_that_writes_stays_whole():
    lines = [line(1, "BEGIN"), line(2, READ), line(3, "UPDATE shop SET a = 1"), line(4, "COMMIT"), line(20, READ)]
    row = whole(lines)
    assert (row.calls, row.offload_calls, row.in_transaction_us) == (2, 1, 1000)
    only_reads = [text.replace("UPDATE shop SET a = 1", "SELECT a FROM shop") for text in lines]
    assert whole(only_reads).offload_calls == 3


def test_each_statement_is_told():
    found = material([line(1, READ, ms=5), line(2, "SELECT id FROM shop")])
    rows = [row for row in replicas(found) if row.seconds == 1.0]
    assert [row.fingerprint for row in rows] == [None, fingerprint(found, "from item"), fingerprint(found, "from shop")]


STATEMENTS = st.sampled_from(
    [
        READ,
        "SELECT id FROM shop",
        "UPDATE item SET a = 1 WHERE id = 7",
        "UPDATE shop SET a = 1",
        "BEGIN",
        "COMMIT",
        "SELECT f(1)",
    ]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(STATEMENTS, st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=25))
def test_less_goes_the_longer_writers_must_wait_and_all_of_it_is_accounted_for(events):
    time, lines = 0.0, []
    for sql, session, gap in events:
        time += gap / 4
        lines.append(line(time, sql, session=session))
    found = replicas(material(lines))
    for name in {row.fingerprint for row in found}:
        rows = [row for row in found if row.fingerprint == name]
        assert [r.offload_us for r in rows] == sorted((r.offload_us for r in rows), reverse=True)
        assert all(r.any_writer_us <= r.offload_us for r in rows)
    for row in found:
        if row.fingerprint is not None and row.why_not is None:
            assert row.offload_us + row.in_transaction_us + row.own_write_us == row.total_us
