"""The three hashes of the tokenisers, in Python: the compiled tokeniser computes the same numbers.

A *value hash* is the CRC-32 of the literal's text without quotes and prefix, so that ``7``, ``'7'`` and a bound
parameter logged as ``'7'`` hash alike. None of them guards against an adversary: they bring equal things together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from zlib import crc32

_MASK = (1 << 64) - 1
_K1 = 0x9E3779B97F4A7C15
_K2 = 0xD6E8FEB86659FD93
#: How many leading values are hashed one by one; as model.batch.KEY_HASHES.
KEYS = 4
#: Stands for a bound NULL, which no text can equal by accident.
NULL_VALUE = b"\0NULL"


def shape_key(text: bytes) -> int:
    """64-bit hash of a normalised text: murmur-like, eight bytes a step."""
    size = len(text)
    h = (size * _K1) & _MASK
    for word in struct.unpack(f"<{(size + 7) // 8}Q", text + b"\0" * (-size % 8)):
        h = ((h ^ word) * _K2) & _MASK
        h ^= h >> 32
    h = (h * _K1) & _MASK
    h ^= h >> 29
    h = (h * _K2) & _MASK
    return h ^ (h >> 32)


def value_hash(value: bytes, before: int = 0) -> int:
    """Hash of one literal value; ``before`` continues a literal written in several pieces. Not yet freed from 0."""
    return crc32(value, before)


def combine(hashes: Iterable[int]) -> int:
    """Hash over all values in their order; 0 when there is none."""
    h = 0
    for value in hashes:
        h = ((h ^ (value or 1)) * _K2) & _MASK
        h ^= h >> 32
    return h


def first(hashes: list[int]) -> tuple[int, int, int, int]:
    """The first four value hashes, padded with 0; a value that hashes to 0 counts as 1."""
    a, b, c, d, *_ = [*(value or 1 for value in hashes[:KEYS]), 0, 0, 0, 0]
    return a, b, c, d
