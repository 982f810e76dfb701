"""What a statement does to the transaction that it runs in."""

from __future__ import annotations

import re

#: The file stores these numbers.
OTHER, READ, WRITE, BEGIN, COMMIT, ROLLBACK, RESET, SETTING = range(8)
"""RESET: a pool or driver cleans the connection for its next user. SETTING: no step of the work, such as SET NAMES."""
#: asyncpg and others end the use of a connection by it.
_RESETTING_CALLS = (b"select pg_advisory_unlock_all", b"select pg_catalog.pg_advisory_unlock_all")
_SETTING_CALL = re.compile(rb"select (?:pg_catalog\.)?(?:set_config|current_setting|version)\b|select @@")
_WRITES = frozenset({"insert", "update", "delete", "merge"})


def effect_of(kind: str, text: bytes) -> int:
    """What a shape does to its transaction, by its kind and normalised text."""
    if kind in _WRITES:
        return WRITE
    if kind == "select":
        lowered = text.lower()
        if lowered.startswith(_RESETTING_CALLS):
            return RESET
        return SETTING if _SETTING_CALL.match(lowered) else READ
    word = text[:32].lstrip().lower()
    if word.startswith(b"declare"):
        return READ  # a cursor: the query that it names gives the rows
    if word.startswith((b"begin", b"start transaction")):
        return BEGIN
    if word.startswith((b"commit prepared", b"rollback prepared", b"rollback to")):
        return OTHER
    if word.startswith((b"commit", b"end")):
        return COMMIT
    if word.startswith((b"rollback", b"abort")):
        return ROLLBACK
    if word.startswith(
        (b"discard", b"reset", b"deallocate all", b"close all", b"unlisten", b"set session authorization")
    ):
        return RESET
    return SETTING if word.startswith((b"set ", b"show ", b"deallocate", b"use ")) else OTHER
