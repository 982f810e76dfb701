from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

import advisor
from advisor.recording import CaptureError, NPlusOneError, TooManyQueriesError

THIS = __file__


def line_of(function: Any, part: str) -> int:
    import inspect

    lines, start = inspect.getsourcelines(function)
    return start + next(number for number, line in enumerate(lines) if part in line)


def test_a_statement_is_known_by_the_line_that_ran_it(any_engine: Engine, shop: Any) -> None:
    with Session(any_engine) as session, advisor.capture(any_engine) as trace:
        assert len(shop.authors_with_books_at_once(session)) == 4
    first, second = [s for s in trace.statements if s.counted]
    for statement in (first, second):
        assert statement.call_site is not None
        assert statement.call_site.file == shop.__file__
        assert statement.call_site.line == line_of(shop.authors_with_books_at_once, "selectinload")
        assert "authors_with_books_at_once" in statement.call_site.function
        assert [site.file for site in statement.stack][-1] == THIS
    assert (first.rows, second.rows) == (4, 12)
    assert second.in_count == 4
    assert first.duration_us > 0
    assert first.transaction == second.transaction != 0
    assert first.connection == second.connection == 1
    assert first.framework == "sqlalchemy"


def test_counts(any_engine: Engine, shop: Any) -> None:
    with advisor.capture(any_engine) as trace, Session(any_engine) as session:
        assert trace.count == 0
        session.execute(text("SELECT 1"))
        assert trace.count == 1  # while it runs, too
        with session.begin_nested():
            session.execute(insert(shop.Review), [{"stars": 1, "book_id": 1}, {"stars": 2, "book_id": 2}])
        session.execute(text("UPDATE books SET stock = stock"))
        session.rollback()
    # the savepoint and its release are of the transaction
    assert trace.count == 3
    assert [s.kind for s in trace.statements if not s.counted] == ["transaction", "transaction"]
    update = trace.statements[-1]
    assert update.kind == "update"
    assert update.rows == 12 or any_engine.name == "mysql"  # MySQL may count the rows that changed
    trace.assert_max_queries(3)
    with pytest.raises(TooManyQueriesError, match=r"3 statements, 2 allowed"):
        trace.assert_max_queries(2)


def test_executemany_is_one_statement_and_as_many_round_trips_as_the_driver_makes(any_engine: Engine) -> None:
    rows = [{"n": n} for n in range(5)]
    with any_engine.connect() as connection, advisor.capture(any_engine) as trace:
        connection.execute(text("UPDATE books SET stock = :n WHERE id = :n"), rows)
        connection.rollback()
    (statement,) = trace.statements
    assert (trace.count, statement.executions) == (1, 5)
    assert trace.round_trips == (5 if any_engine.name == "mysql" else 1)


def test_failed_statements_count_and_exceptions_pass(any_engine: Engine) -> None:
    with any_engine.connect() as connection:
        with pytest.raises(Exception, match="nowhere"), advisor.capture(any_engine) as trace:
            connection.execute(text("SELECT * FROM nowhere"))
        assert [(s.failed, s.rows) for s in trace.statements] == [(True, None)]
        connection.rollback()
        before = trace.count
        connection.execute(text("SELECT 1"))
        assert trace.count == before


def test_nothing_stays_behind(engine: Engine, shop: Any) -> None:
    before = dict(vars(engine.dialect))
    with advisor.capture(engine):
        assert vars(engine.dialect) != before
    assert dict(vars(engine.dialect)) == before
    with pytest.raises(ZeroDivisionError), advisor.capture(engine):
        raise ZeroDivisionError
    assert dict(vars(engine.dialect)) == before


def test_a_capture_keeps_no_object_of_the_program_alive(engine: Engine, shop: Any) -> None:
    with advisor.capture(engine) as trace:
        with Session(engine) as session:
            book = session.get(shop.Book, 1)
            gone = weakref.ref(book)
            del book
        gc.collect()
        assert gone() is None
    assert trace.count == 1


def test_nested_captures_and_several_targets(engine: Engine) -> None:
    other = create_engine("sqlite://")
    with engine.connect() as one, other.connect() as two, advisor.capture(engine, other) as outer:
        one.execute(text("SELECT 1"))
        with advisor.capture(engine) as inner:
            one.execute(text("SELECT 2"))
            two.execute(text("SELECT 3"))
        two.execute(text("SELECT 4"))
    assert [s.sql for s in outer.statements] == ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"]
    assert [s.sql for s in inner.statements] == ["SELECT 2"]


