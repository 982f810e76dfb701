"""Deadlocks out of error logs: MariaDB's and MySQL's prints, cut anywhere, broken, and of a real server."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from advisor.digest.digest import Digest
from advisor.model.incident import Incident
from advisor.model.source import SourceSummary
from advisor.sources.ledger import Ledger
from advisor.sources.mysql import deadlocks
from advisor.sources.mysql.sessions import session_of
from advisor.sources.read import Reading

MARIADB = """2026-11-22 23:09:16 5 [Note] InnoDB: Transactions deadlock detected, dumping detailed information.
2026-11-22 23:09:16 5 [Note] InnoDB:\x20
*** (1) TRANSACTION:

TRANSACTION 29, ACTIVE 0 sec starting index read
mysql tables in use 1, locked 1
LOCK WAIT 4 lock struct(s), heap size 1128, 2 row lock(s), undo log entries 1
MariaDB thread id 5, OS thread handle 140232944461504, query id 60 localhost 127.0.0.1 root Updating
UPDATE account SET balance = balance + 1
WHERE id = 1
2026-11-22 23:09:16 5 [Note] InnoDB: *** WAITING FOR THIS LOCK TO BE GRANTED:

RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `shop`.`account` trx id 29 lock_mode X locks rec but not gap waiting
Record lock, heap no 2 PHYSICAL RECORD: n_fields 4; compact format; info bits 0
 0: len 4; hex 80000001; asc     ;;

2026-11-22 23:09:16 5 [Note] InnoDB:\x20
*** (2) TRANSACTION:

TRANSACTION 30, ACTIVE 0 sec starting index read
MariaDB thread id 6, OS thread handle 140232944154304, query id 59 localhost 127.0.0.1 root Updating
UPDATE stock SET amount = amount - 1 WHERE id = 1
2026-11-22 23:09:16 5 [Note] InnoDB: *** WAITING FOR THIS LOCK TO BE GRANTED:

RECORD LOCKS space id 6 page no 3 n bits 320 index PRIMARY of table `shop`.`stock` trx id 30 lock_mode X locks rec but not gap waiting

2026-11-22 23:09:16 5 [Note] InnoDB: *** WE ROLL BACK TRANSACTION (2)

"""
MYSQL = """2024-03-01T10:00:00.123456Z 12 [Note] [MY-012468] [InnoDB] Transactions deadlock detected, dumping detailed information.
2024-03-01T10:00:00.123470Z 12 [Note] [MY-012469] [InnoDB] *** (1) TRANSACTION:

TRANSACTION 1829, ACTIVE 9 sec starting index read
MySQL thread id 9, OS thread handle 140, query id 51 localhost root updating
DELETE FROM t WHERE a = 4
2024-03-01T10:00:00.123480Z 12 [Note] [MY-012469] [InnoDB] *** (1) HOLDS THE LOCK(S):

RECORD LOCKS space id 2 page no 4 n bits 72 index PRIMARY of table `test`.`t` trx id 1829 lock mode S
2024-03-01T10:00:00.123490Z 12 [Note] [MY-012469] [InnoDB] *** (1) WAITING FOR THIS LOCK TO BE GRANTED:

RECORD LOCKS space id 2 page no 4 n bits 72 index PRIMARY of table `test`.`t` trx id 1829 lock_mode X waiting
2024-03-01T10:00:00.123495Z 12 [Note] [MY-012469] [InnoDB] *** (2) TRANSACTION:

TRANSACTION 1830, ACTIVE 5 sec inserting
MySQL thread id 10, OS thread handle 141, query id 52 localhost root update
INSERT INTO u VALUES (1)
2024-03-01T10:00:00.123500Z 12 [Note] [MY-012469] [InnoDB] *** (2) WAITING FOR THIS LOCK TO BE GRANTED:

TABLE LOCK table `test`.`u` trx id 1830 lock mode AUTO-INC waiting
2024-03-01T10:00:00.123510Z 12 [Note] [MY-012469] [InnoDB] *** WE ROLL BACK TRANSACTION (1)
"""
NOTE = "2026-11-22 23:09:10 0 [Note] InnoDB: Buffer pool(s) load completed\n"


class Cut(io.BytesIO):
    """Gives so many bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._most = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._most)


def read(text: str, size: int = 1 << 20) -> tuple[list[Incident], SourceSummary]:
    summary = SourceSummary("made")
    (batch,) = deadlocks.read(Cut(text.encode(), size), 0, Ledger(summary), None)
    assert len(batch) == 0
    return batch.incidents, summary


def test_mariadb() -> None:
    (incident,), summary = read(NOTE * 3 + MARIADB + NOTE)
    assert incident.sql == "UPDATE stock SET amount = amount - 1 WHERE id = 1"
    assert incident.detail.split("\n")[:2] == [
        "Process 5 waits for lock_mode X locks rec but not gap on table `shop`.`account`; blocked by process 6.",
        "Process 6 waits for lock_mode X locks rec but not gap on table `shop`.`stock`; blocked by process 5.",
    ]
    assert "Process 5: UPDATE account SET balance = balance + 1\nWHERE id = 1" in incident.detail
    assert incident.processes == ((5, session_of(5, b"")), (6, session_of(6, b"")))
    assert (incident.line, incident.offset) == (4, 3 * len(NOTE) + MARIADB.index("ransactions"))
    assert (summary.lines, summary.unreadable_lines) == (MARIADB.count("\n") + 4, 0)


def test_mysql() -> None:
    (incident,), _ = read(MYSQL)
    assert (incident.sql, incident.time_us) == ("DELETE FROM t WHERE a = 4", 1_709_287_200_123_456)
    assert "waits for lock mode AUTO-INC on table `test`.`u`; blocked by process 9." in incident.detail


@pytest.mark.parametrize("size", [64, 100, 777, 1000, 5000])
def test_where_the_stream_is_cut_changes_nothing(size: int) -> None:
    text = (NOTE * 7 + MARIADB) * 3 + MYSQL + NOTE
    assert read(text, size) == read(text)
    assert len(read(text)[0]) == 4


@pytest.mark.parametrize("kept", range(0, len(MARIADB), 97))
def test_a_print_that_breaks_off_loses_nothing_after_it(kept: int) -> None:
    incidents, _ = read(MARIADB[:kept] + "\n" + MYSQL)
    assert incidents[-1].sql == "DELETE FROM t WHERE a = 4"
    assert len(incidents) <= 2


def test_only_error_logs_with_a_deadlock_are_read() -> None:
    assert deadlocks.matches((NOTE + MARIADB).encode())
    assert deadlocks.matches(MYSQL.encode())
    assert not deadlocks.matches((NOTE * 20).encode())
    assert not deadlocks.matches(b"# Time: 240301\n" + MARIADB[70:].encode())


def test_through_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    path.write_text(NOTE + MARIADB)
    reading = Reading([str(path)])
    digest = Digest(reading.summaries)
    for batch in reading:
        digest.add(batch)
    one, other = digest.observations().deadlocks
    assert (one.detail, other.sql) == (
        "waits for lock_mode X locks rec but not gap on table `shop`.`account`; blocked by process 6",
        "UPDATE stock SET amount = amount - 1 WHERE id = 1",
    )
    assert digest.totals().events == 0


def test_a_file_full_of_beginnings_is_read_once() -> None:
    beginning = MARIADB.splitlines(keepends=True)[0]
    started = time.process_time()
    incidents, _ = read(beginning * 20_000 + MARIADB + beginning * 20_000)
    assert time.process_time() - started < 3
    assert [incident.line for incident in incidents] == [20_001]
