"""Which indexes a shadow's planner sees, changed by as few catalog rows as possible.

What is shown is committed, and only what differs from the last configuration is touched: sessions then read again the
descriptions of those indexes and of their tables. All other candidates are parked: not on their tables' lists, so that
planning takes as long as if they did not exist, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from advisor.planners.postgresql.pipeline import Message

_SHOW = b"SELECT advisor_shadow.show($1::oid[], $2::oid[], $3::oid[])"
_NONE: frozenset[int] = frozenset()


class Switch:
    """What is known of one shadow's catalog. Indexes are OIDs."""

    def __init__(self) -> None:
        self._tables: dict[int, int] = {}
        self._candidates: set[int] = set()
        self._shown = _NONE
        self._hidden = _NONE
        self._next = (_NONE, _NONE)
        self._doubtful: set[int] = set()
        """Was to be switched, and nobody knows whether it was."""

    def add(self, tables: Mapping[int, int]) -> None:
        """Candidates that were made, and are parked: index to table."""
        self._tables |= tables
        self._candidates |= tables.keys()

    def remove(self, candidates: Iterable[int]) -> None:
        """Candidates that were parked, and are dropped."""
        self._candidates.difference_update(candidates)
        self._doubtful.difference_update(candidates)

    def existing(self, tables: Mapping[int, int]) -> None:
        """Indexes that may be hidden: index to table."""
        self._tables |= tables

    def to(self, shown: frozenset[int], hidden: frozenset[int]) -> list[Message]:
        """What to send so that of candidates ``shown`` are seen, and of existing indexes all but ``hidden``.

        Call `done` when it has happened.
        """
        on = (shown - self._shown) | (self._hidden - hidden)
        off = (self._shown - shown) | (hidden - self._hidden)
        if self._doubtful:
            seen = {oid for oid in self._doubtful if (oid in shown if oid in self._candidates else oid not in hidden)}
            on, off = on | seen, off | (self._doubtful - seen)
        if not on and not off:
            return []
        self._doubtful |= on | off
        self._next = shown, hidden
        tables = {self._tables[oid] for oid in on | off}
        return [Message(_SHOW, (_array(on), _array(off), _array(tables)))]

    def done(self) -> None:
        """What `to` gave last has happened."""
        self._shown, self._hidden = self._next
        self._doubtful.clear()


def _array(oids: Iterable[int]) -> bytes:
    return b"{" + ",".join(map(str, sorted(oids))).encode() + b"}"
