"""Takes the values out of what pages can print, when the report must hold no literal of the input.

What stands around a column (``date_trunc('day', created_at)``, ``data->>'kind'``) is part of the expression that an
index would have, and stays; 0, 1 and 2 carry meaning, not data (``count(*) > 0``), and stay too.
"""

from __future__ import annotations

import re
from typing import Any

from advisor.fingerprint.redaction import every_text
from advisor.graphs.names import Node

_LITERAL = re.compile(
    r"""'[^']*+(?>(?:''[^']*+)*)'|"[^"]*+"|`[^`]*+`|(?<![\w$.])(?:0[xX][0-9a-fA-F]++|\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?)(?![\w])"""
)
_KEPT = frozenset({"0", "1", "2"})
_MARK = "\x00"


def redact_text(sql: str | None, kept: str | None = None) -> str | None:
    """The text with its literals as ``?``, except inside the part that is ``kept``."""
    if sql is None:
        return None
    if kept and _LITERAL.search(kept) and kept in sql:
        return _MARK.join(_redact(part) for part in sql.split(kept)).replace(_MARK, kept)
    return _redact(sql)


def _redact(sql: str) -> str:
    return _LITERAL.sub(lambda m: m.group() if m.group()[0] in '"`' or m.group() in _KEPT else "?", sql)


def redact_values(value: Any) -> Any:
    """The same in every text of a nested value."""
    return every_text(value, _redact)


def redact_tree(tree: Node) -> None:
    """Replaces the literals of a tree in place: its query nodes keep their identity."""
    from sqlglot import exp

    for literal in list(tree.find_all(exp.Literal)):
        if literal.name in _KEPT and not literal.is_string:
            continue
        if isinstance(literal.parent, (exp.Func, exp.Cast, exp.Interval, exp.DataTypeParam, exp.JSONPathKey)):
            continue
        literal.replace(exp.Placeholder())
