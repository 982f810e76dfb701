"""The bytes inside a wrapper, and where their lines stand in the file that people have."""

from __future__ import annotations

from array import array
from bisect import bisect_right

import msgspec
import numpy as np

from advisor.model.batch import Batch
from advisor.model.limits import LIMITS
from advisor.sources.ledger import Ledger
from advisor.sources.protocol import Unwrapper
from advisor.sources.unpack import Readable

#: Changes of the shift that are remembered; beyond, every second is forgotten and lines are off by a few.
_MOST_CHANGES = 500_000


class Place:
    """Lines inside a wrapper as lines of the file. Wrappers nest, so places chain; the outermost is the file itself."""

    def __init__(self, outer: Place | None = None) -> None:
        self._outer = outer
        self._from = array("q")
        self._shift = array("q")

    def changes(self, shifts: list[tuple[int, int]]) -> None:
        """Take in (inner line, shift from there on), in order."""
        for line, shift in shifts:
            if self._from and self._from[-1] == line:
                self._shift[-1] = shift
            else:
                self._from.append(line)
                self._shift.append(shift)
        if len(self._from) > _MOST_CHANGES:
            self._from, self._shift = self._from[::2], self._shift[::2]

    def __call__(self, line: int) -> int:
        """The line of the file that an inner line stands on."""
        return self.outside(self._own(line))

    def outside(self, line: int) -> int:
        """The line of the file that a wrapped line of this wrapper stands on."""
        return self._outer(line) if self._outer is not None else line

    def put(self, batch: Batch) -> None:
        """Give a batch's events and incidents the lines of the file."""
        if self._from:
            at = np.searchsorted(np.frombuffer(self._from, np.int64), batch.line, side="right")
            batch.line = batch.line + np.concatenate(([0], np.frombuffer(self._shift, np.int64)))[at]
            batch.incidents = [
                msgspec.structs.replace(incident, line=self._own(incident.line)) for incident in batch.incidents
            ]
        if self._outer is not None:
            self._outer.put(batch)

    def _own(self, line: int) -> int:
        at = bisect_right(self._from, line)
        return line + (self._shift[at - 1] if at else 0)


class Unwrapped:
    """A stream of what is inside a wrapper."""

    def __init__(self, inner: Readable, unwrapper: Unwrapper, ledger: Ledger, place: Place) -> None:
        self._inner = inner
        self._unwrapper = unwrapper
        self._ledger = ledger
        self._place = place
        self._held = b""
        self._done = False

    def read(self, size: int, /) -> bytes:
        out = b""
        while not out and not self._done:
            data = self._inner.read(size)
            if data:
                end = data.rfind(b"\n") + 1
                if not end and len(self._held) < LIMITS.max_record_bytes:
                    self._held += data
                    continue
                end = end or len(data)  # a line without end: the unwrapper gets it in pieces, and says so
                out = self._unwrapper.feed(self._held + data[:end])
                self._held = data[end:]
            else:
                self._done = True
                out = (self._unwrapper.feed(self._held) if self._held else b"") + self._unwrapper.finish()
                for note in getattr(self._unwrapper, "notes", ()):
                    self._ledger.note(note)
            self._account()
        return out

    def _account(self) -> None:
        shifts: list[tuple[int, int]] = getattr(self._unwrapper, "shifts", [])
        self._place.changes(shifts)
        shifts.clear()
        for line, lines, reason in self._unwrapper.unreadable:
            self._ledger.lines(lines)
            self._ledger.unreadable(self._place.outside(line), lines, reason)
        self._unwrapper.unreadable.clear()
