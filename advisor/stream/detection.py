"""From the order of statements to the repetitions in it: N+1 queries, loops of writes, the same question again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from advisor.digest.effect import READ, WRITE
from advisor.digest.sequence import Rows
from advisor.model.batch import Context
from advisor.model.shape import ShapeSummary
from advisor.model.stream import Pooling, Repetition, StreamReport
from advisor.model.stream_limits import STREAM
from advisor.stream.chains import by_shape, chains, repeated
from advisor.stream.closure import closed
from advisor.stream.fanout import neighbours
from advisor.stream.getting import get_or_create
from advisor.stream.loops import keyed_loops, write_loops
from advisor.stream.oracle import LinkOracle
from advisor.stream.redundancy import redundant
from advisor.stream.scatter import scattered, together
from advisor.stream.summing import Found, repetition, round_trip
from advisor.stream.units import Units, units


def candidates(rows: Rows) -> set[str]:
    """Fingerprints worth a query graph: what is repeated, and the reads that stand before it. Cheap: no graphs."""
    world = units(rows)
    found = world.steps
    shapes = repeated(world, wide=True)
    if not len(shapes):
        return set()
    positions = by_shape(world)
    wanted = set(shapes.tolist())
    for shape in shapes.tolist():
        near = neighbours(found, world.stretch, positions[shape], STREAM.parent_steps, STREAM.parents_most)
        wanted.update(near.tolist())
    return {found.fingerprints[shape] for shape in wanted}


def detect(
    rows: Rows,
    links: LinkOracle,
    shapes: Sequence[ShapeSummary],
    scale: float = 1.0,
    routes: Mapping[int, str] | None = None,
    contexts: Mapping[int, Context] | None = None,
) -> StreamReport:
    """What the order of ``rows`` (`digest.sequence_rows()`) shows.

    ``shapes`` give engines and texts, ``scale`` executions of the input per row, ``routes`` and ``contexts`` the names
    behind their numbers. The same rows give the same report.
    """
    known = {shape.fingerprint: shape for shape in shapes}
    numbers = np.unique(rows["shape"]).tolist()
    noise = frozenset(name for name in (f"{n:016x}" for n in numbers) if links.noise(name))
    texts = {name: [one.sql for one in shape.samples if not one.cut] for name, shape in known.items()}
    world = replace(units(rows, links, noise, routes), samples=texts)
    found: list[Found] = []
    if len(world.steps):
        positions = by_shape(world)
        found = closed(world, links, chains(world, links), positions)
        taken = {each.child for each in found if each.verdict.tier != "possible"}
        found += write_loops(world, links, positions, taken)
        taken |= {each.child for each in found if each.verdict.tier != "possible"}
        found += get_or_create(world, links, positions, taken)
        taken |= {each.child for each in found if each.verdict.tier != "possible"}
        found += redundant(world, links, positions, taken, known)
        taken |= {each.child for each in found}
        found += keyed_loops(world, links, positions, taken)
    made = [repetition(world, links, known, each, scale, routes or {}) for each in found if _worth_a_word(each)]
    merged = together(world) if len(world.steps) else None
    if merged is not None:
        sure = {each.child for each in made if each.tier != "possible"}
        over = closed(merged, links, scattered(merged, links, sure), by_shape(merged))
        made += [repetition(merged, links, known, each, scale, routes or {}) for each in over if _worth_a_word(each)]
    told = {each.child for each in made}
    made = [each for each in made if each.sibling_of is None or each.sibling_of in told]
    order = {"confirmed": 0, "likely": 1, "possible": 2}
    made.sort(key=lambda r: (order[r.tier], -r.repeats, -r.score, r.child, r.parent or ""))
    stepping = (rows["effect"] == READ) | (rows["effect"] == WRITE)
    return StreamReport(
        events=round(len(rows["session"]) * scale),
        sampled_share=min(1.0, 1 / scale) if stepping.any() else 1.0,
        units=world.counts() if len(world.steps) else {},
        pooling=tuple(_named(pool, contexts or {}) for pool in world.poolings),
        repetitions=tuple(_once(made)),
        round_trip_us=round_trip(world),
    )


def _worth_a_word(found: Found) -> bool:
    return found.verdict.tier != "possible" or found.verdict.score >= STREAM.possible_score


def _named(pool: Pooling, contexts: Mapping[int, Context]) -> Pooling:
    context = contexts.get(int(pool.user or 0), Context())
    return Pooling(
        context.database,
        context.user,
        context.application,
        pool.events,
        pool.sessions,
        pool.predictability,
        pool.statement_level,
    )


def _once(made: list[Repetition]) -> list[Repetition]:
    """One row for each child and parent, the surest."""
    seen: set[tuple[str, str | None, str]] = set()
    kept = []
    for each in made:
        key = (each.child, each.parent, "redundant" if each.kind == "redundant" else "")
        if key not in seen:
            seen.add(key)
            kept.append(each)
    return kept


__all__ = ["Units", "candidates", "detect"]
