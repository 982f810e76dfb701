"""Serialised extended statistics: checked, and carried over to the attribute numbers and types of another database.

Sources: src/include/statistics/statistics.h, src/backend/statistics/{mvdistinct,dependencies,mcv}.c. All three begin
with a magic number, a type and the number of items, and are packed without padding; PostgreSQL 14 to 18 read and
write the same bytes.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from typing import Literal

Kind = Literal["ndistinct", "dependencies"]
_MAGIC = {"ndistinct": 0xA352BFA4, "dependencies": 0xB4549A2C, "mcv": 0xE1A651C2}
_BASIC = 1
_MOST_ATTRIBUTES = 8
"""STATS_MAX_DIMENSIONS."""
_MOST_VALUES = 10_000
"""STATS_MCVLIST_MAX_ITEMS, and as many values of one column at most."""
_KEY = re.compile(r"\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*(?:=>\s*(-?\d+)\s*)?")


class BlobError(ValueError):
    """Bytes that are not what they should be."""


def renumbered(kind: Kind, blob: bytes, numbers: Mapping[int, int]) -> bytes:
    """The same statistics over other attribute numbers; negative ones (expressions) stay. Raises BlobError."""
    made = bytearray(blob)
    counting = "<i" if kind == "ndistinct" else "<h"
    at, items = _head(kind, blob)
    try:
        for _ in range(items):
            at += 8  # the figure
            (count,) = struct.unpack_from(counting, blob, at)
            at += struct.calcsize(counting)
            if not 2 <= count <= _MOST_ATTRIBUTES:
                raise BlobError(f"{kind}: an item of {count} attributes")
            for _ in range(count):
                (number,) = struct.unpack_from("<h", blob, at)
                struct.pack_into("<h", made, at, number if number < 0 else numbers[number])
                at += 2
    except (struct.error, KeyError) as error:
        raise BlobError(
            f"{kind}: {'cut short' if isinstance(error, struct.error) else 'an unknown attribute'}"
        ) from None
    if at != len(blob):
        raise BlobError(f"{kind}: text after its end")
    return bytes(made)


def serialised(kind: Kind, text: str, numbers: Mapping[int, int]) -> bytes:
    """The bytes of what pg_stats_ext prints: ``{"1, 2": 10}`` or ``{"1, 2 => 3": 0.5}``. Raises BlobError."""
    try:
        printed = json.loads(text)
        made = [_item(kind, key, float(value), numbers) for key, value in printed.items()]
    except (ValueError, AttributeError, TypeError, KeyError):
        raise BlobError(f"{kind}: cannot be read") from None
    return struct.pack("<III", _MAGIC[kind], _BASIC, len(made)) + b"".join(made)


def _item(kind: Kind, key: str, value: float, numbers: Mapping[int, int]) -> bytes:
    found = _KEY.fullmatch(key)
    if found is None or (found[2] is None) != (kind == "ndistinct"):
        raise ValueError
    attributes = [int(part) for part in found[1].split(",")] + ([int(found[2])] if found[2] else [])
    mapped = [number if number < 0 else numbers[number] for number in attributes]
    counting = "i" if kind == "ndistinct" else "h"
    if not 2 <= len(mapped) <= _MOST_ATTRIBUTES:
        raise ValueError
    return struct.pack(f"<d{counting}{len(mapped)}h", value, len(mapped), *mapped)


def mcv_dimensions(blob: bytes) -> int:
    """Over how many columns and expressions a list of most common values is. Raises BlobError."""
    at, _ = _head("mcv", blob)
    try:
        (count,) = struct.unpack_from("<h", blob, at)
    except struct.error:
        raise BlobError("mcv: cut short") from None
    if not 2 <= count <= _MOST_ATTRIBUTES:
        raise BlobError(f"mcv: over {count} columns")
    return int(count)


def retyped(
    blob: bytes,
    types: Sequence[int],
    lengths: Sequence[int],
    by_value: Sequence[bool],
    labels: Sequence[Mapping[int, int] | None],
) -> bytes:
    """A list of most common values over the same types of another database. Raises BlobError.

    ``types``, ``lengths`` (pg_type.typlen) and ``by_value`` are those of the columns and expressions there. Values of
    an enum are OIDs: ``labels`` maps them to the OIDs of the same labels there, for the columns that are enums.

    The room that the server takes for the values (statext_mcv_deserialize) follows from them, never from the file: it
    copies values into it without looking.
    """
    count = mcv_dimensions(blob)
    at, items = _head("mcv", blob)
    if len(types) != count or items > _MOST_VALUES:
        raise BlobError("mcv: other columns than the statistics object has")
    made = bytearray(blob)
    try:
        at += 2
        struct.pack_into(f"<{count}I", made, at, *types)
        at += 4 * count
        sizes = []
        for number in range(count):
            values, size, _, length, copied = struct.unpack_from("<iiiiB", blob, at)
            if length != lengths[number] or copied != by_value[number] or not 0 <= values <= _MOST_VALUES or size < 0:
                raise BlobError("mcv: a column of another type")
            sizes.append((values, size, at + 8))
            at += 20
        for number, (values, size, room_at) in enumerate(sizes):
            room = _values(blob, at, values, size, lengths[number])
            struct.pack_into("<i", made, room_at, 0 if by_value[number] else room)
            wanted = labels[number]
            if wanted is not None:
                for place in range(at, at + 4 * values, 4):
                    (label,) = struct.unpack_from("<I", blob, place)
                    struct.pack_into("<I", made, place, wanted[label])
            at += size
        for _ in range(items):
            nulls = blob[at : at + count]
            at += count + 16
            for number, index in enumerate(struct.unpack_from(f"<{count}H", blob, at)):
                if not nulls[number] and index >= sizes[number][0]:
                    raise BlobError("mcv: a value that is not in it")
            at += 2 * count
    except struct.error:
        raise BlobError("mcv: cut short") from None
    except KeyError:
        raise BlobError("mcv: a label that the enum does not have") from None
    if at != len(blob):
        raise BlobError("mcv: text after its end")
    return bytes(made)


def _values(blob: bytes, at: int, values: int, size: int, length: int) -> int:
    """Checks that a column's values fill their room; how many bytes they are, each aligned and with its header."""
    room = 0
    if length > 0:
        filled = values * length
        room = values * (length + 7 & ~7)
    elif length == -1:
        filled = 0
        for _ in range(values):
            one = int(struct.unpack_from("<I", blob, at + filled)[0])
            filled += 4 + one
            room += 4 + one + 7 & ~7
            if filled > size:
                break
    else:
        raise BlobError("mcv: a type that is no value of a table")
    if filled != size or at + size > len(blob):
        raise BlobError("mcv: values of another size")
    return room


def _head(kind: str, blob: bytes) -> tuple[int, int]:
    """Where the items begin, and their number."""
    if len(blob) < 12:
        raise BlobError(f"{kind}: cut short")
    magic, type_, items = struct.unpack_from("<III", blob)
    if magic != _MAGIC[kind] or type_ != _BASIC:
        raise BlobError(f"{kind}: not of this kind, or of a machine with the other byte order")
    return 12, int(items)
