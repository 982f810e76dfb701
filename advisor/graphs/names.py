"""Which table a column belongs to: name resolution over the levels of a statement.

sqlglot's own scopes know SELECT only; predicates, DML targets, USING, LATERAL and the null-supplying side need the
levels of every statement, so they are kept here. Nothing is guessed: what two tables could own is owned by none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from advisor.graphs.graph import Predicate, Scope, TableRef
from advisor.model.catalog import Catalog, Column, Table
from advisor.model.engine import EngineName, dialect_of

#: A sqlglot tree: its argument values are untyped.
Node: TypeAlias = Any

#: Columns that every PostgreSQL or SQLite table has and no catalog lists.
_SYSTEM = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid", "rowid", "_rowid_"})


@dataclass(slots=True)
class Ref:
    """A relation in a FROM, with what is known of its columns."""

    row: TableRef
    table: Table | None = None
    columns: dict[str, str] | None = None
    """Folded name -> name as stored; None when not known."""
    single_row: bool | None = None
    outer_join: bool = False
    """It stands on an outer join's ON: that condition restricts nothing but itself."""

    def owns(self, folded: str) -> str | None:
        """The stored name of a column that this relation is known to have."""
        return self.columns.get(folded) if self.columns is not None else None

    def column(self, name: str | None) -> Column | None:
        """The catalog's column."""
        if self.table is None or name is None:
            return None
        return next((column for column in self.table.columns if column.name == name), None)


class Resolved(NamedTuple):
    """What a column name means. ``ref`` None: not known."""

    ref: Ref | None
    column: str
    level: Level | None


class Cte(NamedTuple):
    """A common table expression in reach."""

    scope_id: int
    columns: list[str] | None
    single_row: bool | None


@dataclass(slots=True)
class Atom:
    """A predicate with what its level needs to judge it."""

    row: Predicate
    ref: Ref | None
    on_ref: Ref | None
    others: tuple[Ref | None, ...]
    """References of this level that the other side depends on; None among them: an unknown one."""


@dataclass(slots=True)
class Level:
    """A scope while it is being read."""

    scope: Scope
    outer: Level | None
    """Where names are looked up that are not found here."""
    refs: list[Ref] = field(default_factory=list)
    outputs: dict[str, Node] = field(default_factory=dict)
    atoms: list[Atom] = field(default_factory=list)
    links: list[tuple[Ref | None, ...]] = field(default_factory=list)
    """Groups of references that a condition ties together; a None in a group is an unresolved column."""
    conjuncts: int = 0
    or_groups: int = 0
    pseudo: frozenset[str] = frozenset()
    """Aliases of this level that are no relation: ``excluded``."""
    merged: dict[str, Ref] = field(default_factory=dict)
    """Columns that USING or NATURAL merged, with the reference that carries them."""


class Names:
    """Folding and resolution by an engine's rules."""

    def __init__(self, engine: EngineName, catalogs: list[Catalog]) -> None:
        self.engine = engine
        self.catalogs = catalogs
        self._insensitive = engine != "postgresql"

    def fold(self, identifier: Node) -> str:
        """An identifier as it is compared: PostgreSQL folds what is not quoted, the others compare without case."""
        text: str = identifier.name
        if self._insensitive or not identifier.args.get("quoted"):
            return text.lower()
        return text

    def fold_text(self, name: str) -> str:
        """A stored name as it is compared."""
        return name.lower() if self._insensitive else name

    def written(self, identifier: Node) -> str:
        """An identifier as the engine would store it."""
        text: str = identifier.name
        return text if self._insensitive or identifier.args.get("quoted") else text.lower()

    def table(self, node: Node) -> tuple[str, Table | None]:
        """A table's canonical name and definition."""
        name = self.written(node.this)
        database = node.args.get("db")
        schema = self.written(database) if database is not None else None
        for catalog in self.catalogs:
            found = catalog.find(name, schema)
            if found is None and schema is None:
                for path in catalog.search_path:
                    found = catalog.tables.get(f"{path}.{name}")
                    if found is not None:
                        break
            if found is None and schema is not None and dialect_of(self.engine) == "mysql":
                found = catalog.tables.get(name) if catalog.default_schema is None else None
            if found is not None:
                return found.name, found
        defaults = {catalog.default_schema for catalog in self.catalogs} | {
            "public" if self.engine == "postgresql" else "main"
        }
        return (name if schema is None or schema in defaults else f"{schema}.{name}"), None

    def resolve(self, node: Node, level: Level) -> Resolved:
        """The reference that a column name means."""
        column = self.fold(node.this)
        qualifier = node.args.get("table")
        if qualifier is not None:
            return self._qualified(column, self.written(node.this), self.fold(qualifier), node.args.get("db"), level)
        return self._unqualified(column, self.written(node.this), level)

    def _qualified(self, folded: str, written: str, alias: str, database: Node, level: Level) -> Resolved:
        here: Level | None = level
        while here is not None:
            if alias in here.pseudo:
                return Resolved(None, written, here)
            hits = [ref for ref in here.refs if self.fold_text(ref.row.alias) == alias]
            if len(hits) > 1 and database is not None:
                schema = self.fold(database)
                hits = [ref for ref in hits if (ref.row.table_name or "").lower().startswith(f"{schema}.")] or hits
            if hits:
                return Resolved(hits[0], hits[0].owns(folded) or written, here)
            here = here.outer
        return Resolved(None, written, None)

    def _unqualified(self, folded: str, written: str, level: Level) -> Resolved:
        here: Level | None = level
        while here is not None:
            merged = here.merged.get(folded)
            if merged is not None:
                return Resolved(merged, merged.owns(folded) or written, here)
            owners = [ref for ref in here.refs if ref.owns(folded) is not None]
            if owners:
                return (
                    Resolved(owners[0], owners[0].owns(folded) or written, here)
                    if len(owners) == 1
                    else Resolved(None, written, here)
                )
            unknown = [ref for ref in here.refs if ref.columns is None]
            if len(unknown) == 1 and not self._known_outside(folded, here.outer):
                return Resolved(unknown[0], written, here)
            if unknown:
                return Resolved(None, written, here)
            if len(here.refs) == 1 and folded in _SYSTEM:
                return Resolved(here.refs[0], written, here)
            here = here.outer
        return Resolved(None, written, None)

    def _known_outside(self, folded: str, level: Level | None) -> bool:
        while level is not None:
            if any(ref.owns(folded) is not None for ref in level.refs):
                return True
            level = level.outer
        return False

    def columns_of(self, table: Table | None) -> dict[str, str] | None:
        """Folded to stored names of a table's columns; None when the catalog has none for it."""
        if table is None:
            return None
        if not table.columns:
            names = _view_columns(table.definition, self.engine) if table.definition and table.kind != "table" else None
            return {self.fold_text(name): name for name in names} if names else None
        return {self.fold_text(column.name): column.name for column in table.columns}


@lru_cache(maxsize=1024)
def _view_columns(definition: str, engine: EngineName) -> tuple[str, ...] | None:
    """The column names of a view whose DDL is all that is known; None where a star hides them."""
    from advisor.graphs.graph import NotAnalysed
    from advisor.graphs.parse import parse

    try:
        names = tuple(parse(definition, engine).named_selects)
    except (NotAnalysed, AttributeError):
        return None
    return names if names and "*" not in names and all(names) else None
