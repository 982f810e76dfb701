"""Frames that a terminal or a mail cut into pieces of one width: the rule, cut as well, tells how they fit together."""

from __future__ import annotations

import re

from advisor.plans.decoration.lines import Lines

_BEGIN = re.compile(r"[+┌╔][-─═+┬╦]{18,}$")
_MORE = re.compile(r"[-─═+┬╦]*[-─═+┬╦┐╗]$")
_CORNERS = "+┐╗"


def pieced_together(lines: Lines, start: int) -> tuple[Lines, int] | None:
    """The frame whose upper rule begins on line ``start``, each of its lines whole, and the first line after it.

    None unless the rule goes on below. The pieces may have lost the blanks at their ends.
    """
    texts = lines.texts
    first = texts[start]
    if not _BEGIN.match(first) or start + 1 >= len(texts):
        return None
    width = len(first)
    index = start + 1
    full = width
    while (
        index < len(texts) and _MORE.match(texts[index]) and len(texts[index]) <= width and texts[index][0] in "-─═┐╗┬+"
    ):
        full += len(texts[index])
        index += 1
        if texts[index - 1][-1] in _CORNERS and len(texts[index - 1]) < width:
            break
    else:
        if index == start + 1:
            return None
    if index == start + 1 or texts[index - 1][-1] not in _CORNERS:
        return None
    pieces = -(-full // width)
    out: list[str] = []
    numbers: list[int] = []
    index = start
    rules = 0
    while index < len(texts) and rules < 3:
        row = texts[index : index + pieces]
        if row[0][:1] not in ("+", "|", "│", "║", "┌", "├", "└", "╔", "╠", "╚", "╟", "╞"):
            break
        out.append("".join(piece.ljust(width) for piece in row[:-1]) + row[-1])
        numbers.append(lines.numbers[index])
        rules += row[0][0] in "+┌├└╔╠╚╟╞"
        index += pieces
    return Lines(out, numbers), min(index, len(texts))
