"""The same question, with the same values, again and again in one unit of work, and nothing written in between."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np

from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM
from advisor.stream.chains import repeated
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import Verdict, again_and_again
from advisor.stream.steps import Ints
from advisor.stream.summing import Found, gap
from advisor.stream.units import Units

#: A second execution may rightly answer otherwise: it takes the next row, or waits for one.
_VOLATILE = re.compile(
    r"\bfor (?:no key )?(?:update|share)\b|\block in share|\bskip locked|\bnextval\b|\brandom?\(", re.I
)


def redundant(
    world: Units,
    links: LinkOracle,
    positions: dict[int, Ints],
    taken: Collection[int],
    known: Mapping[str, ShapeSummary],
) -> list[Found]:
    """Repeats of one statement with the same values."""
    steps = world.steps
    written = _written(world, links, positions)
    made = []
    for shape in repeated(world).tolist():
        name = steps.fingerprints[shape]
        at = positions[shape]
        if shape in taken or bool(steps.write[at[0]]) or not links.tables(name):
            continue
        if name in known and _VOLATILE.search(known[name].sql):
            continue
        chosen = _runs(world, at, [written[table] for table in links.tables(name) if table in written])
        if chosen is None:
            continue
        verdict = _judged(world, chosen)
        among = np.isin(world.unit[at], world.unit[chosen.first])
        if chosen.n.sum() < 0.8 * among.sum():
            verdict.add(-1.5, "as often it asks for other rows: some are popular")
        if verdict.tier == "possible" and (tight := _tight(world, at)) is not None:
            chosen, verdict = tight
        made.append(Found(shape, chosen, verdict, kind="redundant"))
    return made


def _tight(world: Units, at: Ints) -> tuple[Fanout, Verdict] | None:
    """Without a request or transaction around: bursts of one question, as fast as other work of the session.

    Told apart from waiting (pauses are longer than others), from popular rows (the shape is seldom asked otherwise)
    and from a test that asks one thing all the time (there is other work between the bursts).
    """
    steps = world.steps
    same = (np.diff(at) == 1) & (world.unit[at[1:]] == world.unit[at[:-1]])
    same &= steps.literals[at[1:]] == steps.literals[at[:-1]]
    opens = np.concatenate(([True], ~same))
    heads = np.flatnonzero(opens)
    counts = np.diff(np.append(heads, len(at)))
    first = at[heads]
    whole = Fanout(len(heads), first, first, at[heads + counts - 1], counts, at, np.cumsum(opens) - 1)
    many = counts >= STREAM.fan_out_many
    if many.sum() < STREAM.repeats_min or counts[many].sum() < 0.8 * len(at):
        return None
    chosen = whole.only(many)
    pause = gap(world, chosen)
    others = steps.idle[np.setdiff1d(np.flatnonzero(steps.idle >= 0), at)]
    if pause is None:
        if not _one_a_row(world, chosen):
            return None
    elif not len(others) or pause > min(max(STREAM.tight_us, 2 * float(np.median(others))), STREAM.polling_us / 5):
        return None
    verdict = Verdict(boundary=world.boundary_of(int(world.unit[first[0]])))
    verdict.add(3.0, "again and again in a row, without pauses, between other work")
    verdict.add(2.0, "the same values each time, and nothing written to its tables in between")
    verdict.add(1.0, f"{np.median(chosen.n):g} times (median)")
    verdict.distinct_share = round(float((1 / chosen.n).mean()), 3)
    verdict.at_most("likely")
    return chosen, verdict


def _one_a_row(world: Units, chosen: Fanout) -> bool:
    """Whether each burst is as long as the read before it gave rows: what a clock of seconds cannot tell."""
    before = np.maximum(chosen.first - 1, 0)
    rows = np.where(world.steps.write[before] | (chosen.first == 0), -1, world.steps.rows[before])
    return float(((rows >= 0) & (np.abs(rows - chosen.n) <= 1)).mean()) >= 0.75


def _written(world: Units, links: LinkOracle, positions: dict[int, Ints]) -> dict[str, Ints]:
    """Positions of the writes to each table."""
    found: dict[str, list[Ints]] = {}
    for shape, own in positions.items():
        if world.steps.write[own[0]]:
            for table in links.tables(world.steps.fingerprints[shape]):
                found.setdefault(table, []).append(own)
    return {table: np.sort(np.concatenate(own)) for table, own in found.items()}


def _runs(world: Units, at: Ints, writes: list[Ints]) -> Fanout | None:
    """Executions with equal values in one unit, between two writes to its tables."""
    steps = world.steps
    written = np.sort(np.concatenate(writes)) if writes else np.zeros(0, np.int64)
    epoch = np.searchsorted(written, at)
    order = np.lexsort((at, steps.literals[at], epoch, world.unit[at]))
    own = at[order]
    keys = (world.unit[own], epoch[order], steps.literals[own])
    opens = np.concatenate(([True], np.any([k[1:] != k[:-1] for k in keys], axis=0)))
    heads = np.flatnonzero(opens)
    counts = np.diff(np.append(heads, len(own)))
    many = counts >= STREAM.repeats_min
    if not many.any():
        return None
    whole = Fanout(len(heads), own[heads], own[heads], own[heads + counts - 1], counts, own, np.cumsum(opens) - 1)
    return whole.only(many)


def _judged(world: Units, chosen: Fanout) -> Verdict:
    steps = world.steps
    verdict = Verdict()
    first, last = chosen.first, chosen.last
    traced = steps.traced[first]
    same = (steps.transaction[first] != 0) & (steps.transaction[first] == steps.transaction[last])
    if float(traced.mean()) >= 0.5:
        verdict.boundary = "trace"
        verdict.add(3.0, "all of it in one traced request")
    elif float(same.mean()) >= 0.5:
        verdict.boundary = "transaction"
        verdict.add(3.0, "all of it in one transaction")
    else:
        verdict.boundary = world.boundary_of(int(world.unit[first[0]]))
        if verdict.boundary in ("transaction", "trace"):
            verdict.boundary = "session"
        verdict.add(0.0, "requests that each ask once would look the same")
        verdict.at_most("possible")
    verdict.distinct_share = round(float((1 / chosen.n).mean()), 3)
    median = float(np.median(chosen.n))
    verdict.conclusive = again_and_again(chosen)
    verdict.add(2.0, "the same values each time, and nothing written to its tables in between")
    if median >= STREAM.fan_out_many:
        verdict.add(1.0, f"{median:g} times (median)")
    apart = float(np.median((last - first) / np.maximum(chosen.n - 1, 1)))
    if verdict.boundary == "transaction" and apart > STREAM.round_statements:
        verdict.add(-1.5, "far apart: a transaction that nobody ends holds one page after the other")
    pause = gap(world, chosen)
    if pause is not None and pause >= STREAM.polling_us:
        verdict.add(-3.0, "long pauses between the repeats: it waits for a change")
    return verdict
