"""What belongs to a chain: one parent for each child, what is nested in it, and what runs beside it in each round."""

from __future__ import annotations

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.chains import Chain, explained, is_child, repeated
from advisor.stream.fanout import Fanout, fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import Verdict, held_flags
from advisor.stream.steps import Ints
from advisor.stream.summing import Found
from advisor.stream.units import Units


def closed(world: Units, links: LinkOracle, judged: list[Chain], positions: dict[int, Ints]) -> list[Found]:
    """The chains that say most, with their nested ones and siblings."""
    found = _covering(world, links, judged)
    sure = {each.child: each for each in found if each.verdict.tier != "possible"}
    for _ in range(3):  # a loop in a loop in a loop
        more = _nested(world, links, judged, positions, sure)
        found = [each for each in found if each.child not in more] + list(more.values())
        sure |= more
        if not more:
            break
    for each in found:
        if each.parent in sure and each.parent is not None and each.sibling_of is None:
            each.nested_in = each.parent
    beside = _siblings(world, links, positions, sure)
    return [each for each in found if each.child not in beside] + list(beside.values())


def _covering(world: Units, links: LinkOracle, judged: list[Chain]) -> list[Found]:
    """Of the chains of one child those that account for its repeats, the best first."""
    covered: dict[int, np.ndarray] = {}
    found: list[Found] = []
    for chain in judged:
        if chain.verdict.score <= 0:
            continue
        own = covered.get(chain.child, np.zeros(0, np.int64))
        fresh = ~np.isin(chain.chosen.children, own)
        if fresh.mean() < 0.5:
            continue
        other = explained(world, links, chain, [o for o in judged if o.child != chain.child])
        each = Found(chain.child, chain.chosen, chain.verdict, chain.parent, chain.link)
        if other is not None:
            each.sibling_of = other.child
            if other.verdict.tier == "possible" and other.verdict.score < chain.verdict.score:
                chain.verdict.add(-2.0, "once for each execution of a statement that is no loop for sure")
                chain.verdict.at_most("possible")
        if (
            each.verdict.tier == "possible"
            and chain.link.kind == "own_key"
            and not world.steps.write[chain.all_of.first[0]]
        ):
            each.kind = "list_then_detail"
        covered[chain.child] = np.concatenate((own, chain.chosen.children))
        found.append(each)
    return found


def _nested(
    world: Units, links: LinkOracle, judged: list[Chain], positions: dict[int, Ints], sure: dict[int, Found]
) -> dict[int, Found]:
    """Children of rows that a repeated statement gave: few for each of them, many in all."""
    names = world.steps.fingerprints
    more: dict[int, Found] = {}
    for child in repeated(world, wide=True).tolist():
        at = positions[child]
        if child in sure or not is_child(world, links, child, at):
            continue
        for parent, outer in sure.items():
            link = links.of(names[parent], names[child])
            if link is None or parent == child:
                continue
            whole = fanout(world.unit, outer.chosen.children, at, held_flags(world), world.places)
            if not len(whole) or len(whole.children) < 0.5 * len(at):
                continue
            # over the whole instance of the outer loop
            total = np.bincount(np.searchsorted(outer.chosen.first, whole.children, side="right"))
            if total.max() < STREAM.repeats_min or len(whole) < 0.3 * len(outer.chosen.children):
                continue
            verdict = Verdict(boundary=outer.verdict.boundary)
            verdict.conclusive = outer.verdict.conclusive and link.kind in ("foreign_key", "replayed")
            verdict.add(outer.verdict.score, "its parent is itself repeated for each row of another")
            verdict.at_most("likely" if outer.verdict.tier == "likely" else "confirmed")
            each = Found(child, whole, verdict, parent, link)
            if float(whole.n.mean()) < 1.2:
                each.sibling_of = parent
            else:
                each.nested_in = parent
            more[child] = each
            break
    return more


def _siblings(world: Units, links: LinkOracle, positions: dict[int, Ints], sure: dict[int, Found]) -> dict[int, Found]:
    """Statements that run once in each round of a loop, whatever they are linked to."""
    more: dict[int, Found] = {}
    for child in repeated(world).tolist():
        at = positions[child]
        if child in sure or links.kind(world.steps.fingerprints[child]) is None:
            continue
        if float(np.median(world.steps.in_count[at])) > 1:
            continue
        for beside, outer in sure.items():
            if outer.sibling_of is not None:
                continue
            each = _alternates(world, child, at, beside, outer)
            if each is not None:
                more[child] = each
                break
    return more


def _alternates(world: Units, child: int, at: Ints, beside: int, outer: Found) -> Found | None:
    chosen = outer.chosen
    rounds = fanout(world.unit, chosen.children, at, held_flags(world), world.places)
    if len(rounds.children) < 0.7 * len(at) or float((rounds.n == 1).mean()) < 0.8:
        return None
    if len(rounds) < 0.7 * len(chosen.children):
        return None
    owner = chosen.instance[np.searchsorted(chosen.children, rounds.parent)]
    counts = np.bincount(owner, minlength=len(chosen))
    if int(counts.max()) < STREAM.repeats_min:
        return None
    has = counts > 0
    heads = np.concatenate(([0], np.cumsum(counts[has])[:-1]))
    lasts = np.cumsum(counts[has]) - 1
    whole = Fanout(
        outer.chosen.executions,
        chosen.parent[has],
        rounds.children[heads],
        rounds.children[lasts],
        counts[has],
        rounds.children,
        (np.cumsum(has) - 1)[owner],
    )
    verdict = Verdict(boundary=outer.verdict.boundary)
    verdict.add(outer.verdict.score - 0.5, "it runs once in each round of a loop")
    verdict.at_most(outer.verdict.tier)
    verdict.at_most("likely")
    return Found(child, whole, verdict, outer.parent, None, sibling_of=beside)
