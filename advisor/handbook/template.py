"""Fills a page's templates: `{column}` becomes the value of that column of Detect, and nothing else happens.

In prose a value is shown; in SQL it is quoted for what its column's name says it is: a name of a table, column or index
is an identifier, a column that ends in ``_sql`` is an expression taken as it stands, everything else is a literal; in
single quotes, ``'{table_name}'``, every value is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from advisor.handbook.ddl import quoted, quoted_table
from advisor.model.engine import EngineName

_NAME = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_IN_SQL = re.compile(r"'\{([a-z_][a-z0-9_]*)\}'|\{([a-z_][a-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
MAX_SHOWN = 400  # characters of one value in prose: an advice stays a paragraph


def names(template: str) -> list[tuple[str, int]]:
    """The columns that a template asks for, each with the line (from 0) that first does."""
    found: dict[str, int] = {}
    for match in _NAME.finditer(template):
        found.setdefault(match[1], template.count("\n", 0, match.start()))
    return list(found.items())


def prose(template: str, row: Mapping[str, Any]) -> str:
    """The advice in words. What is not known is said to be."""
    return _NAME.sub(lambda match: shown(row.get(match[1])), template)


def shown(value: Any) -> str:
    """A value as a reader wants it: thousands apart, no control characters, not too long."""
    if value is None:
        return "(not known)"
    if isinstance(value, bool | int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    text = _CONTROL.sub(" ", str(value)).strip()
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "\u2026"


def sql(template: str, row: Mapping[str, Any], engine: EngineName) -> str | None:
    """The statement, or None when a value that it needs is not known."""
    missing = [name for name, _ in names(template) if row.get(name) is None]
    if missing:
        return None

    def fill(match: re.Match[str]) -> str:
        if match[1]:
            return _literal(str(row[match[1]]), engine)
        return _quoted(match[2], row[match[2]], engine)

    return _IN_SQL.sub(fill, template).strip()


def _quoted(name: str, value: Any, engine: EngineName) -> str:
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if name == "table_name" or name.endswith("_table"):
        return quoted_table(text, engine)
    if name.endswith(("column_name", "_column", "index_name", "constraint_name", "_identifier")):
        return quoted(text, engine)
    if name.endswith("_sql"):
        return _CONTROL.sub(" ", text)
    return _literal(text, engine)


def _literal(text: str, engine: EngineName) -> str:
    escaped = text.replace("'", "''")
    if engine in ("mysql", "mariadb"):
        escaped = escaped.replace("\\", "\\\\")
    return f"'{_CONTROL.sub(' ', escaped)}'"


def missing(template: str, columns: Iterable[str]) -> list[tuple[str, int]]:
    """The names of a template that Detect has no column for, with their lines."""
    have = set(columns)
    return [(name, line) for name, line in names(template) if name not in have]
