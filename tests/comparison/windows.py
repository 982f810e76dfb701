"""Windows made of plain calls: (statement, milliseconds, seconds from the start)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from advisor.digest.digest import Digest
from advisor.model.engine import Engine
from advisor.sources.capture import Observed
from tests.digest.events import POSTGRESQL, Event, batch

DAY = 86_400
#: A Wednesday, 10:00 UTC.
START = 1_782_896_400 // DAY * DAY + 10 * 3600
Call = tuple[str, float, float]


def digest(
    calls: Iterable[Call], *, start: float = START, engine: Engine = POSTGRESQL, session: int = 1, **more
) -> Digest:
    """One session's calls, in order of time."""
    events = [
        Event(sql, max(1, round(ms * 1000)), int((start + at) * 1e6), session, offset=100 * i, **more)
        for i, (sql, ms, at) in enumerate(sorted(calls, key=lambda call: call[2]))
    ]
    out = Digest()
    if events:
        out.add(batch(events, engine=engine))
    return out


def steady(sql: str, ms: float, count: int, *, hours: float = 1.0, seed: int = 1, sigma: float = 0.5) -> list[Call]:
    """Independent log-normal durations at random times."""
    generator = np.random.default_rng(seed)
    times = generator.uniform(0, hours * 3600, count)
    return [
        (sql, ms * float(factor), float(at))
        for factor, at in zip(np.exp(sigma * generator.normal(size=count)), times, strict=True)
    ]


def shop(seed: int, *, hours: float = 1.0, count: int = 200, slower: float = 1.0) -> list[Call]:
    """Eight statements that nothing happens to; ``slower`` is the server's doing."""
    calls: list[Call] = []
    for number, table in enumerate("abcdefgh"):
        sql = f"select x from t{table} where id = 7"
        calls += steady(sql, slower * 2.0 * (number + 1), count, hours=hours, seed=100 * seed + number)
    return calls


def thresholded(digest: Digest, milliseconds: float) -> Digest:
    """As read from a log that says which threshold it has."""
    seen = Observed(timed=100, settings={"log_min_duration_statement": [f"{milliseconds:g}ms"]})
    digest.capture.put("postgresql", "x.log", seen)
    return digest


def log(calls: Iterable[Call], *, start: float = START) -> str:
    """The same as a PostgreSQL log."""
    lines = []
    for sql, ms, at in sorted(calls, key=lambda call: call[2]):
        end = datetime.fromtimestamp(start + at + ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        lines.append(f"{end} UTC [77] app@shop web LOG:  duration: {ms:.3f} ms  statement: {sql}\n")
    return "".join(lines)
