"""One source being read: from stored bytes to blocks, and from framed blocks to batches, with its accounting."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import BinaryIO

from advisor.model.batch import Batch
from advisor.model.engine import Engine, EngineName, dialect_of
from advisor.model.source import SourceSummary
from advisor.sources.blocks import HEAD_BYTES, Blocks, Rewound, plain
from advisor.sources.capture import CaptureEvidence
from advisor.sources.detect import Detected, detect
from advisor.sources.framed import Framed, Framer
from advisor.sources.interrupt import Interrupt
from advisor.sources.kinds import LogInput, why
from advisor.sources.ledger import Ledger
from advisor.sources.options import ReadOptions
from advisor.sources.protocol import Pairing
from advisor.sources.unpack import Readable, Unpacked, unpack
from advisor.sources.unwrapped import Place, Unwrapped

#: Lines of a file that nothing understands are counted up to here: it may be a disk image.
_COUNTED_BYTES = 64 << 20


class Stored:
    """Stored bytes: counts them, ends early on an interrupt, and turns errors of the medium into a fault."""

    def __init__(self, inner: BinaryIO, interrupt: Interrupt, advance: Callable[[int], None]) -> None:
        self._inner = inner
        self._interrupt = interrupt
        self._advance = advance
        self.fault: str | None = None

    @property
    def interrupted(self) -> bool:
        """It ended early, at any byte."""
        return self._interrupt.asked

    def read(self, size: int, /) -> bytes:
        if self.fault is not None:
            return b""
        try:
            data = self._interrupt.wait(lambda: self._inner.read(size), b"")
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
            self.fault = f"reading stopped: {why(error)}"
            return b""
        self._advance(len(data))
        return data


class _Counted:
    """Unpacked bytes, counted in the summary."""

    def __init__(self, inner: Readable, summary: SourceSummary) -> None:
        self._inner = inner
        self._summary = summary

    def read(self, size: int, /) -> bytes:
        data = self._inner.read(size)
        self._summary.bytes += len(data)
        return data


def _told(framer: object, name: EngineName | None) -> None:
    """Where a log without a banner only lets guess MySQL or MariaDB, the user's word counts."""
    guessed = getattr(framer, "engine", None)
    alike = isinstance(guessed, Engine) and name is not None and dialect_of(name) == dialect_of(guessed.name)
    if name is not None and alike and guessed is not None and guessed.version is None:
        framer.engine = Engine(name)  # type: ignore[attr-defined]  # logs of PostgreSQL have none to be told


