"""DO blocks, functions and procedures: whose body runs, and what it is called with."""

from __future__ import annotations

import contextlib

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Token, single
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql.bodies import read_body
from advisor.migrations.static.postgresql.run import Run
from advisor.migrations.static.postgresql.texts import Unknown, Variables, value_of


def do_block(c: Cursor, run: Run) -> None:
    """DO."""
    c.expect("DO")
    language, body = "plpgsql", None
    while not c.done:
        if c.accept("LANGUAGE"):
            language = c.next().text.lower()
            continue
        token = c.next()
        if token.kind == "string":
            body = token.text
    run.change("do")
    if body is None or language != "plpgsql":
        run.hide(f"a DO block in {language}")
        return
    read_body(body, run)


def create_routine(c: Cursor, run: Run) -> None:
    """CREATE FUNCTION or PROCEDURE: keeps its body for those who call it."""
    from advisor.catalog.ddl.operations import VOLATILITIES

    name = c.name()
    start = c.at
    parameters = c.parenthesised() if c.sees("(") else ""
    c.at = start
    words = {token.upper for token in c.tokens[c.at :] if token.kind == "word"}
    language = next(
        (c.tokens[at + 1].text.lower() for at in range(len(c.tokens) - 1) if c.tokens[at].upper == "LANGUAGE"), "sql"
    )
    bodies = [
        c.tokens[at + 1].text
        for at in range(len(c.tokens) - 1)
        if c.tokens[at].upper == "AS" and c.tokens[at + 1].kind == "string"
    ]
    volatility = "immutable" if "IMMUTABLE" in words else "stable" if "STABLE" in words else "volatile"
    for key in {name.name, run.world.canonical(name)}:
        known = run.world.functions.get(key, "immutable")
        run.world.functions[key] = max(known, volatility, key=VOLATILITIES.index)
        if bodies and language in ("plpgsql", "sql"):
            # Of several of one name nobody looks which one a call means
            several = run.world.parameters.get(key, parameters) != parameters
            run.world.bodies[key] = bodies[0]
            run.world.parameters[key] = None if several else parameters
        else:
            run.world.bodies.pop(key, None)
    run.change("create_function", name=run.world.canonical(name))


def call(c: Cursor, run: Run) -> None:
    """CALL of a procedure."""
    c.expect("CALL")
    name = c.name()
    run.change("call", name=run.world.canonical(name))
    key = run.world.canonical(name) if run.world.canonical(name) in run.world.bodies else name.name
    body = run.world.bodies.get(key)
    if body is None:
        run.hide(f"the body of {name.name} is not among the migrations")
        return
    read_body(body, run, _given(key, name, c.tokens, c.text, Variables(), run))


def called(name: Name, run: Run, tokens: list[Token], source: str, variables: Variables | None = None) -> None:
    """A function that a SELECT calls: read where the migrations made it; one of an old schema may do anything.

    ``source`` is the text that the tokens point into, ``variables`` those of the block that calls it.
    """
    if name.name == "set_config" and name.schema in (None, "pg_catalog"):
        from advisor.migrations.static.postgresql.settings import set_config

        set_config(tokens, run)
        return
    key = run.world.canonical(name) if run.world.canonical(name) in run.world.functions else name.name
    if key not in run.world.functions and not any(one.upper == "FROM" for one in tokens):
        from advisor.migrations.static.postgresql.volatility import is_builtin

        if name.schema != "pg_catalog" and not is_builtin(name.name) and name.name not in run.world.types:
            run.hide(f"function {name.name} is not in the schema")
    if key not in run.world.functions or run.world.functions[key] != "volatile":
        return
    body = run.world.bodies.get(key)
    if body is None:
        run.hide(f"the body of {name.name} is not among the migrations")
    else:
        read_body(body, run, _given(key, name, tokens, source, variables or Variables(), run))


def _given(key: str, name: Name, tokens: list[Token], source: str, variables: Variables, run: Run) -> Variables:
    """What the parameters hold, where the call says it by position; the same function called twice says nothing."""
    found = Variables()
    parameters = run.world.parameters.get(key)
    starts = [
        at + 2
        for at in range(len(tokens) - 1)
        if tokens[at].text.lower() == name.name.lower() and tokens[at + 1].text == "(" and tokens[at].kind != "string"
    ]
    if parameters is None or len(starts) != 1:
        return found
    declared = [part for part in _parts(single(parameters, "postgresql").tokens, 0) if part[0].upper != "OUT"]
    arguments = _parts(tokens, starts[0])
    if len(arguments) > len(declared) or any(part[0].upper == "VARIADIC" for part in declared):
        return found
    for number, (whole, argument) in enumerate(zip(declared, arguments, strict=False), 1):
        part = whole[1:] if whole[0].upper in ("IN", "INOUT") else whole
        ends = (at for at, token in enumerate(part) if token.text == "=" or token.upper == "DEFAULT")
        part = part[: next(ends, len(part))]
        if len(part) < 2:
            continue
        own = part[0].folded
        found.types[own] = parameters[part[1].start : part[-1].end].strip().lower()
        value = value_of(argument, variables, run.world, source)
        if value is not None:
            with contextlib.suppress(Unknown):
                found.put(own, value, run.world)
                found.values[f"${number}"] = found.values[own]
    return found


def _parts(tokens: list[Token], at: int) -> list[list[Token]]:
    """What stands between commas, up to the closing parenthesis."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[at:]:
        if token.kind == "op":
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
            if depth < 0:
                break
            if token.text == "," and not depth:
                found.append([])
                continue
        found[-1].append(token)
    return [part for part in found if part]
