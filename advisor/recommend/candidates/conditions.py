"""Conditions that a partial index could have: written in the shape itself, or with a literal that every call has.

Sources: PostgreSQL manual, "Partial Indexes" (a parameter of a generic plan proves nothing); SQLite, "Partial Indexes".
"""

from __future__ import annotations

import re

from advisor.graphs.graph import Predicate
from advisor.handbook.ddl import quoted
from advisor.model.catalog import Table
from advisor.model.limits import LIMITS
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Condition
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement

#: A literal that can be printed anywhere: a number, plain text without backslashes, a truth value, with a simple cast.
_LITERAL = re.compile(
    r"(?:-?\d{1,30}(?:\.\d{1,30})?|'(?:[^'\\]|''){0,200}'|true|false)(?:::[a-z][a-z0-9_ ]{0,40})?", re.I
)
#: What a code looks like where nothing is known of the column: a word, a truth value, a small number.
_CODE = re.compile(r"'(?:[A-Za-z][A-Za-z _-]{0,19})?'|-?\d{1,2}|true|false", re.I)


class Conditions:
    """Of one statement."""

    def __init__(self, statement: Statement, known: Known, wanted: CandidateLimits) -> None:
        self.constants = statement.constants
        self.known = known
        self.wanted = wanted.partial and known.engine in ("postgresql", "sqlite")

    def of(self, predicate: Predicate, table: Table, column: str) -> Condition | None:
        """The condition that a predicate gives; None where it holds for this call alone."""
        if not self.wanted or predicate.wrapper is not None or predicate.same_row:
            return None
        name = quoted(column, self.known.engine)
        row = self.known.statistics(table, column)
        if predicate.op_class == "null" and not _nullable(table, column):
            return None
        if predicate.operator == "is_null" and not predicate.negated:
            return Condition(f"{name} IS NULL", column, row.null_frac if row is not None else None)
        if predicate.operator == "is_not_null" and not predicate.negated:
            return Condition(f"{name} IS NOT NULL", column, 1.0 - row.null_frac if row is not None else None)
        if predicate.operator == "is_true" and predicate.value_kind == "literal":
            return self._truth(predicate, table, column, name)
        literal = self.constants.get((table.name, column)) or self.constants.get((predicate.table_name or "", column))
        plain = predicate.operator == "=" and predicate.value_kind == "literal" and not predicate.negated
        if plain and literal is not None and _LITERAL.fullmatch(literal) and self._is_code(table, column, literal):
            return Condition(f"{name} = {literal}", column, self.known.share(table, column, literal))
        return None

    def _is_code(self, table: Table, column: str, literal: str) -> bool:
        """Is it one of few values that stand for a kind of row, and not somebody's address, number or token, which
        recurs too where one customer or one job makes all the calls? The condition is printed and lives in the schema.
        """
        distinct, rows = self.known.distinct(table, column), self.known.rows(table)
        if distinct is None:
            return _CODE.fullmatch(literal.partition("::")[0]) is not None
        return distinct <= LIMITS.candidate_codes and (rows is None or distinct * LIMITS.candidate_code_rows <= rows)

    def _truth(self, predicate: Predicate, table: Table, column: str, name: str) -> Condition | None:
        found = next((own for own in table.columns if own.name == column), None)
        if found is None or self.known.type_of(found).family != "boolean":
            return None
        if " is " in predicate.sql.lower():
            # The planner knows x IS TRUE and x to be the same, but not NOT x and x IS NOT TRUE: that one keeps NULLs.
            return None if predicate.negated else Condition(name, column, self.known.share(table, column, "true"))
        wanted = "false" if predicate.negated else "true"
        text = f"NOT {name}" if predicate.negated else name
        return Condition(text, column, self.known.share(table, column, wanted))


def _nullable(table: Table, column: str) -> bool:
    keys = [key.column for index in table.indexes if index.primary for key in index.keys]
    return column not in keys and any(own.name == column and own.nullable is not False for own in table.columns)
