"""Pages of a BRIN index: metapage, range map, one summary a range.

Sources: brin_page.h (`REVMAP_PAGE_MAXITEMS`), brin_tuple.c (`brin_form_tuple`), brin_minmax.c, brin_inclusion.c,
brin_minmax_multi.c (default 32 values a range), brin_bloom.c (filter for a tenth of a range's rows at 1 %).
"""

from __future__ import annotations

import math

from advisor.planners.postgresql.size.key import LINE_POINTER, PAGE, PAGE_HEADER, Built, Facts, Key, aligned

#: BrinSpecialSpace (brin_page.h); an entry of the range map is an ItemPointerData.
_OPAQUE = 8
_MAP_ITEMS = (PAGE - PAGE_HEADER - _OPAQUE) // 6
_ROOM = PAGE - PAGE_HEADER - _OPAQUE
#: SizeOfBrinTuple: block number and flags (brin_tuple.h).
_HEADER = 5
#: Defaults of options: BRIN_DEFAULT_PAGES_PER_RANGE (brin.h), MINMAX_MULTI_DEFAULT_VALUES_PER_PAGE
#: (brin_minmax_multi.c), BLOOM_DEFAULT_NDISTINCT_PER_RANGE and BLOOM_DEFAULT_FALSE_POSITIVE_RATE (brin_bloom.c).
_RANGE = 128
_MULTI_VALUES = 32
_BLOOM_SHARE = 0.1
_BLOOM_FALSE = 0.01
#: MaxHeapTuplesPerPage: what a Bloom filter reckons a page to hold.
_HEAP_TUPLES = 291


def size(facts: Facts) -> Built:
    """The whole index."""
    given = facts.options.get("pages_per_range", "")
    per_range = int(given) if given.isdigit() and int(given) else _RANGE
    ranges = max(1, math.ceil(facts.heap_pages / per_range))
    summary, modelled = 0.0, None
    for key in facts.keys:
        if "minmax_multi" in facts.opclass:
            summary += 20 + _MULTI_VALUES * _stored(key)
            modelled = "BRIN: every range taken to need all its 32 values"
        elif "bloom" in facts.opclass:
            values = max(16.0, _BLOOM_SHARE * _HEAP_TUPLES * per_range)
            summary += 16 + min(7000.0, -values * math.log(_BLOOM_FALSE) / math.log(2) ** 2 / 8)
            modelled = "BRIN: Bloom filters with their defaults"
        elif "inclusion" in facts.opclass:
            summary += _stored(key) + 2
        else:
            summary += 2 * _stored(key)
    nulls = 2 * len(facts.keys)
    item = aligned(aligned(_HEADER + math.ceil(nulls / 8)) + math.ceil(summary)) + LINE_POINTER
    per_page = max(1, _ROOM // item)
    pages = 1 + math.ceil(ranges / _MAP_ITEMS) + math.ceil(ranges / per_page)
    return Built(float(ranges), pages, modelled=modelled)


def _stored(key: Key) -> float:
    return key.length if key.length > 0 else key.width
