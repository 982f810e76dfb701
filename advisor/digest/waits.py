"""Single lock waits with who waited and who held, as far as a bound allows: those with the smallest hashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from advisor.digest.hashing import part_hash
from advisor.model.incident import Incident

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

_LOCK = re.compile(r"(\S{1,60}Lock) on ")
_RELATION = re.compile(r"in relation \"([^\"\n]{1,256})\"")


class Wait(msgspec.Struct, frozen=True):
    """One wait for a lock."""

    hash: int
    source: int
    """Identity of the source."""
    engine: int
    fingerprint: int | None
    mode: str | None
    table: str | None
    """Where the log's CONTEXT names it."""
    began_us: int | None
    wait_us: int
    """-1 unknown."""
    session: int
    holders: tuple[int, ...]
    """Sessions that held the lock when the wait was told; 0 is one that the log does not identify."""


class Waits:
    """Waits by hash."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.known: dict[int, Wait] = {}

    def add(self, digest: Digest, incident: Incident, fingerprint: int | None, engine: int, source: int) -> None:
        """Keep one wait."""
        identity = digest.sources.known[source].identity
        lock, relation = _LOCK.search(incident.message), _RELATION.search(incident.detail)
        self.put(
            Wait(
                part_hash(int(digest.sources.ids()[source]), incident.offset, incident.line),
                identity,
                engine,
                fingerprint,
                lock[1] if lock else None,
                relation[1] if relation else None,
                incident.began_us,
                incident.duration_us,
                incident.session,
                tuple(session for _, session in incident.processes[1:17]),
            )
        )

    def put(self, wait: Wait) -> None:
        """Keep a wait if its hash is among the smallest."""
        self.known[wait.hash] = wait
        if len(self.known) > 2 * self._most:
            self.settle()

    def settle(self) -> None:
        """Keep the bound."""
        if len(self.known) > self._most:
            self.known = {h: self.known[h] for h in sorted(self.known)[: self._most]}
