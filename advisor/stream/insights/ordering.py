"""An order of things that contradicts as little as possible: the minimum feedback arc set of a small graph.

Given how often one thing comes before another, find the order in which the fewest come backward. Finding the best one
is NP-hard: it is exact by dynamic programming over subsets up to twelve things (Lawler 1964), and beyond that greedy
(Eades, Lin and Smyth, "A fast and effective heuristic for the feedback arc set problem", 1993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

EXACT = 12
"""Nodes of a component up to which the best order is found: 2^12 subsets of 12 candidates each."""
#: What subtracting weights leaves of zero.
_NOTHING = 1e-9
Weights = Mapping[tuple[str, str], float]


def components(weights: Weights) -> list[list[str]]:
    """Groups of things that come before each other in a circle (strongly connected components), the largest first."""
    if not weights:
        return []
    import networkx as nx  # 80 ms, for few logs

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(pair for pair, weight in weights.items() if weight > 0)
    found = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), group))


def best_order(weights: Weights) -> list[str]:
    """All things in the order with the least weight backward. Without a circle nothing in it is backward."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(sorted(pair for pair, weight in weights.items() if weight > 0 and pair[0] != pair[1]))
    condensed = nx.condensation(graph)
    order: list[str] = []
    names = {node: min(condensed.nodes[node]["members"]) for node in condensed}
    for node in nx.lexicographical_topological_sort(condensed, key=names.__getitem__):
        order += _within(sorted(condensed.nodes[node]["members"]), weights)
    return order


def backward(order: Sequence[str], weights: Weights) -> dict[tuple[str, str], float]:
    """What contradicts an order."""
    place = {name: at for at, name in enumerate(order)}
    return {
        (first, second): weight
        for (first, second), weight in weights.items()
        if weight > 0 and first in place and second in place and place[first] > place[second]
    }


def _within(members: list[str], weights: Weights) -> list[str]:
    if len(members) < 2:
        return members
    return _exact(members, weights) if len(members) <= EXACT else _greedy(members, weights)


def _exact(members: list[str], weights: Weights) -> list[str]:
    count = len(members)
    cost = [[weights.get((a, b), 0.0) for b in members] for a in members]
    best = [0.0] + [float("inf")] * ((1 << count) - 1)
    last = [0] * (1 << count)
    for placed in range(1 << count):
        for following in range(count):
            if placed >> following & 1:
                continue
            # What is to come before `following` and is not placed yet, comes after it: `following` first is backward
            # for every pair (other, following) whose other is still to come.
            wrong = sum(
                cost[other][following] for other in range(count) if other != following and not placed >> other & 1
            )
            grown = placed | 1 << following
            if best[placed] + wrong < best[grown]:
                best[grown], last[grown] = best[placed] + wrong, following
    order, placed = [], (1 << count) - 1
    while placed:
        order.append(members[last[placed]])
        placed ^= 1 << last[placed]
    return order[::-1]


def _greedy(members: list[str], weights: Weights) -> list[str]:
    left = set(members)
    inside, outside = dict.fromkeys(members, 0.0), dict.fromkeys(members, 0.0)
    neighbours: dict[str, list[tuple[str, float, bool]]] = {member: [] for member in members}
    for (first, second), weight in sorted(weights.items()):
        if weight > 0 and first != second and first in left and second in left:
            outside[first] += weight
            inside[second] += weight
            neighbours[first].append((second, weight, True))
            neighbours[second].append((first, weight, False))
    head: list[str] = []
    tail: list[str] = []
    while left:
        # Nothing comes after a sink, and nothing before a source; else the one that is before others the most.
        chosen = min(left, key=lambda m: (outside[m] > _NOTHING, inside[m] > _NOTHING, inside[m] - outside[m], m))
        (head if outside[chosen] > _NOTHING else tail).append(chosen)
        left.remove(chosen)
        for other, weight, after in neighbours[chosen]:
            if after:
                inside[other] -= weight
            else:
                outside[other] -= weight
    return head + tail[::-1]
