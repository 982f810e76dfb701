"""Pages and height of a B-tree as CREATE INDEX packs it.

Sources: nbtsort.c (`_bt_buildadd` fills a page until its free space falls below the target, then moves the last tuple
on and leaves a truncated copy as high key; `_bt_load` deduplicates), nbtdedup.c (`_bt_dedup_save_htid`,
`_bt_form_posting`), nbtree.h (fill factors 90 and 70), nbtutils.c (`_bt_truncate`, `_bt_allequalimage`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from advisor.planners.postgresql.size.key import (
    LINE_POINTER,
    PAGE,
    PAGE_HEADER,
    TID,
    TUPLE_HEADER,
    Built,
    Facts,
    aligned,
    present,
    sampled,
    with_distinct,
)

#: BTPageOpaqueData (nbtree.h).
_OPAQUE = 16
#: What a page holds besides its header, its special space and the line pointer of its high key.
_ROOM = PAGE - PAGE_HEADER - _OPAQUE - LINE_POINTER
#: BTMaxItemSize: a longer tuple is refused, so longer values must be those that index_form_tuple compresses.
_ITEM_MOST = (PAGE - aligned(PAGE_HEADER + 3 * LINE_POINTER) - _OPAQUE) // 3 & ~7
#: BTREE_DEFAULT_FILLFACTOR and BTREE_NONLEAF_FILLFACTOR (nbtree.h), percent.
_LEAF_FILL = 90
_INNER_FILL = 70
#: A posting list tuple's limit while an index is built: a tenth of a page (nbtsort.c).
_POSTING_MOST = (PAGE * 10 // 100 & ~7) - LINE_POINTER
#: Share of its size that an index may have, if its columns depend on each other, before that is said.
_DOUBTED = 0.8
#: Groups of equal keys that are laid out: the rest of the tree is as full as their leaves.
_SIMULATED = 2500


def size(facts: Facts) -> Built:
    """The whole index: metapage, leaves and the levels above them."""
    fill = facts.fillfactor or _LEAF_FILL
    leaves, tuples = _leaves(facts, fill)
    pages, level, height = leaves, leaves, 0
    per_page = max(
        2, int((_ROOM - LINE_POINTER - PAGE * (100 - _INNER_FILL) // 100) / (_pivot(facts, tuples) + LINE_POINTER))
    )
    while level > 1:
        level = math.ceil(level / per_page)
        pages += level
        height += 1
    return Built(facts.rows, pages + 1, height, modelled=_doubt(facts, leaves, fill))


def _doubt(facts: Facts, leaves: int, fill: int) -> str | None:
    """Whether the size hangs on taking the columns for independent: single columns' statistics cannot tell."""
    if len(facts.keys) < 2 or facts.distinct is not None or not deduplicated(facts):
        return None
    fewest = max(key.distinct for key in facts.keys)
    least, _ = _leaves(replace(facts, distinct=fewest), fill)
    if least >= _DOUBTED * leaves:
        return None
    return (
        f"its columns are taken to be independent; if some follow from others it is smaller, down to {least + 1} pages"
    )


def deduplicated(facts: Facts) -> bool:
    """Whether CREATE INDEX merges equal keys into posting lists."""
    off = facts.options.get("deduplicate_items", "on").lower() in ("off", "false", "no", "0")
    return facts.all_equal_image and not facts.unique and not facts.include and not off


def _leaves(facts: Facts, fill: int) -> tuple[int, float]:
    """Leaf pages, and the tuples on them."""
    if facts.rows < 1:
        return 1, 1.0
    sizes, expected = sampled(facts.keys + facts.include, facts.rows)
    sizes = np.minimum(sizes, _ITEM_MOST)
    if not deduplicated(facts):
        pages = facts.rows / _rows_per_page([(int(size_), 0, 1) for size_ in sizes], fill)
        return max(1, math.ceil(pages)), facts.rows
    if facts.distinct is not None and facts.distinct >= facts.rows:
        expected = np.full_like(expected, 1e-4)
    elif facts.distinct is not None:
        expected = with_distinct(expected, facts.rows, min(facts.distinct, facts.rows))
    # Classes of like multiplicity, each packed by itself.
    even = all(key.appended for key in facts.keys)
    classes = np.floor(np.log2(np.maximum(expected, 1e-3)) * 1.5).astype(int)
    pages = tuples = 0.0
    for each in np.unique(classes):
        chosen = classes == each
        mean = 1.0 / float(np.mean(1.0 / expected[chosen]))
        share = float(np.mean(chosen))
        items = _items(mean, sizes[chosen], even, int(_SIMULATED * min(1.0, max(0.25, 4 * share))))
        pages += share * facts.rows / _rows_per_page(items, fill)
        tuples += share * facts.rows * len(items) / sum(rows for _, _, rows in items)
    return max(1, math.ceil(pages)), max(1.0, tuples)


