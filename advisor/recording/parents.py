"""Whose rows a loop walks: the statement before it that gave as many rows as the loop has rounds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.model.recorded import Recorded
from advisor.model.stream import KeyLink
from advisor.recording.loops import Loop

#: Distinct shapes before a loop that are looked at: a walk over rows begins soon after they were fetched.
_LOOKED_AT = 40
LinkOf = Callable[[str, str], KeyLink | None]


@dataclass(frozen=True)
class Instance:
    """One execution of the parent and the repeats that follow it, up to the next one."""

    parent: Recorded | None
    repeats: tuple[Recorded, ...]


@dataclass(frozen=True)
class Parent:
    """A statement whose rows a loop can walk, and how well that fits."""

    statement: Recorded
    link: KeyLink | None
    instances: tuple[Instance, ...]
    """Those with as many repeats as make a loop."""
    rows: int | None
    """Of the instances' parents together. None: the driver did not tell."""

    @property
    def repeats(self) -> int:
        """Repeats in all instances."""
        return sum(len(instance.repeats) for instance in self.instances)

    @property
    def conservation(self) -> float | None:
        """Repeats per row of the parents: 1 where each row costs one statement."""
        return self.repeats / self.rows if self.rows else None

    @property
    def fits(self) -> bool:
        """No more repeats than there were rows."""
        return self.conservation is None or self.conservation <= 1.0


def parent_of(loop: Loop, statements: Sequence[Recorded], link_of: LinkOf, least: int) -> Parent | None:
    """The nearest statement before the loop, in its unit, whose rows fit; one with a link before one without."""
    unlinked: Parent | None = None
    seen: set[str] = set()
    for place in range(loop.steps[-1] - 1, -1, -1):
        step = statements[place]
        if step.unit != loop.first.unit or step.fingerprint in seen or not _gives_rows(step):
            continue
        if len(seen) >= _LOOKED_AT:
            break
        if step.fingerprint == loop.first.fingerprint:
            continue
        seen.add(step.fingerprint)
        link = link_of(step.fingerprint, loop.first.fingerprint)
        found = _match(loop, step.fingerprint, link, statements, least)
        if found is None or not found.fits:
            continue
        if link is not None and not link.same_filter:
            return found
        unlinked = unlinked or found
    return _itself(loop, link_of) or unlinked


def _gives_rows(step: Recorded) -> bool:
    return step.counted and (step.rows is None or step.rows >= 2) and step.kind == "select"


def _match(
    loop: Loop, fingerprint: str, link: KeyLink | None, statements: Sequence[Recorded], least: int
) -> Parent | None:
    """Deal the repeats out to the executions of one shape before them."""
    parents = [
        place
        for place, step in enumerate(statements[: loop.steps[-1]])
        if step.fingerprint == fingerprint and step.unit == loop.first.unit and _gives_rows(step)
    ]
    if not parents:
        return None
    dealt: dict[int, list[Recorded]] = {}
    for place, statement in zip(loop.steps, loop.statements, strict=True):
        before = bisect_left(parents, place)
        if before:
            dealt.setdefault(parents[before - 1], []).append(statement)
    instances = [
        Instance(statements[place], tuple(repeats)) for place, repeats in sorted(dealt.items()) if len(repeats) >= least
    ]
    instances = [i for i in instances if len({s.literals for s in i.repeats}) >= least]
    if not instances:
        return None
    counts = [i.parent.rows for i in instances if i.parent is not None]
    rows = None if any(c is None for c in counts) else sum(c or 0 for c in counts)
    return Parent(instances[0].parent or loop.first, link, tuple(instances), rows)


def _itself(loop: Loop, link_of: LinkOf) -> Parent | None:
    """A walk over a tree: each call but the first is for a row of an earlier one.

    Reading page by page looks alike, but fetches many more rows than it runs statements. So does asking for one name
    after the other until one is free; but its rows hold no key to ask for next, and it does not call itself.
    """
    if len({len(s.stack) for s in loop.statements}) == 1:  # no recursion
        link = link_of(loop.first.fingerprint, loop.first.fingerprint)
        if link is None or (link.same_filter and link.returned is not None):
            return None
    counts = [s.rows for s in loop.statements]
    if any(count is None for count in counts) or len(counts) < 3:
        return None
    rows = sum(count or 0 for count in counts)
    if rows != len(counts) - 1:
        return None
    return Parent(loop.first, None, (Instance(loop.first, loop.statements[1:]),), rows)
