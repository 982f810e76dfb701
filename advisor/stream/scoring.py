"""How far the statements after a parent are to be believed a loop over its rows: points, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.model.finding import Confidence
from advisor.model.stream import Boundary, KeyLink
from advisor.model.stream_limits import STREAM
from advisor.stream.allowances import allowances
from advisor.stream.changing import only_writes, read_to_change
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.steps import Flags, Ints
from advisor.stream.units import Units

#: What a link is worth. A declared reference is certain; a name is nearly so; the row's own key is what a page of
#: details asks for, too.
LINK_POINTS = {"foreign_key": 3.0, "replayed": 3.0, "name": 2.5, "shared_reference": 1.5, "own_key": 1.5}
_BOUNDS: dict[Boundary, float] = {"trace": 3.0, "transaction": 3.0, "reset": 1.0, "request_start": 1.0}
_WORDS: dict[Boundary, str] = {
    "trace": "all of it in one traced request",
    "transaction": "all of it in one transaction",
    "reset": "between two uses of a pooled connection",
    "request_start": "between two learned starts of requests",
    "gap": "only pauses tell requests apart",
    "session": "only the session tells requests apart",
}


@dataclass
class Verdict:
    """Points for and against, with their reasons."""

    boundary: Boundary = "session"
    points: list[tuple[float, str]] = field(default_factory=list)
    cap: Confidence = "confirmed"
    conclusive: bool = False
    """Within one transaction nothing else than a loop explains it (`conclusive`, or the caller's own grounds)."""
    exact: bool = False
    """List by list as many as it gave rows: requests that follow each other by chance now are few, now many."""
    parent_rows: float | None = None
    conservation: float | None = None
    distinct_share: float | None = None

    def add(self, points: float, reason: str) -> None:
        """A point for (above 0) or against."""
        self.points.append((points, reason))

    def at_most(self, tier: Confidence) -> None:
        """Never call it surer than that."""
        order: tuple[Confidence, ...] = ("possible", "likely", "confirmed")
        self.cap = order[min(order.index(self.cap), order.index(tier))]

    @property
    def score(self) -> float:
        """The sum."""
        return round(sum(points for points, _ in self.points), 2)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The strongest first, for or against."""
        return tuple(reason for _, reason in sorted(self.points, key=lambda p: -abs(p[0])))

    @property
    def tier(self) -> Confidence:
        """confirmed: the score is high, and one traced request held it, or one transaction, conclusively."""
        score = self.score
        found: Confidence = "possible"
        if score >= STREAM.likely_score:
            found = "likely"
        proven = self.boundary == "trace" or (self.boundary == "transaction" and self.conclusive)
        if proven and score >= STREAM.confirmed_score:
            found = "confirmed"
        order: tuple[Confidence, ...] = ("possible", "likely", "confirmed")
        return order[min(order.index(found), order.index(self.cap))]


def judge(world: Units, links: LinkOracle, link: KeyLink, all_of: Fanout, wide: bool) -> Verdict:
    """Weigh a child that follows a parent several times. ``wide``: rounds in transactions of their own."""
    found = world.steps
    verdict = Verdict()
    chosen = all_of.only(all_of.repeated)
    median = float(np.median(chosen.n))
    write = bool(found.write[chosen.first[0]])
    held = _delimited(world, verdict, chosen, wide)
    deferred = links.completes(link.parent, link.child)
    changing = read_to_change(world, links, chosen)
    own_read = link.kind == "own_key" and not (write or deferred or changing)
    verdict.add(2.5 if link.kind == "own_key" and not own_read else LINK_POINTS[link.kind], _link_words(link))
    if link.kind == "shared_reference":
        verdict.at_most("likely")
    if deferred:
        verdict.add(0.5, "of the parent's rows it reads only what the parent left out")
    share = float(chosen.n.sum()) / max(1, int(all_of.n.sum()))
    repeated = len(chosen) / all_of.executions
    if median >= STREAM.fan_out_many:
        verdict.add(1.0, f"{median:g} times after each parent (median)")
    elif median < STREAM.repeats_min:
        verdict.add(-1.0, f"only {median:g} times after each parent (median)")
    if share < 0.5:
        verdict.add(-1.0, "most often it follows its parent once")
    clean, distinct = _rounds(world, chosen)
    verdict.distinct_share = round(float(np.median(distinct)), 3)
    kept = _conservation(world, links, link, chosen, distinct, verdict)
    changing |= wide and link.kind == "own_key" and write and not only_writes(world, chosen)
    if changing and not held and not verdict.exact:
        verdict.at_most("possible")  # forms that are saved, one after the other
    declared = link.kind in ("foreign_key", "replayed") or (link.to_one is True and link.kind != "shared_reference")
    verdict.conclusive = declared and (kept or again_and_again(chosen))
    if repeated >= 0.75:
        verdict.add(1.0, f"{repeated:.0%} of the parent's executions are followed by it")
    elif repeated < 0.4 and not kept:
        verdict.add(-1.5, f"only {repeated:.0%} of the parent's executions are followed by it")
    if not held:
        steady = _steady(world, chosen)
        if steady is not None and steady >= 0.8:
            verdict.add(1.0, "the same list is always followed by as many")
        elif steady is not None and steady <= 0.7:
            verdict.add(-1.5, "the same list is followed now by few, now by many")
        if clean >= 0.9:
            verdict.add(1.0, "nothing else runs between the repeats")
        elif clean < 0.6:
            verdict.add(-1.0, "other statements run between the repeats")
        if verdict.distinct_share < 0.9 and link.to_one is not True and not kept:
            verdict.add(-1.5, "keys come again: pages of details rather than rows of a list")
        if own_read:
            verdict.add(-2.0, "rows of the list are read again by their key, as pages of details do")
            verdict.at_most("possible")
    if verdict.distinct_share < STREAM.same_key_share and not kept and median >= STREAM.repeats_min:
        verdict.add(-1.0, "mostly the same key")
    if link.same_filter:
        verdict.add(-3.0, "the parent is asked with the same key")
    if link.parent_single:
        verdict.add(-4.0, "the parent gives one row at most")
    if world.pooled[chosen.first].mean() > 0.5 and not held:
        verdict.add(-2.0, "clients share sessions statement by statement: the order within one means nothing")
        verdict.at_most("possible")
    return verdict


def _delimited(world: Units, verdict: Verdict, chosen: Fanout, wide: bool) -> bool:
    """Name the boundary; whether a request or a transaction holds most instances."""
    found = world.steps
    traced = found.traced[chosen.parent]
    number = found.transaction
    same = (number[chosen.first] != 0) & (number[chosen.first] == number[chosen.last])
    around = same & ((number[chosen.parent] == number[chosen.first]) | found.write[chosen.first])
    held = float(np.mean(traced | around)) >= 0.5
    if float(traced.mean()) >= 0.5:
        verdict.boundary = "trace"
    elif held:
        verdict.boundary = "transaction"
    else:
        codes = world.boundary[world.unit[chosen.parent]]
        codes = codes[codes < 4] if (codes < 4).any() else codes
        name = world.boundary_of(int(world.unit[chosen.parent][0])) if not len(codes) else None
        values, counts = np.unique(codes, return_counts=True)
        verdict.boundary = (
            name or ("session", "gap", "reset", "request_start", "transaction", "trace")[int(values[counts.argmax()])]
        )
        if verdict.boundary == "transaction":
            verdict.boundary = "session"
    if held and verdict.boundary == "transaction" and _whole_session(world, chosen):
        verdict.add(0.5, "one transaction holds list after list: it is no request, nobody commits")
        held = False
    else:
        verdict.add(_BOUNDS.get(verdict.boundary, 0.0), _WORDS[verdict.boundary])
    if wide and not (found.write[chosen.first].all() and only_writes(world, chosen)):
        verdict.add(-1.0, "each round commits a transaction of its own, as requests do")
    return held


def _whole_session(world: Units, chosen: Fanout) -> bool:
    """Whether transactions hold so many instances that they cannot be requests: drivers open one at the first
    statement, and a program that only reads may never end it."""
    number = world.steps.transaction[chosen.first]
    within = number[number != 0]
    return len(within) > STREAM.lists_of_request * len(np.unique(within))


def _steady(world: Units, chosen: Fanout) -> float | None:
    """Share of the instances of which the same parent, with the same values, had about as many children each time.

    Rows of a list do not change much between two executions; what somebody picks of it does. None where no parent was
    asked twice the same.
    """
    _, code, counts = np.unique(world.steps.literals[chosen.parent], return_inverse=True, return_counts=True)
    again = counts[code.reshape(-1)] > 1
    if int(again.sum()) < 2 * STREAM.repeats_min:
        return None
    groups, n = code.reshape(-1)[again], chosen.n[again]
    near = 0
    for group in np.unique(groups).tolist():
        own = n[groups == group]
        near += int((np.abs(own - np.median(own)) <= np.maximum(1, 0.2 * np.median(own))).sum())
    return near / len(n)


def _conservation(
    world: Units, links: LinkOracle, link: KeyLink, chosen: Fanout, distinct: NDArray[np.float64], verdict: Verdict
) -> bool:
    """Compare repeats with the rows that the parents gave, or may give; whether they are as many.

    What counts is the repeats, or else the different keys among them: a row may be asked for more than once, and the
    objects that an ORM keeps are asked for once only.
    """
    rows = world.steps.rows[chosen.parent]
    known = rows >= 0
    keys = chosen.n * distinct
    if known.mean() >= 0.5:
        gave, n, keys = rows[known], chosen.n[known], keys[known]
        verdict.parent_rows = float(gave.mean())
        verdict.conservation = round(float(n.sum()) / max(1.0, float(gave.sum())), 3)
        if float(np.median(gave)) == 1:
            verdict.add(-3.0, "the parent gave one row")
            return False
        if _near(n, keys, gave):
            verdict.exact = again_and_again(chosen)
            verdict.add(2.0, "one for each row that the parent gave")
            return True
        if (keys > gave + 1).mean() > 0.5:
            verdict.add(-1.5, "for more keys than the parent gave rows")
        elif link.to_one is not True and float(np.median(n / np.maximum(gave, 1))) < 0.5:
            verdict.add(-1.0, "for few of the rows that the parent gave")
        return False
    sample = links.limit(link.parent)
    if sample is None or sample < 2:
        return False
    limit = allowances(world.steps, chosen.parent, sample, world.samples.get(link.parent, ()))
    told = limit >= 2
    if told.mean() < 0.5:
        return False
    limit, n, keys = limit[told], chosen.n[told], keys[told]
    words = f"the parent's LIMIT of {limit[0]} allows" if (limit == limit[0]).all() else "the parent's LIMITs allow"
    verdict.parent_rows = float(limit.mean())
    verdict.conservation = round(float(n.sum()) / float(limit.sum()), 3)
    share, most = float(np.median(n / limit)), float(np.median(keys / limit))
    if (keys > limit).mean() > 0.5:
        verdict.add(-1.5, f"for more keys than {words} rows")
    elif most >= 0.9 or 0.9 <= share <= 1:
        verdict.exact = again_and_again(chosen) and _near(n, keys, limit)
        verdict.add(1.5, f"as often as {words} rows")
        return True
    elif share < 0.4 and link.to_one is not True:
        verdict.add(-0.5, f"seldom against the rows that {words}")
    return False


def _near(n: Ints, keys: NDArray[np.float64], rows: Ints) -> bool:
    """Whether three lists of four have about as many repeats, or different keys, as rows."""
    off = np.minimum(np.abs(n - rows), np.abs(keys - rows))  # a few rows may have no key
    return bool((off <= np.maximum(1, 0.1 * rows)).mean() >= 0.75)


def _rounds(world: Units, chosen: Fanout) -> tuple[float, NDArray[np.float64]]:
    """Share of the steps of a loop that belong to it (median), and of different values among each instance's repeats.

    Of many instances some are looked at; the others count as their median.
    """
    found = world.steps
    sampled = range(0, len(chosen), max(1, len(chosen) // STREAM.instances_looked_at))
    clean: list[float] = []
    distinct = np.full(len(chosen), np.nan)
    edges = np.searchsorted(chosen.instance, np.arange(len(chosen) + 1))
    for i in sampled:
        own = chosen.children[edges[i] : edges[i + 1]]
        distinct[i] = len(np.unique(found.literals[own])) / len(own)
        first = int(chosen.first[i])
        within = found.shape[first : min(int(chosen.last[i]), first + STREAM.steps_looked_at) + 1]
        _, counts = np.unique(within, return_counts=True)
        clean.append(float(counts[counts * 2 >= len(own)].sum()) / len(within))
    return float(np.median(clean)), np.where(np.isnan(distinct), np.nanmedian(distinct), distinct)


def again_and_again(chosen: Fanout) -> bool:
    """Several instances, of many repeats each: one alone may be somebody's hand, a few each a coincidence."""
    return len(chosen) > 1 and float(np.median(chosen.n)) >= STREAM.fan_out_many


def _link_words(link: KeyLink) -> str:
    child = f"{link.child_table}.{link.child_column}"
    parent = f"{link.parent_table}.{link.parent_column}"
    return {
        "foreign_key": f"a foreign key links {child} and {parent}",
        "name": f"by their names, {child} holds values of {parent}",
        "shared_reference": f"{child} and {parent} reference the same table",
        "own_key": f"{child} is the key of the parent's own rows",
        "replayed": f"values of {child} were found in {parent}",
    }[link.kind]


def held_flags(world: Units) -> Flags:
    """Steps that a request or a transaction holds together."""
    flags: Flags = world.steps.traced | (world.steps.transaction != 0)
    return flags
