"""Which transaction each statement of a session ran in, from BEGIN and COMMIT or from the server's own ids."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, READ, ROLLBACK, WRITE
from advisor.model.stream_limits import STREAM

Ints = NDArray[np.int64]


def transactions(columns: dict[str, NDArray[Any]], session: Ints) -> Ints:
    """Number of the transaction of each event (1...), 0 for a statement that is a transaction of its own.

    ``columns`` are ordered by session (as `session` numbers them), then time. Three ways, the first that tells:
    the events from a BEGIN to its COMMIT or ROLLBACK; those between two ends without a BEGIN (drivers with autocommit
    off on MySQL, or a pool that rolls back what is given back: in both cases the end of one use of the connection);
    equal ids of the server over several statements. Where the log has lost ends of transactions, only the last.
    """
    effect = columns["effect"]
    count = len(effect)
    if not count:
        return np.zeros(0, np.int64)
    at = np.arange(count, dtype=np.int64)
    starts = np.concatenate(([True], session[1:] != session[:-1]))
    begin, end = effect == BEGIN, (effect == COMMIT) | (effect == ROLLBACK)
    step = (effect == READ) | (effect == WRITE)
    # the last event before this one that opens or closes, in the same session
    opening = np.where(begin | end, at, -1)
    before = np.maximum.accumulate(np.concatenate(([-1], opening[:-1])))
    first = np.maximum.accumulate(np.where(starts, at, 0))
    before = np.where(before >= first, before, -1)
    opened = (before >= 0) & begin[np.maximum(before, 0)]
    number = np.where(opened & ~begin, before + 1, 0)
    # ends of what nothing began, with statements since the last end
    steps = np.concatenate(([0], np.cumsum(step)))
    since = np.where(before >= 0, before + 1, first)
    bare = end & ~opened & (steps[at] > steps[since])
    implicit = np.zeros(count, np.bool_)
    begun = np.bincount(session, weights=begin) > 0
    bare_sessions = (np.bincount(session, weights=bare) > 0) & ~begun
    implicit = bare_sessions[session]
    if implicit.any():
        following = np.concatenate((np.where(end, at, count)[1:], [count]))
        following = np.minimum.accumulate(following[::-1])[::-1]
        closes = np.where(end, at, following)
        last = np.concatenate((np.flatnonzero(starts)[1:], [count]))[np.cumsum(starts) - 1]
        closed = implicit & (closes < last)
        number = np.where(closed, count + 1 + closes, number)
    if ends_lost(columns, session):
        number = np.zeros(count, np.int64)
    server = columns["transaction"]
    loose = (number == 0) & (server != 0) & step
    if loose.any():
        where = np.flatnonzero(loose)
        pairs = np.stack((session[where].astype(np.uint64), server[where]), axis=1)
        _, code, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        code = code.reshape(-1)
        number[where] = np.where(counts[code] > 1, 2 * count + 2 + code, 0)
    return number


def ends_lost(columns: dict[str, NDArray[Any]], session: Ints) -> bool:
    """Whether the log holds a sample of the statements, or only slow ones: then a COMMIT may be missing, and what
    stands between a BEGIN and the next COMMIT may be several transactions and what ran between them.

    A sample shows in a BEGIN that another BEGIN follows: of a share p of the statements 1 / (2 - p) of the BEGINs still
    have their end behind them. A threshold shows in the fastest statement: a BEGIN takes microseconds.
    """
    duration = columns.get("duration_us", np.zeros(0, np.int64))
    timed = duration[duration >= 0]
    if len(timed) >= STREAM.threshold_events and int(timed.min()) >= STREAM.threshold_us:
        return True
    effect = columns["effect"]
    at = np.flatnonzero((effect == BEGIN) | (effect == COMMIT) | (effect == ROLLBACK))
    pairs = (session[at[1:]] == session[at[:-1]]) & (effect[at[:-1]] == BEGIN)
    ended = pairs & (effect[at[1:]] != BEGIN)
    return int(pairs.sum()) >= STREAM.begins_needed and float(ended.sum()) < STREAM.begins_ended * float(pairs.sum())