def test_captures_that_end_in_another_order(engine: Engine) -> None:
    first, second = advisor.capture(engine), advisor.capture(engine)
    with engine.connect() as connection:
        one = first.__enter__()
        two = second.__enter__()
        connection.execute(text("SELECT 1"))
        first.__exit__(None, None, None)
        connection.execute(text("SELECT 2"))
        second.__exit__(None, None, None)
        connection.execute(text("SELECT 3"))
    assert (one.count, two.count) == (1, 2)
    assert "do_execute" not in vars(engine.dialect)


def test_a_statement_seen_twice_is_recorded_once(engine: Engine) -> None:
    import sqlite3

    with advisor.capture(sqlite3):
        fresh = create_engine("sqlite://")
        with advisor.capture(fresh, sqlite3) as trace, fresh.connect() as connection:
            connection.execute(text("SELECT 1"))
    assert [s.sql for s in trace.statements if s.counted] == ["SELECT 1"]


def test_captures_come_and_go_while_threads_work(engine: Engine) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        own = engine.execution_options()
        try:
            with own.connect() as connection:
                while not stop.is_set():
                    connection.execute(text("SELECT 1")).scalar()
        except BaseException as error:
            failures.append(error)

    fresh = create_engine("sqlite://")
    engine = fresh
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    counts = []
    for _ in range(60):
        with advisor.capture(fresh) as trace:
            pass
        counts.append(trace.count)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert "do_execute" not in vars(fresh.dialect)


def test_statements_of_other_threads_are_seen(engine: Engine) -> None:
    def ask(number: int) -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT :n"), {"n": number}).scalar()

    with advisor.capture(engine) as trace, ThreadPoolExecutor(1) as pool:
        list(pool.map(ask, range(4)))
    assert trace.count == 4
    assert {s.call_site.function.rpartition(".")[2] for s in trace.statements if s.call_site} == {"ask"}
    assert len({s.literals for s in trace.statements}) == 4


def test_layers_can_be_skipped(engine: Engine, shop: Any) -> None:
    with Session(engine) as session, advisor.capture(engine, skip=["shop_under_test"]) as trace:
        shop.titles_with_authors(session)
    assert {s.call_site.file for s in trace.statements if s.call_site} == {THIS}
    with Session(engine) as session, advisor.capture(engine, skip=[shop.__file__.rpartition("/")[0] + "/"]) as trace:
        shop.titles_with_authors(session)
    assert {s.call_site.file for s in trace.statements if s.call_site} == {THIS}


def test_sessions_and_connections_stand_for_their_engine(engine: Engine) -> None:
    with Session(engine) as session, engine.connect() as connection:
        for target in (session, connection, engine.execution_options(isolation_level="AUTOCOMMIT")):
            with advisor.capture(target) as trace:
                connection.execute(text("SELECT 1"))
            assert trace.count == 1


def test_what_cannot_be_captured_is_said() -> None:
    with pytest.raises(CaptureError, match=r"builtins.int cannot be captured: give an Engine"), advisor.capture(3):
        pass
    with pytest.raises(CaptureError, match="nothing to capture"), advisor.capture():
        pass


def test_values_are_not_kept(engine: Engine) -> None:
    with advisor.capture(engine) as trace, engine.connect() as connection:
        connection.execute(text("SELECT :secret"), {"secret": "hunter2"})
        connection.execute(text("SELECT 'hunter3'"))
    assert "hunter2" not in repr(trace.statements)
    assert "hunter" not in trace.report()


@pytest.mark.server
def test_an_async_engine(postgresql_database: str, filled: Any, shop: Any) -> None:
    url = f"postgresql+psycopg://postgres@127.0.0.1/{postgresql_database}"
    filled(create_engine(url)).dispose()

    async def page(session: AsyncSession) -> None:
        for author in (await session.scalars(select(shop.Author))).all():
            await session.scalars(select(shop.Book).where(shop.Book.author_id == author.id))

    async def run() -> advisor.recording.Trace:
        engine = create_async_engine(url)
        with advisor.capture(engine) as trace:
            async with AsyncSession(engine) as session:
                await page(session)
        await engine.dispose()
        return trace

    trace = asyncio.run(run())
    assert trace.count == 5
    with pytest.raises(NPlusOneError, match=r"test_capturing.py:\d+ in test_an_async_engine.<locals>.page"):
        trace.assert_no_n_plus_one()
