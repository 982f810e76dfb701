"""Processes that a message names, found again as sessions of the log."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from advisor.model.source import SourceSummary
from advisor.sources.framed import Block
from advisor.sources.options import ReadOptions
from advisor.sources.postgresql.processes import Processes
from advisor.sources.postgresql.record import Record, name_hash
from advisor.sources.read import Reading

MINE, HOLDER = "65e1a1b0.4c6", "65e1a1b1.4d2"
PID = 0x4D2


def record(key: str, pid: int, offset: int) -> Record:
    return Record(
        severity="LOG", message="", time_us=0, pid=pid, session_key=key, session=name_hash(key.encode()), offset=offset
    )  # fmt: skip


def found(data: str, *, before: str = "", at: int | None = None) -> int:
    processes = Processes()
    if before:
        processes.look(Block(before.encode(), 0, 1))
    processes.look(Block(data.encode(), len(before), 1))
    mine = record(MINE, 0x4C6, len(before) + (len(data) if at is None else at))
    ((pid, itself), (other, session)) = processes.sessions([0x4C6, PID], mine)
    assert (pid, itself, other) == (0x4C6, mine.session, PID)
    return session


def test_a_key_that_is_the_process_id_needs_no_search() -> None:
    assert Processes().sessions([100, 99], record("100", 100, 0)) == (
        (100, name_hash(b"100")),
        (99, name_hash(b"99")),
    )


def test_session_ids_are_found_before_after_and_in_the_block_before() -> None:
    line = f"2026-11-01 [{HOLDER}] LOG:  duration: 1 ms\n"
    session = name_hash(HOLDER.encode())
    assert found(line) == session
    assert found("wait\n" + line, at=0) == session
    assert found("wait\n", before=line) == session
    assert found("wait\n") == 0


def test_the_nearest_session_before_the_message_counts() -> None:
    old = HOLDER.replace("65e1a1b1", "65e00000")
    assert found(f"[{old}]\n[{HOLDER}]\n") == name_hash(HOLDER.encode())
    assert found(f"[{old}]\nwait\n[{HOLDER}]\n", at=len(old) + 3) == name_hash(old.encode())


@pytest.mark.parametrize(
    "decoy", ["12345678.4d25", "a65e1a1b1.4d2", "5.4d2", "10.0.0.4d2", ".4d2", "65E1A1B1.4d2", "65e1a1b1.4d2.7"]
)
def test_other_numbers_that_end_like_it_are_no_sessions(decoy: str) -> None:
    assert found(f"[{decoy}] {decoy}\n" * 5) == 0


def test_keys_of_process_and_start_tell_nothing_of_others() -> None:
    assert Processes().sessions([99], record("100 2026-11-01 10:00:00", 100, 0)) == ((99, 0),)


LOG = (
    "2026-11-01 10:00:00.010 UTC [65e1a1b1.4d2] app@shop LOG:  duration: 1.5 ms  statement: UPDATE stock SET n = 4 WHERE id = 1\n"
    "2026-11-01 10:00:01.100 UTC [65e1a1b0.4c6] app@shop LOG:  process 1222 still waiting for ShareLock on transaction 7 after 1000.123 ms\n"
    "2026-11-01 10:00:01.100 UTC [65e1a1b0.4c6] app@shop DETAIL:  Process holding the lock: 1234. Wait queue: 1222.\n"
    '2026-11-01 10:00:01.100 UTC [65e1a1b0.4c6] app@shop CONTEXT:  while updating tuple (0,1) in relation "stock"\n'
    "2026-11-01 10:00:06.000 UTC [65e1a1b0.4c6] app@shop LOG:  process 1222 acquired ShareLock on transaction 7 after 5900.456 ms\n"
)


@pytest.mark.parametrize("size", [200, 400, 1 << 20])
def test_a_wait_through_the_reader_knows_both_and_its_begin(tmp_path, size: int) -> None:
    path = tmp_path / "server.log"
    path.write_text(LOG)
    reading = Reading([str(path)], ReadOptions(block_bytes=size))
    waits = [i for batch in reading for i in batch.incidents if i.kind == "lock_wait"]
    (wait,) = waits
    assert wait.processes == ((1222, name_hash(MINE.encode())), (1234, name_hash(HOLDER.encode())))
    assert wait.duration_us == 5_900_456
    assert (wait.began_us or 0) - (wait.time_us - 1_000_123) == 0
    assert isinstance(reading.summaries[0], SourceSummary)


def test_thousands_of_processes_that_are_nowhere_are_not_all_looked_for() -> None:
    class Counted(bytes):
        searches = 0

        def rfind(self, *given: Any) -> int:
            Counted.searches += 1
            return super().rfind(*given)

    processes = Processes()
    processes.look(cast("Block", SimpleNamespace(data=Counted(b"x" * 1000), offset=0)))
    record = cast("Record", SimpleNamespace(pid=1, session=5, session_key="65000000.1", offset=900))
    assert processes.sessions(range(1000, 9000), record)[-1] == (8999, 0)
    assert Counted.searches < 500
