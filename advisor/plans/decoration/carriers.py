"""Takes off, in whatever order they were put on, what carried every line: quotes, prefixes, markup, indentation."""

from __future__ import annotations

from advisor.plans.decoration import signs
from advisor.plans.decoration.html import unmarked
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.prefixes import unprefixed
from advisor.plans.decoration.quoting import unquoted

_ROUNDS = 8


def uncarried(lines: Lines) -> Lines:
    """The lines as they stood in the client or the log."""
    for _ in range(_ROUNDS):
        before = lines
        for step in (_unpadded, _outdented, unmarked, unprefixed, unquoted):
            lines = step(lines)
        if lines is before:
            break
    return lines


def _unpadded(lines: Lines) -> Lines:
    """Without blanks at the ends, where so many lines have them that no server printed them."""
    texts = lines.texts
    padded = sum(1 for text in texts if text[-1:] in (" ", "\t"))
    if padded < 2 or padded < 0.3 * sum(1 for text in texts if text):
        return lines
    return lines.with_texts([text.rstrip(" \t") for text in texts])


def _outdented(lines: Lines) -> Lines:
    """Without the blanks that every line begins with (marks of a code block aside)."""
    texts = lines.texts
    least: int | None = None
    for text in texts:
        if not text or not text[0].isspace():
            if text and not signs.FENCE.match(text):
                return lines
            continue
        if text.isspace():
            continue
        column = len(text) - len(text.lstrip(" "))
        if column == 0:
            return lines
        least = column if least is None else min(least, column)
    if not least:
        return lines
    return lines.with_texts([text if signs.FENCE.match(text) and text[:1] != " " else text[least:] for text in texts])
