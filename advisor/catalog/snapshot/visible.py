"""The texts that a schema shows as literals of its own definitions."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.snapshot import arrays
from advisor.catalog.snapshot.quoting import text_of
from advisor.fingerprint.lexer import STRING, tokens
from advisor.model.engine import EngineName, dialect_of
from advisor.model.snapshot import SchemaObject

#: Definitions whose literals a planner compares with those of a query. Bodies of functions and triggers are not among
#: them: a planner does not look into them.
_KINDS = frozenset(
    {
        "type",
        "domain",
        "table",
        "default",
        "index",
        "constraint",
        "statistics",
        "view",
        "materialized_view",
        "policy",
        "rule",
    }
)


def visible_texts(objects: Iterable[SchemaObject], engine: EngineName) -> set[str]:
    """Every text that is a whole literal, or an element of an array literal, of one of those definitions."""
    dialect = dialect_of(engine)
    found: set[str] = set()
    for one in objects:
        if one.kind not in _KINDS:
            continue
        for ddl in one.ddl:
            raw = ddl.encode("utf-8", "replace")
            for token in tokens(raw, dialect):
                if token.kind == STRING and (text := text_of(raw, token, dialect)) is not None:
                    found.add(text)
                    if text.startswith("{") and text.endswith("}"):
                        try:
                            found.update(arrays.leaves(arrays.parse(text)[1]))
                        except ValueError:
                            continue
    return found
