"""A text plan whose blanks at the beginning of lines were lost: nothing tells what stands below what."""

from __future__ import annotations

from collections.abc import Sequence


def is_flat(lines: Sequence[str], root: int) -> bool:
    """Whether two arrows or more stand no deeper than the root, which none does. One alone stands below the root."""
    column = _column(lines[root])
    if lines[root].lstrip().startswith("->"):
        return False
    found = 0
    for line in lines[root + 1 :]:
        if not line.lstrip().startswith("->"):
            continue
        if _column(line) > column:
            return False
        found += 1
    return found > 1


def _column(line: str) -> int:
    return len(line) - len(line.lstrip())
