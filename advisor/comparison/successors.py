"""New shapes that take the place of shapes that are gone: a query that was rewritten, not added."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM

#: Shapes of each side that are looked at, the heaviest first: pairs are the square of it.
_MOST = 60
#: Words compared of each text.
_WORDS = 400


def successors(new: Sequence[ShapeSummary], gone: Sequence[ShapeSummary]) -> dict[str, str]:
    """Fingerprint of a new shape -> that of the one it replaces: the same kind, the same tables, a similar text.

    Each shape has one partner at most; the most similar pairs come first.
    """
    tables: dict[str, frozenset[str] | None] = {}
    words = {shape.fingerprint: shape.sql.lower().split()[:_WORDS] for shape in (*new[:_MOST], *gone[:_MOST])}
    pairs = []
    for one in new[:_MOST]:
        for other in gone[:_MOST]:
            if one.kind != other.kind or one.engine.name != other.engine.name:
                continue
            matcher = SequenceMatcher(None, words[one.fingerprint], words[other.fingerprint], autojunk=False)
            if matcher.real_quick_ratio() < STREAM.compare_alike or matcher.quick_ratio() < STREAM.compare_alike:
                continue
            alike = matcher.ratio()
            if alike >= STREAM.compare_alike and _tables(one, tables) == _tables(other, tables) is not None:
                pairs.append((-alike, one.fingerprint, other.fingerprint))
    out: dict[str, str] = {}
    for _, name, old in sorted(pairs):
        if name not in out and old not in out.values():
            out[name] = old
    return out


def _tables(shape: ShapeSummary, known: dict[str, frozenset[str] | None]) -> frozenset[str] | None:
    """None where the statement cannot be read."""
    if shape.fingerprint not in known:
        from advisor.graphs import NotAnalysed, build

        try:
            known[shape.fingerprint] = frozenset(build(shape.sql, shape.engine.name, ()).tables) or None
        except NotAnalysed:
            known[shape.fingerprint] = None
    return known[shape.fingerprint]
