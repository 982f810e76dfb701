"""Columns as CREATE TABLE and ADD COLUMN define them: type, default, constraints."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.ddl.constraint_clauses import ConstraintClauses
from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.operations import Constraint, NewColumn
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.catalog.ddl.type_names import AFTER_TYPE, TypeNames
from advisor.model.catalog import Column, IndexKey

#: Words that end the expression of a DEFAULT without parentheses.
_AFTER_DEFAULT = tuple(
    """
    NOT NULL PRIMARY UNIQUE REFERENCES CHECK CONSTRAINT GENERATED COLLATE COMMENT AUTO_INCREMENT ON STORAGE
    COMPRESSION VISIBLE INVISIBLE FIRST AFTER DEFERRABLE INITIALLY ,
    """.split()  # noqa: SIM905
)
_SERIAL = frozenset({"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"})


class Columns(ConstraintClauses, TypeNames):
    """Parses column definitions and constraints from a cursor."""

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
        identity_as: str | None = None
        while not c.done and not c.sees(",") and not c.sees(")"):
            at = c.at
            if c.accept("CONSTRAINT"):
                label = None if c.token.upper in ("CHECK", "NOT", "PRIMARY", "UNIQUE") else c.identifier()
                continue
            if c.accept("NOT", "NULL"):
                nullable = False
                c.accept("NO", "INHERIT")
                c.accept("NOT", "VALID")
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
                self._index_tail()
                constraints.append(Constraint("primary_key", label, (IndexKey(column=name),), clauses=self._timing()))
                if self.engine == "sqlite":
                    self._conflict()
                    if type_text == "integer":
                        nullable, identity = False, True  # it is the rowid
            elif c.accept("UNIQUE"):
                c.accept("KEY")
                distinct = self._nulls_not_distinct()
                self._index_tail()
                keys = (IndexKey(column=name),)
                constraints.append(
                    Constraint("unique", label, keys, nulls_not_distinct=distinct, clauses=self._timing())
                )
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
                identity_as = c.source(at, c.at)
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
            identity_as=identity_as,
        )
        return NewColumn(column, tuple(constraints), kind)

    def _default(self) -> str:
        c = self.cursor
        if c.sees("("):
            start = c.at
            c.parenthesised()
            if c.done or c.sees(",") or c.sees(")") or c.token.upper in AFTER_TYPE:
                return c.source(start, c.at)
            c.until(*_AFTER_DEFAULT)
            return c.source(start, c.at)
        start = c.at
        if c.sees("NULL") or c.sees("NOT"):
            c.at += 1
        c.until(*_AFTER_DEFAULT)
        return c.source(start, c.at)