def _items(expected: float, sizes: npt.NDArray[np.int64], even: bool, most_groups: int) -> list[tuple[int, int, int]]:
    """Tuples (bytes, bytes of the posting list, rows) in the order of the keys, for keys of one multiplicity.

    ``even``: with half the variance of values that rows chose at random.
    """
    draw = np.random.default_rng(11)
    groups = most_groups if expected < 60 else max(8, int(_SIMULATED * 40 / expected))
    if expected <= 0.02:
        if sizes.min() == sizes.max():
            return [(int(sizes[0]), 0, 1)]
        drawn = np.ones(groups, dtype=np.int64)
    elif even and expected > 1:
        trials = max(1, round(2 * (expected - 1)))
        drawn = 1 + draw.binomial(trials, min(1.0, (expected - 1) / trials), groups)
    else:
        drawn = draw.poisson(expected, int(groups / -math.expm1(-expected)))
        drawn = drawn[drawn > 0]
    if not len(drawn):
        return [(int(sizes[0]), 0, 1)]
    bases = draw.choice(sizes, len(drawn))
    most = np.maximum(1, ((_POSTING_MOST & ~7) - bases) // TID)
    if (drawn <= most).all():
        whole = np.where(drawn == 1, bases, (bases + drawn * TID + 7) & ~7)
        return list(zip(whole.tolist(), (whole - bases).tolist(), drawn.tolist(), strict=True))
    items: list[tuple[int, int, int]] = []
    for rows, base, limit in zip(drawn.tolist(), bases.tolist(), most.tolist(), strict=True):
        left = rows
        while left > 0:
            taken = min(left, limit)
            left -= taken
            whole_size = base if taken == 1 else aligned(base + taken * TID)
            items.append((whole_size, whole_size - base, taken))
            if len(items) > 2 * _SIMULATED:
                return items
    return items


def _rows_per_page(items: list[tuple[int, int, int]], fill: int) -> float:
    """Packs the tuples as `_bt_buildadd` does; rows on a finished page, on average."""
    first = items[0]
    if all(item == first for item in items):
        return _kept_uniform(first[0], first[1], fill) * first[2]
    target = PAGE * (100 - fill) // 100
    free, on_page, pages, rows, kept_rows = _ROOM, 0, 0, 0, 0
    extra = 0
    last = first
    for item in items:
        space = free - LINE_POINTER
        if on_page and (space < item[0] + 8 or (space + extra < target and on_page > 1)):
            pages += 1
            kept_rows += rows - last[2]
            free, on_page, rows = _ROOM - last[0] - LINE_POINTER, 1, last[2]
        free -= item[0] + LINE_POINTER
        extra, last = item[1], item
        on_page += 1
        rows += item[2]
    if pages < 3:
        taken = sum(item[0] + LINE_POINTER for item in items)
        return sum(item[2] for item in items) * (_ROOM - target) / taken
    return kept_rows / pages


def _kept_uniform(size_: int, posting: int, fill: int) -> int:
    """Tuples on a page when all are of one size: the one that crosses the target moves on to the next page."""
    target = PAGE * (100 - fill) // 100
    step = size_ + LINE_POINTER
    crossing = (_ROOM - LINE_POINTER - target + posting) // step
    fits = (_ROOM - LINE_POINTER - 8) // step
    return int(max(1, min(crossing, fits)))


def _pivot(facts: Facts, tuples: float) -> float:
    """Average bytes of a pivot tuple: the first columns that tell its neighbours apart, and the TID where none does."""
    if facts.rows < 1:
        return TUPLE_HEADER
    average, same = 0.0, 1.0
    for several in range(1, len(facts.keys) + 1):
        sizes, expected = sampled(facts.keys[:several], facts.rows)
        size_ = float(np.mean(np.minimum(sizes, _ITEM_MOST)))
        still_same = min(same, max(0.0, 1.0 - present(expected, facts.rows) / tuples))
        average += (same - still_same) * size_
        same = still_same
    return average + same * (size_ + aligned(TID))
