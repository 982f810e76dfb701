"""Queries of the server's own catalog, answered from the schema: which tables does a loop go through?

The part of ``pg_catalog`` and ``information_schema`` that a schema file tells is laid out in an SQLite database in
memory, where an oid is the relation's name. A column or table that is not laid out makes the query fail there, and the
answer unknown.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import sqlglot
from sqlglot import expressions as exp

from advisor.catalog.ddl.lexer import single
from advisor.migrations.static.postgresql.texts import Unknown, Value, Variables, quoted, regclass, value_of
from advisor.migrations.static.postgresql.world import Relation, World

#: Instructions of SQLite's machine; a join over some thousand tables stays below.
_STEPS = 20_000_000
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
_FUNCTIONS = frozenset({"like", "regexp", "lower", "upper", "replace", "substr", "length", "substring", "coalesce"})
_KINDS = {"table": "r", "partitioned": "p", "view": "v", "materialized_view": "m", "foreign": "f"}
_KEEPING_CASE = re.compile(r"[\w^$|()\[\]\\. -]*[*+?]?[\w^$|\\. -]*")
_LAYOUT = {
    "pg_class": "oid, relname, relnamespace, relkind, relispartition, relpersistence",
    "pg_namespace": "oid, nspname",
    "pg_inherits": "inhrelid, inhparent",
    "pg_tables": "schemaname, tablename",
    "pg_views": "schemaname, viewname",
    "pg_matviews": "schemaname, matviewname",
    "pg_attribute": "attrelid, attname, attisdropped",
    "tables": "table_schema, table_name, table_type, table_catalog",
    "columns": "table_schema, table_name, column_name, is_nullable, table_catalog",
}
_OF_INFORMATION_SCHEMA = frozenset({"tables", "columns"})
#: pg_class holds these too, and no schema file tells all of them.
_UNTOLD_KINDS = re.compile(r"'[iIStc]'")


class Catalogue:
    """Of one moment of a migration."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, query: str, variables: Variables) -> tuple[list[str], list[tuple[Any, ...]]] | None:
        """Columns and rows of a query; None: the schema does not tell, or there are variables in it."""
        try:
            text = self._translated(query, variables)
        except (Unknown, sqlglot.errors.SqlglotError, RecursionError, ValueError):
            return None
        base = sqlite3.connect(":memory:")
        try:
            self._lay_out(base)
            base.execute("PRAGMA case_sensitive_like = ON")
            base.create_function("regexp", 2, _matches, deterministic=True)
            base.set_authorizer(_allowed)
            rounds = iter(range(_STEPS // 10_000))
            base.set_progress_handler(lambda: next(rounds, None) is None, 10_000)
            cursor = base.execute(text)
            rows = cursor.fetchall()
            return [column[0] for column in cursor.description or ()], rows
        except (sqlite3.Error, Unknown, OverflowError):
            return None
        finally:
            base.close()

    def _translated(self, query: str, variables: Variables) -> str:
        tree = sqlglot.parse_one(query, read="postgres")
        if not isinstance(tree, exp.Query) and not isinstance(tree, exp.Values):
            raise Unknown
        if isinstance(tree, exp.Values):
            tree = sqlglot.parse_one(f"SELECT * FROM ({query}) AS t", read="postgres")
        tree = tree.transform(self._listed, variables)
        defined = {one.alias for one in tree.find_all(exp.CTE)}
        sources = [table for table in tree.find_all(exp.Table) if table.name not in defined]
        for table in sources:
            schema = table.db.lower()
            place = "information_schema" if table.name in _OF_INFORMATION_SCHEMA else "pg_catalog"
            if table.name not in _LAYOUT or (schema != place and (schema or place != "pg_catalog")):
                raise Unknown
            table.set("db", None)
        if sources and (not self.world.complete or self.world.opaque is not None):
            raise Unknown
        if any(table.name == "pg_class" for table in sources):
            inherits = any(table.name == "pg_inherits" for table in sources)
            if _UNTOLD_KINDS.search(query) or not (inherits or "relkind" in query.lower()):
                raise Unknown
        tree = tree.transform(self._place)
        self._variables(tree, variables)
        return tree.sql(dialect="sqlite", unsupported_level=sqlglot.ErrorLevel.RAISE)

    def _listed(self, node: exp.Expr, variables: Variables) -> exp.Expr:
        """VALUES and unnest() as SELECTs joined by UNION ALL: SQLite names no columns of theirs."""
        if isinstance(node, exp.Values):
            rows = [one.expressions if isinstance(one, exp.Tuple) else [one] for one in node.expressions]
            named = node.args.get("alias")
            columns = [one.name for one in named.columns] if named is not None else []
            return _union(rows, columns or [f"column{n + 1}" for n in range(len(rows[0]))], node.alias or "values_")
        if (
            isinstance(node, exp.Unnest)
            and isinstance(node.parent, (exp.From, exp.Join))
            and len(node.expressions) == 1
        ):
            named = node.args.get("alias")
            columns = [one.name for one in named.columns] if named is not None else []
            return _union(
                self._elements(node.expressions[0], variables),
                columns or [node.alias or "unnest"],
                node.alias or "unnest",
            )
        if isinstance(node, exp.Select) and len(node.expressions) == 1 and not node.args.get("from_"):
            only = node.expressions[0]
            inner = only.this if isinstance(only, exp.Alias) else only
            if isinstance(inner, exp.Explode) and not any(node.args.get(part) for part in ("where", "limit", "joins")):
                rows = self._elements(inner.this, variables)
                name = only.alias if isinstance(only, exp.Alias) else "unnest"
                listed: exp.Expr = exp.select("*").from_(_union(rows, [name], "unnest"))
                return listed
        return node

    def _elements(self, array: exp.Expr, variables: Variables) -> list[list[exp.Expr]]:
        text = array.sql(dialect="postgres")
        found = value_of(single(text, "postgresql").tokens, variables, self.world, text)
        if not isinstance(found, list) or not found:
            raise Unknown
        return [[_constant(one)] for one in found]

    def _place(self, node: exp.Expr) -> exp.Expr:
        """Casts to the types of the catalog, and what SQLite says otherwise."""
        if isinstance(node, exp.Cast):
            kind = node.to.sql(dialect="postgres").lower()
            inside: exp.Expr = node.this
            if kind == "regclass" and isinstance(inside, exp.Literal):
                return exp.Literal.string(regclass(inside.name, self.world))
            if (
                kind == "regclass"
                and isinstance(inside, exp.Column)
                and inside.name in ("oid", "inhrelid", "inhparent", "attrelid")
            ):
                return inside
            if kind in ("text", "name", "varchar", "regnamespace"):
                return inside
            raise Unknown
        if isinstance(node, (exp.ILike, exp.SimilarTo, exp.RegexpILike)):
            raise Unknown
        if isinstance(node, exp.Like) and not isinstance(node.parent, exp.Escape):
            return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))
        if isinstance(node, exp.Anonymous) and node.name.lower() in ("current_database",):
            return exp.Literal.string("")
        if isinstance(node, exp.CurrentSchema) or (
            isinstance(node, exp.Anonymous) and node.name.lower() == "current_schema"
        ):
            return exp.Literal.string(self.world.default_schema)
        return node

    def _variables(self, tree: exp.Expr, variables: Variables) -> None:
        """A column that is none may be one of the block's variables."""
        for column in list(tree.find_all(exp.Column)):
            value = variables.values.get(column.name)
            known = any(column.name in columns.split(", ") for columns in _LAYOUT.values())
            if column.this.quoted and not known:  # to SQLite a text
                raise Unknown
            if column.table or value is None:
                continue
            if known:
                raise Unknown
            column.replace(_constant(value))

    def _lay_out(self, base: sqlite3.Connection) -> None:
        for name, columns in _LAYOUT.items():
            base.execute(f"CREATE TABLE {name} ({columns})")
        world = self.world
        schemas = {one.schema or world.default_schema for one in world.relations.values()} | {world.default_schema}
        base.executemany("INSERT INTO pg_namespace VALUES (?, ?)", [(one, one) for one in sorted(schemas)])
        for relation in world.relations.values():
            self._lay_out_one(base, relation)

    def _lay_out_one(self, base: sqlite3.Connection, relation: Relation) -> None:
        schema, bare, kind = relation.schema or self.world.default_schema, relation.bare, relation.kind
        oid = ".".join(quoted(part) for part in ([] if relation.name == bare else [schema]) + [bare])
        letter = "u" if relation.unlogged else "t" if relation.temporary else "p"
        base.execute(
            "INSERT INTO pg_class VALUES (?, ?, ?, ?, ?, ?)",
            (oid, bare, schema, _KINDS[kind], relation.bound is not None, letter),
        )
        for parent in (*relation.inherits, *([relation.parent] if relation.parent else [])):
            base.execute(
                "INSERT INTO pg_inherits VALUES (?, ?)", (oid, regclass(_written(parent, self.world), self.world))
            )
        if kind in ("table", "partitioned"):
            base.execute("INSERT INTO pg_tables VALUES (?, ?)", (schema, bare))
        elif kind in ("view", "materialized_view"):
            base.execute(f"INSERT INTO {'pg_views' if kind == 'view' else 'pg_matviews'} VALUES (?, ?)", (schema, bare))
        if kind != "materialized_view":
            shown = {"view": "VIEW", "foreign": "FOREIGN"}.get(kind, "BASE TABLE")
            base.execute("INSERT INTO tables VALUES (?, ?, ?, '')", (schema, bare, shown))
        for column in relation.columns.values():
            base.execute("INSERT INTO pg_attribute VALUES (?, ?, 0)", (oid, column.name))
            nullable = None if column.nullable is None else "YES" if column.nullable else "NO"
            if kind != "materialized_view":
                base.execute("INSERT INTO columns VALUES (?, ?, ?, ?, '')", (schema, bare, column.name, nullable))


