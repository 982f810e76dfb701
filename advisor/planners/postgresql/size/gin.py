"""Pages of a GIN index as CREATE INDEX leaves it: entry tree, posting lists compressed by varbyte, posting trees.

Sources: gininsert.c (entries arrive in order, in batches of maintenance_work_mem), ginentrypage.c (`entrySplitPage`
halves a page), ginpostinglist.c (differences of 43-bit row numbers in groups of seven bits), gindatapage.c (posting
trees, packed full while an index is built), ginblock.h (`GinMaxItemSize`, `GinDataPageMaxDataSize`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from advisor.planners.postgresql.size.key import LINE_POINTER, PAGE, PAGE_HEADER, TUPLE_HEADER, Built, Facts, aligned

#: GinMaxItemSize: a longer entry has its row numbers in a tree of their own.
_ITEM_MOST = (PAGE - 40 - 8) // 3 & ~7
#: GinDataPageMaxDataSize.
_DATA_ROOM = PAGE - PAGE_HEADER - 8 - 8
_ENTRY_ROOM = PAGE - PAGE_HEADER - 8
#: Offsets in a block take 11 bits of a row's number.
_BLOCK = 2048
#: Header of a posting list, its first row included.
_LIST_HEADER = 8
#: GinPostingListSegmentTargetSize (gindatapage.c).
_SEGMENT = 256
#: Entries that arrive in order leave half-full pages behind (the left half of a split takes the tuple that crosses the
#: middle); in several batches the pages fill again (ln 2).
_FILL_ORDERED = 0.51
_FILL_CROSSING = 0.7
_FILL_BATCHES = math.log(2)
_POSTING_ITEMS = (PAGE - PAGE_HEADER - 16) // 10


@dataclass(frozen=True, slots=True)
class Elements:
    """What one column gives to the entry tree."""

    frequencies: tuple[float, ...]
    """Shares of the rows that hold each known element."""
    tail: tuple[tuple[float, float], ...] = ()
    """Elements that no statistic names: share of the rows that hold each, and how many there are of it."""
    width: float = 4.0
    """Average bytes of a stored element."""
    fixed: bool = True


def size(facts: Facts, columns: tuple[Elements, ...], work_mem_kb: int = 65536) -> Built:
    """The whole index: metapage, pending list's head, entry pages and data pages."""
    rows_per_block = max(1.0, facts.table_rows / max(1, facts.heap_pages))
    entry_bytes = data_pages = entries = memory = 0.0
    step = 1.0 if facts.rows <= 0 else facts.rows / max(facts.table_rows, facts.rows)
    for elements in columns:
        key = TUPLE_HEADER + elements.width + (2 if len(columns) > 1 else 0)
        base = aligned(math.ceil(key)) if elements.fixed else key + 3.5
        for share, count in ((f, 1.0) for f in elements.frequencies):
            item, pages, postings = _entry(share * facts.rows, share * step, rows_per_block, base)
            entry_bytes, data_pages, entries = entry_bytes + item * count, data_pages + pages * count, entries + count
            memory += 100 + postings * 8
        for share, count in elements.tail:
            item, pages, postings = _entry(share * facts.rows, share * step, rows_per_block, base)
            entry_bytes, data_pages, entries = entry_bytes + item * count, data_pages + pages * count, entries + count
            memory += count * (100 + postings * 8)
    fill = _FILL_ORDERED + _FILL_CROSSING * entry_bytes / max(1.0, entries) / _ENTRY_ROOM
    if memory > work_mem_kb * 1024:
        fill = max(fill, _FILL_BATCHES)
    whole = math.floor(_ENTRY_ROOM * fill)
    leaves = 1 if entry_bytes <= _ENTRY_ROOM else max(2, math.ceil(entry_bytes / whole))
    entry_pages, level = leaves, leaves
    width = max((elements.width for elements in columns), default=4.0)
    fan = max(2, int(whole / (aligned(int(TUPLE_HEADER + width)) + LINE_POINTER)))
    while level > 1:
        level = math.ceil(level / fan)
        entry_pages += level
    data = round(data_pages)
    return Built(facts.rows, 1 + entry_pages + data, entry_pages=entry_pages, data_pages=data, entries=round(entries))


def _entry(rows: float, share: float, rows_per_block: float, base: float) -> tuple[float, float, float]:
    """Bytes in the entry tree, pages of a posting tree, rows: of an element that ``rows`` rows hold."""
    rows = max(1.0, rows)
    data = (rows - 1) * gap_bytes(share, rows_per_block)
    inline = base + _LIST_HEADER + 2 * math.ceil(data / 2)
    if inline <= _ITEM_MOST:
        return (int(inline) + 7 & ~7 if rows < 2 else inline + 3.5) + LINE_POINTER, 0.0, rows
    data *= 1 + (_LIST_HEADER - 1) / _SEGMENT
    leaves = math.ceil(data / _DATA_ROOM)
    inner, level = 0, leaves
    while level > 1:
        level = math.ceil(level / _POSTING_ITEMS)
        inner += level
    return base + LINE_POINTER, float(leaves + inner), rows


def gap_bytes(share: float, rows_per_block: float) -> float:
    """Average bytes between two row numbers when a share of the rows, scattered at random, holds an element."""
    share = min(max(share, 1e-12), 1.0)
    points = (np.arange(64) + 0.5) / 64
    if share > 0.999999:
        gaps = np.ones(64)
    else:
        gaps = np.maximum(1.0, np.ceil(np.log1p(-points) / math.log1p(-share)))
    # A gap stays within its block unless it crosses the block's end.
    crossing = gaps / rows_per_block
    blocks = np.floor(crossing)
    more = crossing - blocks
    total = np.zeros(64)
    for extra, weight in ((0.0, 1 - more), (1.0, more)):
        distance = np.maximum(1.0, np.where(blocks + extra == 0, gaps, (blocks + extra) * _BLOCK))
        # The offset within the block is as often smaller as larger than before.
        bits = np.floor(np.log2(distance)) + 1
        total += weight * np.ceil(bits / 7)
    return float(total.mean())
