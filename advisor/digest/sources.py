"""The inputs of a digest, each with an identity that holds across runs and machines' orders of arguments.

A source is known by `SourceSummary.identity` (a hash of its path and first bytes, which the reader gives), or by its
path alone where there is none. Pieces of one source in several digests are joined: their accounts add up. The same
piece merged twice is therefore counted twice; it is not quietly dropped, but noted (`times_counted`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix_pair, text_hash
from advisor.model.engine import Engine
from advisor.model.limits import LIMITS
from advisor.model.source import SourceSummary, Unreadable

Column = NDArray[np.int64]
#: Events whose hashed identities are kept per source, to tell whether a piece was counted twice.
_WITNESSES = 16


class Source(msgspec.Struct):
    """One input as the digest knows it."""

    identity: int
    summaries: list[SourceSummary]
    """The readers' own accounts, one a piece; they may still be growing."""
    zoned: bool
    engine: Engine | None
    witnesses: dict[int, int]
    """The smallest event hashes and how often each was seen."""

    def witness(self, hashes: NDArray[np.uint64]) -> None:
        """Remember the events with the smallest hashes."""
        if len(self.witnesses) >= _WITNESSES:
            hashes = hashes[hashes <= np.uint64(max(self.witnesses))]
        distinct, counts = np.unique(hashes, return_counts=True)
        for h, n in zip(distinct[:_WITNESSES].tolist(), counts[:_WITNESSES].tolist(), strict=True):
            self.witnesses[h] = self.witnesses.get(h, 0) + n
        self._fewest()

    def _fewest(self) -> None:
        if len(self.witnesses) > _WITNESSES:
            self.witnesses = {h: self.witnesses[h] for h in sorted(self.witnesses)[:_WITNESSES]}

    def copy(self) -> Source:
        """A source of its own for another digest; the readers' accounts are shared."""
        return Source(self.identity, list(self.summaries), self.zoned, self.engine, dict(self.witnesses))

    def join(self, other: Source) -> None:
        """Add the account of another piece of the same source."""
        self.zoned = self.zoned and other.zoned
        self.engine = _newer(self.engine, other.engine)
        for h, n in other.witnesses.items():
            self.witnesses[h] = self.witnesses.get(h, 0) + n
        self._fewest()
        self.summaries = [*self.summaries, *other.summaries]

    @property
    def account(self) -> SourceSummary:
        """All that was read of the source."""
        first = self.summaries[0]
        joined = msgspec.structs.replace(first, unreadable=first_unreadable(first), notes=sorted({*first.notes}))
        for summary in self.summaries[1:]:
            joined = join_summaries(joined, summary)
        return joined

    @property
    def times_counted(self) -> int:
        """How often every event of the source seems to have been counted: 1 unless the same piece was merged again."""
        return min(self.witnesses.values(), default=1)


def _newer(one: Engine | None, other: Engine | None) -> Engine | None:
    """Of two engines of one source, the one that says more; the greater text when both do."""
    known = [e for e in (one, other) if e is not None]
    return max(known, key=lambda e: (e.version is not None, e.version or "", e.name), default=None)


def join_summaries(one: SourceSummary, other: SourceSummary) -> SourceSummary:
    """The account of two pieces of one source."""
    return SourceSummary(
        path=min(one.path, other.path),
        format=max(one.format, other.format),
        engine=_newer(one.engine, other.engine),
        bytes=one.bytes + other.bytes,
        lines=one.lines + other.lines,
        understood_lines=one.understood_lines + other.understood_lines,
        unreadable_lines=one.unreadable_lines + other.unreadable_lines,
        unreadable=first_unreadable(one, other),
        events=one.events + other.events,
        notes=sorted({*one.notes, *other.notes}),
        interrupted=one.interrupted or other.interrupted,
        identity=max(one.identity, other.identity),
        first_end_us=min((s.first_end_us for s in (one, other) if s.first_end_us is not None), default=None),
        last_end_us=max((s.last_end_us for s in (one, other) if s.last_end_us is not None), default=None),
        since_us=min((s.since_us for s in (one, other) if s.since_us is not None), default=None),
        until_us=max((s.until_us for s in (one, other) if s.until_us is not None), default=None),
    )


def first_unreadable(*summaries: SourceSummary) -> list[Unreadable]:
    """The first unreadable stretches by line."""
    every = [u for s in summaries for u in s.unreadable]
    return sorted(every, key=lambda u: (u.line, u.reason))[: LIMITS.unreadable_examples]


class Sources:
    """The sources of a digest, numbered in the order they were met."""

    def __init__(self, summaries: Sequence[SourceSummary]) -> None:
        """``summaries`` is the reader's own list: it is read again whenever the digest is asked or saved."""
        self._live = summaries
        self.known: list[Source] = []
        self._numbers: dict[int, int] = {}
        self._of_run: dict[int, int] = {}
        self._ids = np.zeros(0, np.uint64)

    def __len__(self) -> int:
        return len(self.known)

    def number(self, run_index: int, engine: Engine, zoned: bool) -> int:
        """The number of the source that a batch names by its index in the run."""
        found = self._of_run.get(run_index)
        if found is None:
            if run_index < len(self._live):
                summary = self._live[run_index]
            else:
                summary = SourceSummary(path=f"source {run_index}", engine=engine)
            found = self._of_run[run_index] = self.add(Source(identity_of(summary), [summary], zoned, engine, {}))
        source = self.known[found]
        source.zoned = source.zoned and zoned
        source.engine = _newer(source.engine, engine)
        return found

    def add(self, source: Source) -> int:
        """Add a source (from then on the table's own), or join it with the one of its identity; gives its number."""
        found = self._numbers.get(source.identity)
        if found is not None:
            self.known[found].join(source)
            return found
        self.known.append(source)
        self._ids = np.append(self._ids, np.uint64(source.identity))
        self._numbers[source.identity] = len(self.known) - 1
        return len(self.known) - 1

    def ids(self) -> NDArray[np.uint64]:
        """Identities by number."""
        return self._ids

    def order(self) -> list[int]:
        """Numbers of the sources in the order of their identities: the order in a file."""
        return sorted(range(len(self.known)), key=lambda i: self.known[i].identity)

    def witness(self, number: int, offsets: Column, hashes: NDArray[np.uint64]) -> None:
        """Remember some events of a source, to notice when they come again."""
        self.known[number].witness(mix_pair(offsets.view(np.uint64), hashes))


def identity_of(summary: SourceSummary) -> int:
    """The 64-bit identity of a source."""
    if summary.identity:
        return text_hash("identity " + summary.identity)
    return text_hash("path " + summary.path)
