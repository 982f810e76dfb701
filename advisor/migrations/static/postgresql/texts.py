"""Texts that a block puts together: what an expression gives where only constants and known variables stand in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot.dialects.postgres import Postgres

from advisor.catalog.ddl.lexer import Token, single
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql.world import World

Value = str | int | list["Value"] | dict[str, "Value"]
"""A text, a number, an array, or a row by its columns' names."""


class Unknown(Exception):  # noqa: N818 - no error: only running it tells
    """The text leaves the value open."""


@dataclass
class Variables:
    """What a body's variables hold where it is certain."""

    values: dict[str, Value] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Declared, lower case."""

    def forget(self, names: set[str]) -> None:
        """Nobody knows them any more."""
        for name in names:
            self.values.pop(name, None)

    def put(self, name: str, value: Value, world: World) -> None:
        """Assigns, in the form that the declared type gives it."""
        self.values[name] = cast(value, self.types.get(name, ""), world)


#: Types whose values are printed as they were given.
_TEXTS = frozenset({"text", "varchar", "character varying", "name", "bpchar"})
_NUMBERS = frozenset({"int", "integer", "bigint", "smallint", "int4", "int8", "int2"})
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([IsL%])")
#: Names that must be quoted (keywords.c: all that are not unreserved). One too many in quotes is the same name.
_KEYWORDS = frozenset(word.lower() for word in Postgres.Tokenizer.KEYWORDS if word.isalpha())


def cast(value: Value, kind: str, world: World) -> Value:
    """A value as a type. Raises Unknown."""
    kind = kind.strip().lower()
    bare = re.sub(r"\s*\(.*\)", "", kind)
    if bare.endswith("[]"):
        if isinstance(value, str):
            return [cast(one, bare[:-2], world) for one in _array_literal(value)]
        if not isinstance(value, list):
            raise Unknown
        return [cast(one, bare[:-2], world) for one in value]
    if not kind or kind in ("record", "anyelement") or kind.endswith("%rowtype"):
        return value
    if isinstance(value, (dict, list)):
        raise Unknown
    if kind in _TEXTS:  # a length would cut
        return str(value)
    if kind in _NUMBERS:
        try:
            return int(value)
        except ValueError:
            raise Unknown from None
    if kind == "regclass" and isinstance(value, str):
        return regclass(value, world)
    raise Unknown


def regclass(text: str, world: World) -> str:
    """A relation's name as regclass prints it. Raises Unknown for one that is not known."""
    tokens = single(text, "postgresql").tokens
    parts = [one.folded for one in tokens[::2]]
    if len(tokens) not in (1, 3) or any(one.text != "." for one in tokens[1::2]):
        raise Unknown
    found = world.find(Name(parts[-1], parts[0] if len(parts) == 2 else None))
    if found is None:
        raise Unknown
    return ".".join(quoted(part) for part in ([] if found.name == found.bare else [found.schema or ""]) + [found.bare])


def quoted(name: str) -> str:
    """quote_ident."""
    if _PLAIN_NAME.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    shown = "'" + text.replace("'", "''") + "'"
    return " E" + shown.replace("\\", "\\\\") if "\\" in text else shown


def _array_literal(text: str) -> list[str]:
    """``{a,b}`` without quotes and levels. Raises Unknown."""
    if not re.fullmatch(r"\{[^{}\"\\]*\}", text):
        raise Unknown
    inside = text[1:-1].strip()
    parts = [part.strip() for part in inside.split(",")] if inside else []
    if any(not part or part.upper() == "NULL" for part in parts):
        raise Unknown
    return parts


def shown(value: Value) -> str:
    """As text. Raises Unknown for arrays and rows."""
    if isinstance(value, (dict, list)):
        raise Unknown
    return str(value)


def formatted(values: list[Value]) -> str:
    """format(). Raises Unknown."""
    if not values:
        raise Unknown
    pattern, arguments = shown(values[0]), values[1:]
    at = 0

    def put(match: re.Match[str]) -> str:
        nonlocal at
        if match[2] == "%":
            return "%"
        at = int(match[1]) if match[1] else at + 1
        if not 1 <= at <= len(arguments):
            raise Unknown
        text = shown(arguments[at - 1])
        return quoted(text) if match[2] == "I" else _literal(text) if match[2] == "L" else text

    if "%" in _SPECIFIER.sub("", pattern):  # a width, or a mistake
        raise Unknown
    return _SPECIFIER.sub(put, pattern)


def _one(values: list[Value]) -> Value:
    if len(values) != 1:
        raise Unknown
    return values[0]


def _replaced(values: list[Value]) -> str:
    if len(values) != 3 or not shown(values[1]):
        raise Unknown
    return shown(values[0]).replace(shown(values[1]), shown(values[2]))


def _split(values: list[Value]) -> list[Value]:
    if len(values) != 2 or not shown(values[0]) or not shown(values[1]):
        raise Unknown
    return list(shown(values[0]).split(shown(values[1])))


