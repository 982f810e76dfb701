"""A PostgreSQL schema file as objects of a snapshot: one statement each, in the order of the file.

Only what makes or changes objects is kept. Data, privileges, owners and comments make no plan, and roles and
tablespaces are not there where a shadow is built; CONCURRENTLY would only be slower.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from advisor.catalog.ddl.cursor import Cursor, Unexpected, folded
from advisor.catalog.ddl.lexer import Statement, Token, statements
from advisor.catalog.ddl.operations import AlterTable, CreateIndex, CreatePolicy, CreateTrigger, Name, SetPath
from advisor.catalog.ddl.parse import parse
from advisor.model.snapshot import Extension, ObjectKind, SchemaObject

_KEPT = frozenset({"CREATE", "ALTER", "DROP", "DO", "TRUNCATE"})
#: Objects of a cluster, of a server elsewhere, or without influence on a plan.
_IRRELEVANT = frozenset(
    """
    ROLE USER GROUP DATABASE TABLESPACE PUBLICATION SUBSCRIPTION SERVER EVENT SYSTEM LANGUAGE LARGE TRANSFORM CONVERSION
    """.split()  # noqa: SIM905
)
_KINDS: dict[str, ObjectKind] = {
    "SCHEMA": "schema",
    "COLLATION": "collation",
    "TYPE": "type",
    "DOMAIN": "domain",
    "SEQUENCE": "sequence",
    "FUNCTION": "function",
    "PROCEDURE": "function",
    "AGGREGATE": "function",
    "TABLE": "table",
    "INDEX": "index",
    "STATISTICS": "statistics",
    "VIEW": "view",
    "TRIGGER": "trigger",
    "POLICY": "policy",
    "RULE": "rule",
}
_BEFORE_KIND = frozenset(
    "OR REPLACE TEMP TEMPORARY UNLOGGED GLOBAL LOCAL RECURSIVE UNIQUE CONSTRAINT FOREIGN MATERIALIZED TRUSTED".split()  # noqa: SIM905
)


@dataclass
class Objects:
    """What a schema file makes."""

    objects: list[SchemaObject] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    search_path: str | None = None
    """The one that all of its unqualified names mean; None: the server's own, or several (then among the objects)."""
    unread: list[str] = field(default_factory=list)
    """What the file says and nobody can follow, with its line."""


def objects_of(text: str) -> Objects:
    """The objects of a schema file. Never fails: what the server refuses, it refuses when the objects are made."""
    found = Objects()
    paths: list[tuple[str, ...]] = []
    for statement in statements(text, "postgresql"):
        if statement.note is not None:
            found.unread.append(f"line {statement.line}: {statement.note}")
            continue
        _take(statement, found, paths)
    if len(set(paths)) == 1 and found.objects and found.objects[0].name == "search_path":
        found.search_path = _shown(paths[0])
        found.objects = [one for one in found.objects if one.name != "search_path"]
    return found


def _take(statement: Statement, found: Objects, paths: list[tuple[str, ...]]) -> None:
    tokens = statement.tokens
    verb = tokens[0].upper
    if verb in ("SET", "SELECT"):
        path = _path(statement)
        if path and (not paths or paths[-1] != path):
            paths.append(path)
            ddl = (f"SET search_path = {_shown(path)}",)
            found.objects.append(SchemaObject(kind="other", name="search_path", ddl=ddl, line=statement.line))
        return
    if verb not in _KEPT:
        return
    words = [token.upper for token in tokens]
    if verb == "CREATE" and words[1:2] == ["EXTENSION"]:
        found.extensions.append(_extension(statement))
        return
    if _irrelevant(words):
        return
    kind, name, table = _described(statement)
    current = next((part for part in (paths[-1] if paths else ()) if part not in ("$user", "pg_catalog")), "public")
    found.objects.append(
        SchemaObject(
            kind=kind,
            schema=None if name is None or kind == "schema" else name.schema or current,
            name=name.name if name is not None else folded(statement.sql)[:60],
            table=table,
            ddl=(_bare(statement),),
            line=statement.line,
        )
    )


