"""The digest: all that is kept of any number of events, in memory that depends on the shapes and not on the events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.contexts import Contexts
from advisor.digest.distinct import Distinct
from advisor.digest.eviction import evict, shed, shed_plans
from advisor.digest.fold import fold
from advisor.digest.group import MOST_EVENTS
from advisor.digest.hours import Hours
from advisor.digest.identities import Identities
from advisor.digest.incidents import Incidents
from advisor.digest.plans import Plans
from advisor.digest.routes import Routes
from advisor.digest.samples import Samples
from advisor.digest.sequence import Rows
from advisor.digest.sequence import Sequence as SequenceMaterial
from advisor.digest.shapetable import LONG_AGO, NEVER, ShapeTable
from advisor.digest.sketch import Sketch
from advisor.digest.sources import Sources
from advisor.digest.tags import Tags
from advisor.digest.values import Values
from advisor.model.batch import Batch
from advisor.model.engine import Engine, EngineName
from advisor.model.limits import LIMITS, Limits
from advisor.model.observed import Observations
from advisor.model.shape import ShapeSummary
from advisor.model.source import SourceSummary
from advisor.sources.capture import CaptureEvidence

if TYPE_CHECKING:
    from advisor.digest.totals import Totals

#: Events folded in at a time when the shapes are at their cap.
_SMALL_STEP = 4096


class Digest:
    """Events in, shapes out; `merge` is associative and commutative.

    ``summaries`` is the reader's list of sources (`Reading.summaries`): batches name their source by an index into it.
    It is read again whenever the digest is asked or saved, so it may grow and change until the reading has ended.
    """

    def __init__(
        self,
        summaries: Sequence[SourceSummary] = (),
        *,
        max_shapes: int = LIMITS.max_shapes,
        limits: Limits = LIMITS,
    ) -> None:
        if max_shapes < 1:
            raise ValueError("max_shapes must be at least 1")
        self.max_shapes = max_shapes
        self.limits = limits
        self.sources = Sources(summaries)
        self.table = ShapeTable()
        self.identities = Identities()
        self.sketch = Sketch(limits.sketch_pairs)
        self.hours = Hours(limits.hour_pairs)
        self.values = Values(limits.values_per_dimension, limits.value_pairs)
        self.contexts = Contexts(limits.contexts)
        self.samples = Samples(limits.samples_per_shape, self.sources.ids)
        self.plans = Plans(limits.plan_forms, limits.plan_total_bytes)
        self.sequence = SequenceMaterial(limits.sequence_events, limits.sequence_session_events)
        self.incidents = Incidents(limits.incident_groups, limits.incident_details, limits.incident_waits)
        self.sessions = Distinct(limits.sessions_counted)
        self.shapes_seen = Distinct(limits.sessions_counted)
        self.tags = Tags()
        self.routes = Routes(limits.routes)
        self.capture = CaptureEvidence()
        """Evidence of what the logs' settings hid: the caller sets it to `Reading.capture` after the reading."""
        self.versions: dict[EngineName, set[str]] = {}
        self.events = 0
        """Executions, kept shapes or not."""
        self.timed = 0
        """Executions with a duration."""
        self.total_us = 0
        self.first_us = NEVER
        self.last_us = LONG_AGO
        self.evicted = 0
        """Times that a shape was evicted; 0: every shape is complete."""
        self.redacted = False
        """Some part was read from a redacted file: samples may lack their literals."""
        self.shed = 0
        """Samples and plans that were given up to bound the memory."""

    def add(self, batch: Batch) -> None:
        """Fold a batch in."""
        source = self.sources.number(batch.source, batch.engine, batch.zoned)
        if batch.engine.version is not None:
            self.versions.setdefault(batch.engine.name, set()).add(batch.engine.version)
        start = 0
        while start < len(batch):
            # near the cap every event may be a new shape: smaller steps, so that few shapes too many are held
            room = int(self.max_shapes * self.limits.eviction_slack) - self.table.count
            stop = min(start + min(MOST_EVENTS, max(room, _SMALL_STEP)), len(batch))
            fold(self, batch, source, start, stop)
            self._bound_shapes()
            start = stop
        if batch.incidents:
            self.incidents.add(self, batch, source)
            self._bound_shapes()

    def merge(self, other: Digest) -> Digest:
        """Take in another digest, which stays as it is (but settled). Gives self.

        A digest merged twice is counted twice: that is noted (`Totals.notes`), not silently mended.
        """
        from advisor.digest.merging import merge_into

        merge_into(self, other)
        self._bound_shapes()
        return self

    def _bound_shapes(self) -> None:
        if self.table.count > self.max_shapes * self.limits.eviction_slack:
            evict(self)
        if self.samples.bytes > self.limits.sample_total_bytes:
            shed(self)
        if self.plans.over():
            shed_plans(self)

    def settle(self) -> None:
        """Bring every part to its final form. Called by whatever reads; calling it again changes nothing."""
        evict(self)
        self.sketch.settle()
        self.hours.settle()
        self.values.settle()
        self.contexts.settle()
        self.sequence.settle()
        self.routes.settle()
        self.incidents.settle()

    def renumber(self, kept: NDArray[np.int64]) -> None:
        """Keep the shapes ``kept`` only (ascending numbers), numbered anew."""
        new = np.full(self.table.count, -1, np.int32)
        new[kept] = np.arange(len(kept), dtype=np.int32)
        self.samples.keep(kept, self.table.count)
        self.table.keep(kept)
        self.identities.renumber(new)
        self.sketch.renumber(new)
        self.hours.renumber(new)
        self.values.renumber(new)
        self.plans.renumber(new.tolist())

    @property
    def zoned(self) -> bool:
        """Whether all times are UTC; False when some source prints local times without a zone."""
        return all(source.zoned for source in self.sources.known)

    def engine(self, name: EngineName) -> Engine:
        """An engine with its version, when all sources of that engine have the same."""
        known = self.versions.get(name, set())
        return Engine(name, next(iter(known)) if len(known) == 1 else None)

    def shapes(self, top: int | None = None) -> list[ShapeSummary]:
        """The shapes by total time, then calls (descending), then fingerprint; only the first ``top`` when given."""
        from advisor.digest.summary import ranked, summarise

        self.settle()
        return [summarise(self, shape) for shape in ranked(self, top)]

    def totals(self) -> Totals:
        """The workload as a whole: exact, whatever was evicted."""
        from advisor.digest.totals import totals

        self.settle()
        return totals(self)

    def observations(self) -> Observations:
        """What the logs said besides executed statements: waits, errors, commits, connections..."""
        from advisor.digest.observed import observations

        return observations(self)

    def sequence_rows(self) -> Rows:
        """The sequence material: columns as in `sequence.COLUMNS`, ordered by source, session, offset.

        ``source`` is an index into ``digest.sources.known``; ``shape`` is the fingerprint as a number.
        """
        self.settle()
        return self.sequence.rows

    def save(self, path: str | Path, *, redact: bool = False) -> None:
        """Write the digest to a file. ``redact`` leaves out parameters, literals and plans."""
        Path(path).write_bytes(self.to_bytes(redact=redact))

    def to_bytes(self, *, redact: bool = False) -> bytes:
        """The file's content: the same bytes for the same events, however they were grouped."""
        from advisor.digest.file import encode

        return encode(self, redact=redact)

    @classmethod
    def load(cls, path: str | Path, *, max_shapes: int = LIMITS.max_shapes) -> Digest:
        """Read a digest file. Raises DigestError (one line) when it is not one, damaged, or of a newer version."""
        from advisor.digest.file import read

        return read(Path(path), max_shapes)


def merge(digests: Iterable[Digest], *, max_shapes: int = LIMITS.max_shapes, limits: Limits = LIMITS) -> Digest:
    """One digest of many; the parts stay as they are."""
    whole = Digest(max_shapes=max_shapes, limits=limits)
    for digest in digests:
        whole.merge(digest)
    return whole
