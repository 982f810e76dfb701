"""The values that a loop of PL/pgSQL goes through, where its text and the schema tell them all."""

from __future__ import annotations

import re
from itertools import pairwise

from advisor.catalog.ddl.lexer import Token, single
from advisor.migrations.static.postgresql.server_catalog import Catalogue
from advisor.migrations.static.postgresql.texts import Unknown, Value, Variables, cast, value_of
from advisor.migrations.static.postgresql.world import World

_RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+?)(?:\s+by\s+(.+))?", re.IGNORECASE | re.DOTALL)


def targets(header: list[Token]) -> list[str]:
    """The loop's variables: FOR a, b IN, FOREACH a IN."""
    found = []
    for token in header[1:]:
        if token.upper == "IN":
            break
        if token.kind in ("word", "quoted"):
            found.append(token.folded)
    return found


def rounds(header: list[Token], variables: Variables, world: World, source: str) -> list[dict[str, Value]] | None:
    """What each round assigns, of FOR and FOREACH (without LOOP); None: the text leaves it open."""
    at = next((n for n, token in enumerate(header) if token.upper == "IN"), None)
    names = targets(header)
    if at is None or not names:
        return None
    rest = header[at + 1 :]
    try:
        if header[0].upper == "FOREACH":
            return _elements(names, rest, variables, world, source)
        first = rest[0].upper if rest else ""
        if first in ("SELECT", "VALUES", "WITH", "("):
            return _rows(names, source[rest[0].start : rest[-1].end], variables, world)
        if first == "EXECUTE":
            if any(token.upper == "USING" for token in rest):
                return None
            text = value_of(rest[1:], variables, world, source)
            return _rows(names, text, variables, world) if isinstance(text, str) else None
        return _numbers(names, rest, variables, world, source)
    except Unknown:
        return None


def _elements(
    names: list[str], rest: list[Token], variables: Variables, world: World, source: str
) -> list[dict[str, Value]] | None:
    if not rest or rest[0].upper != "ARRAY" or len(names) != 1:  # IN ARRAY: SLICE stands before IN
        return None
    array = value_of(rest[1:], variables, world, source)
    if not isinstance(array, list):
        return None
    kind = variables.types.get(names[0], "")
    return [{names[0]: cast(one, kind, world)} for one in array]


def _numbers(
    names: list[str], rest: list[Token], variables: Variables, world: World, source: str
) -> list[dict[str, Value]] | None:
    """FOR n IN [REVERSE] low..high [BY step]."""
    backwards = bool(rest) and rest[0].upper == "REVERSE"
    rest = rest[backwards:]
    match = _RANGE.fullmatch(source[rest[0].start : rest[-1].end]) if rest else None
    if match is None or len(names) != 1:
        return None
    ends = [value_of(single(part, "postgresql").tokens, variables, world, part) for part in match.groups() if part]
    low, high, step = (*ends, 1)[:3]
    if not isinstance(low, int) or not isinstance(high, int) or not isinstance(step, int) or step < 1:
        return None
    found = range(low, high - 1, -step) if backwards else range(low, high + 1, step)
    if len(found) > MANY:
        return None
    return [{names[0]: number} for number in found]


#: More rounds than that are no list that a migration spells out; reading each costs as much as a statement.
MANY = 500


def _rows(names: list[str], query: str, variables: Variables, world: World) -> list[dict[str, Value]] | None:
    """FOR row IN query."""
    answer = Catalogue(world).answer(query, variables)
    if answer is None or len(answer[1]) > MANY:
        return None
    columns, rows = answer
    record = len(names) == 1 and variables.types.get(names[0], "record") in ("record", "")
    found: list[dict[str, Value]] = []
    for row in rows:
        if record:
            if any(value is None for value in row):
                return None
            found.append(
                {names[0]: {name: value for name, value in zip(columns, row, strict=True) if value is not None}}
            )
            continue
        if len(names) != len(row):
            return None
        values: dict[str, Value] = {}
        for name, value in zip(names, row, strict=True):
            if value is None:
                return None
            values[name] = cast(value, variables.types.get(name, ""), world)
        found.append(values)
    return found


def assigned(tokens: list[Token]) -> set[str]:
    """Variables that statements may give another value: by ``:=`` and ``=`` at their start, by INTO, by a loop."""
    found: set[str] = set()
    into = False
    before = ";"
    for one, after in pairwise([*tokens, Token("op", ";", 0, 0)]):
        name = one.folded
        if one.upper in ("INTO", "FOR", "FOREACH", "CALL", "GET"):
            into = True
        elif one.text == ";" or one.upper in ("FROM", "IN", "WHERE", "VALUES", "SELECT"):
            into = False
        elif one.kind in ("word", "quoted") and (
            into or (after.text in (":", ":=", "=", ".", "[") and (before == ";" or before.upper() in _STARTS))
        ):
            found.add(name)
        before = one.text
    return found


_STARTS = frozenset({"BEGIN", "THEN", "ELSE", "LOOP", "DECLARE"})
