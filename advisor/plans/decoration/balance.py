"""Whether a line leaves a bracket or a quote open."""

from __future__ import annotations

import re

#: A whole literal with backslashes (PostgreSQL prints them in SQL for foreign servers alone) counts for nothing.
_MARKS = re.compile(r"(?<!\w)E'(?:[^'\\]|\\.)*'|['\"()]")


def balance(text: str, depth: int = 0, quote: str = "") -> tuple[int, str]:
    """Open brackets and the open quote (or "") after ``text``, given those before it.

    A doubled quote closes and opens again, which comes to the same. Brackets inside quotes do not count.
    """
    if not quote and "'" not in text and '"' not in text:
        return depth + text.count("(") - text.count(")"), ""
    position = 0
    while True:
        if quote:
            end = text.find(quote, position)
            if end < 0:
                return depth, quote
            quote, position = "", end + 1
        mark = _MARKS.search(text, position)
        if mark is None:
            return depth, ""
        found = mark.group()
        position = mark.end()
        if found == "(":
            depth += 1
        elif found == ")":
            depth -= 1
        elif len(found) == 1:
            quote = found
