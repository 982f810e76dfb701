"""A migration's text, read: statements with their transactions, ignores, and what was passed over."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from advisor.migrations.reading.client import hidden
from advisor.migrations.reading.cut import Cut, Lines, Span, cut
from advisor.migrations.reading.ignores import ignores
from advisor.migrations.reading.text import with_line_ends
from advisor.migrations.reading.transactions import Transactions
from advisor.migrations.reading.variables import Variables, open_placeholder
from advisor.model.catalog import Unread
from advisor.model.engine import EngineName, dialect_of
from advisor.model.migration import MigrationStatement, Script, Tool, TransactionMode

_SHOWN = 200
_NOTES = 100
_NONE: Mapping[str, str] = MappingProxyType({})
_COMMAND = re.compile(r"\\([a-zA-Z_!?]+)\s*([^\n]*)")
#: psql's commands that leave the database, or read and write files.
_NOT_FOLLOWED = frozenset({"c", "connect", "copy", "o"})
_CONDITIONS = frozenset({"if", "elif", "else", "endif"})
_AUTOCOMMIT = re.compile(r"\\set\s+AUTOCOMMIT\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that its tool runs, and how."""

    span: Span
    group: int | None = None
    """Parts with the same number run in one transaction that the tool opens; None: it opens none."""
    message: int | None = None
    """What has the same number reaches the server in one message; None: statement by statement."""


def script_of(
    text: str,
    file: str,
    *,
    engine: EngineName,
    tool: Tool = "sql",
    transactions: TransactionMode | None = None,
) -> Script:
    """A plain SQL text as psql or mysql would run it. ``transactions``: ``file`` puts it into one transaction."""
    data = with_line_ends(text.removeprefix("\ufeff").encode("utf-8", "replace"))
    part = Part(Span(0, len(data)), group=1 if transactions == "file" else None)
    return assemble(data, [part], file=file, tool=tool, name=posixpath.basename(file), engine=engine)


def assemble(
    data: bytes,
    parts: Iterable[Part],
    *,
    file: str,
    tool: Tool,
    name: str,
    engine: EngineName,
    notes: Iterable[str] = (),
    edited: bool = False,
    placeholders: Mapping[str, str] = _NONE,
    unread: Iterable[Unread] = (),
) -> Script:
    """The script that a file's parts make, in their order. ``unread``: what was lost before."""
    dialect = dialect_of(engine)
    lines = Lines(data)
    placing = Transactions(dialect)
    told: list[tuple[int, str]] = []
    lost = list(unread)
    taken: list[tuple[Span, str]] = []
    extents: list[Span] = []
    comments: list[Span] = []
    # Who hands the text to psql; the others send it to the server as it is.
    variables = Variables(placeholders) if dialect == "postgresql" and tool in ("sql", "sqitch") else None
    for part in parts:
        found = cut(data, part.span, dialect)
        comments += found.comments
        placing.enter(part.group, part.message)
        told += _passed_over(data, lines, found)
        for span, why in found.unreadable:
            lost.append(_unread(file, lines, data, span, why))
        for span, extent in _in_order(found):
            sql = data[span.start : span.end].decode("utf-8", "replace")
            if extent is None:
                if variables is not None:
                    variables.command(sql)
                if dialect == "postgresql" and (runs := hidden(sql)) is not None:
                    lost.append(_unread(file, lines, data, span, runs))
                if setting := _AUTOCOMMIT.match(sql):
                    placing.autocommit(setting[1].lower() not in ("off", "0", "false"))
                continue
            why_not = open_placeholder(data[span.start : span.end], dialect, tool)
            if why_not is None and variables is not None:
                sql, why_not = variables.put(sql)
            if why_not is not None:
                lost.append(_unread(file, lines, data, span, why_not))
            elif placing.take(sql, lines(span.start)):
                taken.append((span, sql))
                extents.append(extent)
    placing.finish(lines(max(len(data) - 1, 0)))
    statements = [
        MigrationStatement(
            file=file,
            line=lines(span.start),
            end_line=lines(span.end - 1),
            sql=sql,
            transaction=place.transaction,
            open_ended=place.open_ended,
            undone_before=place.undone_before,
        )
        for (span, sql), place in zip(taken, placing.placed, strict=True)
    ]
    decided, doubtful = ignores(data, lines, comments, statements, extents, file)
    told += placing.notes
    return Script(
        file=file,
        tool=tool,
        name=name,
        statements=tuple(statements),
        ignores=tuple(decided),
        unread=tuple(sorted(lost, key=lambda one: one.line)),
        notes=_few([*notes, *doubtful, *(f"line {line}: {what}" for line, what in sorted(told))]),
        edited=edited,
    )


def _few(notes: list[str]) -> tuple[str, ...]:
    """Notes that somebody can read; a dump would bring a line each for thousands of commands."""
    if len(notes) <= _NOTES:
        return tuple(notes)
    return (*notes[:_NOTES], f"and {len(notes) - _NOTES:,} more notes of this kind")


def _unread(file: str, lines: Lines, data: bytes, span: Span, why: str) -> Unread:
    shown = " ".join(data[span.start : span.end][:_SHOWN].decode("utf-8", "replace").split())
    return Unread(file, lines(span.start), shown, why)


def _in_order(found: Cut) -> list[tuple[Span, Span | None]]:
    """Statements with their extents, and the commands (None) between them."""
    both: list[tuple[Span, Span | None]] = [*zip(found.statements, found.extents, strict=True)]
    both += ((span, None) for span in found.commands)
    return sorted(both, key=lambda one: one[0].start)


def _passed_over(data: bytes, lines: Lines, found: Cut) -> list[tuple[int, str]]:
    """(line, what) of what a client does by itself and nobody does here."""
    told: list[tuple[int, str]] = []
    for span in found.commands:
        text = data[span.start : span.end].decode("utf-8", "replace").strip()
        match = _COMMAND.match(text)
        if text[:3].lower() == "use":
            told.append((lines(span.start), f"`{text[:80]}` is not followed: all statements count for one database"))
        elif match is not None and match[1] in _NOT_FOLLOWED:
            told.append((lines(span.start), f"psql command `{text[:80]}` is not followed"))
        elif match is not None and match[1] in _CONDITIONS:
            told.append((lines(span.start), f"psql command `{text[:80]}` is not evaluated: every branch is read"))
    if found.copied:
        told.append((lines(found.copied[0].start), f"{len(found.copied):,} lines of COPY data are passed over"))
    return told
