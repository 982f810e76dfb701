from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.capture import Capture
from advisor.stream.insights.durations import durations
from advisor.stream.insights.transactions import kinds, longest, transactions
from tests.stream.insights.logged import fingerprint, line, material

COMPLETE = Capture(complete=True, threshold_ms=0.0)


def whole(lines, capture=COMPLETE):
    return dataclasses.replace(material(lines), capture=capture)


PAID = [
    line(10.000, "BEGIN", ms=0.5),
    line(10.010, "SELECT state FROM purchase WHERE id = 7", ms=2),
    line(10.110, "UPDATE purchase SET state = 'paying' WHERE id = 7", ms=3),
    line(12.120, "UPDATE purchase SET state = 'paid' WHERE id = 7", ms=10),
    line(12.130, "COMMIT", ms=5),
]


def test_idle_time_is_what_the_statements_leave():
    (row,) = transactions(whole(PAID))
    assert row.wall_us == 2_130_500
    assert row.busy_us == 20_500
    assert row.idle_us == 2_110_000
    assert row.locked_idle_us == 2_000_000 + 5_000
    assert row.idle_max_us == row.idle_us
    assert row.fingerprint == fingerprint(whole(PAID), "update purchase")
    assert row.after_idle_us == 2_005_000
    assert (row.transactions, row.round_trips, row.writing, row.rolled_back, row.unfinished) == (1, 5, 1, 0, 0)
    assert (row.database, row.user) == ("shop", "app")


def test_a_clock_that_was_set_back_gives_no_length():
    back = [PAID[0].replace("10.000", "50.000"), *PAID[1:]]
    assert back != PAID
    assert not len(durations(whole(back)).span)
    assert len(durations(whole(PAID)).span) == 1


def test_a_log_that_hides_statements_tells_no_idle_time():
    for capture in (Capture(complete=False, threshold_ms=5.0), Capture(threshold_ms=100.0)):
        (row,) = transactions(whole(PAID, capture))
        assert row.idle_us is None
        assert row.locked_idle_us is None
        assert row.fingerprint is None
        assert row.why_unknown
        assert longest(whole(PAID, capture))[0].idle_us is None
        assert kinds(whole(PAID, capture))[0].busy_share is None
    (row,) = transactions(whole(PAID, Capture(threshold_ms=0.0)))
    assert row.idle_us == 2_110_000


def test_a_small_log_is_whole_where_begin_itself_is_fast():
    unknown = Capture()
    assert transactions(whole(PAID, unknown))[0].idle_us == 2_110_000
    slow = [text.replace("0.500 ms", "1.500 ms") for text in PAID]
    assert transactions(whole(slow, unknown))[0].idle_us is None
    torn = [line(20.0 + number, "BEGIN", ms=0.5, session=600 + number) for number in range(3)]
    assert transactions(whole([*PAID, *torn], unknown))[0].idle_us is None


def test_many_short_transactions_do_not_hide_those_that_wait():
    short = [
        text
        for number in range(200)
        for text in (
            line(20.000 + number * 0.01, "BEGIN", ms=0.1, session=600 + number),
            line(20.002 + number * 0.01, "UPDATE cart SET n = 1 WHERE id = 7", ms=1, session=600 + number),
            line(20.004 + number * 0.01, "COMMIT", ms=1, session=600 + number),
        )
    ]
    (row,) = transactions(whole([*PAID, *short]))
    assert (row.transactions, row.waiting) == (201, 1)
    assert row.waiting_wall_us == 2_130_500
    # The pauses of 7.5 ms after BEGIN and of 5 ms before COMMIT may be the network's; those of 97 ms and 2 s are not.
    assert row.waiting_idle_us == row.waiting_p95_us == 2_097_000
    assert row.waiting_locked_us == 2_000_000


def test_a_temporary_table_holds_nobody_up():
    filled = [
        line(10.000, "BEGIN", ms=0.5),
        line(10.010, "CREATE TEMP TABLE IF NOT EXISTS picked (id int)", ms=2),
        line(20.000, "INSERT INTO picked SELECT id FROM sale", ms=9000),
        line(22.000, "UPDATE sale SET seen = true WHERE id = 7", ms=5),
        line(25.000, "COMMIT", ms=5),
    ]
    (row,) = longest(whole(filled))
    assert row.locked_us == 25_000_000 - 21_995_000
    kept = [text.replace("TEMP TABLE", "TABLE") for text in filled]
    assert longest(whole(kept))[0].locked_us > 14_000_000


