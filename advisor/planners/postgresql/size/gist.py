"""Pages of GiST and SP-GiST indexes: a rough figure, and said to be one.

Source: gistbuild.c: a sorted build (operator classes with support function 11) fills pages to 90 %; otherwise rows are
inserted one by one and splits leave pages about two thirds full.
"""

from __future__ import annotations

import math

import numpy as np

from advisor.planners.postgresql.size.key import LINE_POINTER, PAGE, PAGE_HEADER, Built, Facts, sampled

#: Without GISTPageOpaqueData (gist.h).
_ROOM = PAGE - PAGE_HEADER - 16
#: GIST_DEFAULT_FILLFACTOR (gist_private.h), percent.
_FILL = 90
#: Since 15 a sorted build splits several pages at once by the operator class: boxes and points land on pages two thirds
#: full, keys that sort on full ones.
_SORTED_BOXES = 0.67
_SORTED_KEYS = 0.99
#: As built indexes were measured to be (tests/planners/postgresql/size): pages after inserts one by one.
_INSERTED = 0.57
_SPGIST = 0.62


def size(facts: Facts, *, sorted_build: bool) -> Built:
    """The whole index."""
    item = float(np.mean(sampled(facts.keys + facts.include, facts.rows)[0])) + LINE_POINTER
    if facts.method == "spgist":
        fill, how = _SPGIST, "pages as insertions usually leave them"
    elif not sorted_build:
        fill, how = _INSERTED, "pages as insertions usually leave them"
    else:
        fill = _SORTED_BOXES if facts.opclass in ("point_ops", "box_ops") else _SORTED_KEYS
        if facts.version < 150000:
            fill = (facts.fillfactor or _FILL) / 100
        how = "a sorted build"
    per_page = max(2.0, _ROOM * fill / item)
    pages = level = max(1, math.ceil(facts.rows / per_page))
    while level > 1:
        level = math.ceil(level / per_page)
        pages += level
    return Built(facts.rows, pages, modelled=f"{facts.method}: rows of average size, {how}")
