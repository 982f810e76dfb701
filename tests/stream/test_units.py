"""Units of work: what divides them, on logs written for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from advisor.stream.units import Units, units
from tests.stream.reading import detected, schema, written
from tests.stream.simulated import Log
from tests.stream.worlds import AUTHOR, BOOK, WORLDS, books


def cut(log: Log, folder: Path, server: str = "postgresql") -> Units:
    return units(written(log, server, folder).sequence_rows())


def test_the_end_of_a_mixed_transaction_divides_and_its_begin_does_not(tmp_path: Path) -> None:
    log = Log(1)
    c = log.client(1)
    for _ in range(3):
        c.run(BOOK.format(1)).run("BEGIN").run(AUTHOR.format(2)).run("UPDATE books SET price = 1 WHERE id = 1").run(
            "COMMIT"
        )
    found = cut(log, tmp_path)
    assert np.bincount(found.unit).tolist() == [3, 3, 3]
    assert found.counts() == {"transaction": 3}
    assert len(set(found.stretch.tolist())) == 1


def test_transactions_of_one_kind_of_statement_do_not_divide(tmp_path: Path) -> None:
    log = Log(1)
    c = log.client(1)
    for i in range(5):
        c.run("BEGIN").run(AUTHOR.format(i)).run("COMMIT")
    assert len(set(cut(log, tmp_path).unit.tolist())) == 1


def test_resets_divide_unless_each_statement_has_one(tmp_path: Path) -> None:
    for statements, expected in ((3, 4), (1, 1)):
        log = Log(1)
        c = log.client(1)
        for _ in range(4):
            for i in range(statements):
                c.run(AUTHOR.format(i))
            c.run("DISCARD ALL")
        assert len(set(cut(log, tmp_path).unit.tolist())) == expected


def test_a_pause_divides_outside_transactions_only(tmp_path: Path) -> None:
    for around, expected in ((False, 2), (True, 1)):
        log = Log(1)
        c = log.client(1)
        if around:
            c.run("BEGIN")
        c.run(AUTHOR.format(1)).run(BOOK.format(1)).pause(5e6).run(AUTHOR.format(2)).run(BOOK.format(2))
        if around:
            c.run("COMMIT")
        assert len(set(cut(log, tmp_path).unit.tolist())) == expected


def test_a_clock_of_seconds_sees_long_pauses_alone(tmp_path: Path) -> None:
    for pause, expected in ((1.2e6, 1), (8e6, 2)):
        log = Log(1)
        c = log.client(1)
        for i in range(10):
            c.run(AUTHOR.format(i))
        c.pause(pause)
        for i in range(10):
            c.run(AUTHOR.format(i))
        assert len(set(cut(log, tmp_path, "mariadb").unit.tolist())) == expected


def test_a_traced_request_is_one_unit_over_its_sessions(tmp_path: Path) -> None:
    log = Log(1)
    for request in range(3):
        for session in (1, 2):
            trace = f"/*traceparent='00-{request:032x}-{1:016x}-01'*/"
            log.client(session).pause(1e4).run(AUTHOR.format(session) + trace).run(BOOK.format(session) + trace)
    found = cut(log, tmp_path)
    assert found.counts() == {"trace": 3}
    assert all(len(set(found.steps.session[found.unit == unit].tolist())) == 2 for unit in range(3))


def test_another_route_is_another_request_and_another_line_is_not(tmp_path: Path) -> None:
    for tag, expected in (("controller='{}'", 4), ("source_location='app/books.py:{}'", 1)):
        log = Log(1)
        c = log.client(1)
        for page in ("1", "2", "1", "2"):
            for i in range(3):
                c.run(AUTHOR.format(i) + " /*" + tag.format(page) + "*/")
        whole = written(log, "postgresql", tmp_path)
        found = units(whole.sequence_rows(), routes=whole.routes.names)
        assert len(set(found.unit.tolist())) == expected


def test_lookups_that_begin_requests_are_learned(tmp_path: Path) -> None:
    log = Log(1)
    WORLDS["browsing_signed_in"].play(log, log.random)
    whole = written(log, "postgresql", tmp_path)
    assert detected(whole, schema("postgresql")).units == {"request_start": 80}


def test_rows_of_a_list_begin_no_requests(tmp_path: Path) -> None:
    """Authors are looked up by keys that the list before them gave."""
    log = Log(1)
    c = log.client(1)
    for _ in range(8):
        books(c.pause(1e4), log.random)
        for _ in range(12):
            c.run(AUTHOR.format(log.random.randint(1, 900)))
    whole = written(log, "postgresql", tmp_path)
    assert detected(whole, schema("postgresql")).units == {"session": 1}
