"""A file that a tool's reader is given, and what it makes of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.tree import Tree, parent
from advisor.model.engine import EngineName


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a migration."""

    path: str
    data: bytes
    """UTF-8."""
    root: str
    tree: Tree
    engine: EngineName
    placeholders: Mapping[str, str]

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    @property
    def folder(self) -> str:
        return parent(self.path) or ""

    def whole(self, *, group: int | None = None, message: int | None = None) -> list[Part]:
        """The file as one part."""
        return [Part(Span(0, len(self.data)), group, message)]

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(where it begins, a line with its end)."""
        for match in re.finditer(rb"[^\n]*\n|[^\n]+", self.data):
            yield match.start(), match[0]


@dataclass(slots=True)
class Reading:
    """What a tool runs of a file."""

    parts: list[Part] = field(default_factory=list)
    name: str | None = None
    """Of the revision; None: the file's."""
    notes: list[str] = field(default_factory=list)
    fault: str | None = None
    """Why the tool would refuse the file."""
    data: bytes | None = None
    """The text with its placeholders put in, where the tool has its own; same places of lines."""
