"""Cells of a result grid: each line in quotes, or the whole plan as one quoted cell (pgAdmin, DataGrip, CSV)."""

from __future__ import annotations

import re

from advisor.model.plan import PlanWarning
from advisor.plans.decoration.lines import Lines

_PAIRED = re.compile(r'(?:[^"]|"")*')
_PAIRED_SINGLE = re.compile(r"(?:[^']|'')*")
_CELL_CUT = "a quoted line goes on below as a wrapped one does: whether a blank was lost there cannot be told"
_CLOSING = tuple(',{[]}")>')
#: Cells whose end was looked for in vain before it is no longer looked for.
_MOST_UNCLOSED = 20


def bare(inner: str) -> str:
    """What a quoted cell says. Most clients double its quotes; where one is not, none is."""
    if '"' in inner and _PAIRED.fullmatch(inner):
        return inner.replace('""', '"')
    return inner


def quoted_lines(lines: Lines, start: int, end: int, doubts: list[PlanWarning]) -> Lines:
    """Lines [start, end) with the quotes of cells off. Lines without quotes stand as they are (a client quotes only
    cells with a quote or a comma); a cell that holds line breaks is opened up."""
    out: list[str] = []
    numbers: list[int] = []
    texts = lines.texts
    index = start
    unclosed = 0
    longest = max((len(text) for text in texts[start:end]), default=0)
    while index < end:
        text = texts[index].rstrip(" \t,;")
        lead = text.lstrip()
        if not lead.startswith('"') or _identifier(lead):
            out.append(texts[index])
            numbers.append(lines.numbers[index])
            index += 1
            continue
        if len(lead) > 1 and lead.endswith('"') and lead.count('"') % 2 == 0:
            out.append(bare(lead[1:-1]))
            numbers.append(lines.numbers[index])
            index += 1
            continue
        last = _cell_end(texts, index, end) if unclosed < _MOST_UNCLOSED else None
        if last is None:
            unclosed += 1
            doubts.append(
                PlanWarning(lines.numbers[index], "a quote without its partner was taken off at the line's start")
            )
            # a stray quote: the end of the cell was not copied
            out.append(lead[1:].replace('""', '"'))
            numbers.append(lines.numbers[index])
            index += 1
            while index < end and not texts[index].lstrip().startswith('"'):
                out.append(texts[index].replace('""', '"'))
                numbers.append(lines.numbers[index])
                index += 1
            continue
        if end - start > 4 and any(len(t) == longest and t[-1:] not in _CLOSING for t in texts[index:last]):
            doubts.append(PlanWarning(lines.numbers[index], _CELL_CUT))
        cell = [lead[1:] + texts[index][len(text) :], *texts[index + 1 : last + 1]]
        cell[-1] = cell[-1].rstrip(" \t,;")[:-1]
        doubled = all(_PAIRED.fullmatch(piece) for piece in cell)
        out.extend(piece.replace('""', '"') if doubled else piece for piece in cell)
        numbers.extend(lines.numbers[index : last + 1])
        index = last + 1
    return Lines(out, numbers)


def single_quoted(lines: Lines, start: int) -> tuple[Lines, int]:
    """Lines that each stand in single quotes, from ``start`` on, and the first other one."""
    texts = lines.texts
    end = start
    while end < len(texts) and len(texts[end].strip()) > 1 and texts[end].strip()[0] == texts[end].strip()[-1] == "'":
        end += 1
    part = lines.part(start, end)
    return part.with_texts([t.strip()[1:-1] for t in part.texts]), end


def tree_cell(lines: Lines, start: int) -> tuple[Lines, int]:
    """A plan as one cell in single quotes (MySQL Workbench), quotes within it doubled, and the first line after it."""
    texts = lines.texts
    end = start + 1
    if not _ends_cell(texts[start].lstrip()[1:]):
        while end < len(texts) and not texts[end].lstrip().startswith("'-> "):
            end += 1
            if _ends_cell(texts[end - 1]):
                break
    inner = [texts[start].replace("'", "", 1), *texts[start + 1 : end]]
    last = inner[-1].rstrip(" \t,;")
    if _ends_cell(last):
        inner[-1] = last[:-1]
    if any(_PAIRED_SINGLE.fullmatch(text) is None for text in inner):
        return Lines(inner, lines.numbers[start:end]), end
    return Lines([text.replace("''", "'") for text in inner], lines.numbers[start:end]), end


def _ends_cell(text: str) -> bool:
    """Whether a line's last quote has no partner."""
    text = text.rstrip(" \t,;")
    return text.endswith("'") and text.count("'") % 2 == 1


def _identifier(lead: str) -> bool:
    """A JSON key, or an item of a list, is no cell."""
    return re.match(r'"[^"]*" ?:', lead) is not None


def _cell_end(texts: list[str], start: int, end: int) -> int | None:
    """The line where a cell's quotes are even again, and closed."""
    quotes = texts[start].count('"')
    for index in range(start + 1, end):
        quotes += texts[index].count('"')
        if quotes % 2 == 0 and texts[index].rstrip(" \t,;").endswith('"'):
            return index
    return None


def without_stray_quotes(lines: Lines) -> Lines:
    """Without the quote at the end of each line, where those at the beginning were not copied."""
    texts = lines.texts
    filled = [text.strip() for text in texts if text.strip()]
    if len(filled) < 2 or not all(text[-1] == '"' and text[0] != '"' and text.count('"') % 2 for text in filled):
        return lines
    return lines.with_texts([text.rstrip().removesuffix('"') for text in texts])
