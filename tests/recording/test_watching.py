"""What a watched test is failed for: rows it makes itself are its preparation, those the program makes are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.recording.conftest import ALONE

COPY = """
def copy(connection):
    for (key,) in connection.execute(text("SELECT id FROM authors")).all():
        connection.execute(text("INSERT INTO books (author_id) VALUES (:key)"), {"key": key})
"""


def test_inserts_of_the_program_and_of_the_test(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "service.py").write_text("from sqlalchemy import text\n" + COPY)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "makers.py").write_text("from sqlalchemy import text\n" + COPY)
    verdicts, output = run(
        f"""
        from sqlalchemy import text
        import os, sys, service
        {COPY.replace(chr(10), chr(10) + " " * 8)}
        @pytest.mark.advisor(no_n_plus_one=True)
        def test_of_the_program(connection):
            service.copy(connection)

        @pytest.mark.advisor
        def test_of_the_program_without_arguments(connection):
            service.copy(connection)

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_of_the_test(connection):
            copy(connection)

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_in_the_body(connection):
            for (key,) in connection.execute(text("SELECT id FROM authors")).all():
                connection.execute(text("INSERT INTO books (author_id) VALUES (:key)"), {{"key": key}})

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_of_a_factory(connection):
            sys.path.insert(0, os.path.dirname(__file__) + "/tests")
            import makers
            makers.copy(connection)

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_that_prepares_and_runs_into_it(connection):
            copy(connection)
            app.page(connection)

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_that_checks_some(connection):
            assert len(connection.execute(text("SELECT author_id FROM books")).all()) == 3
            for key in (1, 2):
                assert connection.execute(text("SELECT name FROM authors WHERE id = :key"), {{"key": key}}).scalar()

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_that_reads_all_by_itself(connection):
            for (key,) in connection.execute(text("SELECT author_id FROM books")).all():
                assert connection.execute(text("SELECT name FROM authors WHERE id = :key"), {{"key": key}}).scalar()
        """
    )
    assert verdicts == {
        "test_of_the_program": "FAILED",
        "test_of_the_program_without_arguments": "FAILED",
        "test_of_the_test": "PASSED",
        "test_in_the_body": "PASSED",
        "test_of_a_factory": "PASSED",
        "test_that_prepares_and_runs_into_it": "FAILED",
        "test_that_checks_some": "PASSED",
        "test_that_reads_all_by_itself": "FAILED",
    }, output
    assert "child   service.py:5 in copy" in output
    assert "parent  service.py:4 in copy, 3 rows" in output
    assert "One INSERT a row: 3 statements" in output


OPENED = """
    import sqlite3
    import service

    @pytest.fixture(scope="session")
    def opened():
        connection = sqlite3.connect(":memory:")
        connection.executescript("CREATE TABLE authors (id INTEGER PRIMARY KEY); CREATE TABLE books (author_id)")
        connection.executemany("INSERT INTO books VALUES (?)", [(1,), (2,), (3,)])
        return connection

    def test_plain(opened):
        assert type(sqlite3.connect(":memory:")).__name__ == "Connection"

    def test_page(opened, advisor_trace):
        assert advisor_trace.count == 0
        service.page(opened)
        assert advisor_trace.count == 4

    def test_once(opened):
        opened.execute("SELECT * FROM authors").fetchall()
"""
PAGE = """
def page(connection):
    for (key,) in connection.execute("SELECT author_id FROM books").fetchall():
        connection.execute("SELECT * FROM authors WHERE id = ?", (key,)).fetchall()
"""


def test_connections_that_fixtures_opened(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "service.py").write_text(PAGE)
    verdicts, output = run(OPENED, "--advisor")
    assert verdicts == {"test_plain": "PASSED", "test_page": "FAILED", "test_once": "PASSED"}, output
    assert "3 tests watched, 5 statements" in output


def test_drivers_that_are_named(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "service.py").write_text(PAGE)
    verdicts, output = run(OPENED, "--advisor", ini="advisor_targets = pymysql")
    assert verdicts["test_page"] == "FAILED"  # its own assertion: nobody listened
    assert "assert 0 == 4" in output


def test_a_driver_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nadvisor_targets = oracle\n")
    command = [sys.executable, "-m", "pytest", "--advisor", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=ALONE)
    assert "advisor_targets knows aiosqlite, asyncpg, psycopg, psycopg2, pymysql, sqlite3, not oracle" in done.stderr


def test_libraries_that_are_absent_or_not_set_up(tmp_path: Path) -> None:
    """A project without a mapper, and one whose Django was imported but never configured."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "for name in ('sqlalchemy', 'psycopg', 'psycopg2', 'pymysql', 'peewee', 'greenlet', 'aiosqlite'):\n"
        "    sys.modules[name] = None\n"
    )
    (tmp_path / "service.py").write_text(PAGE)
    (tmp_path / "test_it.py").write_text(
        "import sqlite3, django.db, service\n\ndef test_page():\n    connection = sqlite3.connect(':memory:')\n"
        "    connection.executescript('CREATE TABLE authors (id INTEGER PRIMARY KEY); CREATE TABLE books (author_id)')\n"
        "    connection.executemany('INSERT INTO books VALUES (?)', [(1,), (2,), (3,)])\n    service.page(connection)\n"
    )
    command = [sys.executable, "-m", "pytest", "--advisor", "-p", "no:cacheprovider"]
    env = {**ALONE, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=env)
    assert "child   service.py:4 in page" in done.stdout, done.stdout + done.stderr
