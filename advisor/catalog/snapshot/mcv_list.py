"""The serialized list of common combinations of extended statistics (PostgreSQL 13 to 18, mcv.c:
statext_mcv_serialize), taken apart and put together with other texts.

    u32 magic, type, items; i16 dimensions; u32 type OID each;
    of each dimension: i32 values, bytes, bytes aligned, typlen; bool by value, 3 bytes of padding;
    of each dimension its values: typlen bytes, or u32 length and the bytes of a varlena or C string;
    of each item: bool null each, f64 frequency, f64 base frequency, u16 index of the value each

In the byte order of the server that wrote it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.snapshot.value_types import UNKNOWN, ValueType

_MAGIC = 0xE1A651C2
_BASIC = 1
_MOST_DIMENSIONS = 8
"""STATS_MAX_DIMENSIONS."""
_MOST_ITEMS = 10_000
"""STATS_MCVLIST_MAX_ITEMS: the largest statistics target."""
_NAME_BYTES = 64
_TEXT_OIDS = {25: ValueType("text"), 1043: ValueType("text"), 1042: ValueType("text", padded=True)}
_NAME = 19
_FIRST_OWN = 16384
"""FirstNormalObjectId: types from here on are the database's own."""
#: bool, integers, floats, numeric, oid, times, uuid, network addresses, bits, pg_lsn, xid, money, ranges, and arrays of
#: the commonest.
_PLAIN_OIDS = frozenset(
    {16, 20, 21, 23, 26, 28, 29, 27, 650, 700, 701, 774, 790, 829, 869, 1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562}
    | {1700, 2950, 3220, 5069, 3904, 3906, 3908, 3910, 3912, 3926, 1000, 1005, 1007, 1016, 1021, 1022, 1115, 1182, 1185}
    | {1231, 2951}
)


class McvError(Exception):
    """A list that cannot be rebuilt: one phrase."""


@dataclass(slots=True)
class _Dimension:
    oid: int
    typlen: int
    by_value: bool
    values: list[bytes]


def masked_list(
    content: bytes, printed: Sequence[ValueType], made: Callable[[str, ValueType], str], encoding: str = "utf-8"
) -> bytes:
    """The list with each text as ``made`` gives it. ``printed`` are the types of the dimensions as statistics of the
    columns name them: needed for types of the database's own, and for lengths. Raises McvError."""
    order, dimensions, items = _apart(content)
    for number, dimension in enumerate(dimensions):
        of = _type_of(dimension, printed[number] if number < len(printed) else UNKNOWN)
        if of.kind == "plain":
            continue
        try:
            dimension.values = [_value(value, dimension, of, made, encoding) for value in dimension.values]
        except UnicodeDecodeError:
            raise McvError(f"text that is not {encoding}") from None
    return _together(order, dimensions, items)


def _type_of(dimension: _Dimension, printed: ValueType) -> ValueType:
    oid = dimension.oid
    if oid in _PLAIN_OIDS:
        return ValueType("plain")
    if oid in _TEXT_OIDS:
        return printed if printed.kind == "text" and not printed.array else _TEXT_OIDS[oid]
    if oid == _NAME:
        return ValueType("text", limit=63)
    if oid == 17:
        return ValueType("bytes")
    if oid >= _FIRST_OWN and not printed.array:
        if printed.kind == "plain" or (printed.kind == "text" and dimension.typlen == -1):
            return printed
        if dimension.by_value and dimension.typlen == 4 and printed.kind == "unknown":
            return ValueType("plain")  # an enum: its labels' OIDs
    raise McvError(f"type {oid}")


def _value(
    value: bytes, dimension: _Dimension, of: ValueType, made: Callable[[str, ValueType], str], encoding: str
) -> bytes:
    if of.kind == "bytes":
        return bytes.fromhex(made("\\x" + value.hex(), of).removeprefix("\\x"))
    if dimension.oid == _NAME:
        text = value.rstrip(b"\0").decode(encoding)
        return made(text, of).encode(encoding).ljust(_NAME_BYTES, b"\0")
    return made(value.decode(encoding), of).encode(encoding)


def _apart(content: bytes) -> tuple[Literal["<", ">"], list[_Dimension], bytes]:
    """Byte order, dimensions, and the items as they are."""
    try:
        order: Literal["<", ">"] = "<" if struct.unpack_from("<I", content)[0] == _MAGIC else ">"
        magic, kind, items, count = struct.unpack_from(f"{order}IIIh", content)
        if magic != _MAGIC or kind != _BASIC or not 0 < count <= _MOST_DIMENSIONS or items > _MOST_ITEMS:
            raise McvError("no list of common combinations")
        at = 14
        oids = struct.unpack_from(f"{order}{count}I", content, at)
        at += 4 * count
        infos = [struct.unpack_from(f"{order}iiii?3x", content, at + 20 * n) for n in range(count)]
        at += 20 * count
        dimensions = []
        for oid, (number, _, _, typlen, by_value) in zip(oids, infos, strict=True):
            values = []
            if not 0 <= number <= items:
                raise McvError("a damaged list of common combinations")
            for _ in range(number):
                size = typlen
                if typlen < 0:
                    (size,) = struct.unpack_from(f"{order}I", content, at)
                    at += 4
                if size > len(content) - at:
                    raise McvError("a damaged list of common combinations")
                values.append(content[at : at + size])
                at += size
            dimensions.append(_Dimension(oid, typlen, by_value, values))
    except struct.error:
        raise McvError("a damaged list of common combinations") from None
    rest = content[at:]
    if len(rest) != items * (count * 3 + 16):
        raise McvError("a damaged list of common combinations")
    return order, dimensions, struct.pack(f"{order}I", items) + rest


def _together(order: str, dimensions: list[_Dimension], items: bytes) -> bytes:
    count = len(dimensions)
    out = [struct.pack(f"{order}II", _MAGIC, _BASIC), items[:4], struct.pack(f"{order}h", count)]
    out.append(struct.pack(f"{order}{count}I", *(d.oid for d in dimensions)))
    values = []
    for d in dimensions:
        sizes = [len(value) for value in d.values]
        if d.by_value:
            stored, aligned = sum(sizes), 0
        elif d.typlen > 0:
            stored, aligned = sum(sizes), sum(_aligned(size) for size in sizes)
        else:
            header = 4 if d.typlen == -1 else 0  # a varlena gets its header again when it is read
            stored, aligned = sum(size + 4 for size in sizes), sum(_aligned(size + header) for size in sizes)
        out.append(struct.pack(f"{order}iiii?3x", len(sizes), stored, aligned, d.typlen, d.by_value))
        for value in d.values:
            values.append(value if d.typlen >= 0 else struct.pack(f"{order}I", len(value)) + value)
    return b"".join([*out, *values, items[4:]])


def _aligned(size: int) -> int:
    return (size + 7) & ~7
