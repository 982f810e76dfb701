"""SQLite's constraints of a SEARCH: ``a=? AND b>?``, ``rowid=?``, ``ANY(a) AND b=?``, ``<expr>=?`` (wherecode.c)."""

from __future__ import annotations

import re

_EXPRESSION = re.compile(r"<expr>")
_SKIPPED = re.compile(r"\bANY\([^()]*+\)\s*+(?:AND\s++)?")


def as_sql(text: str) -> str:
    """The text as SQL: a key that is an expression becomes a column named ``<expr>``; skipped keys are left out."""
    return _SKIPPED.sub("", _EXPRESSION.sub('"<expr>"', text))
