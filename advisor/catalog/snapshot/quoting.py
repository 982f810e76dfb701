"""The text that a string literal means, and the literal of a text."""

from __future__ import annotations

import re

from advisor.fingerprint.lexer import Token
from advisor.model.engine import Dialect

_POSTGRESQL = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MYSQL = re.compile(r"\\(.)", re.DOTALL)
_MYSQL_LETTERS = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def text_of(raw: bytes, token: Token, dialect: Dialect) -> str | None:
    """What a STRING token means; None for bits, bytes, U&'...' and texts without their end."""
    head = raw[token.start : token.inner]
    inner = raw[token.inner : token.inner_end].decode("utf-8", "replace")
    if token.inner_end >= token.end:  # no closing quote
        return None
    sign = head[-1:].decode("ascii", "replace")
    prefix = head[:-1].strip().lower()
    if sign == "$" and dialect == "postgresql":
        return inner
    if prefix not in (b"", b"e", b"n") and not (dialect == "mysql" and prefix.startswith(b"_utf8")):
        return None
    text = inner.replace(sign * 2, sign)
    if dialect == "mysql":
        return _MYSQL.sub(lambda found: _MYSQL_LETTERS.get(found[1], found[1]), text)
    return _POSTGRESQL.sub(_unescaped, text) if prefix == b"e" else text


def _unescaped(found: re.Match[str]) -> str:
    octal, short, four, eight, other = found.groups()
    if octal or short:
        return chr(int(octal, 8) & 255 if octal else int(short, 16))
    if four or eight:
        number = int(four or eight, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    return _LETTERS.get(other, other)


def quoted(text: str, dialect: Dialect) -> str:
    """A literal that means the text under standard_conforming_strings, and in MySQL under every sql_mode."""
    if dialect == "mysql":
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"
