"""Array literals as PostgreSQL prints and reads them (arrayfuncs.c): ``{a,"b c",NULL,{d}}``, ``[0:1]={x,y}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

#: An element: its text, None for NULL, or a nested array.
Item: TypeAlias = "str | list[Item] | None"

_DIMENSIONS = re.compile(r"\s*(?:\[[-+0-9]+:[-+0-9]+\]\s*)+=\s*")
_PLAIN = re.compile(r'[^\\"{}, \t\n\r\v\f]+')
_BARE = re.compile(r'[^\\"{},\s]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLANK = " \t\n\r\v\f"
_DEEPEST = 8
"""MAXDIM is 6."""


def parse(literal: str) -> tuple[str, list[Item]]:
    """The prefix with the bounds ("" where there is none), and the elements. Raises ValueError for what is no array."""
    prefix = _DIMENSIONS.match(literal)
    start = prefix.end() if prefix else 0
    while literal[start : start + 1] in _BLANK and start < len(literal):
        start += 1
    items, end = _items(literal, start, 0)
    if literal[end:].strip(_BLANK):
        raise ValueError("text after an array")
    return prefix[0].strip() if prefix else "", items


def _items(text: str, at: int, depth: int) -> tuple[list[Item], int]:
    if text[at : at + 1] != "{" or depth > _DEEPEST:
        raise ValueError("no array")
    out: list[Item] = []
    at += 1
    pieces: list[str] = []
    quoted = False
    item: Item = None
    nested = False
    while True:
        sign = text[at : at + 1]
        if sign == "":
            raise ValueError("an array without its end")
        if sign in ",}":
            if nested:
                out.append(item)
            elif quoted or pieces:
                word = "".join(pieces)
                if not quoted:
                    word = word.strip(_BLANK)
                out.append(None if not quoted and word.upper() == "NULL" else word)
            elif sign == "," or out:
                raise ValueError("an empty element")
            pieces, quoted, nested = [], False, False
            at += 1
            if sign == "}":
                return out, at
        elif sign == "{":
            item, at = _items(text, at, depth + 1)
            nested = True
        elif sign == '"':
            found = _QUOTED.match(text, at)
            if found is None:
                raise ValueError("a quoted element without its end")
            inner = found[1]
            pieces.append(_ESCAPE.sub(r"\1", inner) if "\\" in inner else inner)
            quoted = True
            at = found.end()
        elif sign == "\\":
            pieces.append(text[at + 1 : at + 2])
            quoted = True
            at += 2
        elif sign in _BLANK:
            if pieces and not quoted:
                pieces.append(sign)
            at += 1
        else:
            found = _PLAIN.match(text, at)
            assert found is not None
            pieces.append(found[0])
            at = found.end()


def text_of(items: Iterable[Item], prefix: str = "") -> str:
    """The literal of elements, quoted where the server would quote, so that it reads the same."""
    return prefix + "{" + ",".join(_element(item) for item in items) + "}"


def _element(item: Item) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return text_of(item)
    if item.upper() != "NULL" and _BARE.fullmatch(item):
        return item
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def leaves(items: Iterable[Item]) -> Iterable[str]:
    """The texts in an array, of nested ones too."""
    for item in items:
        if isinstance(item, list):
            yield from leaves(item)
        elif item is not None:
            yield item


def each(items: Iterable[Item], made: Callable[[str], str]) -> list[Item]:
    """A copy with every text as ``made`` gives it; NULL stays."""
    return [each(i, made) if isinstance(i, list) else None if i is None else made(i) for i in items]
