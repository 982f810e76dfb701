"""Repetitions as rows of the relation `chain`: what rules ask for. Counts are scaled to the whole input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from advisor.model.stream import Chain, Repetition

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph

_MOST_ROUTES = 5


def chains(
    repetitions: Iterable[Repetition],
    *,
    seconds: float | None = None,
    total_us: int = 0,
    graphs: Mapping[str, QueryGraph] | None = None,
) -> list[Chain]:
    """Rows of `chain`. ``seconds`` is the length of the window, None where no rate can be had from it; ``total_us`` the
    time of all executions; ``graphs`` name the table of a statement that no link tells."""
    return [_chain(one, seconds, total_us, graphs or {}) for one in repetitions]


def _table(fingerprint: str | None, graphs: Mapping[str, QueryGraph]) -> str | None:
    graph = graphs.get(fingerprint) if fingerprint is not None else None
    return graph.tables[0] if graph is not None and graph.tables else None


def _chain(one: Repetition, seconds: float | None, total_us: int, graphs: Mapping[str, QueryGraph]) -> Chain:
    link = one.link
    instances, repeats = round(one.instances * one.scale), round(one.repeats * one.scale)
    child_us = one.child_us * one.scale
    return Chain(
        kind=one.kind,
        child_fingerprint=one.child,
        parent_fingerprint=one.parent,
        nested_in=one.nested_in,
        sibling_of=one.sibling_of,
        tier=one.tier,
        score=one.score,
        boundary=one.boundary,
        reasons="; ".join(one.reasons) or None,
        link_kind=link.kind if link else None,
        parent_table=link.parent_table if link else _table(one.parent, graphs),
        parent_column=link.parent_column if link else None,
        child_table=link.child_table if link else _table(one.child, graphs),
        child_column=link.child_column if link else None,
        to_one=link.to_one if link else None,
        instances=instances,
        repeats=repeats,
        n_median=one.n_median,
        n_p95=one.n_p95,
        n_max=one.n_max,
        distinct_share=one.distinct_share,
        parent_rows=one.parent_rows,
        conservation=one.conservation,
        child_ms=child_us / 1000,
        child_seconds_per_hour=child_us / 1e6 / (seconds / 3600) if seconds and total_us else None,
        child_share=min(child_us / total_us, 1.0) if total_us else None,
        gap_ms=None if one.gap_us is None else one.gap_us / 1000,
        round_trips_saved=max(repeats - instances, 0),
        routes=", ".join(one.routes[:_MOST_ROUTES]) or None,
        call_site=one.call_site,
    )
