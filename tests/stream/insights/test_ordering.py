"""The order that contradicts the fewest."""

from __future__ import annotations

from itertools import permutations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.stream.insights import ordering
from advisor.stream.insights.ordering import backward, best_order, components

NAMES = st.sampled_from("abcdef")
WEIGHTS = st.dictionaries(
    st.tuples(NAMES, NAMES).filter(lambda p: p[0] != p[1]), st.integers(1, 9).map(float), max_size=14
)


@given(WEIGHTS)
def test_the_best_order_is_as_good_as_any(weights: dict[tuple[str, str], float]) -> None:
    order = best_order(weights)
    assert sorted(order) == sorted({name for pair in weights for name in pair})
    cost = sum(backward(order, weights).values())
    assert cost == min((sum(backward(other, weights).values()) for other in permutations(order)), default=0)


@given(WEIGHTS)
def test_without_a_circle_nothing_is_backward(weights: dict[tuple[str, str], float]) -> None:
    forward = {(min(pair), max(pair)): weight for pair, weight in weights.items()}
    assert not components(forward)
    assert not backward(best_order(forward), forward)


@given(WEIGHTS, st.data())
def test_fewer_transactions_make_no_new_circle(weights: dict[tuple[str, str], float], data: st.DataObject) -> None:
    if not weights:
        return
    gone = data.draw(st.sampled_from(sorted(weights)))
    fewer = {pair: weight - (pair == gone) for pair, weight in weights.items()}
    before = [set(group) for group in components(weights)]
    assert all(any(set(group) <= old for old in before) for group in components(fewer))


@given(st.integers(13, 30), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_greedy_order_of_many_is_whole_and_right_without_circles(size: int, random: object) -> None:
    names = [f"t{n:02}" for n in range(size)]
    random.shuffle(names)  # type: ignore[attr-defined]
    forward = {(a, b): 1.0 for i, a in enumerate(names) for b in names[i + 1 : i + 4]}
    assert best_order(forward) == list(nx.lexicographical_topological_sort(nx.DiGraph(list(forward))))
    circle = {**forward, (names[-1], names[0]): 1.0}
    order = best_order(circle)
    assert sorted(order) == sorted(names)
    assert sum(backward(order, circle).values()) <= len(circle) / 2 - size / 6  # the bound that its authors prove


def test_the_rarer_direction_gives_way() -> None:
    weights = {("account", "stock"): 10.0, ("stock", "account"): 2.0, ("account", "log"): 5.0}
    assert components(weights) == [["account", "stock"]]
    assert best_order(weights).index("account") < best_order(weights).index("stock")
    assert backward(best_order(weights), weights) == {("stock", "account"): 2.0}
    assert ordering.EXACT >= 10
