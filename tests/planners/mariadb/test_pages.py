"""Record counts in pages of a tablespace."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.pages import MOST, change, inflate

SIZE = 4096


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli), bit by bit."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def page(kind: int, level: int, records: int, filler: int = 7) -> bytes:
    body = bytearray([filler]) * (SIZE - 4)
    body[24:26] = kind.to_bytes(2, "big")
    body[54:56] = records.to_bytes(2, "big")
    body[64:66] = level.to_bytes(2, "big")
    return bytes(body) + crc32c(bytes(body)).to_bytes(4, "big")


def space(path: Path, pages: list[bytes], flags: int = 0x13) -> Path:
    head = bytearray(SIZE)
    head[54:58] = flags.to_bytes(4, "big")
    path.write_bytes(bytes(head) + b"".join(pages))
    return path


def records(path: Path, number: int) -> int:
    data = path.read_bytes()[number * SIZE : (number + 1) * SIZE]
    assert crc32c(data[:-4]) == int.from_bytes(data[-4:], "big")
    return int.from_bytes(data[54:56], "big")


def test_crc32c_is_the_known_one() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C, RFC 3720


@given(st.integers(0, 2**32), st.integers(0, 65535))
def test_the_change_of_a_checksum_is_what_the_changed_page_has(seed: int, records: int) -> None:
    body = Random(seed).randbytes(SIZE - 4)
    other = body[:54] + records.to_bytes(2, "big") + body[56:]
    before = int.from_bytes(body[54:56], "big")
    assert crc32c(body) ^ change(SIZE, before ^ records) == crc32c(other)


def test_leaves_are_multiplied_and_nothing_else(tmp_path: Path) -> None:
    path = space(tmp_path / "t.ibd", [page(17855, 0, 40), page(17855, 1, 40), page(2, 0, 40), page(17855, 0, 9000)])
    known: dict[int, int] = {}
    done = inflate(path, 25.0, known)
    assert (done.leaves, done.cut) == (2, 1)
    assert [records(path, number) for number in (1, 2, 3, 4)] == [1000, 40, 40, MOST]
    assert known == {1: 40, 4: 9000}
    inflate(path, 2.0, known)  # from the true counts again
    assert [records(path, number) for number in (1, 4)] == [80, 18000]


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="full_crc32"):
        inflate(space(tmp_path / "t.ibd", [], flags=0x05), 2.0, {})
