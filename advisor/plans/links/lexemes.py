"""A text's tokens with the numbers of their characters, as the engine's own scanner cuts them."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.fingerprint import lexer
from advisor.model.engine import EngineName, dialect_of

#: Bytes of UTF-8 that begin no character.
_CONTINUED = bytes(range(0x80, 0xC0))
#: MySQL and MariaDB number subqueries with a sign that begins a comment in SQL: ``(subquery#2)``, ``(select #2)``.
_NUMBERED = re.compile(
    r"""'[^'\\]*+(?>(?:\\.|'')[^'\\]*+)*'?+|"[^"\\]*+(?>(?:\\.|"")[^"\\]*+)*"?+|`[^`]*+`?+"""
    r"|(?<=\bsubquery)#(?=\d)|(?<=\bselect )#(?=\d)",
    re.IGNORECASE | re.DOTALL,
)


class Lexeme(NamedTuple):
    """Characters [start, end) of the text. ``word``: in capitals for words, as written for signs, else empty."""

    kind: int
    start: int
    end: int
    word: str


def lexemes(text: str, engine: EngineName) -> list[Lexeme]:
    """All tokens but comments."""
    data = text.encode("utf-8", "surrogatepass")
    ascii_only = len(data) == len(text)
    found: list[Lexeme] = []
    byte = position = 0
    for kind, start, end, _, _ in lexer.tokens(data, dialect_of(engine)):
        if kind == lexer.COMMENT:
            continue
        if ascii_only:
            first, last = start, end
        else:
            first = position + len(data[byte:start].translate(None, _CONTINUED))
            last = first + len(data[start:end].translate(None, _CONTINUED))
            byte, position = end, last
        if kind == lexer.WORD:
            word = text[first:last].upper()
        elif kind in (lexer.QUOTED, lexer.STRING, lexer.NUMBER):
            word = ""
        else:
            word = text[first:last]
        found.append(Lexeme(kind, first, last, word))
    return found


def unnumbered(text: str) -> str:
    """The text with another sign, as long, in front of the numbers of MySQL's subqueries."""
    if "#" not in text:
        return text
    return _NUMBERED.sub(lambda match: "_" if match.group() == "#" else match.group(), text)


def masked(text: str, engine: EngineName) -> str:
    """The text, as long as before, with blanks for comments and ``?`` for the placeholders of drivers."""
    pieces: list[str] = []
    position = 0
    for lexeme in lexemes(text, engine):
        if lexeme.start > position:
            pieces.append(_blank(text[position : lexeme.start]))
        piece = text[lexeme.start : lexeme.end]
        if lexeme.kind == lexer.PLACEHOLDER and piece.startswith("%"):
            piece = "?" + " " * (len(piece) - 1)
        elif lexeme.kind == lexer.VERSION:
            piece = " " * len(piece)
        pieces.append(piece)
        position = lexeme.end
    pieces.append(_blank(text[position:]))
    return "".join(pieces)


def _blank(gap: str) -> str:
    return gap if gap.isspace() or not gap else " " * len(gap)
