"""How often a statement follows each execution of another, within a unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.steps import Flags, Ints, Steps


@dataclass(frozen=True)
class Fanout:
    """Executions of a parent, each with the executions of a child that followed it before the next."""

    executions: int
    """Of the parent, in units of any kind."""
    parent: Ints
    """Position of each execution that a child followed: an instance."""
    first: Ints
    last: Ints
    """Positions of its first and last child."""
    n: Ints
    children: Ints
    """Positions of all children that belong to an instance, ascending."""
    instance: Ints
    """Per child."""

    def __len__(self) -> int:
        return len(self.parent)

    @cached_property
    def repeated(self) -> Flags:
        """Instances of at least two children: a single one is no repetition."""
        return self.n >= 2

    def only(self, chosen: Flags) -> Fanout:
        """The instances that are chosen."""
        number = np.cumsum(chosen) - 1
        kept = chosen[self.instance]
        return Fanout(
            self.executions,
            self.parent[chosen],
            self.first[chosen],
            self.last[chosen],
            self.n[chosen],
            self.children[kept],
            number[self.instance[kept]],
        )


def fanout(unit: Ints, parents: Ints, children: Ints, held: Flags, places: Ints) -> Fanout:
    """Give each child to the last parent before it in its unit. Positions ascend.

    The chain of an instance ends where the next child is more than STREAM.chain_steps ``places`` away; statements that
    are ``held`` together by a request or transaction may be further apart.
    """
    at = np.searchsorted(parents, children) - 1
    owned = at >= 0
    owned[owned] = unit[parents[at[owned]]] == unit[children[owned]]
    children, at = children[owned], at[owned]
    if not len(children):
        none = np.zeros(0, np.int64)
        return Fanout(len(parents), none, none, none, none, none, none)
    opens = np.concatenate(([True], at[1:] != at[:-1]))
    before = np.where(opens, parents[at], np.concatenate(([0], children[:-1])))
    away = np.minimum(children - before, places[children] - places[before] + 1)
    reach = np.where(held[children], STREAM.held_chain_steps, STREAM.chain_steps)
    # what comes after a break belongs to nobody: the parent's rows were done with by then
    far = np.cumsum(away > reach)
    code = np.cumsum(opens) - 1
    start: Ints = far[np.flatnonzero(opens)] - (away > reach)[opens]
    kept: Flags = far == start[code]
    children, at = children[kept], at[kept]
    if not len(children):
        none = np.zeros(0, np.int64)
        return Fanout(len(parents), none, none, none, none, none, none)
    opens = np.concatenate(([True], at[1:] != at[:-1]))
    heads = np.flatnonzero(opens)
    counts = np.diff(np.append(heads, len(children)))
    return Fanout(
        len(parents),
        parents[at[heads]],
        children[heads],
        children[heads + counts - 1],
        counts,
        children,
        np.cumsum(opens) - 1,
    )


def places(found: Steps, unit: Ints) -> Ints:
    """Per step: how many came before it, but rounds of a loop count once, however many there are.

    A loop within a loop puts dozens of statements between two rounds of the outer one. What belongs to a round is a
    statement whose like ran within the STREAM.inner_steps before it.
    """
    again = np.zeros(len(found), np.bool_)
    for back in range(1, STREAM.inner_steps + 1):
        again[back:] |= (found.shape[back:] == found.shape[:-back]) & (unit[back:] == unit[:-back])
    return np.cumsum(~again)


def neighbours(found: Steps, unit: Ints, positions: Ints, reach: int, most: int) -> Ints:
    """Shapes of the reads that stand at most ``reach`` steps before any of the positions, in the same unit.

    Of more than ``most`` those that stand there most often. Of many positions those are looked at that begin a run,
    where a parent must stand, and an even choice of the others.
    """
    opens = np.concatenate(([True], (np.diff(positions) > reach) | (unit[positions[1:]] != unit[positions[:-1]])))
    chosen = np.union1d(_even(positions[opens]), _even(positions))
    earlier = chosen[:, None] - np.arange(1, reach + 1)
    inside = earlier >= 0
    inside &= (unit[np.maximum(earlier, 0)] == unit[chosen][:, None]) & ~found.write[np.maximum(earlier, 0)]
    counts = np.bincount(found.shape[earlier[inside]], minlength=1)
    seen = np.flatnonzero(counts)
    ranked: Ints = seen[np.argsort(-counts[seen], kind="stable")][:most]
    return ranked


def _even(positions: Ints) -> Ints:
    return positions[:: max(1, len(positions) // STREAM.positions_asked)]
