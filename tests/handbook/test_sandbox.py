"""A page can read facts and do nothing else, and one that tries harms nobody but itself."""

from __future__ import annotations

import pytest

from advisor.handbook import judge, sandbox


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM shape", "only SELECT"),
        ("INSERT INTO known VALUES ('a', 'b')", "only SELECT"),
        ("DROP TABLE shape", "not a relation|only SELECT"),
        ("ATTACH DATABASE '/tmp/x.db' AS x", "only SELECT"),
        ("PRAGMA writable_schema = 1", "only SELECT"),
        ("VACUUM INTO '/tmp/x.db'", "only SELECT|authorized"),
        ("SELECT load_extension('x')", "load_extension"),
        ("SELECT readfile('/etc/passwd')", "readfile"),
        ("SELECT random()", "random is not on the list"),
        ("SELECT randomblob(1000000000)", "randomblob"),
        ("SELECT zeroblob(1000000000)", "zeroblob"),
        ("SELECT sql FROM sqlite_master", "sqlite_master is not a relation"),
        ("SELECT * FROM pragma_table_info('shape')", "SQLite says|not a relation|only SELECT"),
        ("SELECT 1; DELETE FROM shape", "one statement"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", "recursive"),
        ("SELECT replace(printf('%.*c', 900000, 'x'), 'x', 'yyyyyyyyyy')", "too big"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_what_is_refused(facts, sql, words):
    before = facts.connection.execute("SELECT COUNT(*) FROM shape").fetchone()
    with pytest.raises(sandbox.Refused, match=words):
        sandbox.select(facts.connection, sql)
    assert facts.connection.execute("SELECT COUNT(*) FROM shape").fetchone() == before


def test_a_cross_join_of_everything_is_stopped(facts):
    facts.connection.execute(
        "CREATE TABLE big AS SELECT value AS n FROM json_each('[' || replace(hex(zeroblob(2000)), '00', '0,') || '0]')"
    )
    with pytest.raises(sandbox.Refused, match="CPU time"):
        sandbox.select(facts.connection, "SELECT COUNT(*) FROM big a, big b, big c, big d", cpu_seconds=0.1)


def test_too_many_rows(facts):
    facts.connection.execute(
        "CREATE TABLE big AS SELECT value AS n FROM json_each('[' || replace(hex(zeroblob(200)), '00', '0,') || '0]')"
    )
    with pytest.raises(sandbox.Refused, match="more than 10,000 rows"):
        sandbox.select(facts.connection, "SELECT a.n FROM big a, big b")


def test_the_guard_is_lifted_afterwards(facts):
    with pytest.raises(sandbox.Refused):
        sandbox.select(facts.connection, "DELETE FROM shape")
    facts.connection.execute("CREATE TEMP TABLE ours (a)")
    assert sandbox.select(facts.connection, "SELECT COUNT(*) AS N FROM ours") == [{"n": 0}]


def test_a_statement_prepared_before_is_not_let_through(facts):
    facts.connection.execute("DELETE FROM known WHERE subject = 'nobody'")
    with pytest.raises(sandbox.Refused):
        sandbox.select(facts.connection, "DELETE FROM known WHERE subject = 'nobody'")


def test_a_failing_page_does_not_stop_the_others(page_with, facts):
    good = page_with().pages[0]
    # Refused only when it runs: the columns are fine.
    bad = page_with(("s.calls FROM", "json_extract(s.sql, '$') AS calls FROM"), ("TST001", "TST002")).pages[0]
    judged = judge([bad, good], facts)
    assert {j.finding.rule for j in judged.judgements} == {"TST001"}
    (problem,) = judged.problems
    assert "malformed JSON" in str(problem)
