"""Whether a statement that comes at a fixed period asks if there is work (polling), or is the work itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import WRITE
from advisor.model.shape import Sample, ShapeSummary
from advisor.model.stream_limits import STREAM

if TYPE_CHECKING:
    from advisor.stream.material import Material

_MOMENT = re.compile(r"'\d{4}-\d\d-\d\d[ T]\d\d:\d\d[^']{0,24}'")
_NUMBER = re.compile(r"(?<![\w.'])\d{10,16}(?:\.\d{1,9})?(?![\w.'])")
_DAY = 86_400.0


def asks(material: Material, rows: NDArray[np.intp], period_us: float, empty: float | None) -> bool:
    """Whether these executions of one statement, ``period_us`` apart, are polling.

    It reads (or claims by an UPDATE that mostly finds nothing), it is quick, it asks the same each time, and mostly in
    vain: ``empty`` is the share of answers without rows, None where the log does not tell; then what follows in its
    transaction tells, for who has found work writes.
    """
    shape = material.by_fingerprint.get(material.fingerprints[int(material.codes[rows[0]])])
    if shape is None or len(rows) < STREAM.poll_times:
        return False
    if shape.kind != "select" and not (shape.kind == "update" and _claims_nothing(shape)):
        return False
    sessions = len(np.unique(material.rows["session"][rows]))
    if period_us < STREAM.job_period_seconds * 1e6 and len(rows) < STREAM.poll_each_session * sessions:
        return False
    busy_us = int(np.maximum(material.rows["duration_us"][rows], 0).sum())
    if busy_us > STREAM.poll_busy_share * len(rows) * period_us:
        return False
    if empty is None and shape.kind == "select" and _followed_by_writes(material, rows) > 1 - STREAM.poll_empty_share:
        return False
    if empty is not None and empty < STREAM.poll_empty_share:
        return False
    _, counts = np.unique(material.rows["literals"][rows], return_counts=True)
    return float(counts.max()) >= STREAM.poll_same_share * len(rows) or differ_by_the_moment(shape.samples)


def differ_by_the_moment(samples: list[Sample]) -> bool:
    """Whether samples are the same text but for moments: "due before now", with the present time given as a value."""
    texts = [sample.sql for sample in samples if not sample.redacted and not sample.cut]
    bare = {_bare(sample) for sample in samples if not sample.redacted and not sample.cut}
    return len(set(texts)) >= STREAM.poll_samples and len(bare) == 1


def _claims_nothing(shape: ShapeSummary) -> bool:
    """Whether an UPDATE mostly changes no row: it asks for work. Where the log does not tell, it may be a heartbeat."""
    return shape.rows_affected is not None and shape.rows_affected <= (1 - STREAM.poll_empty_share) * shape.calls


def _bare(sample: Sample) -> str:
    """The text without its moments: quoted times, and seconds, milliseconds or microseconds since 1970 near its own."""
    text = _MOMENT.sub("'now'", sample.sql)
    if sample.time_us is None:
        return text
    own = sample.time_us / 1e6

    def moment(found: re.Match[str]) -> str:
        value = float(found[0])
        return "now" if any(abs(value / unit - own) < _DAY for unit in (1, 1e3, 1e6)) else found[0]

    return _NUMBER.sub(moment, text)


def _followed_by_writes(material: Material, rows: NDArray[np.intp]) -> float:
    """Share of the executions whose transaction also writes."""
    spans = material.spans
    wrote = np.concatenate(([0], np.cumsum(material.rows["effect"] == WRITE)))
    of = spans.of[rows]
    inside = of[of >= 0]
    writing = wrote[spans.last[inside] + 1] > wrote[spans.first[inside]]
    return int(writing.sum()) / len(rows)
