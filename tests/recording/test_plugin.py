"""The plugin as its users meet it: a pytest of its own, over files that are written here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.recording.conftest import ALONE, APP

BOTH = """
    def test_page(connection):
        assert len(app.page(connection)) == 3

    def test_once(connection):
        assert len(app.once(connection)) == 3
"""


def test_off_unless_asked_for(run) -> None:  # type: ignore[no-untyped-def]
    verdicts, output = run(BOTH)
    assert verdicts == {"test_page": "PASSED", "test_once": "PASSED"}
    assert "statements of the watched tests" not in output


def test_all_tests_by_the_option(run) -> None:  # type: ignore[no-untyped-def]
    verdicts, output = run(BOTH, "--advisor")
    assert verdicts == {"test_page": "FAILED", "test_once": "PASSED"}
    line = APP.splitlines().index(next(x for x in APP.splitlines() if "append" in x)) + 1
    assert f"child   app.py:{line} in page" in output
    assert f"parent  app.py:{line - 1} in page, 3 rows" in output
    assert "ran 3 times" in output
    assert "called by test_it.py:4 in test_page" in output
    assert "select name from authors where id = ?" in output
    assert "fix     " in output
    assert "IN (?, ?, ...)" in output
    assert "2 tests watched, 5 statements" in output  # what the fixture does before and after is none of the test's
    assert f"3 x n plus one at app.py:{line} in page, in 1 test" in output
    assert "Traceback" not in output


def test_one_test_by_its_marker(run) -> None:  # type: ignore[no-untyped-def]
    verdicts, output = run(
        """
        @pytest.mark.advisor
        def test_bare(connection):
            app.page(connection)

        @pytest.mark.advisor(no_n_plus_one=True)
        def test_named(connection):
            app.page(connection)

        @pytest.mark.advisor(max_queries=4)
        def test_enough(connection):
            app.page(connection)

        @pytest.mark.advisor(max_queries=3)
        def test_too_many(connection):
            app.page(connection)

        @pytest.mark.advisor(max_queries=4, no_n_plus_one=True)
        def test_enough_but_repeated(connection):
            app.page(connection)

        @pytest.mark.advisor(allow=["authors"])
        def test_allowed(connection):
            app.page(connection)

        @pytest.mark.advisor(allow="app.py:*")
        class TestClass:
            def test_inherited(self, connection):
                app.page(connection)

            @pytest.mark.advisor(max_queries=1)
            def test_merged(self, connection):
                app.page(connection)

        @pytest.mark.xfail
        @pytest.mark.advisor
        def test_expected(connection):
            app.page(connection)

        @pytest.mark.advisor(max_query=1)
        def test_misspelt(connection):
            pass

        def test_unmarked(connection):
            app.page(connection)
        """
    )
    assert verdicts == {
        "test_bare": "FAILED",
        "test_named": "FAILED",
        "test_enough": "PASSED",
        "test_too_many": "FAILED",
        "test_enough_but_repeated": "FAILED",
        "test_allowed": "PASSED",
        "TestClass::test_inherited": "PASSED",
        "TestClass::test_merged": "FAILED",
        "test_expected": "XFAIL",
        "test_misspelt": "FAILED",
        "test_unmarked": "PASSED",
    }
    assert "4 statements, 3 allowed" in output
    assert "knows max_queries, no_n_plus_one and allow, not ['max_query']" in output


def test_settings(run) -> None:  # type: ignore[no-untyped-def]
    settings = "advisor_no_n_plus_one = false\nadvisor_max_queries = 3\nadvisor_skip = app"
    verdicts, output = run(BOTH, "--advisor", ini=settings)
    assert verdicts == {"test_page": "FAILED", "test_once": "PASSED"}
    assert "4 statements, 3 allowed" in output
    assert "child   test_it.py:4 in test_page" in output  # app.py is skipped
    verdicts, output = run(BOTH, "--advisor", ini="advisor_allow =\n    authors\n    Book.author")
    assert verdicts == {"test_page": "PASSED", "test_once": "PASSED"}
    assert "3 x n plus one (likely)" in output  # told, if not failed for


def test_what_was_loaded_too_late_is_said(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "test_late.py").write_text(
        "def test_late():\n    import sqlalchemy\n    e = sqlalchemy.create_engine('sqlite://')\n    e.connect().close()\n"
    )
    command = [sys.executable, "-m", "pytest", "--advisor", "-p", "no:cacheprovider", "test_late.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=ALONE)
    assert "not seen: statements of SQLAlchemy, which was first loaded within the test" in done.stdout


def test_fixtures_that_are_asked_for_within_the_test(run) -> None:  # type: ignore[no-untyped-def]
    verdicts, output = run(
        """
        from sqlalchemy import text

        @pytest.fixture
        def late(connection):
            app.page(connection)

        def test_it(connection, request, advisor_trace):
            request.getfixturevalue("late")
            assert advisor_trace.count == 0
            app.once(connection)
            assert advisor_trace.count == 1

        @pytest.mark.advisor(no_n_plus_one=False)
        def test_trace(connection, advisor_trace):
            assert advisor_trace.count == 0
            app.page(connection)
            assert advisor_trace.count == 4
            with pytest.raises(AssertionError):
                advisor_trace.assert_no_n_plus_one()
            with pytest.raises(AssertionError):
                advisor_trace.assert_max_queries(3)
        """,
        "--advisor",
    )
    assert verdicts == {"test_it": "PASSED", "test_trace": "PASSED"}, output


@pytest.mark.long
def test_workers_of_xdist_tell_their_master(run) -> None:  # type: ignore[no-untyped-def]
    verdicts, output = run(BOTH, "--advisor", "-p", "xdist", "-n", "2")
    assert verdicts == {"test_page": "FAILED", "test_once": "PASSED"}
    assert "2 tests watched, 5 statements" in output


def test_it_costs_nothing_when_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text(
        "import sys\n\ndef test_loaded():\n"
        "    loaded = sorted(name for name in sys.modules if name.startswith('advisor'))\n"
        "    assert loaded == ['advisor', 'advisor.recording', 'advisor.recording.plugin'], loaded\n"
        "    assert not {'msgspec', 'numpy', 'sqlalchemy', 'sqlglot', 'networkx'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
