"""From queries to statements that EXPLAIN plans."""

import pytest

from advisor.model.planning import Query
from advisor.planners.postgresql.parameters import Asked, asked


def test_values_stay_beside_the_text():
    made = asked(Query("SELECT * FROM t WHERE a = $1 AND b = $2;", ("1'; DROP TABLE t --", None)))
    assert made == Asked(b"SELECT * FROM t WHERE a = $1 AND b = $2", (b"1'; DROP TABLE t --", None))


def test_without_values_the_generic_plan_is_asked_for():
    made = asked(Query("SELECT * FROM t WHERE a = $2"))
    assert isinstance(made, Asked)
    assert (made.generic, made.parameter_count) == (True, 2)
    assert "generic" in made.notes[0]
    assert asked(Query("SELECT * FROM t WHERE a = $1", ("1",), generic=True)).values == ()


def test_dollars_in_literals_and_comments_are_no_parameters():
    made = asked(Query("SELECT '$1', $$ $2 $$ /* $3 */ -- $4"))
    assert (made.generic, made.parameter_count) == (False, 0)


def test_question_marks_take_the_values_in_turn():
    made = asked(Query("SELECT * FROM t WHERE a = ? AND b IN (?, ?) AND c = 'a?'", ("1", "2", "3")))
    assert made.sql == b"SELECT * FROM t WHERE a = $1 AND b IN ($2, $3) AND c = 'a?'"


def test_a_digest_text_cannot_be_planned_and_the_operator_can():
    assert "replaced by ?" in asked(Query("SELECT * FROM t WHERE a = ? AND b IN (?)"))
    assert isinstance(asked(Query("SELECT * FROM t WHERE data ? 'key'")), Asked)


@pytest.mark.parametrize(
    "sql",
    ["", "  ", "-- x", "DROP TABLE t", "ANALYZE t", "ANALYZE SELECT 1", "EXPLAIN SELECT 1", "COPY t TO PROGRAM 'x'",
     "DO $$ begin end $$", "SET x = 1", "CALL p()", "EXECUTE x", "CREATE FUNCTION f() RETURNS int", "SELECT 1\0",
     "SELECT $70000", "SELECT $1", "SELECT '\ud800'"],
)  # fmt: skip
def test_what_cannot_be_planned_says_so_in_one_line(sql):
    said = asked(Query(sql, () if sql == "SELECT $1" else None))
    assert isinstance(said, str)
    assert "\n" not in said


def test_too_few_values_are_said_and_too_many_are_left_out():
    assert "2 parameters, but 1 value" in asked(Query("SELECT $1, $2", ("1",)))
    assert asked(Query("SELECT $1", ("1", "2"))).values == (b"1",)
