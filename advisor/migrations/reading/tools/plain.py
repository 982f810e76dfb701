"""Plain SQL: each statement by itself, as psql and mysql run a file, but for the transactions that it opens itself."""

from __future__ import annotations

from advisor.migrations.reading.source import Reading, Source


def read(source: Source) -> Reading:
    """All of the file."""
    return Reading(source.whole())
