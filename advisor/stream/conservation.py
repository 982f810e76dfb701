"""A parent that may explain a child's executions, and how well rows and executions agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.model.stream import KeyLink
from advisor.model.stream_limits import STREAM
from advisor.stream.counted import Counted


@dataclass(frozen=True, slots=True)
class Pair:
    """A parent that may explain a child's executions."""

    parent: Counted
    child: Counted
    link: KeyLink
    fan: float
    conservation: float | None
    others: int = 0
    """Further parents whose rows are counted in."""
    levels: bool = False
    """The child's own rows are counted in too: a tree."""
    follows: bool = False
    """It runs once for each execution of a statement that is itself repeated."""

    @property
    def exact(self) -> bool:
        """Whether each of the parent's rows costs one execution, with next to nothing left over."""
        return self.conservation is not None and abs(1 - self.conservation) <= STREAM.conservation_exact

    @property
    def conserved(self) -> bool:
        """Whether each of the parent's rows costs about one execution."""
        at_most = self.conservation is not None and self.conservation <= STREAM.conservation_most
        return at_most and (self.conservation or 0.0) >= STREAM.conservation_least

    @property
    def declared(self) -> bool:
        """Whether a declared key links them."""
        return self.link.kind == "foreign_key"


def together(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """Several parents that give the key from one column, none of which has rows enough: their rows added up."""
    groups: dict[tuple[str, str | None, str | None], list[Pair]] = {}
    for pair in pairs:
        if pair.conservation is not None and pair.conservation > STREAM.conservation_most:
            link = pair.link
            groups.setdefault((link.kind, link.parent_table, link.parent_column), []).append(pair)
    for short in groups.values():
        if len(short) > 1:
            rows = sum(pair.parent.rows or 0 for pair in short)
            calls = sum(pair.parent.calls for pair in short)
            largest = max(short, key=lambda pair: (pair.parent.rows or 0, pair.parent.name))
            child = largest.child
            yield Pair(largest.parent, child, largest.link, child.calls / calls, child.calls / rows, len(short) - 1)


def distance(pair: Pair) -> tuple[bool, bool, float, str]:
    """What comes first among the parents that fit."""
    off = abs(1 - pair.conservation) if pair.conservation is not None else 1.0
    return (pair.link.kind == "shared_reference", not pair.conserved, round(off, 2), pair.parent.name)
