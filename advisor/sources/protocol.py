"""What a reader module offers to the driver in `read.py`. A new reader is one such module and a line in `detect.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from advisor.model.batch import Batch
from advisor.model.engine import EngineName
from advisor.sources.framed import Framed, Framer
from advisor.sources.ledger import Ledger
from advisor.sources.unpack import Readable


class Matcher(Protocol):
    """Every reader and wrapper can say how much a source looks like its own."""

    def matches(self, head: bytes) -> float:
        """0 (certainly not) to 1 (certainly), from the first 256 KiB. The head may begin or end within a record."""


class LogFormat(Matcher, Protocol):
    """A module of a log format: records that can be framed block by block."""

    def make(self, head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> Framer:
        """A framer for the source that begins with ``head``. Picklable; ``compiled = True`` if it gives up the GIL."""


class Pairing(Protocol):
    """Joins the records of one source, in order. May have attributes that the driver looks at after every call:

    ``unreadable``: list of (line in the source, number of lines, reason) found after framing; the driver empties it.
    ``notes``: list of sentences for the user. ``capture``: what the log's settings hide, merged at the end.
    """

    def feed(self, framed: Framed) -> Batch | None: ...

    def finish(self) -> Batch | None: ...


class Wrapper(Matcher, Protocol):
    """A module that takes the transport off a log: Docker's JSON lines, CRI, journald export, CloudWatch..."""

    def unwrap(self, head: bytes) -> Unwrapper:
        """A fresh unwrapper for one source."""


class Unwrapper(Protocol):
    """Turns wrapped bytes into the bytes of the log inside; one wrapped line gives one line wherever possible."""

    unreadable: list[tuple[int, int, str]]
    """(wrapped line from 1, number of lines, reason) of what could not be unwrapped; the driver empties it.

    Optional beside it: ``shifts``, (inner line, shift) wherever lines inside and outside stop running in step;
    ``notes``, sentences for the user.
    """

    def feed(self, data: bytes) -> bytes:
        """Whole wrapped lines, in order: data always ends with a line feed, except for the last call."""

    def finish(self) -> bytes:
        """What was held back (a partial line)."""


class WholeFormat(Matcher, Protocol):
    """A module of a format that is read row by row or statement by statement instead of in blocks."""

    def read(self, stream: Readable, source: int, ledger: Ledger, engine: EngineName | None) -> Iterator[Batch]:
        """All batches of the source. Counts lines, notes and what is unreadable in the ledger.

        ``engine`` is what the user says, for where the text does not tell.
        """