def test_pauses_of_the_network_are_no_waiting_however_many():
    rows = [line(10.004 + number * 0.004, "INSERT INTO t VALUES (1)", ms=1) for number in range(600)]
    (row,) = transactions(whole([line(10, "BEGIN", ms=0.1), *rows, line(12.41, "COMMIT", ms=1)]))
    assert row.idle_us > 1_700_000
    assert row.waiting == 0
    assert row.waiting_p95_us is None


def test_a_coarse_clock_tells_no_idle_time():
    lines = [
        line(10, "BEGIN", ms=0),
        line(11, "SELECT a FROM t", ms=0),
        line(12, "SELECT b FROM t", ms=0),
        line(13, "COMMIT", ms=0),
    ]
    (row,) = transactions(whole(lines))
    assert row.idle_us is None
    assert "ticks" in row.why_unknown


def test_transactions_without_an_end_are_counted_and_not_measured():
    (row,) = transactions(
        whole([*PAID, line(20, "BEGIN"), line(21, "SELECT a FROM t"), line(70, "BEGIN"), line(70.1, "COMMIT")])
    )
    assert (row.transactions, row.unfinished) == (2, 1)
    assert row.wall_max_us < 3_000_000


def test_unknown_durations_are_not_measured():
    lines = [text.replace("duration: 2.000 ms  statement", "statement") for text in PAID]
    assert transactions(whole(lines)) == []


def test_the_longest_come_first_with_what_they_held():
    lines = [*PAID, line(30, "BEGIN"), line(39, "SELECT count(*) FROM purchase", ms=8900), line(39.1, "ROLLBACK")]
    first, second = longest(whole(lines))
    assert first.wall_us == 9_101_000
    assert (first.locked_us, first.written_tables, first.rolled_back) == (0, "", True)
    assert (second.locked_us, second.written_tables, second.rolled_back) == (2_023_000, "purchase", False)
    assert second.longest_gap_us == 2_000_000


def test_kinds_are_told_by_their_first_statement():
    chatty = [
        line(100 + n + i / 100, sql, session=n)
        for n in range(3)
        for i, sql in enumerate(
            [
                "BEGIN",
                "SELECT a FROM cart WHERE id = 1",
                *(f"UPDATE item SET a = 1 WHERE id = {k}" for k in range(8)),
                "COMMIT",
            ]
        )
    ]
    found = {row.fingerprint: row for row in kinds(whole([*PAID, *chatty]))}
    row = found[fingerprint(whole(chatty), "from cart")]
    assert (row.transactions, row.round_trips_p50, row.round_trips_max, row.distinct_p50) == (3, 11, 11, 2)
    assert row.repeated_share == pytest.approx(7 / 9)
    assert row.child_fingerprint == fingerprint(whole(chatty), "update item")
    assert len(found) == 2


def test_nothing_is_told_when_requests_were_sampled_apart_from_their_begin():
    base = whole(PAID)
    rows = {**base.rows, "trace": np.ones(len(base), np.uint64)}
    sampled = dataclasses.replace(base, rows=rows, scale=2.0)
    assert transactions(sampled) == kinds(sampled) == longest(sampled) == []


STEP = st.tuples(
    st.sampled_from(["SELECT a FROM t WHERE id = 1", "UPDATE t SET a = 1 WHERE id = 2", "SET work_mem = '1MB'"]),
    st.integers(0, 900),
    st.integers(1, 400),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(STEP, max_size=6), min_size=1, max_size=6))
def test_wall_is_busy_and_idle_and_groups_add_up(work):
    time, lines = 10.0, []
    for number, steps in enumerate(work):
        for sql, gap, ms in [("BEGIN", 50, 1), *steps, ("COMMIT", 3, 2)]:
            time += gap / 1000 + ms / 1000
            lines.append(line(time, sql, session=1 + number % 2, ms=ms, who=f"app{number % 3}@shop"))
    found = whole([*lines, line(time + 0.001, "SELECT 3", ms=0.0005)])
    each = durations(found)
    assert (each.wall == each.busy + each.idle).all()
    assert (each.locked_idle <= each.idle).all()
    assert (each.locked <= each.wall).all()
    rows = transactions(found)
    assert sum(row.transactions for row in rows) == len(work)
    assert sum(row.wall_us for row in rows) == int(each.wall.sum())
    if rows[0].idle_us is not None:
        assert sum(row.idle_us for row in rows) == int(each.idle.sum())
    assert sum(row.round_trips for row in rows) == len(lines)
    assert sum(row.transactions for row in kinds(found)) == sum(any(s[0][:3] != "SET" for s in steps) for steps in work)
