"""A change as PostgreSQL's statements: without stopping writes, partition by partition, and the way back.

CREATE INDEX CONCURRENTLY: https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY; of
partitioned tables: https://www.postgresql.org/docs/current/ddl-partitioning.html. IF NOT EXISTS is never written for a
CREATE: it would take an INVALID leftover of a failed build for the index.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from advisor.handbook.ddl import quoted
from advisor.model.catalog import Catalog, Index, IndexKey, Table
from advisor.model.indexing import IndexDefinition
from advisor.recommend.definition import of_existing
from advisor.recommend.export.change import Change, Prepared, Step
from advisor.recommend.export.naming import Convention, index_name
from advisor.recommend.export.place import Place, names_taken, place_of
from advisor.recommend.export.refusals import major
from advisor.recommend.export.words import create_text

#: Operator classes of extensions that come with PostgreSQL, and the extension of each.
_EXTENSIONS = {
    "gin_trgm_ops": "pg_trgm",
    "gist_trgm_ops": "pg_trgm",
    "gin__int_ops": "intarray",
    "gist__int_ops": "intarray",
    "gist_hstore_ops": "hstore",
    "gin_hstore_ops": "hstore",
    "gist_ltree_ops": "ltree",
}
_ATTACHES = "Locks for a moment; the index of the partitioned table is valid when every partition's index is attached."
_UNATTACHED = "There only where the run up ended early: what was not attached stayed behind."
_DROPS = "Waits for the ACCESS EXCLUSIVE lock on the table and all its partitions, and is then done in a moment."


def prepare(change: Change, name: str, catalog: Catalog, taken: set[str], convention: Convention) -> Prepared:
    """The statements. ``taken`` are names in use, in this schema; the ones that are made up here join them."""
    index = change.index
    place = place_of(index.table, catalog, "postgresql")
    table = catalog.tables.get(index.table)
    partitioned = table is not None and table.kind == "partitioned"
    blank = Prepared(change=change, name=name, schema=place.schema, table=place.bare, ordinary=not partitioned)
    if change.kind == "reindex":
        online = " CONCURRENTLY" if not 0 < major(catalog) < (14 if partitioned else 12) else ""
        note = "An interrupted rebuild leaves an INVALID index whose name ends in _ccnew: drop that one."
        step = Step(f"REINDEX INDEX{online} {place.beside(name)}", note if online else "Writes wait.", bool(online))
        return msgspec.structs.replace(blank, up=(step,), notes=("a rebuild changes no definition: nothing to undo",))
    if partitioned and table is not None:
        tree = _Tree(index, catalog, convention, taken, standing=change.kind == "drop")
        tree.create(table, name)
        gone = Step(f"DROP INDEX IF EXISTS {place.beside(name)}", _DROPS)
        if change.kind == "drop":
            return msgspec.structs.replace(blank, up=(gone,), down=tuple(tree.steps))
        shells = tuple(Step(f"DROP INDEX IF EXISTS {each}", _UNATTACHED) for each in tree.shells)
        left = tuple(Step(f"DROP INDEX CONCURRENTLY IF EXISTS {each}", waits=True) for each in tree.made)
        steps = (*_extensions(index), *tree.steps)
        down = (gone, *shells, *left, *tree.restored)
        return msgspec.structs.replace(blank, up=steps, down=down, notes=tuple(tree.notes))
    made = create_text(index, place, name, "CREATE", " CONCURRENTLY")
    drop = Step(f"DROP INDEX CONCURRENTLY IF EXISTS {place.beside(name)}", waits=True)
    if change.kind == "drop":
        back = _standing(change.ddl, index, place, name)
        return msgspec.structs.replace(blank, up=(drop,), down=(Step(back, waits=True),))
    return msgspec.structs.replace(blank, up=(*_extensions(index), Step(made, waits=True)), down=(drop,))


def leftover(schema: str | None) -> str:
    """How to find what an interrupted CONCURRENTLY leaves behind."""
    within = f" AND n.nspname = '{schema.replace(chr(39), 2 * chr(39))}'" if schema else ""
    return (
        "SELECT i.indexrelid::regclass FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
        f"JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND c.relkind = 'i'{within};"
    )


def _standing(ddl: str | None, index: IndexDefinition, place: Place, name: str) -> str:
    """The CREATE of an index that exists, in the server's own words where they are known and one statement."""
    from advisor.recommend.export.words import concurrent

    return (concurrent(ddl) if ddl else None) or create_text(index, place, name, "CREATE", " CONCURRENTLY")


