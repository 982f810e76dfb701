"""Plain SQL: each statement by itself, as psql and mysql run a file, but for the transactions that it opens itself.

Of tools without a reader of their own that keep the way there and the way back in one file, the way back is left out,
and a file is one transaction where the tool makes it so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.source import Reading, Source


@dataclass(frozen=True, slots=True)
class _Marks:
    """How one tool tells the two ways apart. Each is a line of its own."""

    tool: str
    up: re.Pattern[bytes] | None
    """None: the file begins with the way there."""
    down: re.Pattern[bytes]
    together: bool
    """One transaction a file."""
    apart: re.Pattern[bytes] | None = None
    """Unless this stands in it."""


def _line(text: str) -> re.Pattern[bytes]:
    return re.compile(rf"^[ \t]*{text}[^\n]*(?:\n|\Z)".encode(), re.IGNORECASE | re.MULTILINE)


_TOOLS = (
    # sqlparse/sqlparse.go and migrate.go, `PlanMigration`
    _Marks(
        "sql-migrate",
        _line(r"--[ \t]*\+migrate[ \t]+up\b"),
        _line(r"--[ \t]*\+migrate[ \t]+down\b"),
        together=True,
        apart=_line(r"--[ \t]*\+migrate[ \t]+up[ \t]+notransaction\b"),
    ),
    # node-pg-migrate, sqlMigration.ts
    _Marks("node-pg-migrate", None, _line(r"--[ \t-]*down[ \t]+migration\b"), together=True),
    # tern, migrate/migrate.go: "disable-tx"
    _Marks(
        "tern",
        None,
        _line(r"----[ \t]*create above[ \t]*/[ \t]*drop below[ \t]*----"),
        together=True,
        apart=_line(r"----[ \t]*tern:[ \t]*disable-tx[ \t]*----"),
    ),
    # mybatis-migrations, MigrationReader
    _Marks("MyBatis Migrations", None, _line(r"--[ \t]*//[ \t]*@undo\b"), together=False),
    _Marks("rambler", _line(r"--[ \t]*rambler[ \t]+up\b"), _line(r"--[ \t]*rambler[ \t]+down\b"), together=True),
    _Marks("shmig", _line(r"--[ \t]*=+[ \t]*up[ \t]*=+"), _line(r"--[ \t]*=+[ \t]*down[ \t]*=+"), together=True),
)


def read(source: Source) -> Reading:
    """All of the file that is no way back."""
    for marks in _TOOLS:
        if marks.down.search(source.data) or (marks.up is not None and marks.up.search(source.data)):
            return _forward(source, marks)
    return Reading(source.whole())


def _forward(source: Source, marks: _Marks) -> Reading:
    ups = [match.end() for match in marks.up.finditer(source.data)] if marks.up is not None else [0]
    downs = [match.start() for match in marks.down.finditer(source.data)]
    inside = marks.together and not (marks.apart is not None and marks.apart.search(source.data))
    found = Reading()
    for number, start in enumerate(ups):
        following = ups[number + 1] if number + 1 < len(ups) else len(source.data)
        end = min([following, *(one for one in downs if one >= start)])
        found.parts.append(Part(Span(start, end), 1 if inside else None))
    # The same words for each file, so that a folder has one note
    found.notes.append(f"files are read as {marks.tool} runs them: the way back is left out")
    if not ups:
        found.fault = f"no line begins the way there: {marks.tool} runs nothing of the file"
    return found
