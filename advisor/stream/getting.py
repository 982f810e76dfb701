"""Get or create, row by row: is it there? if not, insert it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.chains import is_child
from advisor.stream.fanout import neighbours
from advisor.stream.loops import instances, judged
from advisor.stream.oracle import LinkOracle
from advisor.stream.steps import Ints
from advisor.stream.summing import Found
from advisor.stream.units import Units


def get_or_create(world: Units, links: LinkOracle, positions: dict[int, Ints], taken: Collection[int]) -> list[Found]:
    """Lookups by a value that an INSERT into the same table sets right after, many in one request or transaction.

    Outside of both it is never more than `possible`, however fast the rounds follow each other: a pool that requests
    wait for hands a connection from one sign-up to the next without a pause.
    """
    names = world.steps.fingerprints
    made = []
    for insert, at in positions.items():
        if len(at) < STREAM.repeats_min or links.kind(names[insert]) != "insert":
            continue
        for lookup in neighbours(world.steps, world.steps.stream, at, STREAM.get_steps, STREAM.parents_most).tolist():
            own = positions[lookup]
            if lookup in taken or not set(links.tables(names[lookup])) & set(links.tables(names[insert])):
                continue
            if not is_child(world, links, lookup, own) or _shared(world, own, at) < 0.8:
                continue
            chosen = instances(world, own)
            if chosen is not None:
                verdict = judged(world, chosen, write=True)
                verdict.add(0.5, "an INSERT of the value that was not found follows")
                made.append(Found(lookup, chosen, verdict, kind="get_or_create", insert=insert))
    return made


def _shared(world: Units, lookups: Ints, inserts: Ints) -> float:
    """Share of the inserts that set the value which the lookup just before asked for."""
    before = np.searchsorted(lookups, inserts) - 1
    near = before >= 0
    last = lookups[np.maximum(before, 0)]
    near &= (inserts - last <= STREAM.get_steps) & (world.steps.stream[last] == world.steps.stream[inserts])
    same = (world.steps.values[inserts] == world.steps.key[last][:, None]).any(axis=1)
    return float((near & same).mean())
