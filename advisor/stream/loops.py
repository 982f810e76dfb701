"""Loops of which no parent is known: many rows written one by one, many keys looked up one by one."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.chains import is_child
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import Verdict, again_and_again
from advisor.stream.steps import Ints
from advisor.stream.summing import Found, gap
from advisor.stream.trees import branches, walks
from advisor.stream.units import Units


def write_loops(world: Units, links: LinkOracle, positions: dict[int, Ints], taken: Collection[int]) -> list[Found]:
    """Rows written one statement each, within one request or transaction.

    Outside of both, one write per request at a high rate looks the same: never more than `possible`.
    """
    return _loops(world, links, positions, taken, write=True)


def keyed_loops(world: Units, links: LinkOracle, positions: dict[int, Ints], taken: Collection[int]) -> list[Found]:
    """Rows looked up one statement each, and nothing that was read before gives their keys."""
    return _loops(world, links, positions, taken, write=False)


def _loops(
    world: Units, links: LinkOracle, positions: dict[int, Ints], taken: Collection[int], write: bool
) -> list[Found]:
    steps = world.steps
    made = []
    for shape, at in positions.items():
        if shape in taken or bool(steps.write[at[0]]) != write or not is_child(world, links, shape, at):
            continue
        chosen = instances(world, at)
        if chosen is None:
            continue
        verdict = judged(world, chosen, write)
        name = steps.fingerprints[shape]
        if write and verdict.tier == "possible" and links.kind(name) == "insert":
            owned = _owned(world, at)
            chosen, verdict = owned if owned is not None else (chosen, verdict)
        tree = None if write else branches(links, name)
        if tree is not None and verdict.boundary in ("trace", "transaction"):
            verdict.cap = "likely"
            verdict.add(1.0, "its rows give the keys that it is asked with: a tree")
            made.append(Found(shape, chosen, verdict, parent=shape, link=tree))
            continue
        if tree is not None and (walked := walks(world, tree, at)) is not None:
            made.append(Found(shape, *walked, parent=shape, link=tree))
            continue
        made.append(Found(shape, chosen, verdict, kind=None if write else "loop"))
    return made


def _owned(world: Units, at: Ints) -> tuple[Fanout, Verdict] | None:
    """Rows inserted one by one that share a value, as the lines of an order do, then rows that share another.

    Requests that each insert one row come from different owners in turn.
    """
    steps = world.steps
    near = (np.diff(at) <= 2) & (world.unit[at[1:]] == world.unit[at[:-1]])
    for column in range(steps.values.shape[1]):
        value = steps.values[at, column]
        if not value.all():
            break
        opens = np.concatenate(([True], ~near | (value[1:] != value[:-1])))
        heads = np.flatnonzero(opens)
        counts = np.diff(np.append(heads, len(at)))
        many = counts >= STREAM.fan_out_many
        owners = len(np.unique(value[heads[many]]))
        if owners < STREAM.repeats_min or owners < 0.5 * many.sum() or counts[many].sum() < 0.8 * len(at):
            continue
        first = at[heads]
        whole = Fanout(len(heads), first, first, at[heads + counts - 1], counts, at, np.cumsum(opens) - 1)
        chosen = whole.only(many)
        verdict = judged(world, chosen, write=True)
        verdict.cap = "likely"
        verdict.add(3.0, "rows that share a value, one after the other, then rows that share another")
        return chosen, verdict
    return None


def instances(world: Units, at: Ints) -> Fanout | None:
    """Runs of at least STREAM.fan_out_many within a request, a transaction, or else a unit of work."""
    steps = world.steps
    number = steps.transaction[at]
    group = np.where(number != 0, -number, world.unit[at])
    group = np.where(steps.traced[at], world.unit[at], group)
    opens = np.concatenate(([True], group[1:] != group[:-1]))
    heads = np.flatnonzero(opens)
    counts = np.diff(np.append(heads, len(at)))
    many = counts >= STREAM.fan_out_many
    if not many.any():
        return None
    code = np.cumsum(opens) - 1
    first = at[heads]
    whole = Fanout(len(heads), first, first, at[heads + counts - 1], counts, at, code)
    held = steps.traced[first] | (steps.transaction[first] != 0)
    # those in requests and transactions speak for themselves; without any, all there is
    return whole.only(many & held) if (many & held).any() else whole.only(many)


def judged(world: Units, chosen: Fanout, write: bool) -> Verdict:
    """Weigh a loop without a parent."""
    steps = world.steps
    verdict = Verdict()
    first = chosen.first
    median = float(np.median(chosen.n))
    if float(steps.traced[first].mean()) >= 0.5:
        verdict.boundary = "trace"
        verdict.add(3.0, "all of it in one traced request")
    elif float((steps.transaction[first] != 0).mean()) >= 0.5:
        verdict.boundary = "transaction"
        verdict.add(3.0, "all of it in one transaction")
    else:
        verdict.boundary = world.boundary_of(int(world.unit[first[0]]))
        verdict.at_most("possible")
        verdict.add(0.0, "requests that each run it once would look the same")
    verdict.conclusive = again_and_again(chosen)
    verdict.add(1.0, f"{median:g} times (median)")
    distinct = [
        len(np.unique(steps.literals[chosen.children[chosen.instance == i]])) / chosen.n[i]
        for i in range(0, len(chosen), max(1, len(chosen) // STREAM.instances_looked_at))
    ]
    verdict.distinct_share = round(float(np.median(distinct)), 3)
    if verdict.distinct_share >= 0.5:
        verdict.add(1.0, "different values each time")
    else:
        verdict.add(-2.0, "the same values again and again")
    between = (chosen.last - chosen.first) / np.maximum(chosen.n - 1, 1)
    if float(np.median(between)) <= STREAM.round_statements:
        verdict.add(1.0, "few other statements between the repeats")
    pause = gap(world, chosen)
    if pause is not None and pause < STREAM.pipelined_us:
        verdict.add(-2.0, "sent without waiting for answers, as pipelines and batches of drivers are")
        verdict.at_most("possible")
    if not write:
        verdict.at_most("likely" if verdict.boundary == "trace" and median >= STREAM.loop_keys else "possible")
    return verdict
