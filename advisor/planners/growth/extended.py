"""Extended statistics of a table that grows.

The blobs are those of src/backend/statistics/mvdistinct.c (statext_ndistinct_serialize): magic, type and number of
items as uint32, then per item a double, the number of its attributes as int32 and these as int16.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

import msgspec

from advisor.model.snapshot import ExtendedStatistics

_MAGIC = 0xA352BFA4
_HEADER = struct.Struct("<III")
_ITEM = struct.Struct("<di")
_PAIR = re.compile(r'"(-?\d+(?:, *-?\d+)+)": *(\d+)')


def scaled_extended(
    row: ExtendedStatistics, growths: Mapping[int, float], rows: float
) -> tuple[ExtendedStatistics, bool]:
    """The statistics with the combinations that growing columns make, at most ``rows``; whether MCVs were dropped.

    ``growths``: by attribute number, how many times more different values the column has. A combination grows as its
    fastest column does. Dependencies hold whatever the size. Common combinations are kept only where no column grows.
    """
    if all(growth == 1.0 for growth in growths.values()):
        return row, False
    changes: dict[str, object] = {}
    if row.ndistinct is not None:
        changes["ndistinct"] = _blob(bytes.fromhex(row.ndistinct.removeprefix("\\x")), growths, rows)
    if row.ndistinct_text is not None:
        changes["ndistinct_text"] = _PAIR.sub(
            lambda m: f'"{m[1]}": {round(_times(float(m[2]), [int(n) for n in m[1].split(",")], growths, rows))}',
            row.ndistinct_text,
        )
    dropped = row.mcv is not None
    if dropped:
        changes["mcv"] = None
    return msgspec.structs.replace(row, **changes), dropped


def _times(number: float, attributes: list[int], growths: Mapping[int, float], rows: float) -> float:
    return min(number * max((growths.get(attribute, 1.0) for attribute in attributes), default=1.0), rows)


def _blob(blob: bytes, growths: Mapping[int, float], rows: float) -> str | None:
    """None for a blob of another form: the planner then does without."""
    out = bytearray(blob)
    try:
        magic, _, items = _HEADER.unpack_from(out)
        if magic != _MAGIC:
            return None
        at = _HEADER.size
        for _ in range(items):
            number, count = _ITEM.unpack_from(out, at)
            attributes = list(struct.unpack_from(f"<{count}h", out, at + _ITEM.size))
            struct.pack_into("<d", out, at, _times(number, attributes, growths, rows))
            at += _ITEM.size + 2 * count
    except struct.error:
        return None
    return out.hex()
