"""What nobody judged: it stands in every format, and before what was judged."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.catalog import Unread
from advisor.model.check import Check


class Unjudged(NamedTuple):
    """A statement that could not be read, or a page of rules that could not run."""

    file: str | None
    line: int
    words: str
    gating: bool
    """No gate passes on it."""
    unread: Unread | None


def unjudged(result: Check) -> list[Unjudged]:
    """What no gate passes on comes first. Of earlier migrations, and of what Python hides, it is said only."""
    left = set(result.incomplete)
    found = []
    for one in dict.fromkeys(result.unread):
        key = f"{one.file}:{one.line}: not read: {one.reason}"
        found.append(Unjudged(one.file, max(1, one.line), f"not read: {one.reason}", key in result.incomplete, one))
        left.discard(key)
    found += [Unjudged(None, 1, words, True, None) for words in result.incomplete if words in left]
    return sorted(found, key=lambda one: not one.gating)
