"""A stream of bytes, made plain (UTF-8, LF line ends) and cut into blocks that begin at record starts."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Protocol

from advisor.model.limits import LIMITS
from advisor.sources.framed import Block, line_feeds
from advisor.sources.unpack import Readable

#: How much of a source is looked at to tell what it is.
HEAD_BYTES = 256 << 10
_CHUNK = 4 << 20
_BOMS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Rewound:
    """A stream whose first bytes can be looked at before they are read."""

    def __init__(self, inner: Readable) -> None:
        self._inner = inner
        self._ahead = b""
        self._ended = False

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Up to ``size`` bytes from here, less only when the stream ends; they stay to be read."""
        parts, have = [self._ahead], len(self._ahead)
        while have < size and not self._ended:
            more = self._inner.read(size - have)
            self._ended = not more
            parts.append(more)
            have += len(more)
        self._ahead = b"".join(parts)
        return self._ahead[:size]

    def skip(self, size: int) -> None:
        """Drop bytes that were looked at."""
        self._ahead = self._ahead[size:]

    def read(self, size: int, /) -> bytes:
        if self._ahead:
            out, self._ahead = self._ahead[:size], self._ahead[size:]
            return out
        return b"" if self._ended else self._inner.read(size)


class _Decoded:
    """UTF-16 or UTF-32 as UTF-8; what cannot be decoded becomes U+FFFD."""

    def __init__(self, inner: Readable, encoding: str) -> None:
        self._inner = inner
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._done = False

    def read(self, size: int, /) -> bytes:
        out = b""
        while not out and not self._done:
            data = self._inner.read(size)
            self._done = not data
            out = self._decoder.decode(data, self._done).encode("utf-8", "replace")
        return out


class _LineFeeds:
    """CR LF line ends as LF."""

    def __init__(self, inner: Readable) -> None:
        self._inner = inner
        self._held = b""

    def read(self, size: int, /) -> bytes:
        while True:
            data = self._inner.read(size)
            whole = self._held + data
            self._held = b""
            if data and whole.endswith(b"\r"):
                whole, self._held = whole[:-1], b"\r"
            if whole or not data:
                return whole.replace(b"\r\n", b"\n")


def plain(stream: Readable) -> tuple[Rewound, list[str]]:
    """The stream as UTF-8 without byte order mark and with LF line ends, and notes on what was changed."""
    source, notes = Rewound(stream), []
    head = source.head(4096)
    bom, encoding = next((pair for pair in _BOMS if head.startswith(pair[0])), (b"", ""))
    source.skip(len(bom))
    encoding = encoding or ("" if bom else _bare_utf16(head))
    if encoding:
        notes.append(f"read as {encoding.upper()}")
        source = Rewound(_Decoded(source, encoding))
    head = source.head(64 << 10)
    if (feeds := head.count(b"\n")) and head.count(b"\r\n") * 10 >= feeds * 9:
        source = Rewound(_LineFeeds(source))
    return source, notes


def _bare_utf16(head: bytes) -> str:
    """Name of the encoding of UTF-16 text without byte order mark, by where its zero bytes stand; else nothing."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half < 8:
        return ""
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.05 else ""


class Cutter(Protocol):
    """The part of a framer that says where a block may be cut."""

    def last_start(self, data: bytes | bytearray | memoryview) -> int: ...


class Blocks:
    """Blocks of a stream, in order. Iterating gives (block, final); ``oversize`` fills with what is too long."""

    def __init__(
        self,
        stream: Readable,
        cutter: Cutter,
        *,
        block_bytes: int = LIMITS.block_bytes,
        max_record_bytes: int = LIMITS.max_record_bytes,
        cut_short: Callable[[], bool] = lambda: False,
    ) -> None:
        """``cut_short`` says whether the stream ended before its end: a record cut by that is left out."""
        self._stream = stream
        self._cutter = cutter
        self._size = max(1, block_bytes)
        self._most = max(self._size, max_record_bytes)
        self._cut_short = cut_short
        self.oversize: list[tuple[int, int, str]] = []
        """(line, number of lines, reason) of records longer than ``max_record_bytes``; the reader empties it."""
        self.offset = 0
        """Bytes given out or skipped so far."""
        self.lines = 0
        """Lines given out or skipped so far."""

    def __iter__(self) -> Iterator[tuple[Block, bool]]:
        data = self._take(self._size)
        while data:
            # Only the first record can be too long: whatever follows it came with the last bytes taken.
            if len(data) > self._most and self._cutter.last_start(data[: self._most]) <= 0:
                data = self._skip(data)
                continue
            more = self._take(self._size)
            if not more:
                if self._cut_short() and not data.endswith(b"\n"):
                    data = data[: max(self._cutter.last_start(data), 0)]
                if data:
                    yield self._block(data), True
                return
            # The last record of what we have may go on in what follows: cut before it.
            cut = self._cutter.last_start(data)
            if cut > 0:
                yield self._block(data[:cut]), False
                data = data[cut:]
            data += more

    def _take(self, size: int) -> bytes:
        parts, have = [], 0
        while have < size:
            part = self._stream.read(min(size - have, _CHUNK))
            if not part:
                break
            parts.append(part)
            have += len(part)
        return b"".join(parts)

    def _block(self, data: bytes) -> Block:
        block = Block(data, self.offset, self.lines + 1)
        self.offset += len(data)
        self.lines += line_feeds(data)
        return block

    def _skip(self, data: bytes) -> bytes:
        """Give up as many whole lines as a record may have bytes; what follows is tried again."""
        end = data.rfind(b"\n", 0, self._most) + 1
        while not end:
            end = data.find(b"\n") + 1
            if not end:
                self.offset += len(data)
                data = self._take(self._size)
                if not data:
                    break
        lines = data.count(b"\n", 0, end) or 1  # the source may end within the line
        self.oversize.append((self.lines + 1, lines, f"part of a record longer than {self._most:,} bytes"))
        self.offset += end
        self.lines += lines
        return data[end:] or self._take(self._size)
