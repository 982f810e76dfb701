"""Where a text plan begins: below the statement that auto_explain prints, and whatever else was left above it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from advisor.plans.postgresql.text_head import KNOWN, describe, split_tail, without_numbers

_QUERY = "Query Text:"
_PARAMETERS = re.compile(r"\nQuery Parameters: (?=\$1 = )")
_SQL = re.compile(
    r"""--[^\n]* | /\* | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | '[^']*(?:'|\Z) | "[^"]*(?:"|\Z)
    | (?<![\w$])\$(?:[A-Za-z_]\w*)?\$""",
    re.VERBOSE | re.DOTALL,
)
_KIND = re.compile(r"[A-Z][\w ().:;/-]*$")
_COMMENT = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Beginning:
    """Line of the plan's first node (from 0), and what auto_explain printed above it."""

    index: int
    query: str | None = None
    parameters: str | None = None
    skipped: tuple[int, ...] = ()
    """Lines above the plan that are none of it."""


def find(lines: Sequence[str]) -> Beginning | None:
    """The beginning of the plan; None where none is."""
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None
    if lines[first].lstrip().startswith(_QUERY):
        return _below_query(lines, first)
    skipped: list[int] = []
    for index in range(first, len(lines)):
        if is_node(lines[index]):
            return Beginning(index, skipped=tuple(skipped))
        if lines[index].strip():
            skipped.append(index)
    return None


def is_node(line: str) -> bool:
    """Whether the line can be a node's: with costs any, without only those that PostgreSQL has."""
    text = line.strip()
    if text.startswith("->"):
        text = text[2:].lstrip()
    head, tail = split_tail(text)
    if tail is None:
        head = without_numbers(head)
    kind = head.partition(" on ")[0].partition(" using ")[0]
    if tail is not None and tail.group(1) is not None:
        return _KIND.match(kind) is not None
    return (kind in KNOWN or "Custom Scan (" in kind) and describe(head)[1] is None


def _below_query(lines: Sequence[str], first: int) -> Beginning | None:
    """The first node that stands in no literal, name or comment of the statement."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    nodes = [
        index
        for index in range(first + 1, len(lines))
        if lines[index][indent : indent + 1] not in ("", " ") and is_node(lines[index])
    ]
    costed = [index for index in nodes if "(cost=" in lines[index]]
    # auto_explain prints costs always; COSTS OFF comes from elsewhere.
    index = _outside(lines, first, costed) or _outside(lines, first, nodes)
    if index is None:
        return None
    text = "\n".join(lines[first:index])[indent + len(_QUERY) :].removeprefix(" ")
    parameters = None
    for match in _PARAMETERS.finditer(text):
        parameters = match
    if parameters is None:
        return Beginning(index, query=text)
    return Beginning(index, query=text[: parameters.start()], parameters=text[parameters.end() :])


def _outside(lines: Sequence[str], first: int, candidates: list[int]) -> int | None:
    """The first candidate that does not stand within something quoted."""
    if not candidates:
        return None
    quoted = _quoted("\n".join(lines[first : candidates[-1] + 1]))
    start, end = next(quoted, (sys.maxsize, sys.maxsize))
    offset, line = 0, first
    for candidate in candidates:
        offset += sum(len(text) + 1 for text in lines[line:candidate])
        line = candidate
        while end <= offset:
            start, end = next(quoted, (sys.maxsize, sys.maxsize))
        if offset <= start:
            return candidate
    return None


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """Where literals, quoted names and comments begin and end; the last may be open to the end."""
    position = 0
    while (match := _SQL.search(text, position)) is not None:
        start, position = match.span()
        found = match.group()
        if found == "/*":
            position = _end_of_comment(text, position)
        elif found[0] == "$":
            end = text.find(found, position)
            position = len(text) if end < 0 else end + len(found)
        yield start, position


def _end_of_comment(text: str, position: int) -> int:
    depth = 1
    for match in _COMMENT.finditer(text, position):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)
