"""Statements that are repeated in units of work, and the parents whose rows they may be repeated for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from advisor.model.stream import KeyLink
from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import Fanout, fanout, neighbours
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import Verdict, held_flags, judge
from advisor.stream.steps import Flags, Ints, Steps
from advisor.stream.units import Units

_KINDS = frozenset({"count", "exists", "aggregate", "select", "insert", "update", "delete"})
#: `'{1,2}'` and `ARRAY[1, 2]`. JSON has braces too, and quotes after them.
_ARRAY = re.compile(r"'\{([^\"{}:']*)\}'|\barray\s*\[([^\[\]]*)\]", re.I)


@dataclass
class Chain:
    """A child after its parent, over all instances."""

    parent: int
    """Index of a shape: of the parent's family the one that runs most."""
    child: int
    link: KeyLink
    all_of: Fanout
    chosen: Fanout
    """Instances with at least two children."""
    verdict: Verdict
    near: frozenset[int] = frozenset()
    """Shapes that stand close before the child."""
    wide: bool = False


def repeated(world: Units, wide: bool = False) -> Ints:
    """Shapes that some unit (or stretch) runs at least STREAM.repeats_min times: at most STREAM.children_most, those
    that are repeated most."""
    found = world.steps
    if not len(found):
        return np.zeros(0, np.int64)
    unit = world.stretch if wide else world.unit
    width = len(found.fingerprints)
    pairs, counts = np.unique(unit * width + found.shape, return_counts=True)
    many = counts >= STREAM.repeats_min
    totals = np.bincount(pairs[many] % width, weights=counts[many], minlength=width)
    shapes = np.flatnonzero(totals)
    if len(shapes) > STREAM.children_most:
        shapes = np.sort(shapes[np.argsort(-totals[shapes], kind="stable")][: STREAM.children_most])
    return shapes


def by_shape(world: Units) -> dict[int, Ints]:
    """Positions of each shape's steps."""
    shape = world.steps.shape
    if not len(shape):
        return {}
    order = np.argsort(shape, kind="stable")
    edges = np.flatnonzero(np.concatenate(([True], np.diff(shape[order]) != 0)))
    return {int(shape[order[a]]): part for a, part in zip(edges, np.split(order, edges[1:]), strict=True)}


def is_child(world: Units, links: LinkOracle, shape: int, at: Ints) -> bool:
    """Whether a shape asks (or writes) for one key at a time: lists of keys are what loops are mended with."""
    found = world.steps
    name = found.fingerprints[shape]
    if links.kind(name) not in _KINDS or not links.keyed(name):
        return False
    if not (found.key[at] != 0).any() or (float(np.median(found.in_count[at])) > 1 and not _same_list(found, at)):
        return False
    return _arrays(world.samples.get(name, ())) <= 1


def _same_list(found: Steps, at: Ints) -> bool:
    """Whether a list of values is the same in each execution, beside one value that changes: `book_id = ? AND status
    IN ('new', 'paid')` asks for one book at a time. Lists longer than the values that are kept are not judged."""
    if float(found.in_count[at].max()) >= found.values.shape[1]:
        return False
    different = np.array([len(np.unique(column)) for column in found.values[at].T])
    changing = different > max(STREAM.repeats_min, 0.1 * len(at))
    return int(changing.sum()) == 1 and int(different[~changing].max()) <= STREAM.repeats_min


def _arrays(samples: Sequence[str]) -> float:
    """Values in the longest array of an execution (median): one parameter, and yet a list of keys."""
    longest = [max(("".join(found).count(",") + 1 for found in _ARRAY.findall(one)), default=0) for one in samples]
    return float(np.median(longest)) if longest else 0.0


def chains(world: Units, links: LinkOracle, skip: Collection[int] = ()) -> list[Chain]:
    """All chains of repeated statements with a linked parent, judged, but of shapes to ``skip``. The best first."""
    positions = by_shape(world)
    held = held_flags(world)
    judged: list[Chain] = []
    for child in repeated(world, wide=True).tolist():
        at = positions[child]
        if child in skip or not is_child(world, links, child, at):
            continue
        own = _of(world, links, child, at, positions, held, wide=False)
        judged += own
        # a loop whose rounds commit stands in no unit of its own
        if not any(c.verdict.score >= STREAM.likely_score for c in own):
            judged += _of(world, links, child, at, positions, held, wide=True)
    judged.sort(key=lambda c: (-c.verdict.score, c.child, c.parent))
    return judged


def _of(
    world: Units, links: LinkOracle, child: int, at: Ints, positions: dict[int, Ints], held: Flags, wide: bool
) -> list[Chain]:
    found = world.steps
    unit = world.stretch if wide else world.unit
    name = found.fingerprints[child]
    families: dict[str, list[int]] = defaultdict(list)
    near = neighbours(found, unit, at, STREAM.parent_steps, STREAM.parents_most).tolist()
    for shape in near:
        if shape != child and links.of(found.fingerprints[shape], name) is not None:
            families[links.family(found.fingerprints[shape])].append(shape)
    families.pop(links.family(name), None)
    made = []
    for members in families.values():
        first = max(members, key=lambda shape: (len(positions[shape]), -shape))
        link = links.of(found.fingerprints[first], name)
        parents = np.sort(np.concatenate([positions[shape] for shape in members]))
        all_of = fanout(unit, parents, at, held, world.places)
        if link is None or not len(all_of) or int(all_of.n.max()) < STREAM.repeats_min:
            continue
        chosen = all_of.only(all_of.repeated)
        if wide and not _rounds_commit(world, chosen):
            continue
        verdict = judge(world, links, link, all_of, wide)
        made.append(Chain(first, child, link, all_of, chosen, verdict, frozenset(near), wide))
    return made


def _rounds_commit(world: Units, chosen: Fanout) -> bool:
    """Whether rounds are transactions of their own, so that the narrow units cannot have held the loop."""
    unit = world.unit
    return bool((unit[chosen.first] != unit[chosen.last]).mean() > 0.5)


def explained(world: Units, links: LinkOracle, chain: Chain, others: list[Chain]) -> Chain | None:
    """The chain of a statement that is nearer to the child, and gives each of its keys: once for each of its rows.

    A list, then for each row its author, then for each author the country: the country belongs to the author.
    """
    found = world.steps
    name = found.fingerprints[chain.child]
    for other in others:
        if other.child not in chain.near or links.of(found.fingerprints[other.child], name) is None:
            continue
        nearer = fanout(
            world.unit, _positions(world, other.child), chain.chosen.children, held_flags(world), world.places
        )
        if len(nearer.children) < 0.8 * len(chain.chosen.children):
            continue
        if float(nearer.n.mean()) < 1.5:
            return other
    return None


def _positions(world: Units, shape: int) -> Ints:
    return np.flatnonzero(world.steps.shape == shape)