class Opened:
    """A source whose format is known. ``blocks`` is None for formats that are read whole."""

    def __init__(
        self,
        index: int,
        detected: Detected,
        stream: Rewound,
        ledger: Ledger,
        options: ReadOptions,
        layers: Sequence[Stored | Unpacked],
        place: Place,
    ) -> None:
        self.index = index
        self.ledger = ledger
        self._detected = detected
        self._stream = stream
        self._options = options
        self._layers = layers
        self._place = place
        self.framer: Framer | None = None
        self.blocks: Blocks | None = None
        self._pairing: Pairing | None = None
        if detected.reader.kind == "log":
            framer: Framer = detected.module.make(
                stream.head(HEAD_BYTES), log_line_prefix=options.log_line_prefix, timezone=options.timezone
            )
            _told(framer, options.engine)
            self.framer = framer
            self.blocks = Blocks(
                stream,
                framer,
                block_bytes=options.block_bytes,
                max_record_bytes=options.max_record_bytes,
                cut_short=lambda: any(isinstance(layer, Stored) and layer.interrupted for layer in layers),
            )
            self._pairing = import_module(detected.reader.pairing).Pairing(index, framer)

    def feed(self, framed: Framed, oversize: list[tuple[int, int, str]]) -> Iterator[Batch]:
        """Account for a framed block and pair its records."""
        first = framed.block.line
        self._skipped(oversize)
        self.ledger.lines(framed.lines)
        for line, lines, reason in framed.unreadable:
            self.ledger.unreadable(self._place(first + line), lines, reason)
        assert self._pairing is not None
        yield from self._given(self._pairing.feed(framed))

    def whole(self) -> Iterator[Batch]:
        """Read a format that has no blocks."""
        yield from self._detected.module.read(self._stream, self.index, self.ledger, self._options.engine)

    def evidence(self, capture: CaptureEvidence) -> None:
        """Add what this source tells of the settings it was logged under."""
        told: CaptureEvidence = getattr(self._pairing, "capture", CaptureEvidence())
        for key, observed in told.observed.items():
            engine, stream, _ = key.split("/")
            # Pairing knows the source by its number in this run; evidence must stay apart across runs.
            capture.put(engine, self.ledger.summary.identity, observed, stream)

    def close(self, *, cut_short: bool = False) -> Iterator[Batch]:
        """What is left when the stream has ended: records held back, faults of archives and media."""
        if self.blocks is not None:
            self._skipped(self.blocks.oversize)
        if self._pairing is not None:
            yield from self._given(self._pairing.finish())
        for layer in self._layers:
            if layer.fault is not None and not cut_short:
                self.ledger.lines(1)
                self.ledger.unreadable(self.ledger.summary.lines, 1, layer.fault)
                self.ledger.note(f"the rest was not read: {layer.fault}")

    def _skipped(self, stretches: list[tuple[int, int, str]]) -> None:
        for line, lines, reason in stretches:
            self.ledger.lines(lines)
            self.ledger.unreadable(self._place(line), lines, reason)

    def _given(self, batch: Batch | None) -> Iterator[Batch]:
        unreadable: list[tuple[int, int, str]] = getattr(self._pairing, "unreadable", [])
        for line, lines, reason in unreadable:
            self.ledger.unreadable(self._place(line), lines, reason)
        unreadable.clear()
        for note in getattr(self._pairing, "notes", ()):
            self.ledger.note(note)
        if batch is not None and (len(batch) or batch.incidents):
            self._place.put(batch)
            yield batch


def open_log(
    item: LogInput,
    index: int,
    summary: SourceSummary,
    options: ReadOptions,
    interrupt: Interrupt,
    advance: Callable[[int], None],
) -> Opened | None:
    """Open a source and recognise its format. None: nothing in it can be read, and the summary says why."""
    ledger = Ledger(summary)
    try:
        inner = item.open()
    except OSError as error:
        ledger.lines(1)
        ledger.unreadable(1, 1, why(error))
        return None
    stored = Stored(inner, interrupt, advance)
    unpacked, archives = unpack(stored)
    layers: list[Stored | Unpacked] = [stored, *archives]
    stream, notes = plain(_Counted(unpacked, summary))
    head = stream.head(HEAD_BYTES)
    summary.identity = identity(item.path, head)
    detected = detect(head, input_format=options.input_format)
    if isinstance(detected, str):
        if not head and all(layer.fault is None for layer in layers):
            ledger.note(detected)
            return None
        reason = next((layer.fault for layer in reversed(layers) if layer.fault is not None), detected)
        count = _lines(stream)
        ledger.lines(count)
        ledger.unreadable(1, count, reason)
        return None
    for note in notes:
        ledger.note(note)
    summary.format = detected.name
    place = Place()
    for _, wrapper, head in detected.wrappers:
        place = Place(place)
        stream = Rewound(Unwrapped(stream, wrapper.unwrap(head), ledger, place))
    return Opened(index, detected, stream, ledger, options, layers, place)


def identity(path: str, head: bytes) -> str:
    """The name of a source across runs: its path and how it begins, as 16 hex digits."""
    return hashlib.blake2b(path.encode("utf-8", "replace") + b"\0" + head[:4096], digest_size=8).hexdigest()


def _lines(stream: Readable) -> int:
    """Lines of what nothing understands; an archive that gives nothing counts as one."""
    count, seen, last = 0, 0, b"\n"
    while seen < _COUNTED_BYTES and (data := stream.read(1 << 20)):
        count += data.count(b"\n")
        seen += len(data)
        last = data[-1:]
    return max(1, count + (last != b"\n"))
