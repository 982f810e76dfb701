"""Prisma: no transaction is opened. Up to 7.3 the file is one message (schema-engine, flavour/postgres,
``apply_migration_script``: ``simple_query(script)``), which PostgreSQL runs in one transaction where it holds several
statements. From 7.4 on each statement is sent by itself (``split_script_into_statements``, prisma-engines 5767 and
5799), but for scripts that its parser cannot read, DROP INDEX CONCURRENTLY among them (prisma-engines 5847)."""

from __future__ import annotations

import json
import os.path
import re

from advisor.migrations.reading.source import Reading, Source
from advisor.migrations.reading.tree import parent

_SPLITS = (7, 4)
_UP = 6
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
_UNPARSED = re.compile(rb"\bdrop\s+index\s+concurrently\b", re.IGNORECASE)


def read(source: Source) -> Reading:
    """All of the file."""
    name = os.path.basename(source.folder) if source.name == "migration.sql" else None
    version = _installed(source)
    if version is not None and version >= _SPLITS and not _UNPARSED.search(source.data):
        return Reading(source.whole(), name)
    return Reading(source.whole(message=1), name)


def _installed(source: Source) -> tuple[int, int] | None:
    """The least version that the nearest package.json with Prisma in it allows."""
    here: str | None = source.root
    for _ in range(_UP):
        if here is None:
            return None
        if (here, "prisma") not in source.tree.memo:
            source.tree.memo[here, "prisma"] = _wanted(source, here)
        if found := _VERSION.search(source.tree.memo[here, "prisma"]):
            return int(found[1][:9]), int((found[2] or "0")[:9])
        here = parent(here)
    return None


def _wanted(source: Source, folder: str) -> str:
    raw = (
        source.tree.raw(os.path.join(folder or ".", "package.json"))
        if source.tree.holds(folder, "package.json")
        else None
    )
    if raw is None:
        return ""
    try:
        package = json.loads(raw)
        for kind in ("devDependencies", "dependencies"):
            for name in ("prisma", "@prisma/client"):
                wanted = package.get(kind, {}).get(name)
                if isinstance(wanted, str):
                    return wanted
    except (ValueError, AttributeError, RecursionError):
        return ""
    return ""
