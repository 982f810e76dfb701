"""Which sessions the processes are that lock waits and deadlocks name.

A message names others by process id; statements are known by the session's key. Where the key is the process id they
are the same. A session id (``65e1a1b0.4c6``) ends in the process id but begins with the session's start, which the
message does not tell: it is looked for in the text of the log around the message.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.sources.framed import Block
from advisor.sources.postgresql.record import Record, name_hash

_START = 8
"""Hex digits of a session's start, until the year 2106."""
_HEX = frozenset(b"0123456789abcdef")
_TRIES = 256
"""Places looked at for one process: other numbers end like it now and then."""
_REMEMBERED = 4096
_MISSES = 200
"""Processes of one block looked for in vain, each through all of it: a log of lock waits may name thousands."""


class Processes:
    """Remembers where it has looked: the block being read, and the one before."""

    def __init__(self) -> None:
        self._block: Block | None = None
        self._before: Block | None = None
        self._keys: dict[int, bytes] = {}
        self._misses = 0

    def look(self, block: Block) -> None:
        """The block whose messages come next."""
        self._before, self._block = self._block, block
        self._misses = 0

    def sessions(self, pids: Sequence[int], record: Record) -> tuple[tuple[int, int], ...]:
        """Each process with the hash of its session, 0 where the log does not tell; ``record`` is who names them."""
        return tuple((pid, self._session(pid, record)) for pid in pids)

    def _session(self, pid: int, record: Record) -> int:
        if pid == record.pid:
            return record.session
        if record.session_key == str(record.pid):
            return name_hash(str(pid).encode())
        if "." not in record.session_key:
            return 0
        key = self._search(pid, record.offset) or self._keys.get(pid)
        if key is None:
            return 0
        if len(self._keys) >= _REMEMBERED:
            self._keys.clear()
        self._keys[pid] = key
        return name_hash(key)

    def _search(self, pid: int, offset: int) -> bytes | None:
        """The session id of a process that stands nearest before the offset, else after it."""
        if self._block is None or self._misses >= _MISSES:
            return None
        here, at = self._block.data, max(offset - self._block.offset, 0)
        found = _last(here, pid, at)
        if found is None and self._before is not None:
            found = _last(self._before.data, pid, len(self._before.data))
        found = found or _first(here, pid, at)
        self._misses += found is None
        return found


def _last(data: bytes, pid: int, end: int) -> bytes | None:
    ending = b".%x" % pid
    for _ in range(_TRIES):
        end = data.rfind(ending, 0, end)
        if end < 0:
            return None
        key = _key(data, end, len(ending))
        if key is not None:
            return key
    return None


def _first(data: bytes, pid: int, start: int) -> bytes | None:
    ending = b".%x" % pid
    for _ in range(_TRIES):
        start = data.find(ending, start)
        if start < 0:
            return None
        key = _key(data, start, len(ending))
        if key is not None:
            return key
        start += 1
    return None


def _key(data: bytes, dot: int, ending: int) -> bytes | None:
    """The session id around a dot, None where it is another number."""
    first, last = dot - _START, dot + ending
    if first < 0 or data[last : last + 1] in (b".",) or (last < len(data) and data[last] in _HEX):
        return None
    if not _HEX.issuperset(data[first:dot]) or (first and data[first - 1] in _HEX):
        return None
    return data[first:last]
