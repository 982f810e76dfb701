"""Indexes that do not exist, as people write them: ``ON orders (customer_id, created_at DESC)``, or a whole one.

The text is untrusted. It is read token by token, anything but one index definition is refused, and what is handed on is
put together anew from the pieces: comments, a second statement, CONCURRENTLY and IF NOT EXISTS are not in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Token, statements
from advisor.catalog.ddl.operations import Name
from advisor.model.catalog import IndexKey
from advisor.model.engine import Dialect, EngineName, dialect_of
from advisor.model.limits import LIMITS
from advisor.planners.errors import PlannerError

__all__ = ["Hypothetical", "parse", "quoted"]

_FORMS = "write `ON table (column, ...)` or a whole CREATE INDEX"
_AFTER_STATEMENT = re.compile(r"(?:[\s;]|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*\Z")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
#: Of a name that is made up of columns: several fit into PostgreSQL's 63 bytes.
_LONGEST_WORD = 30
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")
#: What stays in capitals when text is folded.
_KEYWORDS = frozenset(
    """
    ASC DESC NULLS FIRST LAST COLLATE AND OR NOT IS NULL IN LIKE ILIKE BETWEEN TRUE FALSE CASE WHEN THEN ELSE END ANY
    ALL ARRAY CAST AS
    """.split()  # noqa: SIM905
)
#: Identifiers that PostgreSQL reserves and that people use as names nevertheless.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc both case cast check collate column constraint create default deferrable
    desc distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
    session_user some symmetric table then to trailing true union unique user using variadic when where window with
    """.split()  # noqa: SIM905
)
_METHODS: dict[str, frozenset[str]] = {
    "mysql": frozenset({"btree", "hash", "fulltext", "spatial", "rtree"}),
    "sqlite": frozenset({"btree"}),
}


