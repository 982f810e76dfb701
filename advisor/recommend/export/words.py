"""CREATE INDEX statements put together, and taken apart again to be sure that they are one."""

from __future__ import annotations

import re

from advisor.catalog.ddl.lexer import statements
from advisor.handbook.ddl import quoted
from advisor.model.engine import EngineName, dialect_of
from advisor.model.indexing import IndexDefinition
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse
from advisor.recommend.definition import on_text
from advisor.recommend.export.place import Place

_HEAD = re.compile(r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?", re.IGNORECASE)


def create_text(
    index: IndexDefinition, place: Place, name: str, verb: str, how: str = "", *, only: bool = False
) -> str:
    """``CREATE [UNIQUE] INDEX [how] name ON ...``; ``only``: of a partitioned table alone."""
    unique = " UNIQUE" if index.unique else ""
    if index.engine == "sqlite":  # the schema stands before the index
        target, table = place.beside(name), quoted(place.bare, "sqlite")
    else:
        target, table = quoted(name, index.engine), f"ONLY {place.sql}" if only else place.sql
    return f"{verb}{unique} INDEX{how} {target} {on_text(index, table)}"


def one_statement(index: IndexDefinition, place: Place) -> str | None:
    """Why this is not one index definition and nothing else; None: it is. Conditions and expressions are free text."""
    definition = on_text(index, quoted(place.bare, index.engine))
    tokens = [
        token.text for statement in statements(definition, dialect_of(index.engine)) for token in statement.tokens
    ]
    # What opens must close within its own piece: a piece cannot end what stands around it.
    for piece in [*(key.expression for key in index.keys), index.where, *(key.opclass for key in index.keys)]:
        if piece is not None and not _closed(piece, index.engine):
            return f"{' '.join(piece.split())[:60]!r} is not one whole expression"
    if not tokens:
        return "it is empty"
    try:
        parse(
            definition if index.method not in ("fulltext", "spatial") else f"CREATE INDEX i {definition}", index.engine
        )
    except PlannerError as error:
        return str(error)
    return None


def cleaned(ddl: str, engine: EngineName) -> str | None:
    """A CREATE INDEX as written, without comments and semicolon; None where it is no single one."""
    try:
        parse(ddl, engine)
    except PlannerError:
        return None
    statement = next(statements(ddl, dialect_of(engine)), None)
    if statement is None or not statement.tokens:
        return None
    parts: list[str] = []
    end = statement.tokens[0].start
    for token in statement.tokens:
        if token.start > end:
            parts.append(" ")
        parts.append(statement.text[token.start : token.end])
        end = token.end
    return "".join(parts)


def concurrent(ddl: str) -> str | None:
    """PostgreSQL's own words for an index, with CONCURRENTLY; None where they are no single CREATE INDEX."""
    text = cleaned(ddl, "postgresql")
    head = _HEAD.match(text) if text else None
    if text is None or head is None:
        return None
    return f"CREATE {'UNIQUE ' if head.group(1) else ''}INDEX CONCURRENTLY {text[head.end() :]}"


def _closed(piece: str, engine: EngineName) -> bool:
    """Its parentheses match without ever closing one that it did not open; it is one statement without comments."""
    found = list(statements(piece, dialect_of(engine)))
    if len(found) != 1 or found[0].note is not None:
        return False
    depth, end = 0, 0
    source = found[0].text
    for token in found[0].tokens:
        if source[end : token.start].strip():
            return False
        end = token.end
        if token.kind == "op":
            depth += token.text.count("(") + token.text.count("[") - token.text.count(")") - token.text.count("]")
        if depth < 0:
            return False
    return depth == 0 and not source[end:].strip()