def _extensions(index: IndexDefinition) -> list[Step]:
    """Steps before the index: what its operator classes come from."""
    found = dict.fromkeys(
        _EXTENSIONS[bare]
        for key in index.keys
        if key.opclass and (bare := key.opclass.partition("(")[0].rpartition(".")[2].strip('" ')) in _EXTENSIONS
    )
    note = (
        "The operator class comes with this extension. It needs a role that may create it (from PostgreSQL 13 on, "
        "CREATE on the database) and is left in place by the way back: others may use it by then."
    )
    return [Step(f"CREATE EXTENSION IF NOT EXISTS {quoted(name, 'postgresql')}", note) for name in found]


@dataclass
class _Tree:
    """An index over a partitioned table and everything below it."""

    index: IndexDefinition
    catalog: Catalog
    convention: Convention
    taken: set[str]
    standing: bool = False
    """The index exists on every partition: its parts keep their names."""
    steps: list[Step] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    shells: list[str] = field(default_factory=list)
    restored: list[Step] = field(default_factory=list)
    """Of the way back: partitions' own indexes, which go with the partitioned one that they were attached to."""
    notes: list[str] = field(default_factory=list)

    def create(self, table: Table, name: str) -> None:
        """The index of a partitioned table: an empty shell, then the partitions' own, attached one by one."""
        place = place_of(table.name, self.catalog, "postgresql")
        shell = create_text(self.index, place, name, "CREATE", "", only=True)
        self.steps.append(Step(shell, "Builds nothing: the index of the partitioned table alone, not valid yet."))
        for child in sorted(self.catalog.tables.values(), key=lambda each: each.name):
            if child.partition_of != table.name:
                continue
            if child.kind == "foreign":
                self.notes.append(f"{child.name} is a foreign table and gets no index; the whole stays marked INVALID.")
                continue
            part = self._part(child)
            attach = f"ALTER INDEX {place.beside(name)} ATTACH PARTITION {part}"
            self.steps.append(Step(attach, _ATTACHES))

    def _part(self, table: Table) -> str:
        """The index of one partition, as SQL: the one that it has, or a new one."""
        place = place_of(table.name, self.catalog, "postgresql")
        equal = next((one for one in table.indexes if one.valid and self._is_it(one, table)), None)
        below = table.kind == "partitioned"
        if equal is not None and not self.standing and not below:
            self.notes.append(f"{table.name} has the index already, as {equal.name}: it is attached, not built again.")
            again = _standing(equal.ddl, self._of(table), place, equal.name)
            # It stands there valid where the run up ended before it was attached: the one place for IF NOT EXISTS.
            again = again.replace(" CONCURRENTLY ", " CONCURRENTLY IF NOT EXISTS ", 1)
            self.restored.append(Step(again, f"{equal.name} went with the index that it was attached to.", waits=True))
            return place.beside(equal.name)
        name = equal.name if equal is not None and self.standing else self._new_name(place)
        if below:
            self.shells.append(place.beside(name))
            self.create(table, name)
        else:
            self.steps.append(Step(create_text(self._of(table), place, name, "CREATE", " CONCURRENTLY"), waits=True))
            self.made.append(place.beside(name))
        return place.beside(name)

    def _new_name(self, place: Place) -> str:
        taken = self.taken | names_taken(place, self.catalog)
        name = index_name(self.index, place.bare, self.convention, taken)
        self.taken.add(name)
        return name

    def _of(self, table: Table) -> IndexDefinition:
        return msgspec.structs.replace(self.index, table=table.name)

    def _is_it(self, index: Index, table: Table) -> bool:
        existing = of_existing(index, table, "postgresql")
        return _comparable(existing) == _comparable(self._of(table))


def _comparable(index: IndexDefinition) -> tuple[object, ...]:
    def key(one: IndexKey) -> tuple[object, ...]:
        first = one.descending if one.nulls_first is None else one.nulls_first
        return (one.column, one.expression, one.descending, first, one.opclass, one.collation)

    return (
        tuple(key(one) for one in index.keys),
        index.include,
        index.where,
        index.method,
        index.unique,
        index.options,
    )
