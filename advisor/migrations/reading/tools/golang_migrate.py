"""golang-migrate: the whole file is one message (database/postgres/postgres.go, ``Run``: one ExecContext without
arguments, so libpq's simple protocol), which PostgreSQL runs in one transaction where it holds several statements.

With ``x-multi-statement=true`` in the URL each statement is a message of its own: no file says so, hence
``--transactions statement``.
"""

from __future__ import annotations

import re

from advisor.migrations.reading.source import Reading, Source

_VERSION = re.compile(r"(\d+)_")


def read(source: Source) -> Reading:
    """All of the file as one message."""
    version = _VERSION.match(source.name)
    return Reading(source.whole(message=1), name=version[1] if version else None)
