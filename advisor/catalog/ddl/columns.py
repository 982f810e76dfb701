"""Columns, their types, constraints and index keys: the parts inside CREATE TABLE's parentheses."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.operations import Constraint, ConstraintKind, NewColumn
from advisor.catalog.types import canonical
from advisor.model.catalog import Column, IndexKey
from advisor.model.engine import EngineName

#: Words that end a column's type.
_AFTER_TYPE = frozenset(
    """
    NOT NULL DEFAULT PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT GENERATED COLLATE AS COMMENT AUTO_INCREMENT
    AUTOINCREMENT KEY ON STORAGE COMPRESSION VISIBLE INVISIBLE FIRST AFTER VIRTUAL STORED PERSISTENT USING
    COLUMN_FORMAT ENGINE_ATTRIBUTE DEFERRABLE INITIALLY WITH OPTIONS SET CHARACTER CHARSET REF_SYSTEM_ID SRID
    WITHOUT COMPRESSED
    """.split()  # noqa: SIM905
)
#: Words that end the expression of a DEFAULT without parentheses.
_AFTER_DEFAULT = tuple(
    """
    NOT NULL PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT GENERATED COLLATE COMMENT AUTO_INCREMENT ON STORAGE
    COMPRESSION VISIBLE INVISIBLE FIRST AFTER DEFERRABLE INITIALLY ,
    """.split()  # noqa: SIM905
)
#: Words that may follow the first one of a type; SQLite takes any.
_IN_TYPE = frozenset(
    """
    PRECISION VARYING UNSIGNED SIGNED ZEROFILL CHARACTER CHAR VARCHAR BINARY VARBINARY ARRAY YEAR MONTH DAY HOUR MINUTE
    SECOND TO ASCII UNICODE BYTE
    """.split()  # noqa: SIM905
)
_SERIAL = frozenset({"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"})
_TABLE_CONSTRAINT = frozenset(
    """
    CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE KEY INDEX FULLTEXT SPATIAL
    """.split()  # noqa: SIM905
)


class Columns:
    """Parses column definitions and constraints from a cursor."""

    def __init__(self, cursor: Cursor, engine: EngineName) -> None:
        self.cursor = cursor
        self.engine = engine
        self.mysql = engine in ("mysql", "mariadb")

    # ------------------------------------------------------------------ types
    def type_name(self) -> tuple[str, str | None, str | None]:
        """The type that comes next, canonical, with MySQL's charset and collation."""
        c = self.cursor
        start, charset, collation = c.at, None, None
        if c.done or c.sees(",") or c.sees(")") or (self.engine == "sqlite" and c.token.upper in _AFTER_TYPE):
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
            elif word in _AFTER_TYPE or c.token.kind != "word" or (self.engine != "sqlite" and word not in _IN_TYPE):
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

    # ------------------------------------------------------------------ columns
    def column(self) -> NewColumn:
        """A column definition: name, type, constraints."""
        c = self.cursor
        name = c.identifier()
        raw = c.token.text.lower()
        type_text, charset, collation = self.type_name()
        nullable: bool | None = True
        default = generated = None
        identity = False
        kind: Literal["serial", "identity", "stored", "virtual"] | None = None
        constraints: list[Constraint] = []
        if self.engine == "postgresql" and raw in _SERIAL:
            nullable, identity, default, kind = False, True, "nextval", "serial"
        elif self.mysql and raw == "serial":
            type_text, nullable, identity = "bigint unsigned", False, True
            constraints.append(Constraint("unique", keys=(IndexKey(column=name),)))
        label: str | None = None
        while not c.done and not c.sees(",") and not c.sees(")"):
            if c.accept("CONSTRAINT"):
                label = None if c.token.upper in ("CHECK", "NOT", "PRIMARY", "UNIQUE") else c.identifier()
                continue
            if c.accept("NOT", "NULL"):
                nullable = False
                c.accept("NO", "INHERIT")
                self._not_valid()
            elif c.accept("NULL"):
                nullable = True
            elif c.accept("DEFAULT"):
                default = self._default()
                if self.mysql and default.upper() == "NULL":
                    default = None
                identity |= self.engine == "postgresql" and default is not None and default.startswith("nextval(")
            elif c.accept("PRIMARY", "KEY"):
                c.accept_any("ASC", "DESC")
                nullable = False if self.engine != "sqlite" else nullable
                constraints.append(Constraint("primary_key", label, (IndexKey(column=name),)))
                self._index_parameters()
                if self.engine == "sqlite":
                    self._conflict()
                    if type_text == "integer":
                        nullable, identity = False, True  # it is the rowid
            elif c.accept("UNIQUE"):
                c.accept("KEY")
                distinct = self._nulls_not_distinct()
                constraints.append(Constraint("unique", label, (IndexKey(column=name),), nulls_not_distinct=distinct))
                self._index_parameters()
                self._conflict()
            elif self.mysql and c.accept("KEY"):
                constraints.append(Constraint("primary_key", None, (IndexKey(column=name),)))
                nullable = False
            elif c.accept("CHECK"):
                expression = c.parenthesised()
                c.accept("NO", "INHERIT")
                not_enforced = c.accept("NOT", "ENFORCED")
                constraints.append(Constraint("check", label, expression=expression, not_valid=not_enforced))
            elif c.accept("REFERENCES"):
                foreign = self._references(label, (IndexKey(column=name),))
                if not self.mysql:  # MySQL parses an inline REFERENCES and ignores it
                    constraints.append(foreign)
                elif self.engine == "mariadb":
                    constraints.append(foreign)  # MariaDB honours it since 10.5
            elif (
                c.accept("GENERATED", "ALWAYS", "AS", "IDENTITY")
                or c.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY")
                or c.accept("GENERATED", "BY", "DEFAULT", "ON", "NULL", "AS", "IDENTITY")
            ):
                c.skip_parenthesised()
                identity, nullable, kind = True, False, "identity"
            elif self.mysql and (
                c.accept("GENERATED", "ALWAYS", "AS", "ROW", "START")
                or c.accept("GENERATED", "ALWAYS", "AS", "ROW", "END")
            ):
                continue
            elif c.accept("GENERATED", "ALWAYS", "AS") or c.accept("AS"):
                generated = strip_parentheses(c.parenthesised())
                word = c.accept_any("STORED", "VIRTUAL", "PERSISTENT")
                if word is not None:
                    kind = "virtual" if word == "VIRTUAL" else "stored"
            elif c.accept("COLLATE"):
                collation = self._collation()
            elif c.accept_any("AUTO_INCREMENT", "AUTOINCREMENT"):
                identity = True
                nullable = False
            elif c.accept("ON", "UPDATE"):
                c.identifier()
                c.skip_parenthesised()
            elif c.accept("ON", "CONFLICT") or c.accept_any(
                "COMMENT", "STORAGE", "COMPRESSION", "COLUMN_FORMAT", "ENGINE_ATTRIBUTE", "SRID"
            ):
                c.next()
            elif c.accept("AFTER"):
                c.identifier()
            elif c.accept("CHARACTER", "SET") or c.accept("CHARSET"):
                charset = c.identifier().lower()
            elif (
                c.accept("WITH", "OPTIONS")
                or c.accept_any("FIRST", "VISIBLE", "INVISIBLE", "DEFERRABLE", "ENFORCED", "VIRTUAL", "STORED")
                or c.accept("NOT", "DEFERRABLE")
                or c.accept("NOT", "ENFORCED")
                or c.accept("NOT", "VISIBLE")
            ):
                continue
            elif c.accept("INITIALLY"):
                c.next()
            elif c.accept("USING") or c.accept("COMPRESSED"):
                c.accept("=")
                if not c.sees(",") and not c.sees(")"):
                    c.next()
            elif self.engine == "postgresql" and c.sees("OPTIONS"):
                c.at += 1
                c.skip_parenthesised()
            elif self.mysql and c.accept("REF_SYSTEM_ID"):
                c.accept("=")
                c.next()
            elif self.mysql and c.accept("WITHOUT", "SYSTEM", "VERSIONING"):
                continue
            else:
                raise Unexpected(f"unknown column clause at {c.token.text[:40]!r}")
            label = None
        column = Column(
            name=name,
            type=type_text,
            nullable=nullable,
            default=default,
            collation=collation,
            charset=charset,
            generated=generated,
            identity=identity,
            stored=kind == "stored" if self.mysql and generated is not None else None,
        )
        return NewColumn(column, tuple(constraints), kind)

    def _collation(self) -> str:
        name = self.cursor.name()
        return name.name

    def _default(self) -> str:
        c = self.cursor
        if c.sees("("):
            start = c.at
            c.parenthesised()
            if c.done or c.sees(",") or c.sees(")") or c.token.upper in _AFTER_TYPE:
                return c.source(start, c.at)
            c.until(*_AFTER_DEFAULT)
            return c.source(start, c.at)
        start = c.at
        if c.sees("NULL") or c.sees("NOT"):
            c.at += 1
        c.until(*_AFTER_DEFAULT)
        return c.source(start, c.at)

    def _conflict(self) -> None:
        if self.cursor.accept("ON", "CONFLICT"):
            self.cursor.next()

    def _not_valid(self) -> bool:
        return self.cursor.accept("NOT", "VALID")

    def _nulls_not_distinct(self) -> bool:
        c = self.cursor
        c.accept("NULLS", "DISTINCT")
        return c.accept("NULLS", "NOT", "DISTINCT")

    # ------------------------------------------------------------------ constraints
    def starts_constraint(self) -> bool:
        """True when a table constraint comes next, not a column."""
        c = self.cursor
        word = c.token.upper
        if word not in _TABLE_CONSTRAINT:
            return False
        if self.mysql:
            return True
        return word not in ("KEY", "INDEX", "FULLTEXT", "SPATIAL")  # these are column names elsewhere

    def constraint(self) -> Constraint:
        """A table constraint, or MySQL's KEY."""
        c = self.cursor
        name: str | None = None
        if c.accept("CONSTRAINT") and c.token.upper not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"):
            name = c.identifier()
        if c.accept("PRIMARY", "KEY"):
            return self._keyed("primary_key", name or ("PRIMARY" if self.mysql else None))
        if c.accept("UNIQUE"):
            c.accept_any("KEY", "INDEX")
            return self._keyed("unique", name)
        if c.accept("FOREIGN", "KEY"):
            if self.mysql and not c.sees("("):
                name = name or c.identifier()
            keys = tuple(IndexKey(column=column) for column in c.names())
            c.expect("REFERENCES")
            return self._references(name, keys)
        if c.accept("CHECK"):
            expression = c.parenthesised()
            not_valid = self._constraint_tail()
            return Constraint("check", name, expression=expression, not_valid=not_valid)
        if c.accept("NOT", "NULL"):
            return Constraint("not_null", name, (IndexKey(column=c.identifier()),), not_valid=self._constraint_tail())
        if c.accept("EXCLUDE"):
            return self._exclude(name)
        if self.mysql:
            method = None
            if word := c.accept_any("FULLTEXT", "SPATIAL"):
                method = word.lower()
                c.accept_any("KEY", "INDEX")
            else:
                c.accept_any("KEY", "INDEX")
            return self._keyed("index", name, method)
        raise Unexpected(f"unknown constraint at {c.token.text[:40]!r}")

    def _keyed(self, kind: ConstraintKind, name: str | None, method: str | None = None) -> Constraint:
        c = self.cursor
        not_distinct = self._nulls_not_distinct()
        using_index = None
        if self.mysql:
            if not c.sees("(") and not c.sees("USING"):
                own = c.identifier()
                name = own if kind != "primary_key" else name
            if c.accept("USING"):
                method = method or c.identifier().lower()
        elif c.accept("USING", "INDEX"):
            using_index = c.identifier()
            self._constraint_tail()
            return Constraint(kind, name, using_index=using_index)
        keys = self.index_keys()
        include, where, visible, used = self._index_tail()
        self._constraint_tail()
        return Constraint(
            kind,
            name,
            keys,
            include=include,
            method=method or used,
            where=where,
            nulls_not_distinct=not_distinct,
            visible=visible,
        )

    def _index_tail(self) -> tuple[tuple[str, ...], str | None, bool, str | None]:
        c = self.cursor
        include: tuple[str, ...] = ()
        where, visible, method = None, True, None
        while True:
            if c.accept("INCLUDE"):
                include = c.names()
            elif c.accept("USING", "INDEX", "TABLESPACE") or c.accept("TABLESPACE"):
                c.identifier()
            elif c.accept("USING"):
                method = c.identifier().lower()
            elif c.accept("WITH", "PARSER"):
                c.identifier()
            elif c.sees("WITH", "("):
                c.at += 1
                c.parenthesised()
            elif c.accept("WHERE"):
                where = strip_parentheses(c.rest())
            elif c.accept_any("INVISIBLE", "IGNORED"):
                visible = False
            elif c.accept("NOT", "IGNORED") or c.accept("VISIBLE"):
                visible = True
            elif c.accept_any("COMMENT", "KEY_BLOCK_SIZE", "ENGINE_ATTRIBUTE", "CLUSTERING"):
                c.accept("=")
                c.next()
            elif self.engine == "sqlite" and c.sees("ON", "CONFLICT"):
                self._conflict()
            else:
                return include, where, visible, method

    def _index_parameters(self) -> None:
        self._index_tail()

    def _constraint_tail(self) -> bool:
        c = self.cursor
        not_valid = False
        while True:
            if c.accept("NOT", "VALID") or c.accept("NOT", "ENFORCED"):
                not_valid = True
            elif c.accept("INITIALLY"):
                c.next()
            elif c.accept("NO", "INHERIT") or c.accept("NOT", "DEFERRABLE") or c.accept_any("DEFERRABLE", "ENFORCED"):
                continue
            else:
                return not_valid

    def _references(self, name: str | None, keys: tuple[IndexKey, ...]) -> Constraint:
        c = self.cursor
        parent = c.name()
        columns = c.names() if c.sees("(") else ()
        on_delete = on_update = None
        not_valid = False
        while True:
            if c.accept("ON", "DELETE"):
                on_delete = self._reference_action()
            elif c.accept("ON", "UPDATE"):
                on_update = self._reference_action()
            elif c.accept("MATCH"):
                c.next()
            elif c.accept("NOT", "VALID") or c.accept("NOT", "ENFORCED"):
                not_valid = True
            elif c.accept("NOT", "DEFERRABLE") or c.accept_any("DEFERRABLE", "ENFORCED"):
                continue
            elif c.accept("INITIALLY"):
                c.next()
            else:
                break
        return Constraint(
            "foreign_key",
            name,
            keys,
            parent=parent,
            parent_columns=columns,
            on_delete=on_delete,
            on_update=on_update,
            not_valid=not_valid,
        )

    def _reference_action(self) -> str | None:
        c = self.cursor
        if c.accept("NO", "ACTION"):
            return None
        word = c.next().upper
        if word == "SET":
            word = f"SET {c.next().upper}"
            c.skip_parenthesised()
        if word == "RESTRICT" and self.mysql:
            return None  # the same as NO ACTION there, and not printed
        return word.lower()

    def _exclude(self, name: str | None) -> Constraint:
        c = self.cursor
        method = c.identifier().lower() if c.accept("USING") else "gist"
        c.expect("(")
        keys = []
        while True:
            keys.append(self.index_key())
            c.expect("WITH")
            if c.accept("OPERATOR"):
                c.parenthesised()
            else:
                c.next()
            if not c.accept(","):
                break
        c.expect(")")
        include, _, _, _ = self._index_tail() if not c.sees("WHERE") else ((), None, True, None)
        where = strip_parentheses(c.parenthesised()) if c.accept("WHERE") else None
        self._constraint_tail()
        return Constraint("exclude", name, tuple(keys), include=include, method=method, where=where)

    # ------------------------------------------------------------------ index keys
    def index_keys(self) -> tuple[IndexKey, ...]:
        """A parenthesised list of key parts."""
        c = self.cursor
        c.expect("(")
        keys = [self.index_key()]
        while c.accept(","):
            keys.append(self.index_key())
        c.expect(")")
        return tuple(keys)

    def index_key(self) -> IndexKey:
        """One key part: column or expression, prefix, collation, operator class, direction."""
        c = self.cursor
        column = expression = None
        prefix = None
        if c.sees("("):
            expression = strip_parentheses(c.parenthesised())
        elif c.token.kind in ("word", "quoted") and c.ahead(1).text not in ("(", ".", "::", "->", "->>", "||"):
            column = c.identifier()
        elif self.mysql and c.ahead(1).text == "(" and c.ahead(2).kind == "number" and c.ahead(3).text == ")":
            column = c.identifier()
            prefix = int(c.parenthesised())
        elif self.engine == "postgresql":
            start = c.at
            c.name()
            c.parenthesised()  # without parentheses around it, a key is a column or one function call
            expression = c.source(start, c.at)
        else:
            expression = c.until(",", "ASC", "DESC", "NULLS", "COLLATE", "WITH")
            if not expression:
                raise Unexpected(f"expected an index key before {c.token.text[:40]!r}")
        collation = opclass = None
        descending, nulls_first = False, None
        while not c.done and not c.sees(",") and not c.sees(")") and not c.sees("WITH"):
            if c.accept("COLLATE"):
                collation = self._collation()
            elif c.accept("ASC"):
                descending = False
            elif c.accept("DESC"):
                descending = True
            elif c.accept("NULLS", "FIRST"):
                nulls_first = True
            elif c.accept("NULLS", "LAST"):
                nulls_first = False
            elif c.accept("WITHOUT", "OVERLAPS"):  # the key of a temporal constraint
                continue
            elif self.engine == "postgresql" and c.token.kind in ("word", "quoted"):
                opclass = c.name().name
                c.skip_parenthesised()
            else:
                raise Unexpected(f"unknown index key clause at {c.token.text[:40]!r}")
        if self.engine == "postgresql" and nulls_first is None:
            nulls_first = descending  # NULL sorts as larger than every value
        return IndexKey(
            column=column,
            expression=expression,
            descending=descending,
            nulls_first=nulls_first,
            prefix=prefix,
            opclass=opclass,
            collation=collation,
        )


def strip_parentheses(text: str) -> str:
    """An expression without the pairs of parentheses that enclose all of it."""
    text = text.strip()
    if not text.startswith("(") or not text.endswith(")"):
        return text
    start, end = 0, len(text)
    closing = _closing(text)
    while end - start > 1 and closing.get(start) == end - 1:
        start, end = start + 1, end - 1
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
    return text[start:end]


def _closing(text: str) -> dict[int, int]:
    """Where each opening parenthesis outside quotes is closed."""
    found: dict[int, int] = {}
    open_: list[int] = []
    quote = ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            open_.append(i)
        elif char == ")" and open_:
            found[open_.pop()] = i
    return found
