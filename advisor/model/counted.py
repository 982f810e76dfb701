"""Numbers of things in sentences."""

from __future__ import annotations


def counted(count: int, one: str, several: str | None = None) -> str:
    """``1 table``, ``1,200 tables``; ``several`` where the plural is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
