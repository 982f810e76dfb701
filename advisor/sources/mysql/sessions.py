"""Names of connections: what tells one session of a log from another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MASK: Final = 2**64 - 1


def sessions(thread: NDArray[np.int64], context: NDArray[np.int32], users: Sequence[bytes]) -> NDArray[np.uint64]:
    """Names of connections: hashed thread ids, or where a log prints none, the hashed user and host. 0 is unknown."""
    with np.errstate(over="ignore"):
        mixed = thread.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    without = thread < 0
    if without.any():
        names = np.array([user_session(user) for user in users] or [0], np.uint64)
        mixed[without] = names[context[without]]
    return mixed


def session_of(thread: int, user: bytes) -> int:
    """`sessions` for one record."""
    if thread < 0:
        return user_session(user)
    mixed = (thread + 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


@lru_cache(1024)
def user_session(user: bytes) -> int:
    """The session of a U line without an id; 0 when the line is missing."""
    return int.from_bytes(hashlib.blake2b(user, digest_size=8).digest(), "little") if user else 0


def in_life(session: NDArray[np.uint64], life: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The sessions of a server's n-th life within a log: a restarted server counts its connections from 1 again."""
    with np.errstate(over="ignore"):
        mixed = session ^ (life.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    known: NDArray[np.uint64] = np.where(session == 0, session, np.maximum(mixed, np.uint64(1)))
    return known


def one_in_life(session: int, life: int) -> int:
    """`in_life` for one record."""
    return max(session ^ (life * 0x9E3779B97F4A7C15 & _MASK), 1) if session else 0
