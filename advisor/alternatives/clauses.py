"""An ALTER TABLE cut into its clauses, each as it was written."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.catalog.ddl.lexer import Token, single
from advisor.model.engine import Dialect


class Clauses(NamedTuple):
    """``head`` is ``ALTER TABLE name``; head and one clause are a statement."""

    head: str
    clauses: tuple[str, ...]


def tokens_of(sql: str, dialect: Dialect) -> list[Token]:
    """The tokens of one statement; places are those of ``sql``."""
    return list(single(sql, dialect).tokens)


def clauses(sql: str, dialect: Dialect) -> Clauses | None:
    """None: it is no ALTER TABLE of one table, or it cannot be cut."""
    tokens = tokens_of(sql, dialect)
    words = [token.upper for token in tokens]
    if words[:2] != ["ALTER", "TABLE"]:
        return None
    at = 2
    while at < len(tokens) and words[at] in ("IF", "EXISTS", "ONLY", "IGNORE"):
        at += 1
    at += 1
    while at + 1 < len(tokens) and tokens[at].text == ".":
        at += 2
    if at < len(tokens) and tokens[at].text == "*":
        at += 1
    if at >= len(tokens):
        return None
    head = sql[tokens[0].start : tokens[at - 1].end]
    parts: list[str] = []
    depth, start = 0, tokens[at].start
    for token in tokens[at:]:
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
        elif token.text == "," and depth == 0:
            parts.append(sql[start : token.start].strip())
            start = token.end
    parts.append(sql[start : tokens[-1].end].strip())
    return Clauses(head, tuple(parts)) if depth == 0 and all(parts) else None


def after_word(sql: str, dialect: Dialect, wanted: str, more: str) -> str | None:
    """The text with ``more`` behind the first keyword ``wanted``; None: there is none."""
    for token in tokens_of(sql, dialect):
        if token.upper == wanted:
            return f"{sql[: token.end]} {more}{sql[token.end :]}"
    return None


def named(clause: str, name: str) -> str:
    """``ADD CHECK ...`` as ``ADD CONSTRAINT name CHECK ...``; one that has a name keeps it."""
    if re.match(r"ADD\s+CONSTRAINT\b", clause, re.IGNORECASE):
        return clause
    return re.sub(r"ADD\b", f"ADD CONSTRAINT {name}", clause, count=1, flags=re.IGNORECASE)
