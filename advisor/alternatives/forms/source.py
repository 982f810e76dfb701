"""SQL and names as Python source."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
#: Columns of a line.
_WIDE = 110
#: A name with or without its schema, as two groups.
QUALIFIED = rf"(?:(?P<{{0}}_schema>{_NAME})\s*\.\s*)?(?P<{{0}}>{_NAME})"


def qualified(group: str) -> str:
    """A pattern for a table's name; the groups ``group`` and ``group_schema``."""
    return QUALIFIED.format(group)


def literal(text: str, indent: int = 0) -> str:
    """A string; one of several lines as a string a line, in parentheses that stand around it already. ``indent``: of
    the lines after the first."""
    lines = text.splitlines(keepends=True)
    if not lines:
        return '""'
    return f"\n{' ' * indent}".join(string(line) for line in lines)


def argument(text: str, indent: int) -> str:
    """As the one argument of a call whose name stands ``indent`` blanks in."""
    if "\n" not in text and len(text) < 90:
        return string(text)
    return f"\n{' ' * (indent + 4)}{literal(text, indent + 4)}\n{' ' * indent}"


def listed(texts: Sequence[str], indent: int) -> str:
    """A list of strings, one below the other."""
    inside = " " * (indent + 4)
    rows = [f"({literal(one, indent + 5)})" if "\n" in one else string(one) for one in texts]
    return "[\n" + "".join(f"{inside}{row},\n" for row in rows) + " " * indent + "]"


def string(text: str) -> str:
    """On one line, with double quotes where that needs no more escapes."""
    plain = repr(text)
    if plain.startswith("'") and '"' not in text and "\\'" not in plain:
        return f'"{plain[1:-1]}"'
    return plain


def called(name: str, arguments: Sequence[str], indent: int) -> str:
    """A call, its arguments one below the other where they are long."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) + indent <= _WIDE or len(arguments) < 2:
        return line
    inside = " " * (indent + 4)
    return f"{name}(\n" + "".join(f"{inside}{one},\n" for one in arguments) + " " * indent + ")"


def strings(texts: Sequence[str]) -> str:
    """A list on one line."""
    return f"[{', '.join(string(one) for one in texts)}]"


def bare(written: str) -> str:
    """A name without its quotes, as the catalog has it."""
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()


def names(written: str) -> list[str] | None:
    """Of a list of names between commas; None: something else stands there."""
    found = []
    at = 0
    while match := re.compile(rf"\s*({_NAME})\s*(,|\Z)").match(written, at):
        found.append(bare(match[1]))
        at = match.end()
        if not match[2]:
            return found
    return None
