"""General logs: who runs what, and nothing of it twice."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.batch import UNKNOWN, Batch
from advisor.sources.framed import Block
from advisor.sources.mysql import errorlog, general, slowlog
from advisor.sources.mysql.general_pairing import Pairing

from . import logs
from .test_pairing import events, incidents

T0 = 1_709_287_200_000_000

MARIA = (
    b"mariadbd, Version: 10.11.19-MariaDB-0+deb12u1-log (Debian 12). started with:\n"
    b"Tcp port: 33977  Unix socket: /run/s.sock\nTime\t\t    Id Command\tArgument\n"
    b"240301 10:00:00\t     3 Connect\troot@localhost on  using Socket\n\t\t     3 Query\tcreate database a\n"
    b"\t\t     3 Init DB\ta\n\t\t     4 Connect\tapp@web1 as anonymous on shop using TCP/IP\n"
    b"240301 10:00:02\t     3 Query\tselect 'two\nlines;\n\t\t no record\n', 1;\n\t\t     4 Prepare\tselect ?\n"
    b"\t\t     4 Execute\tselect 7\n\t\t     3 Query\tUSE `b`\n\t\t     3 Query\tselect 2\n"
    b"\t\t     4 Query\texecute by_name using @x\n\t\t     4 Execute\tselect 8\n"
    b"\t\t     4 Quit\t\n\t\t     4 Query\tselect 3\n"
)
MYSQL = (
    b"2024-03-01T10:00:00.000001Z\t   17 Connect\tapp@10.0.0.7 on shop using SSL/TLS\n"
    b"2024-03-01T12:00:00.000002+02:00\t   17 Query\tSELECT 1\n2024-03-01T10:00:00.000003Z\t   17 Quit\t\n"
)


def pair(data: bytes, cuts: list[int] | None = None, timezone: str | None = None) -> list[Batch]:
    framer = general.make(data, timezone=timezone)
    pairing = Pairing(0, framer)
    batches = []
    line = 1
    for low, high in itertools.pairwise([0, *(cuts or []), len(data)]):
        block = Block(data[low:high], low, line)
        line += block.data.count(b"\n")
        batches.append(pairing.feed(framer.frame(block, final=high == len(data))))
    pairing.finish()
    return [batch for batch in batches if batch is not None]


def test_mariadb() -> None:
    batches = pair(MARIA)
    found = events(batches)
    assert [event[1] for event in found] == [
        "create database a", "select 'two\nlines;\n\t\t no record\n', 1", "select 7", "USE `b`", "select 2", "select 8", "select 3",
    ]  # fmt: skip
    assert [event[0].database for event in found] == [None, "a", "shop", "a", "b", "shop", None]
    assert [event[0].user for event in found] == ["root", "root", "app", "root", "root", "app", None]
    assert [event[3] for event in found] == [T0] + [T0 + 2_000_000] * 6
    assert {event[4] for event in found} == {UNKNOWN}
    assert not batches[0].zoned
    assert [incident.kind for incident in incidents(batches)] == [
        "restart", "connection", "admin", "connection", "admin", "admin", "disconnection",
    ]  # fmt: skip
    assert pair(MARIA, timezone="Europe/Berlin")[0].time_us[0] == T0 - 3_600_000_000


def test_mysql() -> None:
    (batch,) = pair(MYSQL)
    assert batch.zoned
    assert batch.time_us.tolist() == [T0 + 2]
    assert (batch.contexts[0].user, batch.contexts[0].host, batch.contexts[0].database) == ("app", "10.0.0.7", "shop")


def test_detection() -> None:
    assert general.matches(MARIA) > 0.9
    assert general.matches(MYSQL) > 0.6
    assert slowlog.matches(MARIA) < general.matches(MARIA)
    for log in logs.RECORDS:
        assert general.matches(log) <= 0.5
    assert general.matches(logs.BANNER + logs.MYSQL8) == 0


def test_a_head_cut_in_a_statement_is_accounted_for() -> None:
    framer = general.make(MYSQL)
    framed = framer.frame(Block(b"from t\nwhere a = 1\n" + MYSQL, 0, 1), final=True)
    assert framed.unreadable == [
        (0, 2, "before the first record: no general-log header (a record cut by rotation?)"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_cut_at_any_record_start_changes_nothing(data: st.DataObject) -> None:
    pieces = (MARIA + MYSQL).splitlines(keepends=True)
    text = b"".join(data.draw(st.lists(st.sampled_from([*pieces, b"\0\0", b"\xff\n", b"\r\n"]), max_size=20)))
    whole = pair(text)
    for cut in general._starts(text):
        if cut:
            # the head decides on the zone: cut what one framer frames
            framer, parts, line = general.make(text), [], 1
            pairing = Pairing(0, framer)
            for low, high in ((0, cut), (cut, len(text))):
                block = Block(text[low:high], low, line)
                line += block.data.count(b"\n")
                parts.append(pairing.feed(framer.frame(block, final=high == len(text))))
            made = [batch for batch in parts if batch is not None]
            assert events(made) == events(whole)
            assert incidents(made) == incidents(whole)


@settings(max_examples=100, deadline=None)
@given(logs.damaged(), st.sampled_from([b"", MARIA, MYSQL]))
def test_slow_logs_and_damage_do_not_stop_it(data: bytes, before: bytes) -> None:
    framed = general.make(before).frame(Block(before + data, 0, 1), final=True)
    assert framed.lines >= sum(count for _, count, _ in framed.unreadable)
    assert len(logs.pair(before + data)) <= 1


@pytest.mark.parametrize("data", [MARIA, MYSQL])
def test_last_start(data: bytes) -> None:
    framer = general.make(data)
    for stop in range(0, len(data), 7):
        at = framer.last_start(data[:stop])
        assert at == 0 or at in general._starts(data)


ERROR_LOGS = {
    "mysql-8": b"2024-03-01T10:00:00.123456Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.0.36) starting\n"
    b"2024-03-01T10:00:01.123456Z 1 [System] [MY-013576] [InnoDB] InnoDB initialization has started.\n",
    "mysql-5.7": b"2024-03-01T10:00:00.123456Z 0 [Note] InnoDB: Transactions deadlock detected, dumping\n"
    b"2024-03-01T10:00:00.123456Z 0 [Note] InnoDB: \n*** (1) TRANSACTION:\n\n"
    b"2024-03-01T10:00:00.123456Z 0 [Warning] x\n2024-03-01T10:00:00.123456Z 0 [ERROR] x\n",
    "mariadb": b"2026-11-22  9:57:01 0 [Note] Starting MariaDB 10.11.19\n2026-11-22  9:57:01 0 [Note] InnoDB: x\n",
    "mysql-5.6": b"240301 10:00:00 mysqld_safe Starting mysqld daemon\n240301 10:00:01 [Note] Plugin 'x' is disabled.\n",
}


@pytest.mark.parametrize("data", ERROR_LOGS.values(), ids=ERROR_LOGS)
def test_an_error_log_is_recognised(data: bytes) -> None:
    assert errorlog.matches(data) > 0
    assert "slow_query_log_file" in errorlog.REASON
    assert slowlog.matches(data) == general.matches(data) == 0


def test_nothing_else_is_an_error_log() -> None:
    for log in (*logs.RECORDS, MARIA, MYSQL, b"", b"select 1;\n"):
        assert errorlog.matches(log) == 0


def test_a_pasted_slow_log_in_a_statement_makes_no_slow_log_of_a_general_log() -> None:
    pasted = b"\t\t     3 Query\tselect '\n" + logs.MYSQL8 + b"'\n"
    for head in (MARIA + pasted, MYSQL + pasted, MARIA[MARIA.index(b"240301") :] + pasted):
        assert general.matches(head) > slowlog.matches(head)
    slow = logs.MARIA_BANNER + logs.MYSQL8.replace(b"SELECT", MARIA.partition(b"Argument\n")[2] + b"SELECT")
    assert slowlog.matches(slow) == 1.0 > general.matches(slow)
