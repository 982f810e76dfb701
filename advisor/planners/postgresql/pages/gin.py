"""The GIN metapage (GinMetaPageData in src/include/access/ginblock.h): what `gincostestimate` counts by."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from advisor.planners.postgresql.pages import sparse
from advisor.planners.postgresql.pages.page import HEADER, PageError

_PENDING_AT = HEADER + 12
"""nPendingPages (4 bytes), nPendingHeapTuples (8)."""
_COUNTS_AT = HEADER + 24
"""nTotalPages, nEntryPages, nDataPages (4 bytes each), 4 bytes of padding, nEntries (8), ginVersion."""
_VERSIONS = (1, 2)
_WIDE = ("n_pending_tuples", "n_entries")


def fake(path: Path, blocks: int, counts: Mapping[str, int] | None) -> None:
    """Gives a GIN index these blocks and counts; the counts are named as `gin_metapage_info` of pageinspect names them.

    Without counts they are zero: the planner then guesses itself (90 % of the pages hold keys, 100 a page).
    """
    given = counts or {}
    impossible = {name: value for name, value in given.items() if not 0 <= value < 1 << (63 if name in _WIDE else 32)}
    if impossible:
        raise PageError(f"a GIN index has no such {', '.join(sorted(impossible))}")
    with path.open("r+b") as file:
        file.seek(HEADER)
        head = file.read(52)
        if len(head) < 52 or struct.unpack_from("<i", head, 48)[0] not in _VERSIONS:
            raise PageError(f"{path.name}: no GIN index")
        file.seek(_PENDING_AT)
        file.write(struct.pack("<Iq", given.get("n_pending_pages", 0), given.get("n_pending_tuples", 0)))
        file.seek(_COUNTS_AT)
        totals = (given.get(name, 0) for name in ("n_total_pages", "n_entry_pages", "n_data_pages"))
        file.write(struct.pack("<IIIIq", *totals, 0, given.get("n_entries", 0)))
    sparse.resize(path, max(blocks, sparse.blocks(path)))
