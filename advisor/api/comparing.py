"""`compare`: two sets of sources, what changed between them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from advisor.api.analysis import digest
from advisor.api.arguments import listed
from advisor.digest.digest import Digest
from advisor.model.compared import Comparison
from advisor.model.limits import LIMITS
from advisor.sources.options import ReadOptions

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.model.catalog import Catalog
    from advisor.model.shape import ShapeSummary
    from advisor.model.stream import StreamReport

Source = str | os.PathLike[str]


def compare(
    before: Source | Sequence[Source] | Digest,
    after: Source | Sequence[Source] | Digest,
    *,
    catalog: Source | Sequence[Source] = (),
    reading: ReadOptions | None = None,
    max_shapes: int = LIMITS.max_shapes,
    threshold_ms: float | None = None,
    sample_rate: float | None = None,
    show_literals: bool = False,
) -> Comparison:
    """What became of every shape between two windows: logs, counters or digests, whatever `analyze` reads.

    ``catalog`` names schemas (snapshots, DDL files or DSNs), which tell more of the loops. The other arguments are
    those of `analyze` and hold for both sides. Raises UserError for what the user can mend.
    """
    from advisor.api.catalogs import given
    from advisor.comparison import compare as compared

    engine = reading.engine if reading is not None else None
    catalogs = [given(name, engine, None, None).catalog for name in listed(catalog)]
    sides = [
        side
        if isinstance(side, Digest)
        else digest(side, reading=reading, max_shapes=max_shapes, threshold_ms=threshold_ms, sample_rate=sample_rate)
        for side in (before, after)
    ]
    return compared(*sides, repetitions=partial(loops, catalogs=catalogs), show_literals=show_literals)


def loops(whole: Digest, known: Sequence[ShapeSummary], *, catalogs: Sequence[Catalog] = ()) -> StreamReport:
    """Repetitions in a digest whose shapes are ``known``: by the order of statements, of counters by their totals."""
    from advisor.graphs.collector import paused
    from advisor.model.stream import StreamReport
    from advisor.stream import counters
    from advisor.stream.detection import candidates, detect
    from advisor.stream.links import Links

    rows = whole.sequence_rows()
    count = len(rows["shape"])
    if not count:
        with paused():
            links = Links(_graphs(known, catalogs), catalogs)
            found = tuple(counters.detect(known, links))
        return StreamReport(events=0, sampled_share=1.0, units={}, repetitions=found)
    wanted = candidates(rows)
    shapes = [shape for shape in known if shape.fingerprint in wanted]
    with paused():
        links = Links(_graphs(shapes, catalogs), catalogs)
        scale = max(1.0, whole.sequence.events / count)
        return detect(rows, links, shapes, scale, whole.routes.names)


def _graphs(shapes: Sequence[ShapeSummary], catalogs: Sequence[Catalog]) -> dict[str, QueryGraph]:
    from advisor.graphs import NotAnalysed, build

    graphs = {}
    for shape in shapes:
        try:
            graphs[shape.fingerprint] = build(shape.sql, shape.engine.name, catalogs)
        except NotAnalysed:
            continue
    return graphs
