"""Sort keys as MySQL and MariaDB print them: a list with commas."""

from __future__ import annotations


def keys_of(text: str) -> tuple[str, ...]:
    """Cut at commas that stand in no brackets and no quotes."""
    found: list[str] = []
    depth = start = 0
    quote = ""
    place = 0
    while place < len(text):
        mark = text[place]
        if quote:
            if mark == "\\" and quote != "`":
                place += 1
            elif mark == quote:
                quote = ""
        elif mark in "'\"`":
            quote = mark
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark == "," and depth <= 0:
            found.append(text[start:place].strip())
            start = place + 1
        place += 1
    found.append(text[start:].strip())
    return tuple(key for key in found if key)
