"""Python source out of values: literals that read back as what they were, lists that stay readable."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH = 110


def literal(value: str) -> str:
    """A string literal in ASCII: no editor, encoding or bidirectional character changes it."""
    plain = value.isprintable() and value.isascii() and '"' not in value and "\\" not in value
    return f'"{value}"' if plain else ascii(value)


def call(name: str, arguments: Sequence[str], indent: str) -> list[str]:
    """A call, on one line where it fits."""
    flat = f"{indent}{name}({', '.join(arguments)})"
    if len(flat) <= _WIDTH:
        return [flat]
    return [f"{indent}{name}(", *(f"{indent}    {each}," for each in arguments), f"{indent})"]


def strings(values: Sequence[str]) -> str:
    """A list of string literals."""
    return f"[{', '.join(literal(each) for each in values)}]"
