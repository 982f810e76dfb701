"""Whether a line leaves a bracket or a quote open."""

from __future__ import annotations

import re

_MARKS = re.compile(r"['\"()]")


def balance(text: str, depth: int = 0, quote: str = "") -> tuple[int, str]:
    """Open brackets and the open quote (or "") after ``text``, given those before it.

    A doubled quote closes and opens again, which comes to the same. Brackets inside quotes do not count.
    """
    if not quote and "'" not in text and '"' not in text:
        return depth + text.count("(") - text.count(")"), ""
    for mark in _MARKS.findall(text):
        if quote:
            if mark == quote:
                quote = ""
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        else:
            quote = mark
    return depth, quote
