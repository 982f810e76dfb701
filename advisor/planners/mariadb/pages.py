"""Record counts in the page headers of a tablespace, multiplied.

InnoDB estimates the rows of a range by diving into the index for both ends and multiplying the pages between by the
records of a few of them (storage/innobase/btr/btr0cur.cc, btr_estimate_n_rows_in_range). Of a table with 1 row in 1,000
the estimate is right again when each leaf says that it holds 1,000 times as many. The counts are 16 bits: what does not
fit is cut, and told.

A page ends with the CRC-32C of all before it (full_crc32). CRCs are linear over GF(2): what the checksum changes by
depends only on which bits of the count change and on how far they stand from the end. So 16 constants do, worked out
once for a page size, instead of a library or a pass over every page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from advisor.planners.errors import PlannerError

_TYPE, _INDEX_PAGE, _INSTANT_ROOT = 24, 17855, 18
_RECORDS, _LEVEL, _INDEX = 54, 64, 66
_SPACE_FLAGS, _FULL_CRC32, _PAGE_SIZE_BITS = 54, 0x10, 0x0F
#: The server itself counts on in the header when a row is added: the 16 bits must not run over.
MOST = 64_000
_POLYNOMIAL = 0x82F63B78


@dataclass
class Inflated:
    """What was done to a file."""

    leaves: int = 0
    cut: int = 0
    """Leaves whose count did not fit."""


def inflate(path: Path, factor: float, known: dict[int, int]) -> Inflated:
    """Multiplies the record count of every B-tree leaf of a file that no server has open.

    ``known`` holds the true counts by page: those that are not in it yet are taken from the page. Raises PlannerError
    for a file of another format than full_crc32.
    """
    done = Inflated()
    try:
        with path.open("r+b") as file:
            head = file.read(1024)
            size = _page_size(head, path)
            pages = os.fstat(file.fileno()).st_size // size
            for number in range(pages):
                file.seek(number * size)
                header = file.read(_INDEX + 8)
                kind = int.from_bytes(header[_TYPE : _TYPE + 2], "big")
                level = int.from_bytes(header[_LEVEL : _LEVEL + 2], "big")
                if kind not in (_INDEX_PAGE, _INSTANT_ROOT) or level != 0:
                    continue
                now = int.from_bytes(header[_RECORDS : _RECORDS + 2], "big")
                true = known.setdefault(number, now)
                wanted = round(true * factor)
                done.leaves += 1
                if wanted > MOST:
                    done.cut += 1
                    wanted = MOST
                if wanted == now:
                    continue
                file.seek(number * size + _RECORDS)
                file.write(wanted.to_bytes(2, "big"))
                file.seek((number + 1) * size - 4)
                checksum = int.from_bytes(file.read(4), "big")
                file.seek((number + 1) * size - 4)
                file.write((checksum ^ change(size, now ^ wanted)).to_bytes(4, "big"))
    except OSError as error:
        raise PlannerError(f"the shadow's file {path.name} cannot be changed: {error.strerror or error}") from None
    return done


def _page_size(head: bytes, path: Path) -> int:
    flags = int.from_bytes(head[_SPACE_FLAGS : _SPACE_FLAGS + 4], "big")
    if not flags & _FULL_CRC32:
        raise PlannerError(
            f"the shadow's file {path.name} is not in the format full_crc32: this MariaDB is not supported"
        )
    return 512 << (flags & _PAGE_SIZE_BITS)


def change(size: int, bits: int) -> int:
    """What the checksum of a page of ``size`` bytes changes by when these bits of its record count flip."""
    found = 0
    for bit, effect in enumerate(_effects(size)):
        if bits >> bit & 1:
            found ^= effect
    return found


@cache
def _effects(size: int) -> tuple[int, ...]:
    """For each bit of the count, from the lowest: the CRC of a page of zeros with it, less that of zeros alone."""
    after = size - 4 - (_RECORDS + 2)
    effects = []
    for bit in range(16):
        register = 0
        for byte in (1 << bit).to_bytes(2, "big"):
            register = _step()(register ^ byte)
        for _ in range(after):
            register = _step()(register)
        effects.append(register)
    return tuple(effects)


@cache
def _step() -> Callable[[int], int]:
    """One byte through the register, by table; the differences of two messages need no initial and final inversion."""
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = register >> 1 ^ (_POLYNOMIAL if register & 1 else 0)
        table.append(register)
    return lambda register: register >> 8 ^ table[register & 0xFF]
