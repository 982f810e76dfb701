from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.engine import EngineName
from advisor.plans.links.lexemes import lexemes, masked
from advisor.plans.links.pieces import clauses, conjuncts, partners


def split(text: str, engine: EngineName = "postgresql", *, arms: bool = False) -> list[str]:
    tokens = lexemes(text, engine)
    found = conjuncts(tokens, partners(tokens), 0, len(tokens), engine, arms=arms)
    return [text[tokens[piece.first].start : tokens[piece.last - 1].end] for piece in found]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("((a = 1) AND (b = 2))", ["(a = 1)", "(b = 2)"]),
        ("a = 1 AND b BETWEEN 2 AND 3 AND c", ["a = 1", "b BETWEEN 2 AND 3", "c"]),
        ("a = 1 AND b = 2 OR c = 3", ["a = 1 AND b = 2 OR c = 3"]),
        ("CASE WHEN a AND b THEN c END = 1 AND d", ["CASE WHEN a AND b THEN c END = 1", "d"]),
        ("x = ' AND ' AND y = 'é'", ["x = ' AND '", "y = 'é'"]),
        ("(((a = 1) AND ((b = 2) AND c)))", ["(a = 1)", "(b = 2)", "c"]),
        ('"AND" = 1 AND t.and = 2', ['"AND" = 1', "t.and = 2"]),
    ],
)
def test_conjuncts(text: str, parts: list[str]) -> None:
    assert split(text) == parts


def test_what_a_dialect_means_by_its_signs() -> None:
    assert split("a && b", "postgresql") == ["a && b"]
    assert split("a && b || c", "mysql") == ["a && b || c"]
    assert split("a && b", "mysql") == ["a", "b"]
    assert split("trigcond(a = 1 and trigcond(b = 2))", "mariadb") == ["a = 1", "trigcond(b = 2)"]


def test_arms_of_an_or() -> None:
    assert split("(a AND b) OR c", arms=True) == ["(a AND b) OR c", "a", "b", "c"]


def test_clauses_end_where_the_next_begins() -> None:
    text = (
        "SELECT a, count(*) FROM t LEFT JOIN u ON t.x = u.x AND u.y = left(t.z, 2) WHERE a IS DISTINCT FROM b AND "
        "CASE WHEN c THEN d END AND e IN (SELECT f FROM v WHERE g) GROUP BY a, h HAVING i > 1 ORDER BY j LIMIT 5"
    )
    tokens = lexemes(text, "postgresql")
    found = {(c.kind, text[tokens[c.first].start : tokens[c.last - 1].end]) for c in clauses(tokens)}
    assert found == {
        ("on", "t.x = u.x AND u.y = left(t.z, 2)"),
        ("where", "a IS DISTINCT FROM b AND CASE WHEN c THEN d END AND e IN (SELECT f FROM v WHERE g)"),
        ("where", "g"),
        ("group", "a, h"),
        ("having", "i > 1"),
        ("order", "j"),
    }


@given(st.text(alphabet=st.sampled_from("aé ()'\"`-/*#\n%s?;=<>$😀")))
def test_a_masked_text_is_as_long_and_loses_no_token(text: str) -> None:
    engines: tuple[EngineName, ...] = ("postgresql", "mysql", "sqlite")
    for engine in engines:
        assert len(masked(text, engine)) == len(text)


@given(st.lists(st.sampled_from(["(", ")", " AND ", " OR ", "a", "'x'", " BETWEEN ", "CASE ", " END", "[", "]"])))
def test_any_text_is_cut_without_loss(parts: list[str]) -> None:
    text = "".join(parts)
    for piece in split(text):
        assert piece in text
