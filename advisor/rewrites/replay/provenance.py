"""Which column of the parent's answer the child's keys come from, and whether that is more than chance.

Small integers stand in every column: three keys below ten are found among a page of ids whether they come from there or
not. So each column is held against what keys drawn at random would find in it: keys of the child's own table, and whole
numbers from the range of all keys at hand, whichever finds more. The figure given is the binomial tail: with n logged
keys of which k stand in the column, and a share p of random keys that do, P(X >= k) for X ~ B(n, p).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from math import comb
from typing import Any

from advisor.model.replay import Provenance

COVERAGE_MIN = 0.8
"""Share of the logged keys that must stand in the column: some rows have changed since the log."""
CHANCE_MAX = 0.01
"""A column that random keys match as well in one of a hundred cases is no proof."""
BEATS = 10.0
"""Two columns with the same keys in them (an id and a number that equals it) are told apart where chance explains one
ten times better."""


def provenances(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], keys: Collection[str], population: Collection[str]
) -> list[Provenance]:
    """Every column as the source of the keys, best first. ``population``: keys that the child's table has, as text."""
    wanted = set(keys)
    found = []
    for position, name in enumerate(names):
        values = {as_text(row[position]) for row in rows if row[position] is not None}
        hits = len(wanted & values)
        share = by_chance(values, wanted, population)
        found.append(
            Provenance(
                column=name,
                position=position,
                coverage=hits / len(wanted) if wanted else 0.0,
                by_chance=share,
                chance=tail(len(wanted), hits, share),
            )
        )
    return sorted(found, key=lambda column: (-column.coverage, column.chance, column.position))


def standing_out(columns: Sequence[Provenance]) -> Provenance | None:
    """The column that the keys come from; None where none does, or more than one may."""
    if not columns:
        return None
    best = columns[0]
    if best.coverage < COVERAGE_MIN or best.chance > CHANCE_MAX:
        return None
    rivals = [c for c in columns[1:] if c.coverage >= best.coverage and c.chance < best.chance * BEATS]
    return None if rivals else best


def by_chance(values: set[str], keys: set[str], population: Collection[str]) -> float:
    """Share of random keys that stand among values: of the population's, and of whole numbers from the keys' range."""
    shares = [0.0]
    if population:
        shares.append(len(values & set(population)) / len(set(population)))
    numbers = [_whole(key) for key in {*keys, *population}]
    if numbers and all(number is not None for number in numbers):
        known = [number for number in numbers if number is not None]
        low, high = min(known), max(known)
        inside = sum(1 for value in values if (number := _whole(value)) is not None and low <= number <= high)
        shares.append(min(1.0, inside / (high - low + 1)))
    return max(shares)


def tail(n: int, k: int, p: float) -> float:
    """P(X >= k) of a binomial distribution.

    >>> round(tail(3, 3, 0.1), 6), tail(3, 0, 0.1), tail(0, 0, 0.5)
    (0.001, 1.0, 1.0)
    """
    if k <= 0:
        return 1.0
    return min(1.0, sum((float(comb(n, i) * p**i * (1 - p) ** (n - i)) for i in range(k, n + 1)), 0.0))


def as_text(value: Any) -> str:
    """A value as it compares with what a log has of it."""
    if isinstance(value, bool) or (isinstance(value, (float, Decimal)) and abs(float(value)) < 1e15 and value % 1 == 0):
        return str(int(value))
    return value.hex() if isinstance(value, bytes) else str(value)


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
