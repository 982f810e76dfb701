"""Comparisons that a column's new type has no operator for (PostgreSQL: text with a number, a uuid with a text)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.catalog.types import facts
from advisor.model.catalog import Catalog

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph

_TEXTS = frozenset({"text", "varchar", "char", "character varying", "character", "bpchar", "citext", "name"})
_NUMBERS = frozenset(
    {
        "int", "int2", "int4", "int8", "integer", "smallint", "bigint", "numeric", "decimal", "real", "float", "float4",
        "float8", "double precision", "double", "serial", "bigserial", "smallserial", "money",
    }
)  # fmt: skip
_TIMES = frozenset({"date", "timestamp", "timestamptz", "timestamp without time zone", "timestamp with time zone"})


def family(type_: str) -> str | None:
    """Types of one family compare with each other; None: of no family that is known here."""
    base = facts(type_, "postgresql").base.lower()
    for name, types in (("text", _TEXTS), ("number", _NUMBERS), ("time", _TIMES)):
        if base in types or type_.lower().partition("(")[0].strip() in types:
            return name
    return base if base in ("uuid", "boolean", "bool", "json", "jsonb", "bytea", "inet") else None


def lost_operator(graph: QueryGraph, table: str, column: str, type_: str, catalogs: Sequence[Catalog]) -> bool:
    """Does the statement compare the column with what its new type cannot be compared with?

    A quoted literal is of no type until the server gives it one, and a parameter's is the client's to say: neither
    counts. A wrapped column (a cast, a function) does not either.
    """
    new = family(type_)
    if new is None:
        return False
    for one in graph.predicates:
        if (one.table_name, one.column_name) != (table, column) or one.wrapper is not None:
            continue
        if one.operator.lower().lstrip("not ").strip() in ("like", "ilike") and new != "text":
            return True
        literal = (one.value_sql or "").strip()
        if one.value_kind == "literal" and new != "number" and literal.lstrip("-").replace(".", "", 1).isdigit():
            return True
    for edge in graph.join_edges:
        if edge.left_wrapper is not None or edge.right_wrapper is not None:
            continue
        other = None
        if (edge.left_table, edge.left_column) == (table, column):
            other = edge.right_table, edge.right_column
        elif (edge.right_table, edge.right_column) == (table, column):
            other = edge.left_table, edge.left_column
        theirs = None if other is None else _family_of(catalogs, *other)
        if theirs is not None and theirs != new:
            return True
    return False


def _family_of(catalogs: Sequence[Catalog], table: str | None, column: str | None) -> str | None:
    for catalog in catalogs:
        found = catalog.tables.get(table or "")
        for one in found.columns if found is not None else ():
            if one.name == column:
                return family(one.type)
    return None
