"""The range map of a BRIN index (src/include/access/brin_page.h): `brincostestimate` costs a scan by its pages.

Block 0 is the metapage; the range map follows in one piece, and the summaries come after it.
"""

from __future__ import annotations

import struct
from pathlib import Path

from advisor.planners.postgresql.pages import sparse
from advisor.planners.postgresql.pages.page import BLOCK, HEADER, PageError, page

_MAGIC = 0xA8109CFA
_LAST_AT = HEADER + 12
_MAP, _REGULAR = 0xF092, 0xF093
_TID = 6
_TIDS = (BLOCK - HEADER - 8) // _TID
_WRITTEN = 4096
"""Pages of the map that are written out."""
"""REVMAP_PAGE_MAXITEMS: ranges a page of the map holds."""


def fake(path: Path, blocks: int, heap_blocks: int) -> None:
    """Gives a BRIN index over a table of ``heap_blocks`` blocks its range map, and the index ``blocks`` blocks.

    Summaries that stand where the map grows are moved behind it, as `revmap_physical_extend` does.
    """
    with path.open("r+b") as file:
        content = file.read()
        if len(content) < BLOCK or struct.unpack_from("<I", content, HEADER)[0] != _MAGIC:
            raise PageError(f"{path.name}: no BRIN index")
        per_range, last = struct.unpack_from("<II", content, HEADER + 8)
        ranges = -(-max(1, heap_blocks) // per_range)
        wanted = max(last, 1, -(-ranges // _TIDS))
        if len(content) // BLOCK <= 1:
            return  # not even the first range is mapped
        moved = {number: wanted - last + number for number in range(last + 1, len(content) // BLOCK)}
        maps = [bytearray(content[number * BLOCK : (number + 1) * BLOCK]) for number in range(1, last + 1)]
        for one in maps:
            _repoint(one, moved)
        # Beyond some pages the map is a hole: the planner reads how long it is, and nothing that follows reads it.
        written = min(wanted - last, _WRITTEN)
        maps += [bytearray(page([], struct.pack("<HHHH", 0, 0, 0, _MAP))) for _ in range(written)]
        file.seek(BLOCK)
        file.write(b"".join(maps))
        for number in sorted(moved, reverse=True):
            file.seek(moved[number] * BLOCK)
            file.write(content[number * BLOCK : (number + 1) * BLOCK])
        file.seek(_LAST_AT)
        file.write(struct.pack("<I", wanted))
    sparse.resize(path, max(blocks, sparse.blocks(path)))


def _repoint(one: bytearray, moved: dict[int, int]) -> None:
    for number in range(_TIDS):
        at = HEADER + number * _TID
        high, low, offset = struct.unpack_from("<HHH", one, at)
        target = moved.get(high << 16 | low)
        if offset and target is not None:
            struct.pack_into("<HH", one, at, target >> 16, target & 0xFFFF)
