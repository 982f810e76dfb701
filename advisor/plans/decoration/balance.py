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


#: What is said where `spans` finds a literal and blanks at the ends of lines are taken off.
BLANKS_LOST = "blanks at the ends of lines were taken off: a literal that goes over several lines may have lost its own"
_OPENED = re.compile(r"(?:: |<[A-Z][\w-]*>|\().*'|\w: .*\"|<[A-Z][\w-]*>[^<>]+$|[^>]</[A-Z][\w-]*>$")


def spans(texts: list[str]) -> int | None:
    """Index of a line of a plan that ends within a literal or a name, so that a line break of its own follows."""
    if any('"Node Type"' in text or 'Node Type: "' in text or '"query_block"' in text for text in texts):
        return None  # a string of JSON or YAML holds no line break
    for index, text in enumerate(texts):
        if (
            ("'" in text and text.count("'") % 2)
            or (text.lstrip()[:1] == "<" and text[-1:] != ">")
            or text.count('"') % 2
        ):
            found = _OPENED.search(text)
            if found is not None:
                return index
    return None
