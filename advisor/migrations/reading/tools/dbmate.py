"""dbmate: each ``-- migrate:up`` block is one message, in a transaction unless it says ``transaction:false``
(pkg/dbmate/migration.go, ``parseMigrationSection``; db.go, ``Migrate``). A file may hold several pairs of blocks."""

from __future__ import annotations

import re

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.source import Reading, Source

_BLOCK = re.compile(rb"^--[ \t]*migrate:(up|down)(?:[ \t\r]*$|[ \t]+(\S[^\n]*))", re.MULTILINE)
_VERSION = re.compile(r"\d+")


def read(source: Source) -> Reading:
    """The forward blocks."""
    version = _VERSION.match(source.name)
    found = Reading(name=version[0] if version else None)
    blocks = list(_BLOCK.finditer(source.data))
    if not any(block[1] == b"up" for block in blocks):
        found.fault = "no `-- migrate:up` line: dbmate refuses the file"
        return found
    if not any(block[1] == b"down" for block in blocks):
        found.notes.append("no `-- migrate:down` line: dbmate refuses the file")
    ends = [block.start() for block in blocks[1:]] + [len(source.data)]
    for number, (block, end) in enumerate(zip(blocks, ends, strict=True), start=1):
        if block[1] == b"up":
            alone = b"transaction:false" in (block[2] or b"").split()
            found.parts.append(Part(Span(block.start(), end), None if alone else number, number))
    return found
