"""Files as long as production's that hold next to nothing: holes read as zeros, a page of zeros is a new, empty one.

A relation of more than 1 GB lies in several files (RELSEG_SIZE, src/backend/storage/smgr/md.c): `16384`, `16384.1`...
All but the last are full. `PageIsNew` (bufpage.h) lets scans pass over pages of zeros.
"""

from __future__ import annotations

import os
from pathlib import Path

from advisor.planners.postgresql.pages.page import BLOCK

SEGMENT_BLOCKS = 131_072


def blocks(path: Path) -> int:
    """How many blocks the relation has, over all its files."""
    total, number = 0, 0
    while True:
        try:
            size = _segment(path, number).stat().st_size // BLOCK
        except FileNotFoundError:
            return total
        total += size
        number += 1
        if size < SEGMENT_BLOCKS:
            return total


def resize(path: Path, count: int) -> None:
    """Makes the relation ``count`` blocks long: what lies within stays, the rest is a hole or is cut off."""
    first = path.stat()
    segments = max(1, -(-count // SEGMENT_BLOCKS))
    for number in range(segments):
        segment = _segment(path, number)
        size = min(count - number * SEGMENT_BLOCKS, SEGMENT_BLOCKS) * BLOCK
        if number and not segment.exists():
            descriptor = os.open(segment, os.O_CREAT | os.O_EXCL | os.O_WRONLY, first.st_mode & 0o777)
            try:
                if os.geteuid() == 0:
                    os.fchown(descriptor, first.st_uid, first.st_gid)
            finally:
                os.close(descriptor)
        if segment.stat().st_size != size:
            os.truncate(segment, size)
    number = segments
    while (segment := _segment(path, number)).exists():
        segment.unlink()
        number += 1


def _segment(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.name}.{number}")
