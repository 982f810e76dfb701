"""The workload that meets a migration: shapes, their query graphs, and the statements that a planner can plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model.counted import counted
from advisor.model.errors import UserError
from advisor.model.limits import LIMITS

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.graphs import QueryGraph
    from advisor.model.capture import Capture
    from advisor.model.catalog import Catalog
    from advisor.model.engine import EngineName
    from advisor.model.shape import ShapeSummary
    from advisor.recommend.workload import Statement

#: Kinds of statements that have a plan: nobody expects one of a COMMIT.
_PLANNED = ("select", "insert", "update", "delete", "merge")


@dataclass(slots=True)
class Met:
    """The workload of one engine."""

    shapes: list[ShapeSummary] = field(default_factory=list)
    graphs: dict[tuple[str, str], QueryGraph] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    seconds: float | None = None
    """Of the window."""
    capture: Capture | None = None
    """What the log's settings hid."""
    notices: list[str] = field(default_factory=list)


def met(sources: Sequence[str] | Digest, catalogs: Sequence[Catalog], engine: EngineName) -> Met:
    """Reads the workload. Empty where none is given. Raises UserError for one that holds nothing of the engine."""
    from advisor.api.analysis import digest, graphs_of, heaviest
    from advisor.digest.digest import Digest as Kind
    from advisor.graphs.collector import paused
    from advisor.recommend.workload import statements
    from advisor.reports.document import window
    from advisor.sources.options import ReadOptions

    if not isinstance(sources, Kind) and not sources:
        return Met()
    whole = sources if isinstance(sources, Kind) else digest(sources, reading=ReadOptions(engine=None))
    shapes, totals = whole.shapes(), whole.totals()
    rate = whole.capture.uniform_rate()
    if rate is not None:
        from advisor.digest.scaling import scaled_shape, scaled_totals

        shapes, totals = [scaled_shape(shape, rate) for shape in shapes], scaled_totals(totals, rate)
    kin = ("mysql", "mariadb") if engine in ("mysql", "mariadb") else (engine,)
    own = [shape for shape in shapes if shape.engine.name in kin]
    if not own:
        raise UserError(f"--workload: it holds no statement of {engine}")
    seconds = window(totals).seconds
    if seconds is not None and seconds < LIMITS.rate_seconds:
        seconds = None
    chosen = heaviest(own, totals.total_us)
    with paused():
        graphs, failed = graphs_of(chosen, catalogs)
    found = Met(list(chosen), graphs, seconds=seconds, capture=whole.capture.verdict())
    if len(chosen) < len(own):
        found.notices.append(f"of the workload's {len(own):,} shapes the {len(chosen):,} heaviest are looked at")
    if failed:
        found.notices.append(
            f"{counted(len(failed), 'shape')} of the workload could not be analysed: what they use is not known"
        )
    if seconds is None:
        found.notices.append("the workload's window is not known: nobody can tell how many statements would wait")
    planned = [shape for shape in chosen if shape.kind in _PLANNED]
    found.statements = statements(planned, graphs, {}, catalogs, window_seconds=seconds)
    return found
