"""The read side of incidents and of the sequence material: rows for facts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from advisor.digest.commits import commit_streams
from advisor.digest.incidents import Group, Key
from advisor.digest.shapetable import ENGINES, LONG_AGO, NEVER
from advisor.digest.sketch import middle
from advisor.model.batch import NO_TIME
from advisor.model.observed import (
    Cancelled,
    ConnectionStream,
    DeadlockPart,
    ErrorGroup,
    LockWait,
    LockWaitEvent,
    Maintenance,
    Observations,
    TempFile,
)

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

_MAINTENANCE = ("checkpoint", "autovacuum", "autoanalyze", "restart", "admin", "other")


def observations(digest: Digest) -> Observations:
    """Everything the logs said besides executed statements."""
    digest.settle()
    return Observations(
        lock_waits(digest),
        deadlocks(digest),
        temp_files(digest),
        cancelled(digest),
        errors(digest),
        commit_streams(digest),
        connection_streams(digest),
        maintenance(digest),
        settings(digest),
        waits(digest),
    )


def _groups(digest: Digest, kind: str) -> list[tuple[Key, Group]]:
    """Groups of a kind, the largest amounts first, then counts."""
    groups = digest.incidents.groups.get(kind, {})
    return sorted(groups.items(), key=lambda item: (-item[1].amount, -item[1].count, _text_key(item[0])))


def _text_key(key: Key) -> tuple[str, ...]:
    return tuple("" if part is None else str(part) for part in key)


def _hex(fingerprint: int | None) -> str | None:
    return None if fingerprint is None else f"{fingerprint:016x}"


def lock_waits(digest: Digest) -> list[LockWait]:
    """Lock waits, the longest in total first."""
    return [
        LockWait(_hex(key[2]), ENGINES[key[1]], g.count, g.amount, max(g.most, 0), key[3], key[4])
        for key, g in _groups(digest, "lock_wait")
    ]


def waits(digest: Digest) -> list[LockWaitEvent]:
    """Single lock waits with their sessions, in the order of their begin."""
    sources = _sources(digest)
    ordered = sorted(digest.incidents.waits.known.values(), key=lambda w: (w.began_us or 0, w.hash))
    return [
        LockWaitEvent(
            sources.get(w.source, -1),
            w.session,
            _hex(w.fingerprint),
            ENGINES[w.engine],
            w.mode,
            w.table,
            w.began_us,
            w.wait_us,
            w.holders,
        )
        for w in ordered
    ]


def _sources(digest: Digest) -> dict[int, int]:
    return {source.identity: number for number, source in enumerate(digest.sources.known)}


def temp_files(digest: Digest) -> list[TempFile]:
    """Temporary files by statement, the largest in total first."""
    return [
        TempFile(_hex(key[2]), ENGINES[key[1]], g.count, g.amount, max(g.most, 0))
        for key, g in _groups(digest, "temp_file")
    ]


def cancelled(digest: Digest) -> list[Cancelled]:
    """Statements ended by a time-out, a user, a conflict."""
    return [
        Cancelled(_hex(key[2]), ENGINES[key[1]], key[3] or "other", g.count) for key, g in _groups(digest, "cancelled")
    ]


def errors(digest: Digest) -> list[ErrorGroup]:
    """Failed statements by message; deadlocks are among them."""
    rows = [*_groups(digest, "error"), *_groups(digest, "deadlock")]
    rows.sort(key=lambda item: (-item[1].count, _text_key(item[0])))
    return [ErrorGroup(_hex(key[2]), ENGINES[key[1]], *_code_and_message(key), g.count) for key, g in rows]


def _code_and_message(key: Key) -> tuple[str | None, str]:
    return (key[3], key[4]) if key[4] is not None else (None, key[3] or "")


def deadlocks(digest: Digest) -> list[DeadlockPart]:
    """The participants of the deadlocks kept, oldest deadlock first."""
    rows, sources = [], _sources(digest)
    ordered = sorted(digest.incidents.deadlocks.values(), key=lambda d: (d.time_us, d.hash))
    for number, deadlock in enumerate(ordered):
        time = None if deadlock.time_us == NO_TIME else deadlock.time_us
        source = sources.get(deadlock.source, -1)
        for position, part in enumerate(deadlock.parts):
            fingerprint = _hex(part.fingerprint)
            rows.append(DeadlockPart(number, position, fingerprint, part.sql, part.detail, time, source, part.session))
    return rows


def maintenance(digest: Digest) -> list[Maintenance]:
    """What the server did besides statements."""
    return [
        Maintenance(
            kind,
            key[3] or "",
            g.count,
            g.amount if g.known else None,
            g.most if g.known else None,
            None if g.first_us == NEVER else g.first_us,
            None if g.last_us == LONG_AGO else g.last_us,
        )
        for kind in _MAINTENANCE
        for key, g in _groups(digest, kind)
    ]


def settings(digest: Digest) -> dict[str, str]:
    """Settings that the logs told, with their latest value; of several engines the last one named wins."""
    return {name: value for (name, _), (_, value) in sorted(digest.incidents.settings.items())}


def connection_streams(digest: Digest) -> list[ConnectionStream]:
    """Connections per database and user; empty when the log does not tell connections."""
    opened = {(key[3], key[4]): g for key, g in _groups(digest, "connection")}
    closed = {(key[3], key[4]): g for key, g in _groups(digest, "disconnection")}
    hosts: dict[tuple[str | None, str | None], set[str | None]] = {}
    statements: Counter[tuple[str | None, str | None]] = Counter()
    for context, calls in digest.contexts.known.items():
        who = (context.database, context.user)
        hosts.setdefault(who, set()).add(context.host)
        statements[who] += calls
    seconds = _seconds(digest.first_us, digest.last_us)
    rows = []
    for who in sorted({*opened, *closed}, key=lambda w: (w[0] or "", w[1] or "")):
        count = max(opened[who].count if who in opened else 0, closed[who].count if who in closed else 0)
        seen = hosts.get(who, set())
        host = next(iter(seen)) if len(seen) == 1 else None
        bins = closed[who].bins if who in closed else {}
        rows.append(ConnectionStream(who[0], who[1], host, count, statements[who], _median_seconds(bins), seconds))
    return sorted(rows, key=lambda r: -r.connections)


def _median_seconds(bins: dict[int, int]) -> float | None:
    if not bins:
        return None
    rank, upto = (sum(bins.values()) - 1) // 2, 0
    for bin_ in sorted(bins):
        upto += bins[bin_]
        if upto > rank:
            return middle(bin_) / 1e6
    return None


def _seconds(first_us: int, last_us: int) -> float:
    return max(last_us - first_us, 0) / 1e6 if first_us != NEVER and last_us != LONG_AGO else 0.0
