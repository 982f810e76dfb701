"""The EXPLAIN command above a plan: what it explains."""

from __future__ import annotations

import re

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_OPTION = (
    r"\((?:[^()']|'[^']*')*\)|analyze|analyse|verbose|extended|partitions|buffers|costs|timing|"
    r"format\s*=\s*\w+|query\s+plan|for\s+schema\s+\w+|into\s+@\w+"
)
_COMMAND = re.compile(
    rf"\s*(?:explain|analyze|describe|desc)\b(?:\s+(?:{_OPTION})|(?:{_OPTION})(?=\s*\())*\s*", re.IGNORECASE
)
_OPTIONS_ONLY = re.compile(
    r"(?:\s*\((?=\s*(?:analy[sz]e|verbose|costs|settings|buffers|wal|timing|summary|format|generic_plan|memory|"
    r"serialize|off|on|,|true|false)\b)(?:[^()']|'[^']*')*\))",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"(?:select|insert|update|delete|merge|with|values|table|execute|declare|create|refresh|replace|call|\()\b|\(",
    re.IGNORECASE,
)
#: A statement that begins on a line of its own, not what a client prints when it is done (``INSERT 0 1``).
_QUERY = re.compile(
    r"(?:select|insert\s+into|update\s+[^\s\d]|delete\s+from|merge\s+into|with|values|\()", re.IGNORECASE
)
_NEXT_PROMPT = re.compile(r"(?:[\w.@/:\[\]-]{1,60}[-'\"(*$][>#] ?| {4}->|   \.\.\.>|[ ]{4,}['\"`]> )")
#: The first row of a vertical table without its stars, a table's names, an operator of a tree with its numbers.
_ROW = re.compile(r"[ \t]*(?:id: \d+[ \t]*$|\| *id *\| *select_type\b|-> [A-Z].*\((?:cost=|actual |rows=))")
_END = re.compile(r"(?:;|\\G|\\g|\\gx)\s*$")


def command(lines: Lines, start: int) -> tuple[str, int] | None:
    """The statement that the EXPLAIN on line ``start`` explains and the line after it; None when it is none."""
    head = signs.EXPLAIN.match(lines.texts[start])
    if head is None:
        return None
    first = head.group("command")
    match = _COMMAND.match(first)
    if match is None:
        return None
    rest = first[match.end() :]
    if rest and not _STATEMENT.match(rest):
        return None
    if not rest and not head.group("prompt") and not _below_begins(lines, start + 1):
        return None
    parts = [first]
    index = start + 1
    if not _END.search(first):
        while index < len(lines) and index - start < 2000:
            text = lines.texts[index]
            if not text.strip() or _plan_begins(text):
                break
            prompt = _NEXT_PROMPT.match(text)
            parts.append(text[prompt.end() :] if prompt else text)
            index += 1
            if _END.search(text):
                break
    return statement("\n".join(parts)), index


def statement(text: str) -> str:
    """The statement without EXPLAIN, its options, and what ends it."""
    match = _COMMAND.match(text)
    if match:
        rest = text[match.end() :]
        options = _OPTIONS_ONLY.match(rest)
        text = rest[options.end() :] if options else rest
    return _END.sub("", text.strip()).strip()


def _below_begins(lines: Lines, start: int) -> bool:
    return start < len(lines) and _QUERY.match(lines.texts[start].lstrip()) is not None


def _plan_begins(text: str) -> bool:
    """A statement without its semicolon ends where the plan's frame begins."""
    return (
        signs.HEADER.match(text) is not None
        or signs.RULE.match(text) is not None
        or signs.ROOT.match(text) is not None
        or signs.FENCE.match(text) is not None
        or signs.RECORD.match(text) is not None
        or signs.STARS.match(text) is not None
        or signs.BOX.match(text) is not None
        or _ROW.match(text) is not None
        or text.startswith(("id\tselect_type", "EXPLAIN", "[", "- Plan:", "<explain"))
    )
