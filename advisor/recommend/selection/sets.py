"""Sets of candidates as the bits of a number: thousands of set operations a millisecond, and no order to depend on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def members(bits: int) -> Iterator[int]:
    """Positions, ascending."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def singles(bits: int) -> Iterator[int]:
    """Each member as a set of one, ascending."""
    while bits:
        low = bits & -bits
        yield low
        bits ^= low


def union(sets: Iterable[int]) -> int:
    """All members."""
    every = 0
    for each in sets:
        every |= each
    return every


def of(positions: Iterable[int]) -> int:
    """The set of these positions."""
    return union(1 << position for position in positions)


def chunks(bits: int, size: int) -> list[int]:
    """Parts of at most ``size`` members, all about as large, each spread over the whole.

    Neighbours in a pool are of one table: so each part has some of every table, and pairs that only help together
    (the outer and the inner side of a join) are seen together.
    """
    count = -(-bits.bit_count() // max(1, size))
    parts = [0] * count
    for number, position in enumerate(members(bits)):
        parts[number % count] |= 1 << position
    return parts
