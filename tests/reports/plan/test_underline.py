"""Marks stay on what they mark: over lines, through redaction, beside each other."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import redact
from advisor.reports.plan.underline import marked, window


def marks(lines):
    return [line.text[start:end] for line in lines for start, end, _ in line.marks]


def test_a_mark_covers_its_text():
    query = "SELECT *\nFROM t\nWHERE a = 'secret' AND b > 5"
    start = query.index("a = ")
    lines = marked(query, [(start, start + len("a = 'secret'"), 0)], str)
    assert marks(lines) == ["a = 'secret'"]
    assert lines[2].text == "WHERE a = 'secret' AND b > 5"


def test_a_mark_stays_when_literals_shrink():
    query = "SELECT 'a very long literal' FROM t WHERE a = 'secret' AND b > 5"
    start = query.index("b > 5")
    (line,) = marked(query, [(start, start + 5, 0)], lambda text: redact(text, "postgresql"))
    assert line.text == "SELECT ? FROM t WHERE a = ? AND b > ?"
    assert [line.text[left:right] for left, right, _ in line.marks] == ["b > ?"]


def test_a_mark_over_lines_is_one_mark_a_line_without_the_indent():
    query = "WHERE (a = 1\n   OR b = 2)\nLIMIT 1"
    lines = marked(query, [(6, query.index("\nLIMIT"), 0)], str)
    assert marks(lines) == ["(a = 1", "OR b = 2)"]


def test_of_overlapping_marks_the_first_stays():
    lines = marked("abc def", [(0, 3, 0), (2, 5, 1), (4, 7, 2), (9, 12, 3)], str)
    assert [mark for line in lines for mark in line.marks] == [(0, 3, 0), (4, 7, 2)]


@given(st.text("ab\n\t '=?", max_size=60), st.data())
def test_any_span_marks_what_it_spans(query, data):
    start = data.draw(st.integers(0, len(query)))
    end = data.draw(st.integers(start, len(query)))
    lines = marked(query, [(start, end, 0)], str)
    wanted = "".join(query[start:end].split())
    assert "".join("".join(text.split()) for text in marks(lines)) == wanted


def test_a_long_line_shows_its_mark():
    query = "SELECT " + ", ".join(f"column_{n}" for n in range(100)) + " FROM t WHERE needle = 1"
    start = query.index("needle")
    (line,) = marked(query, [(start, len(query), 0)], str)
    part = window(line, 60)
    assert len(part.text) <= 60
    assert part.text[part.marks[0][0] : part.marks[0][1]] == "needle = 1"
