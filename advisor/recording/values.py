"""Hashes of a statement's values: enough to tell equal from different, and nothing that could be read back.

Python's own hash is keyed by a secret of the process, so a stored hash says nothing outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = tuple[tuple[int, int, int, int], int, int, int]
"""Hashes of the first four values (0 none), hash of all, length of the longest list (0 none), sets of parameters."""
NONE: Values = ((0, 0, 0, 0), 0, 0, 1)
_KEY = 0xFFFFFFFF
_ALL = 0xFFFFFFFFFFFFFFFF


def values(parameters: Any, many: bool) -> Values:
    """What is kept of the parameters of a call; ``many``: a sequence of sets of them."""
    if not parameters:
        return NONE
    if many:
        try:
            sets = len(parameters)
        except TypeError:
            return (*NONE[:3], 0)  # an iterator: it must not be consumed
        return (0, 0, 0, 0), _hash(tuple(map(_set_hash, parameters))) & _ALL, sets, sets
    given = parameters.values() if isinstance(parameters, Mapping) else parameters
    if isinstance(given, str | bytes):
        given = (given,)
    longest = 0
    hashes = []
    for value in given:
        if isinstance(value, list | tuple | set):
            longest = max(longest, len(value))
        hashes.append(_hash(value))
    four = [(h & _KEY) or 1 for h in hashes[:4]]
    four += [0] * (4 - len(four))
    return (four[0], four[1], four[2], four[3]), hash(tuple(hashes)) & _ALL, longest, 1


def _set_hash(parameters: Any) -> int:
    return _hash(tuple(parameters.values()) if isinstance(parameters, Mapping) else parameters)


def _hash(value: Any) -> int:
    try:
        # a number by its value and type of number, so that neighbours differ in the low bits too: hash(-1) == hash(-2)
        return hash((value,))
    except TypeError:  # a list, or an adapter's wrapper
        return hash(repr(value))
