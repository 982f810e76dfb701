"""From statements as they came to the scripts that checks work on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from advisor.dryrun.capture.bookkeeping import bookkeeping
from advisor.dryrun.capture.seen import Place, Seen
from advisor.migrations.reading.cut import Span, cut
from advisor.migrations.reading.transactions import Transactions
from advisor.model.catalog import Unread
from advisor.model.counted import counted
from advisor.model.engine import Dialect
from advisor.model.migration import MigrationStatement, Script, Tool

#: What a server says to every statement of a transaction after one failed, and what we say of those it never got to.
_AFTERMATH = frozenset({"25P02"})
_SHOWN = 200


@dataclass(slots=True)
class Draft:
    """A script in the making."""

    file: str
    name: str
    line: int
    """Of the function that makes it: for statements of which nothing better is known."""
    seen: list[Seen] = field(default_factory=list)
    unread: list[tuple[Place, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    own: int = 0
    """Statements left out."""


class Names:
    """Files as the user gave them, else as seen from where the user is."""

    def __init__(self, given: Iterable[str], root: str) -> None:
        self._given = {str(resolved(file, root)): file for file in given}

    def __call__(self, file: str) -> str:
        if file in self._given:
            return self._given[file]
        here = Path.cwd()
        path = Path(file)
        return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def resolved(file: str, root: str) -> Path:
    """The file itself: given from where the user is, or from the tool's folder."""
    path = Path(file)
    return (path if path.exists() or path.is_absolute() else Path(root) / path).resolve()


def texts(sql: str, dialect: Dialect) -> list[str]:
    """The statements of a text, bare."""
    data = sql.encode("utf-8", "replace")
    return [
        data[span.start : span.end].decode("utf-8", "replace")
        for span in cut(data, Span(0, len(data)), dialect).statements
    ]


def script(
    draft: Draft, tool: Tool, dialect: Dialect, names: Names, *, edited: bool = False, numbered: bool = False
) -> Script:
    """The script. ``numbered``: no file tells lines, so a statement's is its number."""
    notes = list(draft.notes)
    unread = [Unread(names(place.file), place.line, "", reason) for place, reason in draft.unread]
    placing: dict[int, Transactions] = {}
    kept: list[tuple[Seen, int, int, int]] = []
    aftermath = own = 0
    for one in draft.seen:
        at = placing.get(one.connection)
        if at is None:
            at = placing[one.connection] = Transactions(dialect)
            at.autocommit(one.autocommit)
            if one.within:
                at.take("BEGIN", draft.line)
        elif dialect == "mysql" and not one.within:
            at.take("COMMIT", draft.line)  # the server says so: what commits implicitly is its business
        line = len(kept) + 1 if numbered else one.place.line if one.place else draft.line
        at.enter(None, one.message)
        sql = "ROLLBACK" if one.tag == "ROLLBACK" and not one.sql[:8].upper().startswith("ROLLBACK") else one.sql
        if one.own or bookkeeping(one.sql):
            own += 1
            continue
        if one.error is not None and (one.code in _AFTERMATH or one.code == ""):
            aftermath += 1
            continue
        if not at.take(sql, line):
            continue
        kept.append((one, one.connection, len(at.placed) - 1, line))
        if one.error is not None:
            notes.append(f"line {line}: it failed: {one.error}")
            if not one.within:
                at.take("ROLLBACK", line)
    for at in placing.values():
        at.finish(draft.line)
    numbers: dict[tuple[int, int], int] = {}
    statements = []
    for one, connection, index, line in kept:
        place = placing[connection].placed[index]
        group = None
        if place.transaction is not None:
            group = numbers.setdefault((connection, place.transaction), len(numbers) + 1)
        file = draft.file if one.place is None else names(one.place.file)
        statements.append(
            MigrationStatement(
                file=file,
                line=line,
                end_line=line,
                sql=one.sql,
                transaction=group,
                open_ended=place.open_ended,
                undone_before=place.undone_before,
            )
        )
    for at in placing.values():
        notes += [f"line {line}: {what}" for line, what in at.notes if "no effect" not in what]
    if own + draft.own:
        notes.append(f"{counted(own + draft.own, 'statement')} of the tool's own bookkeeping left out")
    if aftermath:
        notes.append(f"{counted(aftermath, 'statement')} not run: one before failed")
    return Script(
        file=draft.file,
        tool=tool,
        name=draft.name,
        statements=tuple(statements),
        unread=tuple(unread),
        notes=tuple(dict.fromkeys(notes)),
        edited=edited,
    )
