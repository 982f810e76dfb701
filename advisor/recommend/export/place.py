"""Where a table is: its schema and its bare name, both quoted as the engine needs them."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.handbook.ddl import quoted
from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName


@dataclass(frozen=True, slots=True)
class Place:
    """A name within a schema. Canonical names cannot tell a dot of a name from the one before it; this can."""

    engine: EngineName
    schema: str | None
    """None: the default one."""
    bare: str

    @property
    def sql(self) -> str:
        """As SQL."""
        return self.beside(self.bare)

    def beside(self, name: str) -> str:
        """Another object of the same schema, as SQL."""
        return (f"{quoted(self.schema, self.engine)}." if self.schema else "") + quoted(name, self.engine)


def place_of(name: str, catalog: Catalog, engine: EngineName) -> Place:
    """The place of a canonical table name; a table that the catalog lacks is taken apart at its first dot."""
    table: Table | None = catalog.tables.get(name)
    if table is None:
        schema, dot, bare = name.partition(".")
        return Place(engine, schema, bare) if dot else Place(engine, None, name)
    if table.schema and table.schema != catalog.default_schema and name.startswith(f"{table.schema}."):
        return Place(engine, table.schema, name[len(table.schema) + 1 :])
    return Place(engine, None, name)


def names_taken(place: Place, catalog: Catalog) -> set[str]:
    """Names that an index beside this table cannot have.

    MySQL: those of the table's indexes. PostgreSQL and SQLite: every relation of the schema.
    """
    if place.engine in ("mysql", "mariadb"):
        table = next((t for n, t in catalog.tables.items() if place_of(n, catalog, place.engine) == place), None)
        return {index.name for index in table.indexes} if table else set()
    found: set[str] = set()
    for name, table in catalog.tables.items():
        other = place_of(name, catalog, place.engine)
        if other.schema == place.schema:
            found.add(other.bare)
            found.update(index.name for index in table.indexes)
    return found
