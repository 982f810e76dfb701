"""Repetitions with their fixes: one statement in place of the loop, what it saves, and what to change in the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from advisor.model.engine import EngineName
from advisor.model.stream import Chain, Repetition
from advisor.model.stream_limits import STREAM
from advisor.stream.relation import chains

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.model.catalog import Catalog
    from advisor.model.rewrite import Batched
    from advisor.model.shape import ShapeSummary


@dataclass(frozen=True)
class Ground:
    """What fixes are made from."""

    engine: EngineName
    shapes: Sequence[ShapeSummary]
    graphs: Mapping[str, QueryGraph]
    catalogs: Sequence[Catalog]
    seconds: float | None
    """Length of the window; None where no rate can be had from it."""
    total_us: int
    round_trip_us: float | None

    @cached_property
    def known(self) -> dict[str, ShapeSummary]:
        """Shapes by fingerprint."""
        return {shape.fingerprint: shape for shape in self.shapes}

    def limit(self, fingerprint: str) -> int | None:
        """Rows that an execution takes at most."""
        from advisor.stream.links.kinds import limit

        graph = self.graphs.get(fingerprint)
        return limit(graph) if graph is not None else None

    def samples(self, fingerprint: str) -> list[str]:
        """Logged executions, whole."""
        shape = self.known.get(fingerprint)
        if shape is None:
            return []
        some = [*shape.samples, shape.slowest]
        return list(dict.fromkeys(one.sql for one in some if one is not None and not one.cut))


def mended(repetitions: Sequence[Repetition], ground: Ground) -> list[Chain]:
    """Rows of the relation ``chain``; the first STREAM.mended by what they cost have their fix worked out."""
    rows = chains(repetitions, seconds=ground.seconds, total_us=ground.total_us, graphs=ground.graphs)
    order = sorted(range(len(rows)), key=lambda i: (-rows[i].child_ms, -rows[i].repeats, i))
    for place, number in enumerate(order[: STREAM.mended]):
        rows[number] = _mended(repetitions[number], rows[number], ground, joined=place < STREAM.joined)
    return rows


def _mended(one: Repetition, row: Chain, ground: Ground, *, joined: bool) -> Chain:
    from advisor.rewrites.frameworks import recognise, words
    from advisor.rewrites.saving import saving

    shape = ground.known.get(one.child)
    if shape is None:
        return row
    batch = batch_of(one, ground, joined=joined)
    tags = {key: max(values, key=lambda value: values[value]) for key, values in shape.tags.items() if values}
    texts = [*ground.samples(one.child), shape.sql]
    framework = next((found for text in texts if (found := recognise(text, tags)) is not None), None)
    saved = saving(one, round_trip_us=ground.round_trip_us, window_seconds=ground.seconds)
    return msgspec.structs.replace(
        row,
        round_trip_ms=_ms(ground.round_trip_us),
        latency_saved_ms=_ms(saved.per_instance_us),
        saved_seconds_per_hour=None if saved.latency_us_per_hour is None else saved.latency_us_per_hour / 1e6,
        framework=framework.name if framework is not None else None,
        in_words=words(framework, one),
        batched_sql=batch.sql,
        join_sql=batch.join_sql if batch.join_verified else None,
        checked=". ".join(filter(None, [batch.checked or batch.why_not, *batch.notes])) or None,
    )


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000


def batch_of(one: Repetition, ground: Ground, *, joined: bool) -> Batched:
    """One statement in place of the loop; with ``joined`` its join with the parent too."""
    from advisor.rewrites.batching import batched

    parent = ground.known.get(one.parent) if joined and one.parent else None
    return batched(
        ground.known[one.child].sql,
        parent.sql if parent is not None else None,
        one.link,
        ground.engine,
        ground.catalogs,
        kind=one.kind,
        samples=ground.samples(one.child),
        limit=ground.limit(one.child),
        insert_sql=ground.known[one.insert].sql if one.insert in ground.known else None,
    )
