"""The page every relation file is made of (src/include/storage/bufpage.h, itemid.h)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

BLOCK = 8192
HEADER = 24
_VERSION = 4
_NORMAL = 1
_ITEM = 4


class PageError(ValueError):
    """A page that is not what its file's name promises."""


def aligned(size: int) -> int:
    """The next multiple of 8 bytes (MAXALIGN)."""
    return -(-size // 8) * 8


def page(items: Sequence[bytes], special: bytes) -> bytes:
    """A page with these items, in this order, and this special space."""
    made = bytearray(BLOCK)
    start = BLOCK - len(special)
    upper = start
    lower = HEADER + _ITEM * len(items)
    if lower + sum(aligned(len(item)) for item in items) > start:
        raise PageError("more items than a page holds")
    for number, item in enumerate(items):
        upper -= aligned(len(item))
        made[upper : upper + len(item)] = item
        pointer = upper | _NORMAL << 15 | len(item) << 17
        struct.pack_into("<I", made, HEADER + _ITEM * number, pointer)
    struct.pack_into("<QHHHHHHI", made, 0, 0, 0, 0, lower, upper, start, BLOCK | _VERSION, 0)
    made[start:] = special
    return bytes(made)
