"""The parts of a migration's text: statements, comments, commands to a client, what could not be read."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from advisor.model.engine import Dialect
from advisor.sources.split import Split, comments


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file, from one up to another."""

    start: int
    end: int


@dataclass(slots=True)
class Cut:
    """What a part of a file is made of, in order. Places are bytes of the whole file."""

    statements: list[Span] = field(default_factory=list)
    """Without terminators and without the comments around them."""
    extents: list[Span] = field(default_factory=list)
    """Of each statement: with the comments that stand before its terminator."""
    comments: list[Span] = field(default_factory=list)
    """Those inside of statements too."""
    commands: list[Span] = field(default_factory=list)
    """For psql, mysql or sqlite3, MySQL's USE among them."""
    copied: list[Span] = field(default_factory=list)
    """Lines of COPY data."""
    unreadable: list[tuple[Span, str]] = field(default_factory=list)
    """And why."""


class Lines:
    """Numbers of a file's lines, from 1."""

    def __init__(self, data: bytes) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]

    def __call__(self, place: int) -> int:
        return bisect_right(self._starts, place)


def cut(data: bytes, part: Span, dialect: Dialect) -> Cut:
    """The parts of one stretch of a file, as the engine's own client cuts it."""
    found = Cut()
    passed: list[tuple[str, Span]] = []

    def tell(what: str, start: int, end: int) -> None:
        passed.append((what, Span(part.start + start, part.start + end)))

    size = part.end - part.start
    split = Split(io.BytesIO(data[part.start : part.end]), dialect, max_bytes=size + 1, chunk=max(size, 1), passed=tell)
    rough: list[Span] = []
    for statement in split:
        start = part.start + statement.offset
        rough.append(Span(start, start + len(statement.raw)))
    reasons = iter(split.unreadable)
    for what, span in passed:
        if what == "unreadable":
            found.unreadable.append((span, next(reasons)[2]))
        elif what == "copied":
            found.copied.append(span)
        else:
            found.commands.append(span)
    hidden = sorted((span for _, span in passed), key=lambda span: span.start)
    found.comments = list(_outside(data, part, hidden, dialect))
    at = 0
    for span in rough:
        while at < len(found.comments) and found.comments[at].end <= span.start:
            at += 1
        inside = at
        while inside < len(found.comments) and found.comments[inside].start < span.end:
            inside += 1
        bare = _bare(data, span, found.comments[at:inside])
        if bare.start < bare.end:
            found.statements.append(bare)
            found.extents.append(span)
        at = inside
    return found


def _outside(data: bytes, part: Span, hidden: list[Span], dialect: Dialect) -> list[Span]:
    """The comments of a part that stand in nothing hidden."""
    found: list[Span] = []
    at = part.start
    for span in [*hidden, Span(part.end, part.end)]:
        if at < span.start:
            found += [Span(*places) for places in comments(data, dialect, at, span.start)]
        at = max(at, span.end)
    return found


def _bare(data: bytes, span: Span, inside: list[Span]) -> Span:
    """The statement without the comments and blanks at its ends. An optimiser's hint stays."""
    start, end = span.start, span.end
    for comment in inside:
        if data[start : comment.start].strip() or data.startswith(b"/*+", comment.start):
            break
        start = comment.end
    for comment in reversed(inside):
        if comment.start < start or data[comment.end : end].strip() or data.startswith(b"/*+", comment.start):
            break
        end = comment.start
    text = data[start:end]
    return Span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
