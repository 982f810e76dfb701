"""Figures of groups of rows: quantiles, and who the rows belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix_pair


def groups(number: NDArray[Any]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """(value, places of it) of each different value, ascending; places in order."""
    if not len(number):
        return
    order = np.argsort(number, kind="stable")
    ordered = number[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for places in np.split(order, edges):
        yield int(number[places[0]]), places


def quantile(values: NDArray[Any], share: float) -> float:
    """The value that ``share`` of the values do not exceed (the lower one between two, so that counts stay counts)."""
    at = max(int(np.ceil(share * len(values))) - 1, 0)
    return float(np.partition(values, at)[at]) if len(values) else 0.0


def combined(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """One number per different combination of the columns."""
    _, found = np.unique(_hashed(columns), return_inverse=True)
    return found.astype(np.int64)


def different(values: NDArray[Any]) -> int:
    """How many different values there are, by sorting: a hash table takes many times as long where most differ."""
    ordered = np.sort(values)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1 if len(ordered) else 0


def again(group: NDArray[Any], *values: NDArray[Any]) -> NDArray[np.bool_]:
    """Rows whose values stood in their group before."""
    _, at = np.unique(_hashed((group, *values)), return_index=True)
    found = np.ones(len(group), np.bool_)
    found[at] = False
    return found


def _hashed(columns: Sequence[NDArray[Any]]) -> NDArray[np.uint64]:
    """A hash of each row: of a million rows two different ones share it with a chance of one in forty million."""
    found = columns[0].astype(np.uint64)
    for column in columns[1:]:
        found = mix_pair(found, column.astype(np.uint64))
    return found
