"""B-trees that look taller than they are (src/include/access/nbtree.h, on-disk version 4: PostgreSQL 12 and later).

Each level of the tree costs a scan 50 * cpu_operator_cost (DEFAULT_PAGE_CPU_MULTIPLIER, `btcostestimate` in
selfuncs.c). The planner takes the number of levels from the metapage. The chain of internal pages written here is a
valid one, each with a single downlink whose key is minus infinity: an index scan, and a planner that looks for the
column's smallest and largest value, come down to the leaf.
"""

from __future__ import annotations

import struct
from math import ceil
from pathlib import Path

from advisor.planners.postgresql.pages import sparse
from advisor.planners.postgresql.pages.page import BLOCK, HEADER, PageError, aligned, page

_MAGIC = 0x053162
_META_FIELDS = "<IIIIII"
"""btm_magic, btm_version, btm_root, btm_level, btm_fastroot, btm_fastlevel."""
_ROOT_AT = HEADER + 8
_SPECIAL = 16
_FLAGS_AT = BLOCK - _SPECIAL + 12
_LEAF, _ROOT = 1, 2
_PIVOT = 0x2000
"""INDEX_ALT_TID_MASK: the tuple is a downlink; the offset of its tid counts its key columns."""
_TUPLE = 8
_NONLEAF_FILL = 0.70
"""BTREE_NONLEAF_FILLFACTOR."""


def height(path: Path) -> int:
    """Levels above the leaves, as the planner reads them."""
    _, _, root, _, _, level = _meta(path)
    return level if root else 0


def fake(path: Path, levels: int, blocks: int) -> None:
    """Gives an empty or one-leaf B-tree ``levels`` levels above its leaves and ``blocks`` blocks.

    The server must not have the index's pages in its buffers. Raises PageError for a file that is no such B-tree.
    """
    _, _, root, level, _, _ = _meta(path)
    if level != 0:
        raise PageError(f"{path.name}: a B-tree that is {level} levels high already")
    with path.open("r+b") as file:
        if blocks <= 1 and levels == 0:  # an index that never had a row has a metapage and nothing else
            file.seek(_ROOT_AT)
            file.write(bytes(16))
            sparse.resize(path, 1)
            return
        leaf = root or 1
        flags = _LEAF | (_ROOT if levels == 0 else 0)
        if root == 0:
            file.seek(leaf * BLOCK)
            file.write(page([], _special(0, flags)))
        else:
            file.seek(leaf * BLOCK + _FLAGS_AT)
            (found,) = struct.unpack("<H", file.read(2))
            if not found & _LEAF:
                raise PageError(f"{path.name}: its root is no leaf")
            file.seek(leaf * BLOCK + _FLAGS_AT)
            file.write(struct.pack("<H", found & ~_ROOT | flags))
        for step in range(1, levels + 1):
            special = _special(step, _ROOT if step == levels else 0)
            file.seek((leaf + step) * BLOCK)
            file.write(page([_downlink(leaf + step - 1)], special))
        file.seek(_ROOT_AT)
        file.write(struct.pack("<IIII", leaf + levels, levels, leaf + levels, levels))
    sparse.resize(path, max(blocks, leaf + levels + 1))


def estimated_height(blocks: int, key_width: float) -> int:
    """Levels above the leaves of a tree of that many blocks.

    ``key_width``: bytes of the key columns of one entry above the leaves. Internal pages are filled to 70 %
    (`_bt_buildadd` in nbtsort.c, and about as much after random splits), each entry a tuple of 8 bytes and the keys,
    and a pointer of 4; a root that grew by insertions is not split before it is full.
    """
    entry = aligned(_TUPLE + max(1, round(key_width))) + 4
    room = BLOCK - HEADER - _SPECIAL
    fanout, full = max(2, int(room * _NONLEAF_FILL / entry)), max(2, room // entry)
    pages, levels = max(1, blocks - 1), 0
    while pages > 1:
        pages, levels = 1 if pages <= full else ceil(pages / fanout), levels + 1
    return levels


def _meta(path: Path) -> tuple[int, ...]:
    with path.open("rb") as file:
        head = file.read(HEADER + struct.calcsize(_META_FIELDS))
    if len(head) < HEADER + struct.calcsize(_META_FIELDS):
        raise PageError(f"{path.name}: no metapage")
    fields = struct.unpack_from(_META_FIELDS, head, HEADER)
    if fields[0] != _MAGIC or fields[1] != 4:
        raise PageError(f"{path.name}: no B-tree of version 4")
    return fields


def _special(level: int, flags: int) -> bytes:
    """BTPageOpaqueData: no neighbours."""
    return struct.pack("<IIIHH", 0, 0, level, flags, 0)


def _downlink(child: int) -> bytes:
    """An IndexTuple of no key columns that points to a block (ip_blkid has two halves, the upper one first)."""
    return struct.pack("<HHHH", child >> 16, child & 0xFFFF, 0, _TUPLE | _PIVOT)
