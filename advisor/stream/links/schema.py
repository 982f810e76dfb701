"""What is known of tables and columns: the catalogs' keys, and the columns that statements mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from advisor.graphs.graph import QueryGraph
from advisor.model.catalog import Catalog, ForeignKey, Table
from advisor.stream.links.naming import is_key_name, is_natural_key, is_row_key, references, words

_CLASSES = (
    ("uuid", ("uuid", "uniqueidentifier")),
    ("time", ("date", "time", "year", "interval")),
    ("number", ("int", "serial", "numeric", "decimal", "number", "bit", "float", "double", "real")),
    ("text", ("char", "text", "string", "clob", "enum", "citext", "binary", "bytea")),
    ("boolean", ("bool",)),
)


class Spot(NamedTuple):
    """A column of a table."""

    table: str
    column: str


class Schema:
    """Keys and columns by table. A table that no catalog has is known by its mentions only."""

    def __init__(self, graphs: Mapping[str, QueryGraph], catalogs: Sequence[Catalog]) -> None:
        self._catalogs = catalogs
        self._graphs = graphs
        self._tables: dict[str, Table | None] = {}
        self._columns: dict[str, frozenset[str]] = {}
        self._targets: dict[tuple[Spot, frozenset[str]], frozenset[Spot]] = {}
        self._referencing: dict[str, frozenset[str]] = {}
        self._keys: dict[str, list[tuple[str, ...]] | None] = {}
        self.possible: dict[int, dict[str, bool]] = {}
        """Answers of `matching.possible`, by the identity of the key and by table."""

    def table(self, name: str) -> Table | None:
        """The catalog's table; None where no catalog has it."""
        if name not in self._tables:
            found = (catalog.find(name) for catalog in self._catalogs)
            self._tables[name] = next((table for table in found if table is not None), None)
        return self._tables[name]

    @cached_property
    def mentioned(self) -> dict[str, frozenset[str]]:
        """Columns that statements mention, by table."""
        found: dict[str, set[str]] = {}
        for graph in self._graphs.values():
            for table in graph.tables:
                found.setdefault(table, set())
            for use in graph.column_uses:
                found.setdefault(use.table_name, set()).add(use.column_name)
        return {table: frozenset(columns) for table, columns in found.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """All tables: those of the catalogs and those that statements mention."""
        return frozenset(self.mentioned).union(*(catalog.tables for catalog in self._catalogs))

    def columns(self, table: str) -> frozenset[str]:
        """Columns known of a table; not all of them unless `complete`."""
        if table not in self._columns:
            known = self.table(table)
            declared = frozenset(column.name for column in known.columns) if known is not None else frozenset()
            self._columns[table] = declared or self.mentioned.get(table, frozenset())
        return self._columns[table]

    def complete(self, table: str) -> bool:
        """Whether `columns` has all columns of the table."""
        known = self.table(table)
        return known is not None and bool(known.columns)

    def foreign_keys(self, table: str) -> tuple[ForeignKey, ...]:
        """Declared references of a table."""
        known = self.table(table)
        return known.foreign_keys if known is not None else ()

    def referencing(self, table: str) -> frozenset[str]:
        """Columns of a table that a declared reference starts from."""
        if table not in self._referencing:
            self._referencing[table] = frozenset(c for key in self.foreign_keys(table) for c in key.columns)
        return self._referencing[table]

    def keys(self, table: str) -> list[tuple[str, ...]] | None:
        """Column sets that are unique, the primary key first; None where they are not known."""
        if table not in self._keys:
            self._keys[table] = self._found_keys(table)
        return self._keys[table]

    def _found_keys(self, table: str) -> list[tuple[str, ...]] | None:
        known = self.table(table)
        if known is None or known.kind == "view":
            return None
        unique = [index for index in known.indexes if index.unique and index.where is None and index.valid]
        unique.sort(key=lambda index: not index.primary)
        found = [
            tuple(key.column for key in index.keys if key.column)
            for index in unique
            if all(key.column and key.prefix is None for key in index.keys)
        ]
        return found or None

    def unique(self, spot: Spot) -> bool | None:
        """Whether at most one row has a value of the column. From the name where no catalog tells; else None."""
        keys = self.keys(spot.table)
        if keys is not None:
            return (spot.column,) in keys
        return True if is_row_key(spot.column, spot.table) else None

    def row_key(self, table: str) -> str | None:
        """The single column that tells rows of a table apart; None where it has none, or none is known."""
        keys = self.keys(table)
        if keys is not None:
            return keys[0][0] if len(keys[0]) == 1 else None
        named = sorted(
            (column for column in self.columns(table) if is_row_key(column, table)),
            key=lambda column: (column.lower() != "id", len(column), column),
        )
        return named[0] if named else None

    @cached_property
    def key_words(self) -> frozenset[tuple[str, ...]]:
        """Names, in words, of columns that alone are a declared key of some table: the same name elsewhere means it.

        Names of one word (`name`, `code`) mean something else in each table.
        """
        found = set()
        for name in self.names:
            for key in self.keys(name) or ():
                if len(key) == 1 and len(words(key[0])) > 1 and references(key[0]):
                    found.add(words(key[0]))
        return frozenset(found)

    def key_like(self, column: str) -> bool:
        """Whether a column looks like a key, by its name or because a declared key has that name."""
        return is_key_name(column) or is_natural_key(column) or words(column) in self.key_words

    def row_keys(self, table: str) -> tuple[str, ...]:
        """What a reference to a row of the table may hold: its key; of a key of several columns, that named for it."""
        own = self.row_key(table)
        if own is not None:
            return (own,)
        keys = self.keys(table)
        return tuple(column for column in keys[0] if is_row_key(column, table)) if keys else ()

    def targets(self, spot: Spot, beside: frozenset[str]) -> frozenset[Spot]:
        """Columns that a column references by declared keys, itself included.

        A key of several columns counts where all of them are in `beside`: part of a key tells no row.
        """
        question = (spot, beside)
        if question not in self._targets:
            self._targets[question] = frozenset(self._reached(spot, beside | {spot.column}))
        return self._targets[question]

    def _reached(self, spot: Spot, given: frozenset[str]) -> set[Spot]:
        found, pending = {spot}, [spot]
        while pending:
            here = pending.pop()
            for key in self.foreign_keys(here.table):
                if here.column not in key.columns or not (len(key.columns) == 1 or given.issuperset(key.columns)):
                    continue
                if len(key.parent_columns) != len(key.columns):
                    continue
                target = self.table(key.parent)
                name = target.name if target is not None else key.parent
                reached = Spot(name, key.parent_columns[key.columns.index(here.column)])
                if reached not in found:
                    found.add(reached)
                    pending.append(reached)
        return found

    def comparable(self, one: Spot, other: Spot) -> bool:
        """False where the two columns' types can hold no common value."""
        types = (self._type(one), self._type(other))
        return None in types or types[0] == types[1]

    def _type(self, spot: Spot) -> str | None:
        known = self.table(spot.table)
        column = next((c for c in known.columns if c.name == spot.column), None) if known is not None else None
        if column is None:
            return None
        declared = column.type.lower()
        return next((name for name, starts in _CLASSES if any(start in declared for start in starts)), None)
