"""Rows that a client exported, a driver printed, or an editor numbered: one line of the plan in each."""

from __future__ import annotations

import ast
import json
import re

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_INSERT = re.compile(r"\s*INSERT INTO [^()]{1,80}\([^()]{1,80}\) VALUES \('(?P<cell>.*)'\);?\s*$", re.IGNORECASE)
_NAMES = r"QUERY PLAN|QUERY_PLAN|query_plan|queryplan|plan|EXPLAIN|explain|explain_plan"
_STRING = r'"(?:[^"\\]|\\.)*"'
_MEMBER = re.compile(rf"\s*\[?\s*\{{?\s*\"(?:{_NAMES})\"\s*:\s*(?P<cell>{_STRING})\s*\}}?\s*\]?,?\s*$")
_MEMBERS = re.compile(rf"\{{\s*\"(?:{_NAMES})\"\s*:\s*(?P<cell>{_STRING})\s*\}}")
_TUPLE = re.compile(r"\s*\[?[\[(](?:'|\")")
_NUMBERED = re.compile(r"(?P<blanks>[ \t]*)(?P<number>\d{1,6})(?P<mark>\t| ?\| |\. |: |,|;)?(?P<rest>.*)$")
_BRACKETS = frozenset("[]{},")


def opened(lines: Lines) -> Lines:
    """The cells of rows of an export; other lines as they are."""
    for step in (_inserts, _members, _tuples, _numbered):
        lines = step(lines)
    return lines


def _with(lines: Lines, found: dict[int, list[str]], dropped: set[int]) -> Lines:
    out: list[str] = []
    numbers: list[int] = []
    for index, text in enumerate(lines.texts):
        if index in dropped:
            continue
        for piece in found.get(index, [text]):
            out.append(piece)
            numbers.append(lines.numbers[index])
    return Lines(out, numbers)


def _inserts(lines: Lines) -> Lines:
    found = {}
    for index, text in enumerate(lines.texts):
        if text[:20].lstrip()[:7].upper() == "INSERT ":
            match = _INSERT.match(text)
            if match:
                found[index] = [match.group("cell").replace("''", "'")]
    return _with(lines, found, set()) if len(found) > 1 else lines


def _members(lines: Lines) -> Lines:
    """JSON: an array of objects with one string each."""
    found: dict[int, list[str]] = {}
    for index, text in enumerate(lines.texts):
        if '"' not in text or text.lstrip()[:1] not in '"{[':
            continue
        match = _MEMBER.match(text)
        if match:
            cells = [match.group("cell")]
        elif text.lstrip()[:2] == "[{" and _MEMBERS.search(text[:200]):
            cells = [each.group("cell") for each in _MEMBERS.finditer(text)]
        else:
            continue
        try:
            found[index] = [piece for cell in cells for piece in str(json.loads(cell)).split("\n")]
        except ValueError:
            continue
    if not found or (len(found) == 1 and not any(len(pieces) > 1 or _begins(pieces[0]) for pieces in found.values())):
        return lines
    first, last = min(found), max(found)
    around = range(max(0, first - 2), min(len(lines), last + 3))
    dropped = {
        i for i in around if i not in found and lines.texts[i].strip() and set(lines.texts[i].strip()) <= _BRACKETS
    }
    return _with(lines, found, dropped)


def _tuples(lines: Lines) -> Lines:
    """Rows as Python prints them."""
    found: dict[int, list[str]] = {}
    for index, text in enumerate(lines.texts):
        if not _TUPLE.match(text) or not text.rstrip().endswith(("',)", '",)', "',),", '",),', "]")):
            continue
        try:
            value = ast.literal_eval(text.strip().rstrip(","))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        cells = _cells(value)
        if cells is not None:
            found[index] = [piece for cell in cells for piece in cell.split("\n")]
    if not found or not any(_begins(piece) for pieces in found.values() for piece in pieces[:2]):
        return lines
    return _with(lines, found, set())


def _cells(value: object) -> list[str] | None:
    rows = value if isinstance(value, list) else [value]
    cells = []
    for row in rows:
        if not isinstance(row, (tuple, list)) or len(row) != 1 or not isinstance(row[0], str):
            return None
        cells.append(row[0])
    return cells or None


def _numbered(lines: Lines) -> Lines:
    """Without the numbers of the lines, where a plan begins behind one and they count on."""
    texts = lines.texts
    out: list[str] | None = None
    index = 0
    while index < len(texts):
        head = _NUMBERED.match(texts[index]) if texts[index][:8].lstrip()[:1].isdigit() else None
        if head is None or not _begins(head.group("rest").lstrip(' "')):
            index += 1
            continue
        start, count = index, int(head.group("number"))
        mark = head.group("mark") or ""
        gap = len(head.group("rest")) - len(head.group("rest").lstrip()) if not mark or mark == "\t" else 0
        if not mark and not gap:
            index += 1
            continue
        column = head.end("number") + gap
        left = head.group("blanks") == ""
        pieces: list[str] = []
        while index < len(texts):
            row = _NUMBERED.match(texts[index])
            if row is None or int(row.group("number")) != count + index - start or (row.group("mark") or "") != mark:
                break
            if mark:
                pieces.append(row.group("rest"))
            else:
                skip = column if left or row.end("number") == head.end("number") else row.end("number") + gap
                pieces.append(texts[index][skip:] if not left or row.end("number") <= column else row.group("rest"))
            index += 1
        if index - start > 1 or index == len(texts):
            out = list(texts) if out is None else out
            out[start:index] = pieces
        index = max(index, start + 1)
    return lines if out is None else lines.with_texts(out)


def _begins(text: str) -> bool:
    """Whether a plan may begin so."""
    lead = text.lstrip(' "')
    return (
        any(sign.match(lead) for sign in (signs.ROOT, signs.ANY_ROOT, signs.BARE_ROOT, signs.HEADER))
        or lead.startswith(("<explain", "- Plan:", "-> ", "Query Text:", "Plan:"))
        or (lead[:1] in ("[", "{") and (len(lead) == 1 or '"' in lead[:40]))
    )
