"""Trees walked node by node: each answer gives the keys of the next questions."""

from __future__ import annotations

import numpy as np

from advisor.model.stream import KeyLink
from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import LINK_POINTS, Verdict
from advisor.stream.steps import Ints
from advisor.stream.units import Units


def branches(links: LinkOracle, name: str) -> KeyLink | None:
    """The link by which rows of a statement give the keys of its next executions: by another column than it asks."""
    link = links.of(name, name)
    if link is None or link.kind not in ("foreign_key", "name"):
        return None
    walked = not link.same_filter and not link.parent_single and link.parent_column != link.child_column
    return link if walked else None


def walks(world: Units, link: KeyLink, at: Ints) -> tuple[Fanout, Verdict] | None:
    """Walks outside requests and transactions: questions in a row, none of them twice.

    Visitors who open one node each would look the same, but for this: each of the rows that came is asked for in turn,
    or else there is no node asked for twice within a walk where chance would have brought many. (With n questions over
    d nodes in all, even chance keeps them apart with a probability of exp(-n(n-1)/2d).)
    """
    steps = world.steps
    opens = np.concatenate(([True], (np.diff(at) != 1) | (world.unit[at[1:]] != world.unit[at[:-1]])))
    heads = np.flatnonzero(opens)
    counts = np.diff(np.append(heads, len(at)))
    first = at[heads]
    whole = Fanout(len(heads), first, first, at[heads + counts - 1], counts, at, np.cumsum(opens) - 1)
    many = counts >= STREAM.fan_out_many
    if not many.any() or counts[many].sum() < 0.8 * len(at):
        return None
    chosen = whole.only(many)
    key = steps.literals[chosen.children].astype(np.uint64)
    pairs = np.unique(np.stack((chosen.instance.astype(np.uint64), key)), axis=1)
    if pairs.shape[1] < len(key):
        return None
    n = chosen.n
    verdict = Verdict(boundary="session", distinct_share=1.0)
    rows = steps.rows[chosen.children]
    known = np.bincount(chosen.instance, weights=rows < 0) == 0
    gave = np.bincount(chosen.instance, weights=rows)
    all_asked = known & (gave < n) & (n - gave <= np.maximum(STREAM.repeats_min, 0.1 * n))
    by_chance = float((n * (n - 1)).sum()) / (2 * len(np.unique(key)))
    if all_asked.mean() >= 0.75:
        verdict.add(2.0, "each of the rows that came is asked for in turn")
    elif not known.any() and len(chosen) > 1 and by_chance >= STREAM.walk_chance:
        verdict.add(1.5, "no key comes twice in a walk, where visitors would ask for some again")
    else:
        return None
    verdict.add(LINK_POINTS[link.kind], "its rows give the keys that it is asked with: a tree")
    verdict.add(1.0, f"{np.median(n):g} times (median)")
    verdict.add(1.0, "nothing else runs between the repeats")
    verdict.at_most("likely")
    return chosen, verdict
