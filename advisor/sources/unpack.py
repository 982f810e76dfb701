"""Unpacking: gz, zst, bz2, xz and lz4 streams, told by their first bytes and never by their name.

All decoders run in bounded memory, whatever the ratio of the archive. An archive that is cut or corrupt gives what
could be read before the fault; the fault itself is kept in `Unpacked.fault` for the accounting, it does not raise.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from typing import Protocol

MAGIC_BYTES = 8
#: Bytes of an archive handed to a decoder at a time, and the most that it may return in one step.
_STEP_IN, _STEP_OUT = 64 << 10, 1 << 20
#: zstd's decoder cannot be told to stop at a size. Four bytes may stand for 128 KiB: 4 KiB give 128 MiB at most.
_STEP_ZSTD = 4 << 10
#: An xz stream may ask for gigabytes of dictionary; the largest preset of the xz program needs 65 MiB to unpack.
_XZ_MEMORY = 256 << 20
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class Readable(Protocol):
    """Anything with a blocking ``read``; an empty result is the end."""

    def read(self, size: int, /) -> bytes: ...


class _Decoder(Protocol):
    """One member (frame, stream) of an archive."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decode(self, data: bytes) -> bytes:
        """Some output. Called with b"" while ``pending`` says that more can come without input."""

    @property
    def pending(self) -> bool: ...


class _Limited:
    """bz2, lzma and lz4 share one interface."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    def decode(self, data: bytes) -> bytes:
        return self._inner.decompress(data, _STEP_OUT)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data or b""  # lz4 says None for nothing

    @property
    def pending(self) -> bool:
        return not self._inner.eof and not self._inner.needs_input


class _Gzip:
    def __init__(self) -> None:
        from isal import isal_zlib

        self._inner = isal_zlib.decompressobj(wbits=31)

    def decode(self, data: bytes) -> bytes:
        return bytes(self._inner.decompress(self._inner.unconsumed_tail + data, _STEP_OUT))

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inner.unused_data)

    @property
    def pending(self) -> bool:
        return not self._inner.eof and bool(self._inner.unconsumed_tail)


class _Zstd:
    def __init__(self) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._ahead = b""

    def decode(self, data: bytes) -> bytes:
        data = self._ahead + data
        self._ahead = data[_STEP_ZSTD:]
        return self._inner.decompress(data[:_STEP_ZSTD])

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._ahead

    @property
    def pending(self) -> bool:
        return not self._inner.eof and bool(self._ahead)


def _lz4() -> _Decoder:
    from lz4.frame import LZ4FrameDecompressor

    return _Limited(LZ4FrameDecompressor())


#: A block of data, or the end of an empty archive.
_BZIP2 = tuple(b"BZh%d%b" % (level, block) for level in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90"))
_DECODERS: tuple[tuple[str, tuple[bytes, ...], Callable[[], _Decoder]], ...] = (
    ("gz", (b"\x1f\x8b\x08",), _Gzip),
    ("zst", (b"\x28\xb5\x2f\xfd",), _Zstd),
    ("bz2", _BZIP2, lambda: _Limited(bz2.BZ2Decompressor())),
    ("xz", (b"\xfd7zXZ\x00",), lambda: _Limited(lzma.LZMADecompressor(memlimit=_XZ_MEMORY))),
    ("lz4", (b"\x04\x22\x4d\x18",), _lz4),
)
_LONGEST = max(len(magic) for _, magics, _ in _DECODERS for magic in magics)
#: A zstd archive may begin (pzstd) or go on with frames to be skipped; so may lz4.
_SKIPPABLE = tuple(bytes((0x50 + n, 0x2A, 0x4D, 0x18)) for n in range(16))


def packing(head: bytes) -> str | None:
    """Name of the compression that these first bytes announce, None for plain bytes."""
    if head.startswith(_SKIPPABLE):
        return "zst"
    return next((name for name, magics, _ in _DECODERS if head.startswith(magics)), None)


class Unpacked:
    """A stream of decompressed bytes; nested compressions are peeled by wrapping one `Unpacked` in another."""

    def __init__(self, raw: Readable) -> None:
        self._raw = raw
        self._input = _fill(raw, b"", _LONGEST)
        self.packing = packing(self._input)
        self.fault: str | None = None
        """Why reading stopped before the end of the archive; None while all is well."""
        self._make = next((make for name, _, make in _DECODERS if name == self.packing), None)
        self._decoder: _Decoder | None = None
        self._members = 0
        self._done = False

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes (at least one, unless the end or the fault is reached)."""
        if self._make is None:
            if self._input:
                out, self._input = self._input[:size], self._input[size:]
                return out
            return self._raw.read(size)
        while not self._done:
            try:
                out = self._step()
            except KeyboardInterrupt:
                raise
            except Exception as error:  # every codec has errors of its own: all mean that the archive is damaged
                self._stop(f"corrupt {self.packing} data ({_reason(error)})")
                break
            if out:
                return out
        return b""

    def _step(self) -> bytes:
        if self._decoder is None:
            if not self._next_member():
                self._done = True
                return b""
            data, self._input = self._input, b""
            return self._decoder.decode(data) if self._decoder is not None else b""
        if self._decoder.eof:
            self._input, self._decoder = self._decoder.unused_data, None
            self._members += 1
            return b""
        if self._decoder.pending:
            return self._decoder.decode(b"")
        data = self._raw.read(_STEP_IN)
        out = self._decoder.decode(data)
        if not data and not out and not self._decoder.eof:
            self._stop(f"{self.packing} data ends in the middle: the archive is cut")
        return out

    def _next_member(self) -> bool:
        """Start on the next member; False at the end of the archive, or where what follows is no member."""
        assert self._make is not None
        self._input = _fill(self._raw, self._input, _LONGEST)
        if self.packing == "gz" and self._members and not self._input.strip(b"\0"):
            while self._input and not self._input.strip(b"\0"):  # tapes and block devices pad with zeros
                self._input = self._raw.read(_STEP_IN)
        while self._input.startswith(_SKIPPABLE):
            if not self._skip_frame():
                return False
        if not self._input:
            return False
        if packing(self._input) != self.packing:
            self._stop(f"bytes after the end of the {self.packing} data are not {self.packing}")
            return False
        self._decoder = self._make()
        return True

    def _skip_frame(self) -> bool:
        head = _fill(self._raw, self._input, 8)
        left = 8 + int.from_bytes(head[4:8], "little") - len(head)
        self._input = head[left:] if left < 0 else b""
        while left > 0:
            data = self._raw.read(min(left, _STEP_IN))
            if not data:
                self._stop(f"{self.packing} data ends in the middle: the archive is cut")
                return False
            left -= len(data)
        self._input = _fill(self._raw, self._input, _LONGEST)
        return True

    def _stop(self, fault: str) -> None:
        self.fault = fault
        self._done = True


def _fill(raw: Readable, data: bytes, size: int) -> bytes:
    while len(data) < size:
        more = raw.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def unpack(raw: Readable, *, depth: int = 3) -> tuple[Readable, list[Unpacked]]:
    """The innermost stream of ``raw``, and the layers peeled, outermost first; their ``fault`` tells of damage."""
    layers: list[Unpacked] = []
    stream = Unpacked(raw)
    while stream.packing is not None and len(layers) < depth:
        layers.append(stream)
        stream = Unpacked(stream)
    return stream, layers
