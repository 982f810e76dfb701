"""Incidents added up in groups: waits, errors, cancellations, temporary files, maintenance, connections, settings.

A group is a kind, a statement and a label. Per kind, the groups with the smallest hashes are told apart and the rest is
one "(other)": a group once dropped stays dropped, so its numbers are complete or absent in every grouping.
Values that differ each time (numbers, quoted data) are taken out of labels.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from advisor.digest.hashing import part_hash
from advisor.digest.shapetable import ENGINES, LONG_AGO, NEVER
from advisor.digest.sketch import LONGEST_US, bins_of
from advisor.digest.values import OTHER
from advisor.digest.waits import Waits
from advisor.model.batch import NO_TIME, Batch
from advisor.model.engine import dialect_of
from advisor.model.incident import Incident
from advisor.model.limits import LIMITS

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

#: Kind, engine (position in ENGINES), fingerprint (None: unknown statement), label, detail.
Key = tuple[str, int, int | None, str | None, str | None]
_OTHER_HASH = 2**64
_LABEL = 240
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_QUOTED_VALUE = re.compile(r"(: |(?i:entry|value|near|input|of) )(\"[^\"]{0,2000}\"?|'[^']{0,2000}'?)")
_LOCK = re.compile(r"(\S{1,60}Lock) on (.{1,300})", re.DOTALL)
_PASSING = re.compile(r"\b(transaction|virtual transaction|tuple|page|speculative token|process) [\d/]*\d|\(\d+,\d+\)")
_PROCESS = re.compile(r"^Process (\d+): ", re.MULTILINE)
_WAITS = re.compile(r"^Process (\d+) (waits for .{1,300}?)\.?$", re.MULTILINE)
_MYSQL_REASONS = {
    "1205": "lock_timeout",
    "1317": "user_request",
    "1028": "user_request",
    "1969": "statement_timeout",
    "3024": "max_execution_time",
    "3572": "lock_timeout",
}
_FAILURES = frozenset({"error", "deadlock"})
_MAINTENANCE = frozenset({"checkpoint", "autovacuum", "autoanalyze", "restart", "admin", "other"})


class Group(msgspec.Struct):
    """What a group adds up to. ``amount`` is microseconds, or bytes of temporary files."""

    count: int = 0
    known: int = 0
    """Incidents whose amount is known."""
    amount: int = 0
    most: int = -1
    first_us: int = NEVER
    last_us: int = LONG_AGO
    bins: dict[int, int] = {}
    """Sketch bins of the amounts: session lengths only."""

    def join(self, other: Group) -> None:
        """Add another group's numbers."""
        self.count += other.count
        self.known += other.known
        self.amount += other.amount
        self.most = max(self.most, other.most)
        self.first_us = min(self.first_us, other.first_us)
        self.last_us = max(self.last_us, other.last_us)
        if other.bins:
            bins = dict(self.bins)
            for bin_, n in other.bins.items():
                bins[bin_] = bins.get(bin_, 0) + n
            self.bins = bins


class Participant(msgspec.Struct, frozen=True):
    """One side of a deadlock."""

    fingerprint: int | None
    sql: str | None
    detail: str | None
    session: int = 0
    """0: the log does not identify it."""


class Deadlock(msgspec.Struct, frozen=True):
    """A deadlock with its statements."""

    hash: int
    time_us: int
    engine: int
    parts: tuple[Participant, ...]
    source: int = 0
    """Identity of the source; 0 unknown."""


