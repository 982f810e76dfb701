"""What sessions do before they end, and how many connections would do.

A session that runs two statements has spent more on connecting than on asking. How many connections a pool needs
follows from Little's law: units of work a second times how long each holds its connection, which is from the first
statement of a transaction to its COMMIT. What is held at one instant then varies as a Poisson number does, so the pool
is the mean of the busiest minute and three of its standard deviations: ceil(N + 3 sqrt(N)), and two at least.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import OTHER, READ, WRITE
from advisor.model.batch import NO_TIME, Context
from advisor.model.insights import ConnectionUse
from advisor.stream.insights.concurrency import means
from advisor.stream.material import Material

_SECOND = 1_000_000
_MINUTE_US = 60 * _SECOND
#: Where more minutes than this are seen, the busiest hour is found first.
_MINUTES = 100_000


def connection_uses(material: Material) -> list[ConnectionUse]:
    """One row a database and user, the most sessions first. Sessions are those of the stream."""
    rows = material.rows
    count = len(material)
    if not count:
        return []
    cut = np.ones(count, np.bool_)
    cut[1:] = (rows["session"][1:] != rows["session"][:-1]) | (rows["source"][1:] != rows["source"][:-1])
    first = np.flatnonzero(cut)
    who: dict[tuple[str | None, str | None], list[int]] = {}
    for number, context in enumerate(rows["context"][first].tolist()):
        known = material.contexts.get(context, Context())
        who.setdefault((known.database, known.user), []).append(number)
    work = np.isin(rows["effect"], [READ, WRITE, OTHER]).astype(np.int64)
    per_session = _Sessions(
        statements=np.add.reduceat(work, first),
        life=_life(material, first),
        busy=np.add.reduceat(np.maximum(rows["duration_us"], 0), first),
    )
    session = np.cumsum(cut) - 1
    found = [_use(material, pair, np.array(members), per_session, session) for pair, members in who.items()]
    return sorted(found, key=lambda use: (-use.sessions, use.database or "", use.user or ""))


@dataclass(frozen=True, slots=True)
class _Sessions:
    """By session, in the order of the rows."""

    statements: NDArray[np.int64]
    life: NDArray[np.float64]
    busy: NDArray[np.int64]


def _life(material: Material, first: NDArray[np.intp]) -> NDArray[np.float64]:
    """Seconds from the first to the end of the last statement of each session; NaN where times are not known."""
    start = material.rows["start_us"]
    known = start != NO_TIME
    end = np.where(known, start + np.maximum(material.rows["duration_us"], 0), NO_TIME)
    earliest = np.minimum.reduceat(np.where(known, start, np.iinfo(np.int64).max), first)
    latest = np.maximum.reduceat(end, first)
    valid = latest != NO_TIME
    life = np.full(len(first), np.nan)
    life[valid] = (latest[valid] - earliest[valid]) / _SECOND
    return life


def _use(
    material: Material,
    who: tuple[str | None, str | None],
    members: NDArray[np.int64],
    sessions: _Sessions,
    session: NDArray[np.int64],
) -> ConnectionUse:
    database, user = who
    told = next((c for c in material.observations.connection_streams if (c.database, c.user) == who), None)
    life = sessions.life[members]
    seen = float(np.median(life[~np.isnan(life)])) if (~np.isnan(life)).any() else None
    median = told.median_session_seconds if told is not None else None
    mean_life = median if median is not None else seen
    window = ((material.end_us or 0) - (material.start_us or 0)) / _SECOND
    window = max(window, 1.0)
    connections = told.connections if told is not None else None
    arrivals = (connections if connections is not None else len(members) * material.scale) / window
    busy = float(sessions.busy[members].sum()) / _SECOND * material.scale
    total_life = float(np.nansum(life)) * material.scale
    held_mean, held_peak = _held(material, np.isin(session, members))
    return ConnectionUse(
        database=database,
        user=user,
        sessions=round(len(members) * material.scale),
        connections=connections,
        statements_median=float(np.median(sessions.statements[members])),
        life_seconds_median=mean_life,
        life_told=median is not None,
        busy_share=min(busy / total_life, 1.0) if total_life > 0 else None,
        per_second=arrivals,
        open_mean=arrivals * mean_life if mean_life is not None else None,
        busy_mean=held_mean,
        pool_size=max(math.ceil(held_peak + 3 * math.sqrt(held_peak)), 2),
    )


def _held(material: Material, mine: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean number of connections that are held, over the whole log and in its busiest minute."""
    rows, spans = material.rows, material.spans
    timed = (rows["start_us"] != NO_TIME) & mine
    end = rows["start_us"] + np.maximum(rows["duration_us"], 0)
    alone = np.flatnonzero(timed & (spans.of < 0))
    whole = np.flatnonzero(timed[spans.first] & timed[spans.last]) if len(spans) else np.zeros(0, np.intp)
    begun = np.concatenate((rows["start_us"][alone], rows["start_us"][spans.first[whole]]))
    ended = np.concatenate((end[alone], np.maximum(end[spans.last[whole]], rows["start_us"][spans.first[whole]])))
    if not len(begun):
        return 0.0, 0.0
    first, last = int(begun.min()), int(ended.max())
    width = _MINUTE_US
    while (last - first) // width > _MINUTES:
        width *= 60
    edges = np.arange(first, last + width, width, dtype=np.int64)
    if len(edges) < 2:
        return 0.0, 0.0
    edges[-1] = max(last, edges[-2] + 1)  # a log of ten seconds has no minute to be idle in
    each = means(begun, ended, edges) * material.scale
    mean = float((ended - begun).sum()) / max(last - first, 1) * material.scale
    long_enough = np.diff(edges) >= min(width, last - first) // 2
    return mean, float(each[long_enough].max()) if long_enough.any() else mean
