"""What every insight into the stream of statements is made from: one value, so that an insight is a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.contexts import context_hash
from advisor.digest.sequence import Rows, thinned
from advisor.model.batch import Context
from advisor.model.capture import Capture
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.observed import Observations
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM
from advisor.stream.clock import ticks_us
from advisor.stream.insights.completion import completion

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.graphs.graph import QueryGraph
    from advisor.stream.insights.accesses import Accesses
    from advisor.stream.insights.effects import Effects
    from advisor.stream.insights.jobs import Found
    from advisor.stream.insights.spans import Spans

_NOTHING = Observations([], [], [], [], [], [], [], [], {})
_NOT_KNOWN = Capture()


@dataclass(frozen=True)
class Material:
    """The stream of statements and what is known around it. Nothing in it is changed by an insight."""

    rows: Rows
    """Columns as in `digest.sequence.COLUMNS`, ordered by source, session, offset. A sample when `scale` > 1."""
    shapes: Sequence[ShapeSummary] = ()
    """All shapes of the digest, by total time. Their counts are of everything that was read, not of the sample."""
    graphs: Mapping[str, QueryGraph] = field(default_factory=dict)
    """Query graphs by fingerprint; a shape without one was not analysed: nothing may be concluded from that."""
    catalogs: Sequence[Catalog] = ()
    scale: float = 1.0
    """Events of the input that had a session, per row of `rows`: 1 when `rows` is all of them."""
    routes: Mapping[int, str] = field(default_factory=dict)
    """Name by the number in the column ``route``; 0 is "no tag named one"."""
    observations: Observations = _NOTHING
    settings: Mapping[str, str] = field(default_factory=dict)
    """Latest value of each server setting that the log told."""
    capture: Capture = _NOT_KNOWN
    """How much of the workload the log shows. Unless ``complete``, the time between two statements may hold others."""
    contexts: Mapping[int, Context] = field(default_factory=dict)
    """Who, by the number in the column ``context``. A number that is missing: too many, only a sample was kept."""
    values_comparable: bool = True
    """False: hashes of values (``literals``, ``key0``...) are ranks within a source (a redacted digest), so that equal
    ones of different sources mean nothing."""
    start_us: int | None = None
    """Start of the first event of the input, and end of the last."""
    end_us: int | None = None

    def __len__(self) -> int:
        return len(self.rows["session"])

    @cached_property
    def by_fingerprint(self) -> dict[str, ShapeSummary]:
        """Shapes by fingerprint; the heaviest where several engines share one."""
        found: dict[str, ShapeSummary] = {}
        for shape in self.shapes:
            found.setdefault(shape.fingerprint, shape)
        return found

    @cached_property
    def _numbered(self) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        numbers, codes = np.unique(self.rows["shape"], return_inverse=True)
        return numbers, codes

    @cached_property
    def fingerprints(self) -> list[str]:
        """Fingerprints that occur in the rows; `codes` numbers them."""
        return [f"{number:016x}" for number in self._numbered[0].tolist()]

    @property
    def codes(self) -> NDArray[np.intp]:
        """Of each row, the place of its shape in `fingerprints`."""
        return self._numbered[1]

    @cached_property
    def tick_us(self) -> int | None:
        """Coarsest tick of the clocks of its sources, in microseconds (see `clock`). None: no times are known."""
        ticks = ticks_us(self.rows["source"], self.rows["start_us"], self.rows["duration_us"]).values()
        return max((tick for tick in ticks if tick is not None), default=None)

    @cached_property
    def completed(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Rows in the order in which they were completed, and when (see `completion`)."""
        return completion(self.rows)

    @cached_property
    def spans(self) -> Spans:
        """Its transactions."""
        from advisor.stream.insights.spans import spans

        return spans(self)

    @cached_property
    def effects(self) -> dict[str, Effects]:
        """What each statement reads, writes and depends on, by fingerprint."""
        from advisor.stream.insights.effects import effects

        return effects(self)

    @cached_property
    def accesses(self) -> Accesses:
        """Its SELECTs that a cache could answer."""
        from advisor.stream.insights.accesses import accesses

        return accesses(self)

    @cached_property
    def periodic(self) -> Sequence[Found]:
        """Everything in it with a fixed period."""
        from advisor.stream.insights.jobs import periodic

        return periodic(self)

    @property
    def hidden(self) -> bool:
        """Whether the log is known to lack statements, or nothing speaks for its being whole."""
        if self.capture.complete is not None:
            return not self.capture.complete
        return self.capture.threshold_ms != 0

    def engine(self, fingerprint: str) -> EngineName | None:
        """The engine of a shape; None for one that the digest does not hold (it was evicted)."""
        shape = self.by_fingerprint.get(fingerprint)
        return None if shape is None else shape.engine.name


def material_of(
    digest: Digest,
    graphs: Mapping[str, QueryGraph],
    catalogs: Sequence[Catalog] = (),
    shapes: Sequence[ShapeSummary] | None = None,
    rows: Rows | None = None,
    seen: Observations | None = None,
) -> Material:
    """The material of a digest. ``shapes`` and ``seen`` (its observations) where the caller has asked for them already;
    ``rows`` where only those of one engine are meant: a statement that is not among the shapes is taken for one that
    may do anything. Of more than STREAM.insight_events rows it is a sample."""
    count = len(digest.sequence_rows()["session"])
    given = digest.sequence_rows() if rows is None else rows
    rows = thinned(given, digest.sequence.level, STREAM.insight_events)
    fewer = len(given["session"]) / max(len(rows["session"]), 1)
    seen, totals = seen or digest.observations(), digest.totals()
    return Material(
        rows=rows,
        shapes=digest.shapes() if shapes is None else shapes,
        graphs=graphs,
        catalogs=catalogs,
        scale=max(digest.sequence.events / count * fewer, 1.0) if count else 1.0,
        routes=digest.routes.names,
        observations=seen,
        settings=seen.settings,
        capture=digest.capture.verdict(),
        contexts={context_hash(context): context for context in digest.contexts.known},
        values_comparable=not digest.redacted or len(digest.sources.known) < 2,
        start_us=totals.start_us,
        end_us=totals.end_us,
    )
