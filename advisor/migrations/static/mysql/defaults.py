"""Defaults of columns: those that every row shares, and those that the server works out for each."""

from __future__ import annotations

import re

from advisor.catalog.ddl.parentheses import strip_parentheses

#: Functions whose value a server takes once, when the column is added.
_CONSTANT = re.compile(r"^(?:current_timestamp|now|localtime|localtimestamp)\b|^(?:null|true|false)$", re.IGNORECASE)
_CALL = re.compile(r"[a-z_]\w*\s*\(", re.IGNORECASE)


def varies(default: str | None) -> bool:
    """Has a default a value of its own for each row, or one that the server works out for each?"""
    if default is None:
        return False
    text = strip_parentheses(default)
    if _CONSTANT.match(text) or not _CALL.search(re.sub(r"'(?:[^'\\]|''|\\.)*'", "''", text)):
        bare = re.sub(r"'(?:[^'\\]|''|\\.)*'", "", text)
        return bool(re.search(r"[a-z_`]", bare, re.IGNORECASE)) and not _CONSTANT.match(text) and "(" in default
    return True