def _constant(value: Value) -> exp.Expr:
    if isinstance(value, (dict, list)):
        raise Unknown
    return exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(value)


def _union(rows: list[list[exp.Expr]], columns: list[str], name: str) -> exp.Expr:
    """A subquery of that name with these rows."""
    if not rows or any(len(row) != len(columns) for row in rows):
        raise Unknown
    selects = [
        exp.select(*(exp.alias_(value.copy(), column, quoted=True) for value, column in zip(row, columns, strict=True)))
        for row in rows
    ]
    joined = exp.union(*selects, distinct=False) if len(selects) > 1 else selects[0]
    return joined.subquery(name)


def _written(name: str, world: World) -> str:
    """A canonical name as a statement would write it."""
    relation = world.relations.get(name)
    if relation is None:
        raise Unknown
    return ".".join(
        '"' + part.replace('"', '""') + '"'
        for part in ([] if relation.name == relation.bare else [relation.schema or ""]) + [relation.bare]
    )


def _allowed(action: int, name: str | None, other: str | None, _base: str | None, _by: str | None) -> int:
    function = action == sqlite3.SQLITE_FUNCTION and (other or "").lower() not in _FUNCTIONS
    return sqlite3.SQLITE_DENY if action not in _READS or function else sqlite3.SQLITE_OK


def _matches(pattern: str, text: str) -> bool:
    """``~`` of patterns that mean the same in Python; raises ValueError, which ends the query, for others."""
    repeated = re.search(r"\)[*+?]", pattern)  # (a|a)* is tried in 2^n ways
    if len(pattern) > 100 or not _KEEPING_CASE.fullmatch(pattern) or "(?" in pattern or "\\y" in pattern or repeated:
        raise ValueError(pattern)
    return re.search(pattern, text) is not None
