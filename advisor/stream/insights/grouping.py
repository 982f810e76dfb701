"""Figures of groups of rows: quantiles, and who the rows belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    found = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        found = found * (len(values) + 1) + codes
        _, found = np.unique(found, return_inverse=True)
    return found.astype(np.int64)


def again(group: NDArray[np.int64], *values: NDArray[Any]) -> NDArray[np.bool_]:
    """Rows whose values stood in their group before."""
    _, at = np.unique(combined(group, *values), return_index=True)
    found = np.ones(len(group), np.bool_)
    found[at] = False
    return found
