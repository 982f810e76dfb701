"""The side of a comparison as an index term: a bare column, or an expression that an index may hold."""

from __future__ import annotations

import re

from advisor.graphs.graph import Predicate
from advisor.model.catalog import Column, Table
from advisor.model.limits import LIMITS
from advisor.recommend.candidates import expressions
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Term
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement

#: A unit, a configuration, a key of a document, a sign between two columns, a small number.
_PLAIN = re.compile(r"(?:[^\W\d]\w{0,30})?|\W{1,3}|-?\d{1,4}|\d\.\d{1,4}")


class Terms:
    """Makes the terms of one statement."""

    def __init__(self, statement: Statement, known: Known, wanted: CandidateLimits) -> None:
        self.statement = statement
        self.known = known
        self.wanted = wanted
        self._texts = [_squeezed(query.sql) for query in statement.queries]
        self._recurs = len(set(self._texts)) >= LIMITS.constant_samples and statement.calls >= LIMITS.constant_calls
        """Called so often with different values that what all calls have belongs to the shape."""
        self._made: dict[tuple[str, str], tuple[Term, str] | None] = {}

    def column(self, table: Table, name: str) -> Term | None:
        """A bare column, if the catalog has it."""
        if not any(column.name == name for column in table.columns):
            return None
        return Term(column=name, columns=(name,))

    def of(self, predicate: Predicate, table: Table, column: str) -> Term | None:
        """What stands on the column's side of a comparison."""
        if predicate.wrapper is None:
            return self.column(table, column)
        if predicate.column_name != column:
            return None  # through a derived table that gives the column another name
        return self.expression(table, predicate.wrapper_sql)

    def expression(self, table: Table, sql: str | None) -> Term | None:
        """An expression over columns of one table, where it is immutable and part of the shape."""
        made = self.typed(table, sql)
        return made[0] if made is not None and made[1] not in ("search", "json") else None

    def typed(self, table: Table, sql: str | None) -> tuple[Term, str] | None:
        """... with the family of its values."""
        if sql is None or not self.wanted.expressions or not self.known.indexes_expressions():
            return None
        cached = (table.name, sql)
        if cached not in self._made:
            self._made[cached] = self._typed(table, sql)
        return self._made[cached]

    def _typed(self, table: Table, sql: str) -> tuple[Term, str] | None:
        tree = expressions.parsed(sql, self.known.engine)
        if tree is None:
            return None
        literals = [str(node.this) for node in tree.walk() if type(node).__name__ in ("Literal", "JSONPathKey")]
        if any(_squeezed(literal) not in text for text in self._texts for literal in literals):
            return None  # the next call asks for another one
        if not self._recurs and not all(_PLAIN.fullmatch(literal) for literal in literals):
            return None  # perhaps somebody's own, which is printed with the index
        columns: dict[str, Column] = {}
        for column in table.columns:
            columns.setdefault(column.name.lower(), column)
        for column in table.columns:
            columns[column.name] = column
        made = expressions.key(tree, columns, lambda name: self.known.type_of(columns[name]), self.known.engine)
        if made is None:
            return None
        term, family = made
        if self.known.engine == "sqlite" and self._texts:
            # SQLite compares the expression as it is written; sqlglot writes some functions by another name.
            written = _squeezed(term.expression or "")
            if not any(written in text for text in self._texts):
                return None
        return term, family


def _squeezed(sql: str) -> str:
    """Lower case, without blanks, quotes of identifiers and qualifiers' dots lost to neither side."""
    return re.sub(r"\b\w+\.(?=[a-z_\"`\[])", "", re.sub(r"\s+", "", sql.lower())).replace('"', "").replace("`", "")