def _path(statement: Statement) -> tuple[str, ...]:
    try:
        operation = parse(statement, "postgresql")
    except Unexpected:
        return ()
    # pg_dump empties the path and qualifies every name: nothing follows from that.
    return tuple(part for part in operation.schemas if part) if isinstance(operation, SetPath) else ()


def _shown(path: tuple[str, ...]) -> str:
    return ", ".join('"' + part.replace('"', '""') + '"' for part in path)


def _irrelevant(words: list[str]) -> bool:
    kind = next((word for word in words[1:] if word not in _BEFORE_KIND), "")
    if kind in _IRRELEVANT or words[1:3] in (["DEFAULT", "PRIVILEGES"], ["FOREIGN", "DATA"], ["EVENT", "TRIGGER"]):
        return True
    if words[0] in ("ALTER", "DROP") and kind == "EXTENSION":
        return True
    pairs = list(pairwise(words))
    return words[0] == "ALTER" and (("OWNER", "TO") in pairs or ("SET", "TABLESPACE") in pairs)


def _extension(statement: Statement) -> Extension:
    cursor = Cursor(statement, "postgresql")
    cursor.accept("CREATE", "EXTENSION")
    cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier() if not cursor.done else ""
    cursor.accept("WITH")
    schema = version = None
    while not cursor.done:
        if cursor.accept("SCHEMA") and not cursor.done:
            schema = cursor.identifier()
        elif cursor.accept("VERSION") and not cursor.done:
            version = cursor.next().text
        else:
            cursor.next()
    return Extension(name=name, schema=schema, version=version)


def _described(statement: Statement) -> tuple[ObjectKind, Name | None, str | None]:
    """Kind, name and table of what a statement makes or changes."""
    try:
        operation = parse(statement, "postgresql")
    except Unexpected:
        operation = None
    match operation:
        case CreateIndex():
            return "index", Name(operation.index.name or "", operation.table.schema), operation.table.name
        case CreatePolicy():
            return "policy", Name(operation.policy.name, operation.table.schema), operation.table.name
        case CreateTrigger():
            return "trigger", Name(operation.trigger, operation.table.schema), operation.table.name
        case AlterTable():
            added = [action.constraint for action in operation.actions if action.kind == "add_constraint"]
            if len(added) == len(operation.actions) == 1 and added[0] is not None:
                name = Name(added[0].name or "", operation.table.schema)
                return "constraint", name, operation.table.name
            return "table", operation.table, None
    cursor = Cursor(statement, "postgresql")
    cursor.next()
    while cursor.token.upper in _BEFORE_KIND:
        materialized = cursor.sees("MATERIALIZED")
        cursor.next()
        if materialized and cursor.sees("VIEW"):
            cursor.next()
            return "materialized_view", _name(cursor), None
    if cursor.done:
        return "other", None, None
    kind = _KINDS.get(cursor.next().upper, "other")
    return kind, _name(cursor) if kind != "other" else None, None


def _name(cursor: Cursor) -> Name | None:
    cursor.accept("IF", "NOT", "EXISTS")
    cursor.accept("IF", "EXISTS")
    cursor.accept("ONLY")
    cursor.accept("CONCURRENTLY")
    try:
        return cursor.name()
    except Unexpected:
        return None


def _bare(statement: Statement) -> str:
    """The statement without CONCURRENTLY and TABLESPACE."""
    parts: list[str] = []
    at = statement.tokens[0].start
    for start, stop in _cut(statement.tokens):
        parts.append(statement.text[at:start])
        at = stop
    parts.append(statement.text[at : statement.tokens[-1].end])
    return "".join(parts).strip()


def _cut(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    words = [token.upper for token in tokens]
    if "INDEX" not in words[:4] and words[:2] != ["CREATE", "TABLE"] and words[1:3] != ["MATERIALIZED", "VIEW"]:
        return
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")") if token.kind == "op" else 0
        if words[number] == "CONCURRENTLY" and number < 5:
            yield token.start, token.end
        elif words[number] == "TABLESPACE" and depth == 0 and number + 1 < len(tokens):
            yield token.start, tokens[number + 1].end
