"""LIKE, containment and full text: the operator class or the kind of index that serves them.

Sources: PostgreSQL manual, "Operator Classes and Operator Families" (text_pattern_ops), "GIN: Built-in Operator
Classes", "jsonb Indexing", "Range Types: Indexing", "pg_trgm: Index Support"; SQLite, "The LIKE Optimization".
"""

from __future__ import annotations

import re

from advisor.graphs.graph import Predicate
from advisor.model.catalog import Column, Table
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Search, Term
from advisor.recommend.candidates.terms import Terms
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement

_PATTERN_CLASSES = {"text": "text_pattern_ops", "varchar": "varchar_pattern_ops", "char": "bpchar_pattern_ops"}
_RANGES = ("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange")
_PLACE = re.compile(r"\$(\d{1,4})")


class Patterns:
    """Of one statement."""

    def __init__(self, statement: Statement, known: Known, wanted: CandidateLimits) -> None:
        self.statement = statement
        self.known = known
        self.wanted = wanted
        self.terms = Terms(statement, known, wanted)

    def of(self, predicate: Predicate, table: Table, column: str) -> tuple[Search | None, Term | None]:
        """A search that asks for another method, and a B-tree term for a pattern with a fixed beginning."""
        if predicate.negated or predicate.same_row or predicate.column_name != column:
            return None, None
        if predicate.op_class == "like":
            return self._like(predicate, table, column)
        if predicate.op_class == "regex" and predicate.operator == "regex":
            return self._trigrams(predicate, table, column, self._literal(predicate)), None
        if self.known.engine != "postgresql" or not self.wanted.special:
            return None, None
        if predicate.op_class == "containment":
            return self._containment(predicate, table, column), None
        if predicate.op_class == "search":
            return self._text_search(predicate, table, column), None
        return None, None

    # ------------------------------------------------------------------ patterns
    def _like(self, predicate: Predicate, table: Table, column: str) -> tuple[Search | None, Term | None]:
        pattern = self._literal(predicate)
        anchored = pattern is not None and pattern[:1] not in ("%", "_", "")
        if predicate.leading_wildcard is False or anchored:
            if predicate.operator == "ilike" and self.known.engine == "postgresql":
                return self._trigrams(predicate, table, column, pattern), None
            return None, self._anchored(predicate, table, column)
        return self._trigrams(predicate, table, column, pattern), None

    def _anchored(self, predicate: Predicate, table: Table, column: str) -> Term | None:
        found = _column(table, column)
        term = self.terms.of(predicate, table, column)
        if found is None or term is None:
            return None
        facts = self.known.type_of(found)
        if facts.family != "string" or found.type.lower().endswith("citext"):
            return None
        if self.known.engine in ("mysql", "mariadb"):
            return term
        if self.known.engine == "sqlite":
            if " glob " in predicate.sql.lower():
                return term
            # LIKE ignores case there, unless a pragma says otherwise: only an index that ignores it too serves it.
            plain = term.column is not None and "escape" not in predicate.sql.lower()
            return Term(column=column, columns=(column,), collation="NOCASE") if plain else None
        if self.known.byte_order(found):
            return term
        opclass = _PATTERN_CLASSES.get(facts.base) if term.expression is None else "text_pattern_ops"
        return Term(term.column, term.expression, term.columns, opclass) if opclass else None

    def _literal(self, predicate: Predicate) -> str | None:
        """The pattern, where every sample has one that begins alike: with a wildcard, or without."""
        text = predicate.value_sql or ""
        if text.startswith("'") and text.endswith("'"):
            return text[1:-1].replace("''", "'")
        place = _PLACE.fullmatch(text)
        if place is None:
            return None
        number = int(place[1]) - 1
        values = [
            query.parameters[number]
            for query in self.statement.queries
            if query.parameters is not None and 0 <= number < len(query.parameters)
        ]
        known = [value for value in values if value]
        if not known or len(known) != len(values) or len({value[0] in "%_" for value in known}) != 1:
            return None
        return min(known, key=len)

    def _trigrams(self, predicate: Predicate, table: Table, column: str, pattern: str | None) -> Search | None:
        """pg_trgm, only where it is known to be installed and the pattern holds three letters in a row."""
        opclass = self.known.trigrams() if self.known.engine == "postgresql" and self.wanted.special else None
        found = _column(table, column)
        if opclass is None or found is None or self.known.type_of(found).base not in ("text", "varchar"):
            return None
        if pattern is None or max(map(len, re.findall(r"\w+", pattern)), default=0) < 3:
            return None
        term = self.terms.of(predicate, table, column)
        if term is None or found.type.lower().endswith("citext"):
            return None
        named = Term(term.column, term.expression, term.columns, opclass)
        return Search(named, "gin", f"trigrams of {term.name} find a pattern that begins anywhere")

    # ------------------------------------------------------------------ other methods
    def _containment(self, predicate: Predicate, table: Table, column: str) -> Search | None:
        found = _column(table, column)
        if found is None or not predicate.value_constant:
            return None
        facts = self.known.type_of(found)
        kind = found.type.lower()
        if predicate.wrapper is not None:
            typed = self.terms.typed(table, predicate.wrapper_sql)
            if typed is None or typed[1] != "json" or facts.base != "jsonb":
                return None
            term, base = typed[0], "jsonb"
        else:
            term, base = Term(column=column, columns=(column,)), facts.base
        if base == "jsonb" and predicate.operator in ("contains", "has_key"):
            opclass = "jsonb_path_ops" if predicate.operator == "contains" else None
            named = Term(term.column, term.expression, term.columns, opclass)
            word = "contains a document" if opclass else "has a key"
            return Search(named, "gin", f"{term.name} {word}")
        if base == "array" and predicate.operator in ("contains", "overlap"):
            return Search(term, "gin", f"{term.name} is searched for elements")
        if kind in _RANGES and predicate.operator in ("contains", "contained", "overlap"):
            return Search(term, "gist", f"{term.name} is a range that is compared with another")
        return None

    def _text_search(self, predicate: Predicate, table: Table, column: str) -> Search | None:
        found = _column(table, column)
        if found is None:
            return None
        if predicate.wrapper is None:
            if self.known.type_of(found).base != "tsvector" or found.type.lower() != "tsvector":
                return None
            return Search(Term(column=column, columns=(column,)), "gin", f"{column} is searched for words")
        typed = self.terms.typed(table, predicate.wrapper_sql)
        if typed is None or typed[1] != "search":
            return None
        return Search(typed[0], "gin", f"{typed[0].name} is searched for words")


def _column(table: Table, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)
