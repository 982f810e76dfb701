"""Inputs of one engine that overlap in time: two servers, or one server logged twice (stderr beside csv)."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.model.source import SourceSummary

#: A statement that ran while its log was rotated is no overlap worth a word, nor is a clock that is set right.
_ROTATION_US = 2_000_000


def overlaps(summaries: Iterable[SourceSummary]) -> list[str]:
    """A note for every input that overlaps with one before it. It does not depend on the order of the inputs."""
    timed = [
        (s.first_end_us, s.last_end_us, s.path, s.engine.name if s.engine is not None else "")
        for s in summaries
        if s.first_end_us is not None and s.last_end_us is not None
    ]
    notes = []
    latest: dict[str, tuple[int, str]] = {}
    for first, last, path, engine in sorted(timed):
        end, before = latest.get(engine, (0, ""))
        common = min(end, last) - first
        if before and common >= 0 and (common > _ROTATION_US or common * 2 > last - first):
            notes.append(f"{path} overlaps in time with {before}: if both are of one server, its events count twice")
        latest[engine] = max(latest.get(engine, (last, path)), (last, path))
    return notes
