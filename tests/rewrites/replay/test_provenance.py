"""The null model: chance explains small integers, and nothing is proven by them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.rewrites.replay.provenance import as_text, provenances, standing_out, tail


def test_the_tail_of_a_binomial_distribution() -> None:
    assert tail(3, 3, 0.1) == pytest.approx(0.001)
    assert tail(4, 2, 0.5) == pytest.approx(11 / 16)
    assert tail(5, 0, 0.3) == 1.0


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0, 1))
def test_the_tail_is_a_probability(n: int, k: int, p: float) -> None:
    assert 0 <= tail(n, min(k, n), p) <= 1.0
    if k < n:
        assert tail(n, k + 1, p) <= tail(n, k, p) + 1e-9


def test_a_column_of_many_possible_keys_stands_out() -> None:
    rows = [(n, 1000 + 37 * n, "x") for n in range(20)]
    keys = [str(1000 + 37 * n) for n in (3, 7, 9)]
    population = [str(1000 + n) for n in range(2000)]
    columns = provenances(["id", "author_id", "title"], rows, keys, population)
    best = standing_out(columns)
    assert best is not None
    assert (best.column, best.coverage) == ("author_id", 1.0)
    assert best.chance < 1e-4


def test_small_integers_prove_nothing() -> None:
    rows = [(n, n % 10, n % 7) for n in range(50)]
    columns = provenances(["id", "author_id", "stock"], rows, ["1", "2", "3"], [str(n) for n in range(10)])
    assert columns[0].coverage == 1.0
    assert columns[0].by_chance >= 0.5
    assert standing_out(columns) is None


def test_two_columns_with_the_same_keys_are_not_told_apart() -> None:
    rows = [(1000 + 37 * n, 1000 + 37 * n) for n in range(20)]
    columns = provenances(["a", "b"], rows, [str(1000 + 37 * n) for n in (3, 7, 9)], [str(n) for n in range(5000)])
    assert standing_out(columns) is None


def test_keys_of_another_execution_prove_nothing() -> None:
    rows = [(n, 1000 + 37 * n) for n in range(20)]
    columns = provenances(["id", "author_id"], rows, ["9001", "9002", "9003"], [str(n) for n in range(10_000)])
    assert standing_out(columns) is None


def test_false_proofs_are_as_rare_as_they_say() -> None:
    """Keys drawn at random from the population, a column of a tenth of it: at most one in a hundred stands out."""
    draw, proofs = random.Random(7), 0
    for _ in range(1000):
        population = [str(n) for n in range(1000)]
        rows = [(value,) for value in draw.sample(range(1000), 100)]
        keys = [str(n) for n in draw.sample(range(1000), 3)]
        proofs += standing_out(provenances(["x"], rows, keys, population)) is not None
    assert proofs <= 10


@pytest.mark.parametrize(
    ("value", "text"), [(3, "3"), (3.0, "3"), (True, "1"), ("a", "a"), (b"\x01", "01"), (float("inf"), "inf")]
)
def test_values_compare_as_text(value: object, text: str) -> None:
    assert as_text(value) == text