@dataclass(frozen=True, slots=True)
class Hypothetical:
    """One index that does not exist."""

    engine: EngineName
    table: Name
    """As written, folded by the engine's rules."""
    unique: bool
    method: str
    keys: tuple[IndexKey, ...]
    key_texts: tuple[str, ...]
    """Each key as SQL, with its collation, operator class and direction."""
    include: tuple[str, ...] = ()
    where: str | None = None
    nulls_not_distinct: bool = False
    options: str | None = None
    """What stands between the parentheses of WITH (storage parameters)."""
    only: bool = False
    """Of a partitioned table alone."""
    given_name: str | None = None

    @property
    def name(self) -> str:
        """The name that plans shall show: the one given, else one made of the definition, always the same."""
        return self.given_name or self.made_name

    @property
    def made_name(self) -> str:
        """``whatif_orders_customer_id_created_at_desc``: at most 63 bytes; a short hash tells like ones apart."""
        names = (self.table.name, *(key.column or "" for key in self.keys), *self.include)
        plain = all(key.column and not key.collation and not key.opclass for key in self.keys)
        exact = plain and not (self.where or self.options or self.nulls_not_distinct or self.only)
        name = self._readable()
        if exact and len(name) <= 63 and all(_PLAIN.match(each) and len(each) <= _LONGEST_WORD for each in names):
            return name
        return self.hashed_name

    @property
    def hashed_name(self) -> str:
        """Another one, for where an index of the readable name stands already."""
        digest = blake2b(self._definition().encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
        return f"{self._readable()[:56]}_{digest}"

    def _readable(self) -> str:
        words = ["whatif", self.table.name, *(_word(key) for key in self.keys)]
        if self.method != "btree":
            words.insert(1, self.method)
        if self.include:
            words += ["incl", *self.include]
        if self.where:
            words.append("where")
        if self.unique:
            words.append("unique")
        return _NOT_PLAIN.sub("_", "_".join(words)).strip("_").lower()

    def statement(self, name: str | None = None) -> str:
        """The canonical CREATE INDEX: one statement, without comments and without CONCURRENTLY."""
        kind = "UNIQUE " if self.unique else ""
        if self.method in ("fulltext", "spatial"):
            kind = f"{self.method.upper()} "
        return f"CREATE {kind}INDEX {quoted(name or self.name, self.engine)} {self._definition()}"

    def _definition(self) -> str:
        parts = ["ON"]
        if self.only:
            parts.append("ONLY")
        table = quoted(self.table.name, self.engine)
        parts.append(f"{quoted(self.table.schema, self.engine)}.{table}" if self.table.schema else table)
        keys = f"({', '.join(self.key_texts)})"
        if self.engine == "postgresql":
            parts += ["USING", quoted(self.method, self.engine), keys]
        elif self.method == "hash":
            parts += [keys, "USING HASH"]
        else:
            parts.append(keys)
        if self.include:
            parts.append(f"INCLUDE ({', '.join(quoted(column, self.engine) for column in self.include)})")
        if self.nulls_not_distinct:
            parts.append("NULLS NOT DISTINCT")
        if self.options is not None:
            parts.append(f"WITH ({self.options})")
        if self.where is not None:
            parts.append(f"WHERE {self.where}")
        return " ".join(parts)


def parse(text: str, engine: EngineName = "postgresql") -> Hypothetical:
    """The one index that ``text`` defines. Raises PlannerError, one line, for anything else."""
    shown = " ".join(text.split())[:120]
    try:
        return _parse(text, engine)
    except (Unexpected, RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise PlannerError(f"hypothetical index {shown!r}: {reason}; {_FORMS}") from None


def quoted(identifier: str, engine: EngineName = "postgresql") -> str:
    """An identifier as the engine must see it: in quotes unless it is plain. Raises PlannerError for a zero byte."""
    if "\0" in identifier:
        raise PlannerError("a name cannot hold a zero byte")
    if _PLAIN.match(identifier) and identifier not in _RESERVED:
        return identifier
    if engine in ("mysql", "mariadb"):
        return "`" + identifier.replace("`", "``") + "`"
    return '"' + identifier.replace('"', '""') + '"'


def _parse(text: str, engine: EngineName) -> Hypothetical:
    if "\0" in text:
        raise Unexpected("it holds a zero byte")
    if len(text) > LIMITS.sample_bytes:
        raise Unexpected(f"it is longer than {LIMITS.sample_bytes} characters")
    written = text.strip()
    first = re.match(r"[A-Za-z]+", written)
    word = first.group().upper() if first else ""
    if word == "ON":
        written = f"CREATE INDEX {written}"
    elif word != "CREATE":
        raise Unexpected("it is no index definition")
    statement = next(statements(written, dialect_of(engine)), None)
    if statement is None or not statement.tokens:
        raise Unexpected((statement.note if statement else None) or "it is empty")
    if not _AFTER_STATEMENT.match(written, statement.tokens[-1].end):
        raise Unexpected("it holds more than one statement")
    return _Reader(Cursor(statement, dialect_of(engine)), engine).index()


class _Reader:
    def __init__(self, cursor: Cursor, engine: EngineName) -> None:
        self.c = cursor
        self.engine = engine
        self.dialect: Dialect = dialect_of(engine)
        self.columns = Columns(cursor, engine)

    def index(self) -> Hypothetical:
        c = self.c
        c.expect("CREATE")
        c.accept("OR", "REPLACE") if self.engine == "mariadb" else None
        unique = c.accept("UNIQUE")
        method: str | None = None
        if self.dialect == "mysql" and (special := c.accept_any("FULLTEXT", "SPATIAL")):
            method = special.lower()
        if not c.accept("INDEX"):
            raise Unexpected(f"expected INDEX before {c.token.text[:40]!r}")
        c.accept("CONCURRENTLY") if self.dialect == "postgresql" else None
        c.accept("IF", "NOT", "EXISTS")
        given = None if c.sees("ON") else c.name().name
        if self.dialect == "mysql" and c.accept("USING"):
            method = c.identifier().lower()
        c.expect("ON")
        only = self.dialect == "postgresql" and c.sees("ONLY") and c.ahead(1).text != "(" and c.accept("ONLY")
        table = c.name()
        if c.sees("."):
            raise Unexpected("a table has at most a schema before its name")
        if self.dialect == "postgresql" and c.accept("USING"):
            method = c.identifier().lower()
        keys, texts = self._keys()
        include: tuple[str, ...] = ()
        distinct = False
        options: str | None = None
        where: str | None = None
        while not c.done:
            if self.dialect == "postgresql" and c.accept("INCLUDE"):
                include = c.names()
            elif self.dialect == "postgresql" and c.accept("NULLS", "NOT", "DISTINCT"):
                distinct = True
            elif self.dialect == "postgresql" and c.accept("NULLS", "DISTINCT"):
                distinct = False
            elif self.dialect == "postgresql" and c.accept("WITH"):
                options = self._inside()
            elif self.dialect == "postgresql" and c.accept("TABLESPACE"):
                c.identifier()  # the shadow has no other, and its costs would differ by the settings alone
            elif self.dialect != "mysql" and c.accept("WHERE"):
                start = c.at
                c.at = len(c.tokens)
                where = self._text(c.tokens[start:])
                if not where:
                    raise Unexpected("WHERE has no condition")
                self._balanced(c.tokens[start:])
            elif self.dialect == "mysql" and c.accept("USING"):
                method = c.identifier().lower()
            elif self.dialect == "mysql" and c.accept_any("COMMENT", "KEY_BLOCK_SIZE", "ALGORITHM", "LOCK"):
                c.accept("=")
                c.next()
            elif self.dialect == "mysql" and c.accept_any("VISIBLE"):
                pass
            else:
                raise Unexpected(f"unknown index clause at {c.token.text[:40]!r}")
        method = method or "btree"
        known = _METHODS.get(self.dialect)
        if known is not None and method not in known:
            raise Unexpected(f"unknown index method {method!r}")
        return Hypothetical(
            self.engine, table, unique, method, keys, texts, include, where, distinct, options, bool(only), given
        )

    def _keys(self) -> tuple[tuple[IndexKey, ...], tuple[str, ...]]:
        c = self.c
        c.expect("(")
        keys, texts = [], []
        while True:
            start = c.at
            keys.append(self.columns.index_key())
            texts.append(self._text(c.tokens[start : c.at]))
            self._balanced(c.tokens[start : c.at])
            if not c.accept(","):
                break
        c.expect(")")
        return tuple(keys), tuple(texts)

    def _inside(self) -> str:
        start = self.c.at + 1
        self.c.parenthesised()
        return self._text(self.c.tokens[start : self.c.at - 1])

    def _balanced(self, tokens: list[Token]) -> None:
        depth = 0
        for token in tokens:
            if token.kind == "op" and token.text in "()":
                depth += 1 if token.text == "(" else -1
            if depth < 0:
                break
        if depth:
            raise Unexpected("its parentheses do not match")

    def _text(self, tokens: list[Token]) -> str:
        """Tokens as SQL: words folded where the engine folds them, one blank where there was any."""
        parts: list[str] = []
        before: Token | None = None
        for token in tokens:
            gap = before is not None and (token.start > before.end or before.text == ",")
            if gap and token.text not in (",", ")") and before is not None and before.text != "(":
                parts.append(" ")
            parts.append(self._folded(token))
            before = token
        return "".join(parts)

    def _folded(self, token: Token) -> str:
        source = self.c.text[token.start : token.end]
        if token.kind != "word":
            return source
        upper = source.upper()
        if upper in _KEYWORDS:
            return upper
        return source.lower() if self.dialect == "postgresql" else source


def _word(key: IndexKey) -> str:
    text = key.column or re.sub(r"'(?:[^']|'')*'", " ", key.expression or "")
    word = _NOT_PLAIN.sub("_", text).strip("_")[:_LONGEST_WORD] or "expr"
    if key.prefix is not None:
        word += str(key.prefix)
    return f"{word}_desc" if key.descending else word
