"""SQLite's record format (file format, section 2.1): a header of serial types, then the values. Samples of
sqlite_stat4 are such records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

Field: TypeAlias = "int | float | str | bytes | None"

_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT, _ZERO, _ONE = 7, 8, 9
_FIRST_BLOB = 12


def decode(record: bytes) -> list[Field]:
    """The fields. Raises ValueError for what is no record."""
    size, at = _varint(record, 0)
    if size > len(record):
        raise ValueError("not a record")
    kinds = []
    while at < size:
        kind, at = _varint(record, at)
        kinds.append(kind)
    out: list[Field] = []
    at = size
    for kind in kinds:
        width = _width(kind)
        content = record[at : at + width]
        if len(content) != width:
            raise ValueError("not a record")
        at += width
        if kind == 0:
            out.append(None)
        elif kind in _WIDTHS:
            out.append(int.from_bytes(content, "big", signed=True))
        elif kind == _FLOAT:
            out.append(float(struct.unpack(">d", content)[0]))
        elif kind in (_ZERO, _ONE):
            out.append(kind - _ZERO)
        elif kind % 2:
            out.append(content.decode("utf-8", "surrogateescape"))
        else:
            out.append(content)
    return out


def encode(fields: Sequence[Field]) -> bytes:
    """The record of fields."""
    head, body = b"", b""
    for field in fields:
        if field is None:
            kind, content = 0, b""
        elif isinstance(field, int):
            kind, content = _integer(field)
        elif isinstance(field, float):
            kind, content = _FLOAT, struct.pack(">d", field)
        elif isinstance(field, str):
            content = field.encode("utf-8", "surrogateescape")
            kind = _FIRST_BLOB + 1 + 2 * len(content)
        else:
            kind, content = _FIRST_BLOB + 2 * len(field), field
        head += _packed(kind)
        body += content
    size = len(head) + 1
    while len(_packed(size)) + len(head) != size:
        size = len(_packed(size)) + len(head)
    return _packed(size) + head + body


def rank(field: Field) -> tuple[int, int | float | str | bytes]:
    """Sorts as SQLite does under BINARY: NULL, numbers, texts, blobs."""
    if field is None:
        return 0, 0
    if isinstance(field, int | float):
        return 1, field
    return (2, field) if isinstance(field, str) else (3, field)


def _integer(number: int) -> tuple[int, bytes]:
    if number in (0, 1):
        return _ZERO + number, b""
    for kind, width in _WIDTHS.items():
        if -(1 << (8 * width - 1)) <= number < 1 << (8 * width - 1):
            return kind, number.to_bytes(width, "big", signed=True)
    raise ValueError("too large")


def _width(kind: int) -> int:
    if kind in (0, _ZERO, _ONE):
        return 0
    if kind in _WIDTHS:
        return _WIDTHS[kind]
    if kind == _FLOAT:
        return 8
    if kind < _FIRST_BLOB:
        raise ValueError("not a record")
    return (kind - _FIRST_BLOB) // 2


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for n in range(9):
        if at >= len(data):
            raise ValueError("not a record")
        byte = data[at]
        at += 1
        if n == 8:
            return (number << 8) | byte, at
        number = (number << 7) | (byte & 127)
        if byte < 128:
            return number, at
    raise AssertionError


def _packed(number: int) -> bytes:
    """A varint; sizes here are below 2**56."""
    out = [number & 127]
    number >>= 7
    while number:
        out.append((number & 127) | 128)
        number >>= 7
    return bytes(reversed(out))
