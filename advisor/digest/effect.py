"""What a statement does to the transaction that it runs in."""

from __future__ import annotations

#: The file stores these numbers.
OTHER, READ, WRITE, BEGIN, COMMIT, ROLLBACK = range(6)
_WRITES = frozenset({"insert", "update", "delete", "merge"})


def effect_of(kind: str, text: bytes) -> int:
    """What a shape does to its transaction, by its kind and normalised text."""
    if kind in _WRITES:
        return WRITE
    if kind == "select":
        return READ
    word = text[:32].lstrip().lower()
    if word.startswith((b"begin", b"start transaction")):
        return BEGIN
    if word.startswith((b"commit prepared", b"rollback prepared", b"rollback to")):
        return OTHER
    if word.startswith((b"commit", b"end")):
        return COMMIT
    return ROLLBACK if word.startswith((b"rollback", b"abort")) else OTHER
