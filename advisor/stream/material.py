"""What every insight into the stream of statements is made from: one value, so that an insight is a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.contexts import context_hash
from advisor.digest.sequence import Rows
from advisor.model.batch import NO_TIME, Context
from advisor.model.capture import Capture
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.observed import Observations
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.graphs.graph import QueryGraph

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
    def time_order(self) -> NDArray[np.intp]:
        """Rows by their start; equal ones in the order of the source. Those without a time are left out."""
        start = self.rows["start_us"]
        order = np.argsort(start, kind="stable")
        return order[np.searchsorted(start[order], NO_TIME, side="right") :]

    @cached_property
    def clock_us(self) -> int | None:
        """Resolution of the log's clock: the largest power of ten that divides the end or the start of every statement.

        1,000 for PostgreSQL's logs, 1,000,000 for MariaDB's slow log. None: too few statements to tell.
        """
        start, duration = self.rows["start_us"], self.rows["duration_us"]
        known = start != NO_TIME
        if int(np.count_nonzero(known)) < 8:
            return None
        start, duration = start[known], duration[known]
        resolution = 1
        for stamps in (start, start + np.maximum(duration, 0)):
            step = 1
            while step < 1_000_000 and not (stamps % (step * 10)).any():
                step *= 10
            resolution = max(resolution, step)
        return resolution

    def engine(self, fingerprint: str) -> EngineName | None:
        """The engine of a shape; None for one that the digest does not hold (it was evicted)."""
        shape = self.by_fingerprint.get(fingerprint)
        return None if shape is None else shape.engine.name


def material_of(
    digest: Digest,
    graphs: Mapping[str, QueryGraph],
    catalogs: Sequence[Catalog] = (),
    shapes: Sequence[ShapeSummary] | None = None,
) -> Material:
    """The material of a digest. ``shapes`` where the caller has asked for them already."""
    rows = digest.sequence_rows()
    count = len(rows["session"])
    seen, totals = digest.observations(), digest.totals()
    return Material(
        rows=rows,
        shapes=digest.shapes() if shapes is None else shapes,
        graphs=graphs,
        catalogs=catalogs,
        scale=max(digest.sequence.events / count, 1.0) if count else 1.0,
        routes=digest.routes.names,
        observations=seen,
        settings=seen.settings,
        capture=digest.capture.verdict(),
        contexts={context_hash(context): context for context in digest.contexts.known},
        values_comparable=not digest.redacted or len(digest.sources.known) < 2,
        start_us=totals.start_us,
        end_us=totals.end_us,
    )
