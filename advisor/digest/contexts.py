"""How many statements each (database, user, application, host) ran."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import part_hash
from advisor.model.batch import Context

Column = NDArray[np.int64]


class Contexts:
    """Statements per context; of more contexts than the bound, those with the smallest hashes are told apart."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.known: dict[Context, int] = {}
        self.other = 0
        """Statements of the contexts that are not told apart."""

    def count(self, contexts: Sequence[Context], codes: NDArray[np.int32], weights: Column | None) -> None:
        """Count a batch's events; weights are executions a row."""
        if weights is None:
            counts = np.bincount(codes, minlength=len(contexts)).tolist()
        else:
            sums = np.zeros(len(contexts), np.int64)
            np.add.at(sums, codes, weights)
            counts = sums.tolist()
        for context, number in zip(contexts, counts, strict=False):
            if number:
                self.add(context, number)

    def add(self, context: Context, number: int) -> None:
        """Add statements of one context."""
        self.known[context] = self.known.get(context, 0) + number
        if len(self.known) > 2 * self._most:
            self.settle()

    def settle(self) -> None:
        """Keep the bound."""
        if len(self.known) > self._most:
            ordered = sorted(self.known, key=context_hash)
            for context in ordered[self._most :]:
                self.other += self.known.pop(context)


@lru_cache(maxsize=1 << 13)
def context_hash(context: Context) -> int:
    """64-bit hash of a context; 0 for one of which nothing is known."""
    if context == Context():
        return 0
    return part_hash(context.database, context.user, context.application, context.host)
