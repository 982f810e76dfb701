"""Rows that are read one by one in order to change them: pages of details read rows, and leave them as they are."""

from __future__ import annotations

import numpy as np

from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.units import Units


def read_to_change(world: Units, links: LinkOracle, chosen: Fanout) -> bool:
    """Whether the children lock what they read, or most are followed by a write with their key."""
    steps, children = world.steps, chosen.children
    if steps.write[children[0]]:
        return False
    if links.locks(steps.fingerprints[int(steps.shape[children[0]])]):
        return True
    changed = np.zeros(len(children), np.bool_)
    for ahead in range(1, STREAM.get_steps + 1):
        after = np.minimum(children + ahead, len(steps) - 1)
        near = steps.write[after] & (steps.stream[after] == steps.stream[children])
        near &= (steps.transaction[after] == steps.transaction[children]) & (steps.transaction[children] != 0)
        changed |= near & (steps.values[after] == steps.key[children][:, None]).any(axis=1) & (steps.key[children] != 0)
    return float(changed.mean()) >= 0.75


def only_writes(world: Units, chosen: Fanout) -> bool:
    """Whether the rounds of a loop read nothing: a request would first read what it changes."""
    reads = np.concatenate(([0], np.cumsum(~world.steps.write)))
    return float(np.mean(reads[chosen.last] - reads[chosen.first] == 0)) >= 0.9
