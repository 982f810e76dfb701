"""Lines of a text plan as the server meant them: a literal or a quoted name may hold line ends of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What opens a quoted text. The server writes E'..' only in SQL for foreign servers; elsewhere a backslash is itself.
_OPENING = re.compile(r"""(?<!\w)E'|['"]""")
_ESCAPED_END = re.compile(r"'|\\.?", re.DOTALL)


def left_open(text: str, quote: str = "") -> str:
    """The quote that is open after ``text``: ``'``, ``"``, ``E'`` or nothing. ``quote`` is what was open before it.

    A doubled quote closes and opens again, which comes to the same.
    """
    if not quote and "\\" not in text:
        if '"' not in text:
            return "'" if text.count("'") & 1 else ""
        if "'" not in text:
            return '"' if text.count('"') & 1 else ""
    position = 0
    while True:
        if quote == "E'":
            end = _end_of_escaped(text, position)
            if end < 0:
                return quote
            position = end
        elif quote:
            end = text.find(quote, position)
            if end < 0:
                return quote
            position = end + 1
        opening = _OPENING.search(text, position)
        if opening is None:
            return ""
        quote = opening.group()
        position = opening.end()


def _end_of_escaped(text: str, position: int) -> int:
    for match in _ESCAPED_END.finditer(text, position):
        if match.group() == "'":
            return match.end()
    return -1


def joined(lines: Sequence[str], index: int) -> tuple[str, int, bool]:
    """The logical line that begins at ``index``, the index after it, and whether its quotes are closed.

    Where a quote stays open to the very end, the text was cut, and all of the rest is the literal's.
    """
    line = lines[index]
    quote = left_open(line)
    if not quote:
        return line, index + 1, True
    for after in range(index + 1, len(lines)):
        quote = left_open(lines[after], quote)
        if not quote:
            return "\n".join(lines[index : after + 1]), after + 1, True
    return "\n".join(lines[index:]), len(lines), False


def parentheses_closed(text: str) -> bool:
    """Whether every parenthesis outside of quotes is closed."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        found = match.group()
        if found in "([":
            depth += 1
        elif found in ")]":
            depth -= 1
    return depth == 0


_BRACKETS = re.compile(r"""'[^']*'|"[^"]*"|[()\[\]]""")
_SEPARATORS = re.compile(r"""'[^']*'|"[^"]*"|[()\[\]]|, """)


def split_list(text: str) -> list[str]:
    """Items of a list that was printed with commas, whose items may hold commas between parentheses and in quotes."""
    if "'" not in text and '"' not in text:
        parts = text.split(", ")
        if "(" not in text and "[" not in text:
            return parts
        return _balanced(parts)
    items = []
    depth = start = 0
    for match in _SEPARATORS.finditer(text):
        found = match.group()
        if found == ", ":
            if depth == 0:
                items.append(text[start : match.start()])
                start = match.end()
        elif found in "([":
            depth += 1
        elif found in ")]":
            depth -= 1
    items.append(text[start:])
    return items


def _balanced(parts: list[str]) -> list[str]:
    """Parts joined again until their parentheses are closed."""
    items = []
    depth = start = 0
    for index, part in enumerate(parts):
        depth += part.count("(") - part.count(")") + part.count("[") - part.count("]")
        if depth == 0:
            items.append(part if start == index else ", ".join(parts[start : index + 1]))
            start = index + 1
    if start < len(parts):
        items.append(", ".join(parts[start:]))
    return items
