"""The query's text with the places that findings are about, underlined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.reports.escape import visible


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """One line of a query; ``marks`` are columns [start, end) of ``text`` with the number of what marks them."""

    text: str
    marks: tuple[tuple[int, int, int], ...]


def marked(query: str, spans: Sequence[tuple[int, int, int]], shown: Callable[[str], str]) -> list[MarkedLine]:
    """The query as ``shown`` prints it (redacted or not), cut into lines, with its marks.

    ``spans`` are (start, end, number) in characters of ``query``; of overlapping ones the first stays. Each part is
    shown by itself, so that a mark stays where it belongs although literals have another length.
    """
    pieces: list[tuple[str, int | None]] = []
    at = 0
    for start, end, number in _apart(spans, len(query)):
        pieces += [(query[at:start], None), (query[start:end], number)]
        at = end
    pieces.append((query[at:], None))
    lines: list[MarkedLine] = []
    text = ""
    marks: list[tuple[int, int, int]] = []
    for piece, mark in pieces:
        parts = visible(shown(piece)).replace("\r\n", "\n").replace("\t", "    ").split("\n") if piece else [""]
        for number, part in enumerate(parts):
            if number:
                lines.append(MarkedLine(text, tuple(marks)))
                text, marks = "", []
            begin = len(text) + len(part) - len(part.lstrip()) if number else len(text)
            text += part
            if mark is not None and part.strip():
                marks.append((begin, len(text.rstrip()) if number < len(parts) - 1 else len(text), mark))
    lines.append(MarkedLine(text, tuple(marks)))
    while lines and not lines[0].text.strip():
        lines.pop(0)
    while lines and not lines[-1].text.strip():
        lines.pop()
    return lines


def _apart(spans: Sequence[tuple[int, int, int]], size: int) -> list[tuple[int, int, int]]:
    kept: list[tuple[int, int, int]] = []
    for start, end, number in spans:
        if 0 <= start < end <= size and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, number))
    return sorted(kept)


def window(line: MarkedLine, width: int) -> MarkedLine:
    """The part of a long line that holds its first mark, ``width`` characters wide, with ellipses where it was cut."""
    if len(line.text) <= width:
        return line
    first = line.marks[0][0] if line.marks else 0
    start = 0 if first < width * 2 // 3 else max(0, first - width // 4)
    end = min(len(line.text), start + width)
    text = line.text[start:end]
    if start:
        text = "…" + text[1:]
    if end < len(line.text):
        text = text[:-1] + "…"
    marks = tuple(
        (max(0, left - start), min(right, end) - start, number)
        for left, right, number in line.marks
        if left < end and right > start
    )
    return MarkedLine(text, marks)
