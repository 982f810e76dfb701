"""Expressions as index keys: only what is immutable, with the catalog's own column names.

Sources: PostgreSQL manual, "Function Volatility Categories" and pg_proc.provolatile; MySQL manual, "Functional Key
Parts"; SQLite, "Indexes On Expressions" (deterministic functions only).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from advisor.catalog.types import Family, TypeFacts
from advisor.handbook.ddl import quoted
from advisor.model.catalog import Column
from advisor.model.engine import EngineName
from advisor.recommend.candidates.reference import Term

#: A node of sqlglot: it is imported only when there is an expression to read.
Node = Any
#: The type of a column by its canonical name.
Types = Callable[[str], TypeFacts]

_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_TEXT_FUNCTIONS = frozenset({"Lower", "Upper", "Length", "Trim", "MD5", "Left", "Right", "Substring", "Reverse"})
_NUMBER_FUNCTIONS = frozenset({"Abs", "Floor", "Ceil", "Round", "Neg"})
_ARITHMETIC = frozenset({"Add", "Sub", "Mul", "Mod"})
_JSON = frozenset({"JSONExtract", "JSONExtractScalar", "JSONBExtract", "JSONBExtractScalar"})
_JSON_TEXT = frozenset({"JSONExtractScalar", "JSONBExtractScalar"})
_NUMBERS: frozenset[Family] = frozenset({"integer", "decimal", "float"})
#: What any integer may be cast to. A cast of text can fail: with an index on it, so does the INSERT of such a row.
_WIDER: dict[str, Family] = {"BIGINT": "integer", "DECIMAL": "decimal", "DOUBLE": "float"}
_PLAIN_TEXT = frozenset({"TEXT", "VARCHAR"})
#: Of a date or a timestamp without time zone.
_PARTS = frozenset({"year", "month", "day", "hour", "minute", "week", "quarter", "dow", "doy", "isodow", "isoyear"})


class Refused(Exception):  # noqa: N818 - no error: the expression makes no key
    """The expression is not known to be immutable, or no index can hold it."""


def parsed(sql: str, engine: EngineName) -> Node | None:
    """The tree of one expression; None where it cannot be read."""
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        return parse_one(sql, dialect=_DIALECTS[engine])
    except (SqlglotError, RecursionError, ValueError):
        return None


def key(tree: Node, columns: dict[str, Column], types: Types, engine: EngineName) -> tuple[Term, Family] | None:
    """The expression as a key with the family of its values; None where it may not be one.

    ``columns``: of the table, by name as folded. The tree is changed.
    """
    if engine == "mariadb":
        return None
    reader = _Reader(columns, types, engine)
    try:
        family = reader.family(tree)
    except (Refused, RecursionError):
        return None
    if not reader.used or type(_bare(tree)).__name__ == "Column":
        return None
    text = _rendered(reader.renamed(tree), engine)
    return Term(expression=text, columns=tuple(dict.fromkeys(reader.used))), family


def _rendered(tree: Node, engine: EngineName) -> str:
    text: str = tree.sql(dialect=_DIALECTS[engine], normalize_functions="lower")
    if engine == "postgresql":  # sqlglot spells the unit in capitals, and the server compares the constant
        text = re.sub(r"date_trunc\('([A-Z]+)'", lambda match: f"date_trunc('{match[1].lower()}'", text, flags=re.I)
    return text


class _Reader:
    """Types an expression bottom up; whatever is not on the list is refused."""

    def __init__(self, columns: dict[str, Column], types: Types, engine: EngineName) -> None:
        self.columns = columns
        self.types = types
        self.engine = engine
        self.used: list[str] = []

    def column(self, node: Node) -> Column:
        found = self.columns.get(node.name) or self.columns.get(node.name.lower())
        if found is None:
            raise Refused
        return found

    def renamed(self, tree: Node) -> Node:
        """Columns without qualifier, quoted where they must be."""
        from sqlglot import exp

        for node in list(tree.find_all(exp.Column)):
            name = self.column(node).name
            bare = quoted(name, self.engine) == name
            fresh = exp.column(exp.to_identifier(name, quoted=not bare))
            if node is tree:
                return fresh
            node.replace(fresh)
        return tree

    def family(self, node: Node) -> Family:
        """The family of the value. Raises Refused."""
        cls = type(node).__name__
        if cls == "Paren":
            return self.family(node.this)
        if cls == "Column":
            return self._column(node)
        if cls == "Literal":
            return "string" if node.is_string else "integer" if node.name.isdigit() else "decimal"
        if cls in _TEXT_FUNCTIONS:
            return self._text_function(node, cls)
        if cls in _NUMBER_FUNCTIONS or cls in _ARITHMETIC:
            return self._number(node)
        if cls in _JSON:
            return self._json(node, cls)
        if cls in ("Date", "TsOrDsToDate", "Year", "Month", "Day", "Extract", "TimestampTrunc", "DateTrunc"):
            return self._temporal(node, cls)
        if cls == "Cast":
            return self._cast(node)
        if cls == "DPipe" and self.engine != "mysql":
            if {self.family(node.this), self.family(node.expression)} == {"string"}:
                return "string"
        elif cls == "Coalesce":
            families = {self.family(part) for part in (node.this, *node.expressions)}
            if len(families) == 1:
                return families.pop()
        elif cls == "Anonymous" and self.engine == "postgresql":
            return self._named(node)
        raise Refused

    def _column(self, node: Node) -> Family:
        column = self.column(node)
        self.used.append(column.name)
        facts = self.types(column.name)
        if facts.base == "timestamptz":
            raise Refused  # everything about it depends on TimeZone
        if facts.family == "other" or (facts.base == "other" and facts.family == "temporal"):
            raise Refused
        return facts.family

    def _text_function(self, node: Node, cls: str) -> Family:
        if self.family(node.this) != "string":
            raise Refused
        if self.engine == "mysql" and cls in ("Lower", "Upper", "Trim", "Reverse") and self._long(node.this):
            raise Refused  # the result is TEXT, and no functional key
        for name in ("start", "length", "expression"):
            part = node.args.get(name)
            if part is not None and type(part).__name__ != "Literal":
                raise Refused
        return "integer" if cls == "Length" else "string"

    def _long(self, node: Node) -> bool:
        return any(self.types(name).base == "text" for name in self.used)

    def _number(self, node: Node) -> Family:
        families = {self.family(part) for part in (node.this, node.args.get("expression")) if part is not None}
        if not families <= _NUMBERS:
            raise Refused
        kind = type(node).__name__
        if kind == "Mul" and families == {"integer"}:
            raise Refused  # may overflow, and then the INSERT fails
        if kind == "Mod" and type(node.expression).__name__ != "Literal":
            raise Refused  # by zero
        return next(family for family in ("float", "decimal", "integer") if family in families)

    def _json(self, node: Node, cls: str) -> Family:
        inner = node.this
        family = self.family(inner)
        if family != "json" and not (self.engine == "sqlite" and family == "string"):
            raise Refused
        if type(node.expression).__name__ not in ("JSONPath", "Literal"):
            raise Refused
        if self.engine == "mysql":
            raise Refused  # gives LONGTEXT or JSON: only a CAST around it makes a key
        return "string" if cls in _JSON_TEXT else "json"

    def _temporal(self, node: Node, cls: str) -> Family:
        whole = node.expression if cls == "Extract" else node.this
        part = node.this if cls == "Extract" else node.args.get("unit")
        if cls in ("Year", "Month", "Day") and type(whole).__name__ == "TsOrDsToDate":
            whole = whole.this
        if self.family(whole) != "temporal" or type(_bare(whole)).__name__ != "Column":
            raise Refused
        base = self.types(self.used[-1]).base
        if base not in ("date", "timestamp"):
            raise Refused
        if part is not None and part.name.lower() not in _PARTS:
            raise Refused
        if cls in ("TimestampTrunc", "DateTrunc") and (base == "date" or node.args.get("zone") is not None):
            raise Refused  # date_trunc of a date goes through timestamptz
        if cls == "Date" and node.expressions:
            raise Refused
        return "decimal" if cls == "Extract" else "integer" if cls in ("Year", "Month", "Day") else "temporal"

    def _cast(self, node: Node) -> Family:
        target = node.args["to"]
        name = str(getattr(target.this, "name", target.this)).upper()
        if self.engine != "postgresql":
            raise Refused
        if name == "DATE":
            if self.family(node.this) == "temporal" and self.types(self.used[-1]).base in ("date", "timestamp"):
                return "temporal"
        elif name in _WIDER and not target.expressions:
            if self.family(node.this) == "integer":
                return _WIDER[name]
        elif name in _PLAIN_TEXT and self.family(node.this) in ("string", "integer", "uuid"):
            return "string"
        raise Refused

    def _named(self, node: Node) -> Family:
        name, arguments = str(node.this).lower(), node.expressions
        configured = len(arguments) == 2 and type(arguments[0]).__name__ == "Literal"
        if name == "to_tsvector" and configured and self.family(arguments[1]) in ("string", "json"):
            return "search"
        if name in ("btrim", "ltrim", "rtrim") and arguments and self.family(arguments[0]) == "string":
            bare = all(type(part).__name__ == "Literal" for part in arguments[1:])
            if bare:
                return "string"
        raise Refused


def _bare(node: Node) -> Node:
    while type(node).__name__ == "Paren":
        node = node.this
    return node
