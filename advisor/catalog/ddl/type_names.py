"""The names of types in DDL."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.types import canonical
from advisor.model.engine import EngineName

#: Words that end a column's type.
AFTER_TYPE = frozenset(
    """
    NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT GENERATED COLLATE AS COMMENT AUTO_INCREMENT
    AUTOINCREMENT KEY ON STORAGE COMPRESSION VISIBLE INVISIBLE FIRST AFTER VIRTUAL STORED PERSISTENT USING
    COLUMN_FORMAT ENGINE_ATTRIBUTE DEFERRABLE INITIALLY WITH OPTIONS SET CHARACTER CHARSET REF_SYSTEM_ID SRID
    WITHOUT COMPRESSED
    """.split()  # noqa: SIM905
)
#: Words that may follow the first one of a type; SQLite takes any.
_IN_TYPE = frozenset(
    """
    PRECISION VARYING UNSIGNED SIGNED ZEROFILL CHARACTER CHAR VARCHAR BINARY VARBINARY ARRAY YEAR MONTH DAY HOUR MINUTE
    SECOND TO ASCII UNICODE BYTE
    """.split()  # noqa: SIM905
)


class Clauses:
    """Reads parts of definitions from a cursor, as an engine writes them."""

    def __init__(self, cursor: Cursor, engine: EngineName) -> None:
        self.cursor = cursor
        self.engine = engine
        self.mysql = engine in ("mysql", "mariadb")


class TypeNames(Clauses):
    """Types, with MySQL's character sets."""

    def type_name(self) -> tuple[str, str | None, str | None]:
        """The type that comes next, canonical, with MySQL's charset and collation."""
        c = self.cursor
        start, charset, collation = c.at, None, None
        if c.done or c.sees(",") or c.sees(")") or (self.engine == "sqlite" and c.token.upper in AFTER_TYPE):
            return "", None, None  # SQLite has columns without a type
        first = c.next()
        if first.kind not in ("word", "quoted"):
            raise Unexpected(f"expected a type before {first.text[:40]!r}")
        while c.accept("."):
            c.next()
        while not c.done:
            word = c.token.upper
            if c.sees("("):
                c.parenthesised()
            elif c.sees("["):
                c.at += 1
                c.until("]")
                c.at += 1
            elif c.sees("WITH", "TIME", "ZONE") or c.sees("WITHOUT", "TIME", "ZONE"):
                c.at += 3
            elif c.at == start + 1 and first.upper == "CHARACTER" and word == "SET":
                raise Unexpected("CHARACTER SET where a type is expected")
            elif word in AFTER_TYPE or c.token.kind != "word" or (self.engine != "sqlite" and word not in _IN_TYPE):
                break
            else:
                c.at += 1
        text = c.source(start, c.at)
        if self.mysql:
            while True:
                if c.accept("CHARACTER", "SET") or c.accept("CHARSET"):
                    c.accept("=")
                    charset = c.identifier().lower()
                elif c.accept("COLLATE"):
                    c.accept("=")
                    collation = c.identifier().lower()
                else:
                    break
        return canonical(text, self.engine), charset, collation
