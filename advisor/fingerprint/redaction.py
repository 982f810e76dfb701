"""Redaction: a statement as it was written, without what it was about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.fingerprint.lexer import COMMENT, NUMBER, STRING, tokens
from advisor.model.engine import Dialect


def redact(sql: str, dialect: Dialect) -> str:
    """The statement with every literal as ``?`` and comments out; layout and placeholders are kept.

    Lists keep their length. An unterminated string, comment or quoted name is gone to the end of the text.
    """
    raw = sql.encode("utf-8", "surrogatepass")
    out = []
    pos = 0
    for token in tokens(raw, dialect):
        if token.kind in (STRING, NUMBER):
            out += [raw[pos : token.start], b"?"]
        elif token.kind == COMMENT:
            out += [raw[pos : token.start], b" " if _joins(raw, token.start, token.end) else b""]
        else:
            continue
        pos = token.end
    out.append(raw[pos:])
    return b"".join(out).decode("utf-8", "replace")


def every_text(value: Any, shown: Callable[[str], str]) -> Any:
    """A copy of a nested value with each of its texts as ``shown`` gives it; names of members and numbers stay."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {name: every_text(item, shown) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(every_text(item, shown) for item in value)
    return value


def _joins(raw: bytes, start: int, end: int) -> bool:
    """Would the tokens around a comment grow together without it?"""
    return start > 0 and not raw[start - 1 : start].isspace() and not raw[end : end + 1].isspace()
