"""A plan copied with its page's markup: ``<pre>``, ``&gt;``, a table of cells."""

from __future__ import annotations

import re
from bisect import bisect_right
from html import unescape

from advisor.model.plan import PlanWarning
from advisor.plans.decoration.lines import Lines

_MARKED = re.compile(
    r"<(?:pre|td|th|table|code|blockquote|html|body|div|details)\b[^<>]*>"
    r"|<br ?/?>[ \t]*$|&lt;(?:explain|table|td)|&quot;(?:Plan|query_block)&quot;|&nbsp;-&gt;",
    re.IGNORECASE | re.MULTILINE,
)
_MARKED_ARROW = re.compile(r"^[ \t]*(?:&nbsp;|\xa0| )*-&gt;", re.MULTILINE)
_CELL = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dhr]", re.IGNORECASE)
_ROW_END = re.compile(r"</tr *>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:pre|code|div|span|p|table|tbody|thead|tr|td|th|blockquote|html|body|b|i|em|strong|font|a|samp|tt|caption|details|summary)\b[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)


def unmarked(lines: Lines, doubts: list[PlanWarning]) -> Lines:
    """Lines of the text that the page showed. Text without markup stays; an XML plan's entities are its own."""
    if not any("<" in text or "&" in text for text in lines.texts):
        return lines
    text = "\n".join(lines.texts)
    if "<explain" in text and "&lt;explain" not in text and "<pre" not in text:
        return lines
    if _MARKED.search(text) is None and not ("-&gt;" in text and _MARKED_ARROW.search(text)):
        return lines
    if _CELL.search(text) and _ROW.search(text):
        return _cells(text, lines)
    out: list[str] = []
    numbers: list[int] = []
    for line, number in zip(lines.texts, lines.numbers, strict=True):
        pieces = _BREAK.split(line)
        if len(pieces) > 1 and not pieces[-1].strip():
            pieces.pop()
        for piece in pieces:
            bare = _TAG.sub("", piece)
            if not bare.strip() and piece.strip():
                continue
            if "\xa0" in bare.lstrip() or ("&" in bare and "<" in bare and unescape(bare) != bare):
                doubts.append(
                    PlanWarning(number, "entities or blanks of a page stand here: a literal may have held them itself")
                )
            out.append(unescape(bare).replace("\xa0", " "))
            numbers.append(number)
    return Lines(out, numbers)


def _cells(text: str, lines: Lines) -> Lines:
    """A line per row of the table, cells apart by tabs; a cell of several lines stays several lines."""
    out: list[str] = []
    numbers: list[int] = []
    starts = [0]
    for line in lines.texts:
        starts.append(starts[-1] + len(line) + 1)
    end = 0

    def add(shown: str, offset: int) -> None:
        first = bisect_right(starts, offset) - 1
        for extra, piece in enumerate(_BREAK.sub("\n", shown).split("\n")):
            out.append(unescape(_TAG.sub("", piece)).replace("\xa0", " "))
            numbers.append(lines.numbers[min(first + extra, len(lines.numbers) - 1)])

    opened = list(_ROW.finditer(text))
    for number, row in enumerate(opened):
        between = _TAG.sub("", text[end : row.start()]) if end < row.start() else ""
        if between.strip():
            add(between.strip("\n"), end)
        end = opened[number + 1].start() if number + 1 < len(opened) else len(text)
        closed = _ROW_END.search(text, row.end(), end)
        end = closed.end() if closed else end
        cells = _CELL.split(text[row.end() : end])[1:]
        add("\t".join(_CELL_END.split(cell, maxsplit=1)[0] for cell in cells), row.start())
    rest = text[end:]
    if _TAG.sub("", rest).strip():
        add(rest.strip("\n"), end)
    return Lines(out, numbers)
