"""The part of a workload that is asked for: --since, --until, --database, --user, --application, --exclude."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from advisor.fingerprint import key, normalise
from advisor.model.batch import NO_TIME, Batch, Context
from advisor.model.engine import dialect_of
from advisor.model.incident import Incident
from advisor.sources.errors import InputError
from advisor.sources.options import RELATIVE, Wanted

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_COLUMNS = tuple(
    name
    for name in (field.name for field in fields(Batch))
    if name not in {"source", "engine", "contexts", "tags", "texts", "zoned", "incidents"}
)


class Window:
    """Keeps what is wanted of batches. One for a whole run: it remembers what it decided of each shape."""

    def __init__(self, wanted: Wanted, *, timezone: str | None = None, end_us: int | None = None) -> None:
        """``end_us``: the end of the input, for relative bounds (None: now). Raises InputError for a bad value."""
        zone = _zone(timezone)
        end = end_us if end_us is not None else round(datetime.now(UTC).timestamp() * 1_000_000)
        self._since = _bound(wanted.since, "--since", zone, end)
        self._until = _bound(wanted.until, "--until", zone, end)
        self._databases = frozenset(wanted.databases)
        self._users = frozenset(wanted.users)
        self._applications = frozenset(wanted.applications)
        self._exclude = [_pattern(text) for text in wanted.exclude]
        self._excluded: dict[tuple[str, int], bool] = {}
        self.untimed = 0
        """Events left out because a time was asked for and theirs is not known."""

    def apply(self, batch: Batch) -> Batch:
        """The batch without what is not wanted; the same object when nothing goes."""
        keep = self._in_time(batch) & self._in_context(batch)
        if self._exclude and keep.any():
            keep &= self._not_excluded(batch, keep)
        incidents = [incident for incident in batch.incidents if self._wants(incident, batch)]
        if keep.all() and len(incidents) == len(batch.incidents):
            return batch
        at = np.flatnonzero(keep)
        columns: dict[str, Any] = {}
        for name in _COLUMNS:
            column = getattr(batch, name)
            columns[name] = None if column is None else column[at]
        return replace(batch, texts=_Picked(batch.texts, at), incidents=incidents, **columns)

    def _in_time(self, batch: Batch) -> NDArray[np.bool_]:
        keep = np.ones(len(batch), np.bool_)
        if self._since is None and self._until is None:
            return keep
        unknown = batch.time_us == NO_TIME
        self.untimed += int(np.count_nonzero(unknown))
        keep &= ~unknown
        if self._since is not None:
            keep &= batch.time_us >= self._since(batch.zoned)
        if self._until is not None:
            keep &= batch.time_us < self._until(batch.zoned)
        return keep

    def _in_context(self, batch: Batch) -> NDArray[np.bool_]:
        if not (self._databases or self._users or self._applications) or not len(batch):
            return np.ones(len(batch), np.bool_)
        return np.array([self._wants_context(context) for context in batch.contexts], np.bool_)[batch.context]

    def _wants_context(self, context: Context) -> bool:
        return (
            (not self._databases or context.database in self._databases)
            and (not self._users or context.user in self._users)
            and (not self._applications or context.application in self._applications)
        )

    def _not_excluded(self, batch: Batch, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        keys, first, inverse = np.unique(batch.shape_key, return_index=True, return_inverse=True)
        wanted = np.ones(len(keys), np.bool_)
        engine = batch.engine.name
        for number, shape in enumerate(keys.tolist()):
            decided = self._excluded.get((engine, shape))
            if decided is None:
                decided = self._matches(normalise(batch.texts.sql(int(first[number])), dialect_of(engine)))
                self._excluded[engine, shape] = decided
            wanted[number] = not decided
        result: NDArray[np.bool_] = wanted[inverse.reshape(-1)]
        return result

    def _matches(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._exclude)

    def _wants(self, incident: Incident, batch: Batch) -> bool:
        """Incidents of no statement (a checkpoint) belong to every database and user."""
        if self._since is not None and not incident.time_us >= self._since(batch.zoned):
            return False
        if self._until is not None and not NO_TIME < incident.time_us < self._until(batch.zoned):
            return False
        server_wide = incident.sql is None and incident.database is None and incident.user is None
        if not server_wide:
            if self._databases and incident.database not in self._databases:
                return False
            if self._users and incident.user not in self._users:
                return False
        if self._exclude and incident.sql is not None:
            engine = batch.engine.name
            shape = key(incident.sql.encode("utf-8", "replace"), dialect_of(engine)).key
            if (engine, shape) not in self._excluded:
                self._excluded[engine, shape] = self._matches(normalise(incident.sql, dialect_of(engine)))
            return not self._excluded[engine, shape]
        return True


class _Picked:
    """Texts of some of a batch's events."""

    def __init__(self, inner: Any, at: NDArray[np.int64]) -> None:
        self._inner = inner
        self._at = at

    def sql(self, event: int) -> str:
        text: str = self._inner.sql(int(self._at[event]))
        return text

    def parameters(self, event: int) -> str | None:
        text: str | None = self._inner.parameters(int(self._at[event]))
        return text


def _zone(timezone: str | None) -> ZoneInfo | None:
    if timezone is None:
        return None
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {timezone!r}", "--timezone", "write it like Europe/Paris") from None


def _bound(text: str | None, option: str, zone: ZoneInfo | None, end_us: int) -> Callable[[bool], int] | None:
    """The bound in microseconds, for sources with and without a zone: those without are compared by wall clock."""
    if text is None:
        return None
    relative = RELATIVE.fullmatch(text.strip())
    if relative:
        moment = end_us - round(float(relative[1]) * _SECONDS[relative[2][0].lower()] * 1_000_000)
        return lambda _zoned: moment
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        todo = "write 2024-05-01, 2024-05-01T10:00, 2024-05-01T10:00+02:00, or 2h, 1d"
        raise InputError(f"{text!r} is no time", option, todo) from None
    wall = _microseconds(given.replace(tzinfo=UTC))
    if given.tzinfo is None:
        instant = _microseconds(given.replace(tzinfo=zone or UTC))
    else:
        instant = _microseconds(given)
    return lambda zoned: instant if zoned else wall


def _microseconds(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise InputError(
            f"{text!r} is no regular expression ({error})", "--exclude", "escape . ( ) [ ] * + ?"
        ) from None
