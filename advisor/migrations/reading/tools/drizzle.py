"""drizzle: each piece between ``--> statement-breakpoint`` lines is a message, and all pending migrations run in one
transaction (drizzle-orm, migrator.ts and pg-core/dialect.ts, ``migrate``)."""

from __future__ import annotations

import os.path
import re

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.source import Reading, Source

_BREAK = re.compile(rb"--> statement-breakpoint")


def read(source: Source) -> Reading:
    """All of the file."""
    name = os.path.basename(source.folder) if source.name == "migration.sql" else source.name.removesuffix(".sql")
    found = Reading(name=name)
    at = 0
    for number, match in enumerate([*_BREAK.finditer(source.data), None], start=1):
        end = len(source.data) if match is None else match.start()
        found.parts.append(Part(Span(at, end), 1, number))
        at = end if match is None else match.end()
    return found
