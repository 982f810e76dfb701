"""CREATE of anything but a table: what stands behind the word."""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.operations import (
    CreateFunction,
    CreateIndex,
    CreatePolicy,
    CreateTrigger,
    CreateType,
    CreateView,
    Irrelevant,
    Operation,
)
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.model.catalog import Index, Policy


def create_index(c: Cursor, columns_of: Columns, unique: bool, method: str | None) -> CreateIndex:
    """``method``: what a word before INDEX says. Raises Unexpected."""
    start = c.at
    concurrently = c.accept("CONCURRENTLY")
    if_not_exists = c.accept("IF", "NOT", "EXISTS")
    name = "" if c.sees("ON") else c.name().name
    if c.accept("USING"):
        method = c.identifier().lower()
    c.expect("ON")
    only = c.accept("ONLY")
    table = c.name()
    if c.accept("USING"):
        method = c.identifier().lower()
    keys = columns_of.index_keys()
    include: tuple[str, ...] = ()
    where: str | None = None
    not_distinct, visible = False, True
    while not c.done:
        if c.accept("INCLUDE"):
            include = c.names()
        elif c.accept("NULLS", "NOT", "DISTINCT"):
            not_distinct = True
        elif c.accept("WITH", "PARSER"):
            c.identifier()
        elif c.accept("NULLS", "DISTINCT") or c.accept("WITH") or c.accept("VISIBLE") or c.accept("NOT", "IGNORED"):
            c.skip_parenthesised()
        elif c.accept_any("INVISIBLE", "IGNORED"):
            visible = False
        elif c.accept("TABLESPACE"):
            c.identifier()
        elif c.accept("USING"):
            method = c.identifier().lower()
        elif c.accept("WHERE"):
            where = strip_parentheses(c.rest())
        elif columns_of.mysql and c.token.kind == "word":
            c.next()
            c.accept("=")
            c.next()
        else:
            raise Unexpected(f"unknown index clause at {c.token.text[:40]!r}")
    index = Index(
        name=name,
        keys=keys,
        unique=unique,
        method=method or "btree",
        include=include,
        where=where,
        nulls_not_distinct=not_distinct,
        visible=visible,
        ddl="CREATE " + ("UNIQUE " if unique else "") + "INDEX " + c.source(start, len(c.tokens)),
    )
    return CreateIndex(table, index, concurrently, only, if_not_exists)


def create_view(c: Cursor, materialized: bool) -> CreateView:
    """Its query, as it stands."""
    c.accept("IF", "NOT", "EXISTS")
    view = c.name()
    columns = c.names() if c.sees("(") else ()
    while not c.sees("AS"):
        if c.accept("WITH") or c.accept("USING") or c.accept("TABLESPACE"):
            c.next() if not c.sees("(") else c.parenthesised()
        else:
            raise Unexpected(f"unknown view clause at {c.token.text[:40]!r}")
    c.expect("AS")
    query = c.rest()
    for tail in (" WITH NO DATA", " WITH DATA"):
        query = query.removesuffix(tail)
    return CreateView(view, query, columns, materialized)


def create_policy(c: Cursor) -> CreatePolicy:
    """A policy of row security."""
    name = c.identifier()
    c.expect("ON")
    table = c.name()
    permissive, command, roles, using, check = True, "all", ["public"], None, None
    while not c.done:
        if c.accept("AS"):
            permissive = c.next().upper != "RESTRICTIVE"
        elif c.accept("FOR"):
            command = c.next().text.lower()
        elif c.accept("TO"):
            roles = [c.identifier()]
            while c.accept(","):
                roles.append(c.identifier())
        elif c.accept("USING"):
            using = strip_parentheses(c.parenthesised())
        elif c.accept("WITH", "CHECK"):
            check = strip_parentheses(c.parenthesised())
        else:
            raise Unexpected(f"unknown policy clause at {c.token.text[:40]!r}")
    return CreatePolicy(table, Policy(name, command, tuple(roles), permissive, using, check))


def create_trigger(c: Cursor) -> CreateTrigger:
    """Its name, and the table it is on."""
    c.accept("IF", "NOT", "EXISTS")
    name = c.name().name
    c.until("ON")
    c.expect("ON")
    return CreateTrigger(c.name(), name)


def create_type(c: Cursor) -> Operation:
    """An enum; what else is a type changes nothing that a catalog holds."""
    name = c.name()
    if c.accept("AS", "ENUM"):
        c.skip_parenthesised()
        return CreateType(name, "enum")
    return Irrelevant("create_type")


def create_domain(c: Cursor, columns_of: Columns) -> CreateType:
    """Its base, and whether it asks anything of values."""
    name = c.name()
    c.accept("AS")
    base, _, _ = columns_of.type_name()
    rest = c.at
    c.until("CHECK")
    check = c.parenthesised() if c.accept("CHECK") and c.sees("(") else None
    return CreateType(name, base, not_null="NOT NULL" in c.source(rest, len(c.tokens)).upper(), check=check)


def create_function(c: Cursor) -> CreateFunction:
    """How volatile it says it is; the body where that decides what calling it does."""
    name = c.name()
    start = c.at
    parameters = c.parenthesised() if c.sees("(") else ""
    c.at = start
    words = {token.upper for token in c.tokens[c.at :] if token.kind == "word"}
    volatility = "immutable" if "IMMUTABLE" in words else "stable" if "STABLE" in words else "volatile"
    body = None
    languages = {b.text.lower() for a, b in pairwise(c.tokens) if a.upper == "LANGUAGE"}
    if volatility == "volatile" and languages & {"plpgsql", "sql"} and "TRIGGER" not in words:
        body = next((b.text for a, b in pairwise(c.tokens) if a.upper == "AS" and b.kind == "string"), None)
    return CreateFunction(name, volatility, body, parameters)
