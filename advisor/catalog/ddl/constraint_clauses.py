"""Table constraints, MySQL's KEY, and REFERENCES."""

from __future__ import annotations

import re

from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.index_keys import IndexKeys
from advisor.catalog.ddl.operations import Constraint, ConstraintKind
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.model.catalog import IndexKey

_TABLE_CONSTRAINT = frozenset(
    """
    CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE KEY INDEX FULLTEXT SPATIAL
    """.split()  # noqa: SIM905
)


_UNPROVEN = re.compile(r"\s*\bNOT (VALID|ENFORCED)\b", re.IGNORECASE)


class ConstraintClauses(IndexKeys):
    """Constraints as they stand in CREATE TABLE, or after ADD."""

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
            return Constraint(kind, name, using_index=using_index, clauses=self._timing())
        keys = self.index_keys()
        include, where, visible, used = self._index_tail()
        timing = self._timing()
        return Constraint(
            kind,
            name,
            keys,
            include=include,
            method=method or used,
            where=where,
            nulls_not_distinct=not_distinct,
            visible=visible,
            clauses=timing,
        )

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

    def _timing(self) -> str | None:
        """DEFERRABLE and INITIALLY DEFERRED of PostgreSQL, which are stepped over."""
        at = self.cursor.at
        self._constraint_tail()
        if self.engine != "postgresql":
            return None
        text = self.cursor.source(at, self.cursor.at).upper()
        if "DEFERRED" in text:
            return "DEFERRABLE INITIALLY DEFERRED"
        return "DEFERRABLE" if re.search(r"(?<!NOT )DEFERRABLE", text) else ""

    def _references(self, name: str | None, keys: tuple[IndexKey, ...]) -> Constraint:
        c = self.cursor
        parent = c.name()
        columns = c.names() if c.sees("(") else ()
        on_delete = on_update = None
        not_valid, at = False, c.at
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
            clauses=_UNPROVEN.sub("", c.source(at, c.at)).strip() if self.engine == "postgresql" else None,
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
        return Constraint(
            "exclude", name, tuple(keys), include=include, method=method, where=where, clauses=self._timing()
        )

    def _nulls_not_distinct(self) -> bool:
        c = self.cursor
        c.accept("NULLS", "DISTINCT")
        return c.accept("NULLS", "NOT", "DISTINCT")