def _padded(values: list[Value]) -> str:
    if len(values) != 3 or not isinstance(values[1], int) or len(shown(values[2])) != 1 or not 0 < values[1] < 100:
        raise Unknown
    return shown(values[0]).rjust(values[1], shown(values[2]))[: values[1]]


_CALLS: dict[str, Callable[[list[Value]], Value]] = {
    "format": formatted,
    "quote_ident": lambda values: quoted(shown(_one(values))),
    "quote_literal": lambda values: _literal(shown(_one(values))),
    "lower": lambda values: shown(_one(values)).lower(),
    "upper": lambda values: shown(_one(values)).upper(),
    "concat": lambda values: "".join(shown(one) for one in values),
    "concat_ws": lambda values: shown(values[0]).join(shown(one) for one in values[1:]),
    "replace": _replaced,
    "string_to_array": _split,
    "lpad": _padded,
}


class Expression:
    """One expression, from its tokens."""

    def __init__(self, tokens: list[Token], variables: Variables, world: World, source: str) -> None:
        self.tokens = tokens
        self.variables = variables
        self.world = world
        self.source = source
        """That the tokens point into."""
        self.at = 0

    def value(self) -> Value:
        """All of it. Raises Unknown."""
        try:
            found = self._joined()
        except (IndexError, RecursionError):
            raise Unknown from None
        if self.at < len(self.tokens):
            raise Unknown
        return found

    def _sees(self, text: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind == "op" and self.tokens[self.at].text == text

    def _accept(self, text: str) -> bool:
        found = self._sees(text)
        self.at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise Unknown

    def _joined(self) -> Value:
        found = self._sum()
        while self._accept("||"):
            other = self._sum()
            if isinstance(found, list) or isinstance(other, list):
                raise Unknown
            found = shown(found) + shown(other)
        return found

    def _sum(self) -> Value:
        found = self._product()
        while self._sees("+") or self._sees("-"):
            sign = 1 if self.tokens[self.at].text == "+" else -1
            self.at += 1
            other = self._product()
            if not isinstance(found, int) or not isinstance(other, int):
                raise Unknown
            found += sign * other
        return found

    def _product(self) -> Value:
        found = self._cast()
        while self._accept("*"):
            other = self._cast()
            if not isinstance(found, int) or not isinstance(other, int):
                raise Unknown
            found *= other
        return found

    def _cast(self) -> Value:
        found = self._term()
        while self._accept("::"):
            found = cast(found, self._type(), self.world)
        return found

    def _type(self) -> str:
        token = self.tokens[self.at]
        if token.kind != "word":
            raise Unknown
        self.at += 1
        kind = token.text.lower()
        if kind == "character" and self.at < len(self.tokens) and self.tokens[self.at].upper == "VARYING":
            self.at += 1
            kind = "character varying"
        if self._sees("["):
            self.at += 1
            self._expect("]")
            kind += "[]"
        if self._sees("("):
            raise Unknown
        return kind

    def _term(self) -> Value:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "string":
            if "\\" in token.text and self.source[token.start : token.start + 1] in ("e", "E"):
                raise Unknown
            return token.text
        if token.kind == "number" and token.text.isdigit():
            return int(token.text)
        if token.text == "(" and token.kind == "op":
            found = self._joined()
            self._expect(")")
            return found
        if token.upper == "ARRAY" and self._accept("["):
            return self._list("]")
        if token.upper == "CAST" and self._accept("("):
            inner = self._joined()
            if self.tokens[self.at].upper != "AS":
                raise Unknown
            self.at += 1
            kind = self._type()
            self._expect(")")
            return cast(inner, kind, self.world)
        if token.kind == "word" and self._sees("("):
            self.at += 1
            call = _CALLS.get(token.text.lower())
            arguments = self._list(")")
            if call is None:
                raise Unknown
            return call(arguments)
        if token.kind in ("word", "quoted"):
            return self._variable(token.folded)
        raise Unknown

    def _variable(self, name: str) -> Value:
        if name == "current_schema" and self._accept("("):
            self._expect(")")
            return self.world.default_schema
        if name not in self.variables.values:
            raise Unknown
        found = self.variables.values[name]
        while self._accept("."):
            field_ = self.tokens[self.at]
            self.at += 1
            key = field_.folded
            if not isinstance(found, dict) or key not in found:
                raise Unknown
            found = found[key]
        return found

    def _list(self, end: str) -> list[Value]:
        found: list[Value] = []
        if self._accept(end):
            return found
        while True:
            found.append(self._joined())
            if self._accept(end):
                return found
            self._expect(",")


def value_of(tokens: list[Token], variables: Variables, world: World, source: str) -> Value | None:
    """What an expression gives; None: the text leaves it open."""
    try:
        return Expression(tokens, variables, world, source).value()
    except Unknown:
        return None
