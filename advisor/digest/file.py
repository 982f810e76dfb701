"""The digest file: magic, version, a directory, and compressed columns. Never pickle; a hostile file is only refused.

    MAGIC | version u16 | length of directory u32 | directory (MessagePack) | sections (zstd) | BLAKE2b-16 of all before

The directory lists the sections in order: name, type, bytes stored, bytes unpacked. Everything is sorted (shapes by
engine and fingerprint, sources by identity), so equal digests are equal files. Readers refuse what is newer than they.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from advisor.digest.digest import Digest
from advisor.digest.unpack import Sections, unpack
from advisor.model.digestfile import MAGIC, VERSION
from advisor.model.errors import UserError

_HEADER = struct.Struct("<HI")
_SUM_BYTES = 16
#: All sections of a file, unpacked. A digest of 100,000 shapes with all samples is a fifth of it.
_LARGEST = 1 << 30
_LARGEST_DIRECTORY = 1 << 20
#: Types a section may have; "bytes" is text or MessagePack.
_TYPES: dict[str, np.dtype[Any]] = {t: np.dtype(f"<{t}") for t in ("i1", "i4", "i8", "u4", "u8")}


class DigestError(UserError):
    """A file that is no digest, is damaged, or is of a newer version: one line."""


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    name: str
    type: str
    stored: int
    unpacked: int


def encode(digest: Digest, *, redact: bool = False) -> bytes:
    """The content of the file of a digest."""
    from advisor.digest.pack import pack

    digest.settle()
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=False, write_content_size=True)
    entries, stored = [], []
    for name, column in pack(digest, redact=redact):
        if isinstance(column, np.ndarray):
            pieces, kind = [column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()], column.dtype.str[1:]
        else:
            pieces, kind = [column] if isinstance(column, bytes) else column, "bytes"
        size = sum(map(len, pieces))
        data = _compressed(compressor, pieces, size)
        entries.append(_Entry(name, kind, len(data), size))
        stored.append(data)
        del column, pieces  # before the next one is made
    directory = msgspec.msgpack.encode(entries)
    content = b"".join([MAGIC, _HEADER.pack(VERSION, len(directory)), directory, *stored])
    return content + blake2b(content, digest_size=_SUM_BYTES).digest()


def _compressed(compressor: zstandard.ZstdCompressor, pieces: list[bytes], size: int) -> bytes:
    """All pieces as one frame. They are joined a thousand at a time: all at once would double the memory."""
    stream = compressor.compressobj(size=size)
    parts = [stream.compress(b"".join(pieces[i : i + 1000])) for i in range(0, len(pieces), 1000)]
    return b"".join([*parts, stream.flush()])


def decode(content: bytes, where: str, max_shapes: int) -> Digest:
    """A digest from the content of its file; ``where`` names it in errors."""
    if not content.startswith(MAGIC):
        raise DigestError(f"{where}: not a digest file; `advisor digest LOG... -o FILE` makes one")
    start = len(MAGIC) + _HEADER.size
    if len(content) < start + _SUM_BYTES:
        raise DigestError(f"{where}: this digest file is cut short; copy or make it again")
    version, length = _HEADER.unpack_from(content, len(MAGIC))
    if version > VERSION:
        raise DigestError(f"{where}: written by a newer advisor (format {version}, this one reads {VERSION}); upgrade")
    if blake2b(content[:-_SUM_BYTES], digest_size=_SUM_BYTES).digest() != content[-_SUM_BYTES:]:
        raise DigestError(f"{where}: this digest file is damaged or cut short; copy or make it again")
    try:
        if length > _LARGEST_DIRECTORY:
            raise ValueError("directory too large")
        entries = msgspec.msgpack.decode(content[start : start + length], type=list[_Entry])
        return unpack(_sections(content[start + length : -_SUM_BYTES], entries), max_shapes)
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, zstandard.ZstdError, msgspec.MsgspecError) as e:
        reason = " ".join(str(e).split())[:200]
        raise DigestError(f"{where}: not a valid digest file ({reason}); make it again") from e


def _sections(data: bytes, entries: list[_Entry]) -> Sections:
    if min((min(e.stored, e.unpacked) for e in entries), default=0) < 0:
        raise ValueError("negative size")
    if sum(e.unpacked for e in entries) > _LARGEST or sum(e.stored for e in entries) != len(data):
        raise ValueError("sizes of its sections are wrong")
    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    sections: dict[str, NDArray[Any] | bytes] = {}
    at = 0
    for entry in entries:
        frame = data[at : at + entry.stored]
        at += entry.stored
        # the frame states its size, and the decompressor allocates what it states
        if zstandard.frame_content_size(frame) != entry.unpacked:
            raise ValueError(f"section {entry.name!r} has a wrong size")
        raw = decompressor.decompress(frame, max_output_size=entry.unpacked) if entry.unpacked else b""
        if len(raw) != entry.unpacked:
            raise ValueError(f"section {entry.name!r} has a wrong size")
        if entry.type == "bytes":
            sections[entry.name] = raw
        elif entry.type in _TYPES:
            sections[entry.name] = np.frombuffer(raw, _TYPES[entry.type])
        else:
            raise ValueError(f"section {entry.name!r} is of an unknown type")
    return Sections(sections)


def read(path: Path, max_shapes: int) -> Digest:
    """Read a digest file."""
    try:
        content = path.read_bytes()
    except OSError as e:
        raise DigestError(f"{path}: cannot be read ({e.strerror or e}); check the path and its permissions") from e
    return decode(content, str(path), max_shapes)
