"""The examples of a page are its tests: they can fail, and say why."""

from __future__ import annotations

from advisor.handbook.examples import examples, log_text, run, statements
from advisor.handbook.page import Block


def test_they_pass(page_with):
    assert [(r.verdict, r.passed) for r in examples(page_with().pages[0])] == [("bad", True), ("good", True)]


def test_a_bad_that_is_not_found_fails(page_with):
    page = page_with(("SELECT a FROM t;", "SELECT a FROM t WHERE id = 2;")).pages[0]
    assert (examples(page)[0].passed, examples(page)[0].message) == (False, "Bad was not found")


def test_a_good_that_is_found_fails(page_with):
    page = page_with(("SELECT a FROM t WHERE id = 1;", "SELECT a FROM t;")).pages[0]
    (result,) = [r for r in examples(page) if not r.passed]
    assert "Good was found (certain): t is read whole" in result.message


def test_a_schema_that_is_not_understood_fails(page_with):
    page = page_with(("CREATE TABLE t (id", "CREATE TABLE t ((id")).pages[0]
    assert not examples(page)[0].passed


def test_a_statement_that_is_not_analysed_fails(page_with):
    page = page_with(("SELECT a FROM t WHERE id = 1;", "SELEC a FORM t;")).pages[0]
    assert "not analysed" in examples(page)[1].message


def test_a_folder(page_with, tmp_path):
    page_with()
    page_with(("## Bad", "## Worse"), name="broken.md")
    results = run(tmp_path / "mine")
    assert [r.passed for r in results] == [False, True, True]
    assert "unknown section" in results[0].message


def test_statements():
    assert statements("SELECT ';';\nSELECT 2;\n\nSELECT\n 3") == ["SELECT ';'", "SELECT 2", "SELECT\n 3"]


def test_a_repeated_log():
    text = log_text(Block("log", "log", {"repeat": "4"}, "10:00:{second}.{milli} {n}", 1))
    assert text.splitlines() == ["10:00:00.000 1", "10:00:02.500 2", "10:00:05.000 3", "10:00:07.500 4"]
