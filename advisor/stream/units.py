"""Units of work: the statements that one request, job or page of an application ran.

What delimits them, from the surest to the weakest: the trace that a tag names (over all sessions), a transaction of
several statements, a learned start of requests, a pool's reset, a pause, the session. Order and boundaries follow the
survey in docs (`research` of this part): end of a transaction that held different statements, never its begin, since
what a job reads before it opens its transaction is of the same job.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.digest.sequence import Rows
from advisor.model.stream import Boundary, Pooling
from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import places
from advisor.stream.markers import markers
from advisor.stream.oracle import LinkOracle
from advisor.stream.pooling import poolings
from advisor.stream.steps import Flags, Ints, Steps, steps

_NAMES: tuple[Boundary, ...] = ("session", "gap", "reset", "request_start", "transaction", "trace")
#: A file and a line, as tags of the source location have.
_LINE = re.compile(r"\.\w{1,5}:\d+|:\d+:in\b|:\d+$")
SESSION, GAP, RESET, REQUEST_START, TRANSACTION, TRACE = range(6)


@dataclass(frozen=True)
class Units:
    """Steps and the unit of work that each belongs to."""

    steps: Steps
    unit: Ints
    """Per step, ascending."""
    stretch: Ints
    """Per step: wider units, that ends of transactions do not close. A loop may commit each of its rounds."""
    boundary: NDArray[np.int8]
    """Per unit: index into `_NAMES`."""
    poolings: tuple[Pooling, ...]
    pooled: Flags
    """Per step: its session is shared by clients statement by statement."""
    marker: Flags
    """Per step: it is one that begins requests."""
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Texts of some executions, by fingerprint."""

    @cached_property
    def places(self) -> Ints:
        """Per step: its place among the steps of its stretch, for distances (`fanout.places`)."""
        return places(self.steps, self.stretch)

    def boundary_of(self, unit: int) -> Boundary:
        """What delimits a unit."""
        return _NAMES[int(self.boundary[unit])]

    def counts(self) -> dict[str, int]:
        """Units by what delimits them."""
        found = Counter(self.boundary.tolist())
        return {_NAMES[code]: number for code, number in sorted(found.items(), reverse=True)}


def units(
    rows: Rows,
    links: LinkOracle | None = None,
    noise: frozenset[str] = frozenset(),
    routes: Mapping[int, str] | None = None,
) -> Units:
    """Cut sequence material into units of work. Without ``links`` no starts of requests are learned, without ``routes``
    (`Digest.routes`) no change of the place in the application is seen."""
    found = steps(rows, noise)
    count = len(found)
    if not count:
        nothing = np.zeros(0, np.int64)
        flags = np.zeros(0, np.bool_)
        return Units(found, nothing, nothing, np.zeros(0, np.int8), (), flags, flags)
    pools, pooled = poolings(found)
    first = found.first
    free = ~found.traced
    inside = np.concatenate(([False], found.transaction[1:] == found.transaction[:-1])) & (found.transaction != 0)
    inside &= ~first
    pause = np.where(found.tick > STREAM.coarse_tick_us, STREAM.coarse_pause_us, STREAM.pause_us)
    gaps = free & ~first & ~inside & (found.idle > pause)
    resets = free & found.reset_before & ~inside & ~_each_reset(found)
    mixed = _mixed(found)
    after_mixed = np.concatenate(([False], mixed[:-1])) & free & ~first & ~inside
    starts = markers(found, links, first | gaps | resets | after_mixed) if links is not None else np.zeros(count, bool)
    starts = (starts | (_elsewhere(found, routes or {}) & ~first)) & free & ~inside
    wide = first | gaps | resets | starts
    cut = wide | after_mixed
    unit, stretch = np.cumsum(cut) - 1, np.cumsum(wide) - 1
    opens = np.flatnonzero(cut)
    kind = np.full(len(opens), SESSION, np.int8)
    for flags_, code in ((gaps, GAP), (resets, RESET), (starts, REQUEST_START)):
        kind[flags_[opens]] = code
    in_transaction = np.bincount(unit, weights=mixed) * 2 > np.bincount(unit)
    kind[in_transaction] = TRANSACTION
    kind[found.traced[opens]] = TRACE
    return Units(found, unit, stretch, kind, pools, pooled, starts)


def _elsewhere(found: Steps, routes: Mapping[int, str]) -> Flags:
    """Steps that another route, controller or job runs than the step before. Lines of code are no such places: one
    request runs statements from many."""
    endpoints = [number for number, name in routes.items() if not _LINE.search(name)]
    named = np.isin(found.route, np.array(endpoints, np.uint64))
    flags = np.zeros(len(found), np.bool_)
    flags[1:] = named[1:] & named[:-1] & (found.route[1:] != found.route[:-1])
    return flags


def _each_reset(found: Steps) -> Flags:
    """Steps of sessions that are reset after nearly each statement: a pool that lends a connection for one statement
    at a time says nothing about requests."""
    uses = np.bincount(found.session, weights=found.reset_before | found.first)
    steps_of = np.bincount(found.session)
    flags: Flags = (steps_of < 1.5 * uses)[found.session]
    return flags


def _mixed(found: Steps) -> Flags:
    """Whether each step is in a transaction that holds different shapes."""
    number = found.transaction
    if not number.any():
        return np.zeros(len(found), np.bool_)
    _, code = np.unique(np.where(number != 0, number, 0), return_inverse=True)
    code = code.reshape(-1)
    lowest = np.full(int(code.max()) + 1, np.iinfo(np.int64).max)
    highest = np.full(int(code.max()) + 1, -1)
    np.minimum.at(lowest, code, found.shape)
    np.maximum.at(highest, code, found.shape)
    flags: Flags = (lowest != highest)[code] & (number != 0)
    return flags