class Incidents:
    """All incidents of a digest."""

    def __init__(self, most_groups: int, most_details: int, most_waits: int) -> None:
        self._most_groups = most_groups
        self._most_details = most_details
        self.groups: dict[str, dict[Key, Group]] = {}
        self.deadlocks: dict[int, Deadlock] = {}
        self.waits = Waits(most_waits)
        self.settings: dict[tuple[str, int], tuple[int, str]] = {}
        """(Name, engine) -> when it was last told, and its value then."""

    def add(self, digest: Digest, batch: Batch, source: int) -> None:
        """Add a batch's incidents; statements among them that are new become shapes (without calls)."""
        from advisor.fingerprint import key

        dialect, engine = dialect_of(batch.engine.name), ENGINES.index(batch.engine.name)
        told = [i for i in batch.incidents if i.sql]
        keys = np.array([key((i.sql or "").encode("utf-8", "replace"), dialect).key for i in told], np.uint64)
        table = digest.table
        if told:
            numbers = digest.identities.numbers(batch.engine.name, keys, lambda n: told[n].sql or "", table)
            digest.samples.grow(table.count)
            shapes = {id(incident): shape for incident, shape in zip(told, numbers.tolist(), strict=True)}
        else:
            shapes = {}
        for incident in batch.incidents:
            shape = shapes.get(id(incident))
            fingerprint = None if shape is None else int(table.fingerprint[shape])
            if incident.kind == "plan":
                text = incident.detail or incident.message
                if shape is not None and text:
                    digest.plans.add(shape, text, incident.code or "text", incident.duration_us, incident.time_us)
                continue
            if incident.kind == "setting":
                self.set(incident.message[:_LABEL], engine, incident.time_us, incident.detail[:_LABEL])
                continue
            if shape is not None and incident.kind in _FAILURES:
                table.columns["errors"][shape] += 1
            if shape is not None and incident.kind == "cancelled":
                table.columns["cancelled"][shape] += 1
            if incident.kind == "deadlock":
                where = part_hash(int(digest.sources.ids()[source]), incident.offset, incident.line)
                self._deadlock(digest, batch, incident, fingerprint, engine, where, source)
            if incident.kind == "lock_wait":
                self.waits.add(digest, incident, fingerprint, engine, source)
            label, detail = _labels(incident)
            self.put((incident.kind, engine, fingerprint, label, detail), _one(incident))

    def put(self, key: Key, group: Group) -> None:
        """Add to a group."""
        groups = self.groups.setdefault(key[0], {})
        held = groups.get(key)
        if held is None:
            groups[key] = held = Group()
        held.join(group)
        if len(groups) > 2 * self._most_groups:
            self._fit(key[0])

    def set(self, name: str, engine: int, time_us: int, value: str) -> None:
        """Note a setting's value; the latest one stays."""
        held = self.settings.get((name, engine))
        if held is None or (time_us, value) > held:
            self.settings[name, engine] = (time_us, value)
        if len(self.settings) > 2 * self._most_groups:
            self._fit_settings()

    def put_deadlock(self, deadlock: Deadlock) -> None:
        """Keep a deadlock's details if its hash is among the smallest."""
        self.deadlocks[deadlock.hash] = deadlock
        if len(self.deadlocks) > self._most_details:
            del self.deadlocks[max(self.deadlocks)]

    def settle(self) -> None:
        """Keep the bounds."""
        for kind in self.groups:
            self._fit(kind)
        self._fit_settings()
        self.waits.settle()

    def _fit(self, kind: str) -> None:
        groups = self.groups[kind]
        if len(groups) <= self._most_groups:
            return
        ordered = sorted(groups, key=_hash)
        for key in ordered[self._most_groups :]:
            if key[3] == OTHER:
                continue
            group = groups.pop(key)
            other: Key = (kind, key[1], None, OTHER, None)
            groups.setdefault(other, Group()).join(group)

    def _fit_settings(self) -> None:
        if len(self.settings) > self._most_groups:
            ordered = sorted(self.settings, key=lambda s: part_hash(*s))
            self.settings = {s: self.settings[s] for s in ordered[: self._most_groups]}

    def _deadlock(
        self,
        digest: Digest,
        batch: Batch,
        incident: Incident,
        fingerprint: int | None,
        engine: int,
        where: int,
        source: int,
    ) -> None:
        from advisor.digest.identities import identify

        waits = {found[1]: found[2] for found in _WAITS.finditer(incident.detail)}
        pieces = _PROCESS.split(incident.detail)[1:]
        texts = [text.strip() for text in pieces[1::2]]
        sessions = {str(pid): session for pid, session in incident.processes}
        if texts:
            numbers = identify(batch.engine.name, texts, digest.table)
            digest.samples.grow(digest.table.count)
            parts = tuple(
                Participant(
                    int(digest.table.fingerprint[number]),
                    text[: LIMITS.sample_bytes],
                    waits.get(process),
                    sessions.get(process, 0),
                )
                for process, text, number in zip(pieces[::2], texts, numbers.tolist(), strict=True)
            )
        else:
            sql = None if incident.sql is None else incident.sql[: LIMITS.sample_bytes]
            parts = (Participant(fingerprint, sql, incident.detail[:_LABEL] or None, incident.session),)
        identity = digest.sources.known[source].identity
        self.put_deadlock(Deadlock(where, incident.time_us, engine, parts[:16], identity))


def _hash(key: Key) -> int:
    return _OTHER_HASH if key[3] == OTHER else part_hash(*key)


def _one(incident: Incident) -> Group:
    amount = incident.bytes if incident.kind == "temp_file" else incident.duration_us
    known = amount >= 0
    amount = min(max(amount, 0), 1 << 50)
    group = Group(count=1, known=int(known), amount=amount, most=amount if known else -1)
    if incident.time_us != NO_TIME:
        group.first_us = group.last_us = incident.time_us
    if incident.kind == "disconnection" and known:
        bin_ = int(bins_of(np.array([min(amount, LONGEST_US)], np.int64))[0])
        group.bins = {bin_: 1}
    return group


def _labels(incident: Incident) -> tuple[str | None, str | None]:
    """Label and detail of the group that an incident belongs to."""
    kind, message = incident.kind, incident.message
    if kind == "lock_wait":
        found = _LOCK.search(message)
        if found is None:
            return None, plain(message)
        return found[1], plain(_PASSING.sub(lambda m: m[1] or "", found[2]), numbers=False)
    if kind == "cancelled":
        if incident.code in _MYSQL_REASONS:
            return _MYSQL_REASONS[incident.code], None
        return (incident.detail if re.fullmatch(r"[a-z_]{1,40}", incident.detail) else "other"), None
    if kind in _FAILURES:
        return incident.code, plain(message)
    if kind == "temp_file":
        return None, None
    if kind in ("connection", "disconnection"):
        return _name(incident.database), _name(incident.user)
    if kind in ("autovacuum", "autoanalyze"):
        return message[:_LABEL], None
    if kind == "checkpoint":
        return plain(incident.detail or message.partition(":")[0]), None
    return plain(message), None


def _name(name: str | None) -> str | None:
    return None if name is None else name[:_LABEL]


def plain(message: str, *, numbers: bool = True) -> str:
    """A message without the values in it: what is left groups, and holds no data."""
    text = _QUOTED_VALUE.sub(r"\1?", " ".join(message[:4000].split()))
    return (_NUMBER.sub("?", text) if numbers else text)[:_LABEL]
