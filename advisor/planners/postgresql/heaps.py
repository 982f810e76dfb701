"""Tables out of the way while an index is built over them: their files are as long as production's, and hold two rows.

CREATE INDEX would read every block. So a table's file is cut to the blocks that hold something, and made as long as it
was afterwards; it keeps its inodes, so that sessions that have it open go on. Before 18 CREATE INDEX writes what it
counted into pg_class, outside of transactions: that is put right too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.planners.postgresql.pages import sparse
from advisor.planners.postgresql.pages.page import BLOCK

_SIZES = """
SELECT c.oid::int8, pg_catalog.pg_relation_filepath(c.oid), c.relpages, c.reltuples, c.relallvisible
FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'm')
"""


@dataclass(frozen=True)
class Heap:
    """A table with storage, as it was."""

    oid: int
    path: Path
    pages: int
    tuples: float
    all_visible: int
    blocks: int


def of(rows: Any, data: Path, oids: Sequence[int]) -> list[Heap]:
    """The tables of these OIDs that have files. ``rows`` runs one statement with parameters."""
    return [
        Heap(oid, data / path, pages, tuples, visible, sparse.blocks(data / path))
        for oid, path, pages, tuples, visible in rows(_SIZES, list(oids))
        if path
    ]


@contextmanager
def shrunk(heaps: Sequence[Heap], *, empty: bool = False) -> Iterator[None]:
    """The tables' files hold what they hold and no more (``empty``: nothing at all) until the end."""
    saved: list[tuple[Heap, bytes]] = []
    try:
        for heap in heaps:
            kept = b""
            with heap.path.open("rb") as file:
                end = _data_end(file.fileno(), heap.path.stat().st_size)
                if empty:
                    kept = file.read(end)
            saved.append((heap, kept))
            for number in range(1, -(-heap.blocks // sparse.SEGMENT_BLOCKS)):
                os.truncate(heap.path.with_name(f"{heap.path.name}.{number}"), 0)
            os.truncate(heap.path, 0 if empty else end)
        yield
    finally:
        for heap, kept in saved:
            if kept:
                with heap.path.open("r+b") as file:
                    file.write(kept)
            sparse.resize(heap.path, heap.blocks)


def put_right(rows: Any, heaps: Sequence[Heap]) -> None:
    """Gives pg_class the tables' sizes again."""
    for heap in heaps:
        rows(
            "SELECT advisor_shadow.set_size($1::oid, $2::int, $3::real, $4::int) FROM pg_catalog.pg_class c"
            " WHERE c.oid = $1::oid AND (c.relpages, c.reltuples, c.relallvisible) IS DISTINCT FROM"
            " ($2::int, $3::real, $4::int)",
            heap.oid,
            heap.pages,
            heap.tuples,
            heap.all_visible,
        )


def _data_end(descriptor: int, size: int) -> int:
    """Where the last block that holds something ends: the rows stand at the beginning, a hole follows."""
    if not size:
        return 0
    try:
        hole = os.lseek(descriptor, 0, os.SEEK_HOLE)
    except (OSError, AttributeError):
        hole = size
    end = min(size, -(-hole // BLOCK) * BLOCK)
    if end < size:
        return end
    # A file system without holes: blocks of zeros are passed over from the end.
    while end:
        if any(os.pread(descriptor, BLOCK, end - BLOCK)):
            break
        end -= BLOCK
    return end
