"""Hashes of a statement's values: enough to tell equal from different, and nothing that could be read back.

Python's own hash is keyed by a secret of the process, so a stored hash says nothing outside of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

Values = tuple[tuple[int, ...], int, int, int]
"""Hashes of the first four values (fewer where there are fewer), hash of all, length of the longest list (0 none), sets
of parameters (0 where they cannot be counted before they are sent)."""
NONE: Values = ((), 0, 0, 1)
#: For values that cannot be hashed: equal to no other.
_unlike = itertools.count(1)
_LISTS = (list, tuple, set)


def values(parameters: Any, many: bool) -> Values:
    """What is kept of the parameters of a call; ``many``: a sequence of sets of them. Never raises, whatever objects
    they are: it is called while the program's own exception may be under way."""
    try:
        return _values(parameters, many)
    except Exception:
        return (), next(_unlike), 0, 1


def _values(parameters: Any, many: bool) -> Values:
    if not parameters:
        return NONE
    if many:
        return _many(parameters)
    kind = type(parameters)
    if kind is dict:
        given = tuple(parameters.values())
    elif kind is tuple:
        given = parameters
    else:
        given = _given(parameters)
    longest = 0
    for value in given:
        if isinstance(value, _LISTS) and len(value) > longest:
            longest = len(value)
    try:
        hashes = tuple(map(hash, given))
    except TypeError:  # a list, or an adapter's wrapper
        hashes = tuple(map(_hash, given))
    return hashes[:4], hash(hashes), longest, 1


def keys(four: tuple[int, ...]) -> tuple[int, int, int, int]:
    """At most four hashes as 32-bit numbers; 0 for none."""
    found = [(hash((value,)) & 0xFFFFFFFF) or 1 for value in four]
    found += [0] * (4 - len(found))
    return found[0], found[1], found[2], found[3]


def _given(parameters: Any) -> tuple[Any, ...]:
    if isinstance(parameters, Mapping):
        return tuple(parameters.values())
    if isinstance(parameters, str | bytes):
        return (parameters,)
    try:
        return tuple(parameters)
    except TypeError:  # pymysql takes a single value as it is
        return (parameters,)


def _many(parameters: Any) -> Values:
    try:
        sets = len(parameters)
    except TypeError:
        return (), 0, 0, 0  # an iterator: it must not be consumed
    return (), hash(tuple(map(_set_hash, parameters))), sets, sets


def _set_hash(parameters: Any) -> int:
    return _hash(_given(parameters))


def _hash(value: Any) -> int:
    try:
        return hash(value)
    except TypeError:
        return hash(repr(value))
