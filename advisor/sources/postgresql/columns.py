"""Collects the records of a block and makes columns of them: the common end of the pure-Python framers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from advisor import fingerprint
from advisor.model.batch import KEY_HASHES, NO_TIME, UNKNOWN
from advisor.sources.framed import Block, Framed
from advisor.sources.postgresql.record import context, name_hash, transaction_hash
from advisor.sources.postgresql.zones import Clock

_STAMP = b"2000-01-01 00:00:00.000000"
_DAY_US = 86_400_000_000


def local_times(stamps: Sequence[bytes]) -> NDArray[np.int64]:
    """Microseconds of `YYYY-MM-DD HH:MM:SS[.ffffff]` (or epoch seconds with .fff); NO_TIME for an empty text."""
    if not stamps:
        return np.zeros(0, np.int64)
    epochs = [at for at, stamp in enumerate(stamps) if len(stamp) == 14]
    joined = b"".join([stamp + _STAMP[len(stamp) :] if len(stamp) >= 19 else _STAMP for stamp in stamps])
    digits = np.frombuffer(joined, np.uint8).reshape(len(stamps), 26).astype(np.int64) - 48

    def number(start: int, end: int) -> NDArray[np.int64]:
        value = digits[:, start]
        for at in range(start + 1, end):
            value = value * 10 + digits[:, at]
        return value

    seconds = (number(11, 13) * 60 + number(14, 16)) * 60 + number(17, 19)
    result = _days(number(0, 4), number(5, 7), number(8, 10)) * _DAY_US + seconds * 1_000_000 + number(20, 26)
    for at in epochs:
        result[at] = int(stamps[at][:10]) * 1_000_000 + int(stamps[at][11:]) * 1000
    missing = [at for at, stamp in enumerate(stamps) if not stamp]
    result[missing] = NO_TIME
    return result


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days from 1970-01-01 by the proleptic Gregorian calendar; years begin in March, so that leap days come last."""
    year = year + 400 - (month <= 2)
    of_era = year % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (year // 400 - 1) * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


class Rows:
    """Rows of one block in the making. A row is hot (a complete execution) or other."""

    def __init__(self) -> None:
        self.unreadable: list[tuple[int, int, str]] = []
        self._hot: list[tuple[int, ...]] = []
        self._other: list[tuple[int, int, int, int]] = []
        self._other_sessions: list[int] = []
        self._stamps: list[bytes] = []
        self._zones: list[int] = []
        self._other_stamps: list[bytes] = []
        self._other_zones: list[int] = []
        self._sessions: list[int] = []
        self._transactions: list[int] = []
        self._zone: dict[bytes, int] = {}
        self._contexts: dict[tuple[bytes, bytes, bytes, bytes], int] = {}

    def add(
        self, start: int, duration_us: int, stamp: bytes, zone: bytes, session: bytes, vxid: bytes,
        who: tuple[bytes, bytes, bytes, bytes],
        query_id: int, sql: tuple[int, int], parameters: tuple[int, int], flags: int,
    ) -> None:  # fmt: skip
        """Add a complete execution. ``who``: user, database, application, host (without port)."""
        self._stamps.append(stamp)
        self._zones.append(self._zone.setdefault(zone, len(self._zone)))
        self._sessions.append(name_hash(session))
        self._transactions.append(transaction_hash(vxid))
        number = self._contexts.setdefault(who, len(self._contexts))
        self._hot.append((start, duration_us, number, query_id, *sql, *parameters, flags))

    def add_other(
        self, start: int, end: int, kind: int, duration_us: int, stamp: bytes, zone: bytes, session: bytes
    ) -> None:
        """Add a record that is anything else."""
        self._other_stamps.append(stamp)
        self._other_zones.append(self._zone.setdefault(zone, len(self._zone)))
        self._other.append((start, end, kind, duration_us))
        self._other_sessions.append(name_hash(session))

    def framed(
        self,
        block: Block,
        line_starts: NDArray[np.int64],
        clock: Clock,
        unescape: Callable[[bytes], bytes] | None = None,
    ) -> Framed:
        """The columns, the statements fingerprinted. ``unescape`` takes the transport escapes off a raw text."""
        n, data = len(self._hot), block.data
        hot = np.array(self._hot, np.int64).reshape(n, 9)
        shape, literals = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
        keys, tag = np.zeros((n, KEY_HASHES), np.uint32), np.full(n, UNKNOWN, np.int32)
        in_count = np.zeros(n, np.int32)
        tags: dict[bytes, int] = {}
        for at, (_, _, _, _, sql_start, sql_end, start, end, _) in enumerate(self._hot):
            raw = data[sql_start:sql_end]
            keyed = fingerprint.key(unescape(raw) if unescape else raw, "postgresql")
            shape[at], literals[at], keys[at], in_count[at] = keyed.key, keyed.literals, keyed.keys, keyed.in_count
            if keyed.tag is not None:
                tag[at] = tags.setdefault(keyed.tag, len(tags))
            if start >= 0:
                raw = data[start:end]
                literals[at], keys[at] = fingerprint.key_parameters(unescape(raw) if unescape else raw)
        other = np.array(self._other, np.int64).reshape(len(self._other), 4)
        zones = [zone.decode("ascii", "replace") for zone in self._zone]
        return Framed(
            block=block,
            lines=len(line_starts),
            time_us=clock.instants(local_times(self._stamps), np.array(self._zones, np.int64), zones),
            duration_us=hot[:, 1].copy(),
            shape_key=shape,
            session=np.array(self._sessions, np.uint64),
            transaction=np.array(self._transactions, np.uint64),
            start=hot[:, 0].copy(),
            line=np.searchsorted(line_starts, hot[:, 0], "right") - 1,
            context=hot[:, 2].astype(np.int32),
            tag=tag,
            literals=literals,
            keys=keys,
            in_count=in_count,
            **unknown_columns(n),
            query_id=hot[:, 3].copy(),
            sql_start=hot[:, 4].copy(),
            sql_end=hot[:, 5].copy(),
            parameters_start=hot[:, 6].copy(),
            parameters_end=hot[:, 7].copy(),
            contexts=[context(*who) for who in self._contexts],
            tags=[raw.decode("utf-8", "replace") for raw in tags],
            other_start=other[:, 0].copy(),
            other_end=other[:, 1].copy(),
            other_line=np.searchsorted(line_starts, other[:, 0], "right") - 1,
            unreadable=self.unreadable,
            flags=hot[:, 8].astype(np.uint8),
            other_kind=other[:, 2].astype(np.uint8),
            other_time_us=clock.instants(local_times(self._other_stamps), np.array(self._other_zones, np.int64), zones),
            other_session=np.array(self._other_sessions, np.uint64),
            other_duration_us=other[:, 3].copy(),
        )


def unknown_columns(n: int) -> dict[str, NDArray[np.int64]]:
    """What PostgreSQL never logs with a statement."""
    names = ("rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes")
    return {column: np.full(n, UNKNOWN, np.int64) for column in names}


def line_starts(data: bytes) -> NDArray[np.int64]:
    """Where each line begins."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1
    if len(ends) and ends[-1] == len(data):
        ends = ends[:-1]
    return np.concatenate(([0], ends)).astype(np.int64) if data else np.zeros(0, np.int64)
