"""The migration that a statement stands in, as far as the files in its place depend on it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.model.engine import Engine
from advisor.model.migration import Tool


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose statement it is, and what stands beside it."""

    tool: Tool
    file: str
    """As reports print it."""
    name: str
    """Its revision or version (`Script.name`)."""
    line: int
    sql: str
    engine: Engine
    alone: bool = False
    """It is the migration's only statement: the first file takes its place."""
    last: bool = True
    """No statement of the migration follows it."""
    before: int = 0
    """Migrations that were written already in place of other statements of the same file."""
    text: str = ""
    """Of the file; empty: it could not be read."""
    lines: tuple[int, ...] = ()
    """Of all statements of the migration."""
    beside: frozenset[str] = frozenset()
    """Names of the files and folders beside it (of tools with a folder a migration: beside that folder)."""
    versions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Of the packages that the project's Python has, in small letters."""

    @property
    def folder(self) -> str:
        """Of the file."""
        return posixpath.dirname(self.file)

    @property
    def major(self) -> int:
        """Of PostgreSQL; 0: it is not known."""
        text = (self.engine.version or "").split(".")[0]
        return int(text) if text.isdigit() else 0

    def path(self, *names: str) -> str:
        """Of a file beside it."""
        return posixpath.join(self.folder, *names)

    def above(self, *names: str) -> str:
        """Of a file beside its folder."""
        return posixpath.join(posixpath.dirname(self.folder), *names)

    def has(self, package: str, *least: int) -> bool:
        """Is a package of this version or a later one known to be there?"""
        found = self.versions.get(package)
        return found is not None and found >= least


def numbered(origin: Origin, own: str, number: int) -> str:
    """``0042_orders`` (without its ending) as ``0043_orders_1``: the next free numbers, of as many digits.

    ``number`` counts the migrations of one alternative from 0; the first takes the place of a migration that held
    nothing else.
    """
    if origin.alone:
        if number == 0:
            return own
        number -= 1
    match = re.match(r"(\d+)(.*)\Z", own, re.DOTALL)
    step = origin.before + number + 1
    if match is None:
        return f"{own}_{step}"
    taken = [int(found[0]) for one in origin.beside if (found := re.match(r"\d+", one))]
    # Numbers that follow may be taken by later migrations: then these come after them all.
    free = int(match[1])
    if any(free < one <= free + 99 for one in taken):
        free = max(taken)
    return f"{free + step:0{len(match[1])}d}{match[2]}_{step}"
