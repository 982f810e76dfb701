"""Hashes that decide what is kept: the same on every machine and in every grouping, so that merges agree.

Python's own ``hash`` is salted per process and cannot be used for this.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1 = np.uint64(30)
_SHIFT_2 = np.uint64(27)
_SHIFT_3 = np.uint64(31)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit values one to one (splitmix64's finaliser): then any of their bits are as good as random."""
    x = values ^ (values >> _SHIFT_1)
    x *= _MULTIPLY_1
    x ^= x >> _SHIFT_2
    x *= _MULTIPLY_2
    x ^= x >> _SHIFT_3
    return x


def mix_pair(first: NDArray[np.uint64], second: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """Hash two columns into one."""
    return mix(first * _GOLDEN + second)


def text_hash(text: str) -> int:
    """64-bit hash of a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def part_hash(*parts: str | int | None) -> int:
    """64-bit hash of a tuple; None differs from the empty string and lengths keep the parts apart."""
    state = blake2b(digest_size=8)
    for part in parts:
        data = b"-" if part is None else b"+" + str(part).encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(4, "big"))
        state.update(data)
    return int.from_bytes(state.digest(), "big")
