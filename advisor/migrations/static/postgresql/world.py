"""The schema while a migration changes it: relations, types and functions, and which of them were there before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from advisor.catalog.ddl.operations import Name
from advisor.model.catalog import Catalog, Column, ForeignKey, Index, Table

RelationKind = Literal["table", "partitioned", "view", "materialized_view", "foreign"]
_SYSTEM = ("pg_catalog", "information_schema", "pg_toast")


@dataclass(slots=True)
class Check:
    """A CHECK of a table."""

    name: str
    expression: str
    valid: bool = True


@dataclass(slots=True)
class Relation:
    """A table, partition, view or materialised view."""

    name: str
    schema: str | None
    kind: RelationKind = "table"
    preexisting: bool = True
    guessed: bool = False
    """Only a statement named it: its columns and all else are not known."""
    temporary: bool = False
    columns: dict[str, Column] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    unproved: set[str] = field(default_factory=set)
    """Columns whose NOT NULL is NOT VALID."""
    undefaulted: set[str] = field(default_factory=set)
    """Columns that the migration took a default from."""
    validated: set[str] = field(default_factory=set)
    """Constraints of this name were validated, or made valid, by the migration."""
    triggers: set[str] = field(default_factory=set)
    policies: set[str] = field(default_factory=set)
    policy_texts: list[str] = field(default_factory=list)
    """Expressions of its policies."""
    partition_key: str | None = None
    parent: str | None = None
    bound: str | None = None
    inherits: list[str] = field(default_factory=list)
    definition: str | None = None
    columns_of_view: tuple[str, ...] = ()
    populated: bool = True
    unlogged: bool | None = None
    rows: int | None = None

    @property
    def bare(self) -> str:
        """Its name without a schema."""
        return self.name.rpartition(".")[2] if self.schema and self.name.startswith(f"{self.schema}.") else self.name

    @property
    def primary(self) -> Index | None:
        """The index of its primary key."""
        return next((index for index in self.indexes.values() if index.primary), None)

    def qualified(self, name: str) -> str:
        """The canonical name of an index: it is in its table's schema."""
        return f"{self.schema}.{name}" if self.schema and self.name.startswith(f"{self.schema}.") else name


class World:
    """All relations, by canonical name."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.complete = catalog is not None
        """A name that is not in it does not exist."""
        self.schemas: set[str] | None = None
        """Those that the migrations made, where they alone tell the schema. What stands in another is a platform's."""
        self.relations: dict[str, Relation] = {}
        self.by_bare: dict[str, dict[str, None]] = {}
        """Canonical names of what has one name in any schema, in their order."""
        self.default_schema = "public"
        self.types: dict[str, str] = {}
        self.constrained: set[str] = set()
        self.new_types: set[str] = set()
        """Types that the migration made."""
        self.emptied: set[str] = set()
        """Tables that the open transaction truncated and did not fill again."""
        self.unsafe_values: dict[str, set[str]] = {}
        """Of enums: what the open transaction added, which nothing may use before its end."""
        self.new_sequences: set[str] = set()
        """That the migration made by themselves."""
        self.functions: dict[str, str] = {}
        self.bodies: dict[str, str] = {}
        """Of functions and procedures that statements made: the text between the quotes."""
        self.parameters: dict[str, str | None] = {}
        """Of those bodies, as they were declared; None: of several of one name."""
        self.opaque: str | None = None
        """The last statement that may have made or dropped anything, as a place."""
        self.path: tuple[str, ...] = ()
        self.zone: str | None = None
        """The server's TimeZone."""
        self.default_path: tuple[str, ...] = ()
        """Of a session that set none."""
        if catalog is not None:
            self.complete = not catalog.unread
            self.default_schema = catalog.default_schema or "public"
            self.types.update(catalog.types)
            self.constrained.update(catalog.constrained_domains)
            self.functions.update(catalog.functions)
            self.bodies.update(catalog.bodies)
            self.parameters.update(catalog.parameters)
            self.path = self.default_path = catalog.search_path
            self.zone = catalog.settings.get("TimeZone")
            for table in catalog.tables.values():
                self._know(_relation(table))

    def loose(self) -> World:
        """The same, to be changed without a trace, where every name may exist."""
        made = World()
        made.default_schema, made.path, made.default_path, made.zone = (
            self.default_schema, self.path, self.default_path, self.zone,
        )  # fmt: skip
        made.types, made.functions, made.bodies = dict(self.types), dict(self.functions), dict(self.bodies)
        made.parameters = dict(self.parameters)
        made.constrained, made.new_types = set(self.constrained), set(self.new_types)
        made.new_sequences = set(self.new_sequences)
        made.schemas = None if self.schemas is None else set(self.schemas)
        for relation in self.relations.values():
            made._know(copy_of(relation))
        return made

    # ------------------------------------------------------------------ names
    def canonical(self, name: Name) -> str:
        """The name that something new of this name gets."""
        schema = name.schema
        if schema is None:
            schema = next((part for part in self.path if part not in ("$user", "pg_catalog", "")), None)
        return name.name if schema in (None, self.default_schema) else f"{schema}.{name.name}"

    def schema_of(self, name: Name) -> str:
        """The schema that something new of this name gets."""
        key = self.canonical(name)
        return self.default_schema if key == name.name else key.removesuffix(f".{name.name}")

    def find(self, name: Name) -> Relation | None:
        """The relation that a name means: by the search path, then by any schema where only one has it."""
        if name.schema is not None:
            return self.relations.get(self.canonical(name))
        for schema in self.path or (self.default_schema,):
            found = self.relations.get(name.name if schema == self.default_schema else f"{schema}.{name.name}")
            if found is not None:
                return found
        hits = self.by_bare.get(name.name, ())
        return self.relations[next(iter(hits))] if len(hits) == 1 else None

    def _know(self, relation: Relation) -> None:
        self.relations[relation.name] = relation
        self.by_bare.setdefault(relation.bare, {})[relation.name] = None

    def related(self) -> bool:
        """Does any relation rest on another one?"""
        return any(
            one.parent is not None or one.inherits or one.foreign_keys or one.definition is not None
            for one in self.relations.values()
        )

    def forget(self, relation: Relation) -> None:
        """Takes away a relation that nothing rests on."""
        self.relations.pop(relation.name, None)
        self.by_bare.get(relation.bare, {}).pop(relation.name, None)

    def find_index(self, name: Name) -> tuple[Relation, Index] | None:
        """An index and its table."""
        hits = [
            (table, table.indexes[name.name])
            for table in self.relations.values()
            if name.name in table.indexes and name.schema in (None, table.schema)
        ]
        for schema in self.path or (self.default_schema,):
            for table, index in hits:
                if table.schema == schema:
                    return table, index
        return hits[0] if hits else None

    def guess(self, name: Name) -> Relation:
        """A relation of which only the name is known; it counts as there before."""
        relation = Relation(self.canonical(name), self.schema_of(name), guessed=True)
        self._know(relation)
        return relation

    def foreign(self, name: Name) -> bool:
        """May it stand in a schema that no migration made? Who made that made tables in it, which nobody knows here."""
        if self.schemas is None:
            return False
        known = {"public", "$user", self.default_schema, *_SYSTEM, *self.schemas}
        return not known.issuperset(self.path if name.schema is None else (name.schema,))

    def is_system(self, name: Name) -> bool:
        """Is it one of the server's own?"""
        return name.schema in _SYSTEM or (name.schema is None and name.name.startswith("pg_"))

    def is_system_column(self, name: str) -> bool:
        """Has every table one of this name?"""
        return name in ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")

    # ------------------------------------------------------------------ kin
    def children(self, relation: Relation) -> list[Relation]:
        """Its partitions and the tables that inherit from it, not theirs."""
        return [one for one in self.relations.values() if one.parent == relation.name or relation.name in one.inherits]

    def family(self, relation: Relation) -> Iterator[Relation]:
        """It, and all below it."""
        seen = {relation.name}
        queue = [relation]
        while queue:
            one = queue.pop(0)
            yield one
            if one.kind in ("table", "partitioned", "foreign"):
                for child in self.children(one):
                    if child.name not in seen:
                        seen.add(child.name)
                        queue.append(child)

    def referencing(self, relation: Relation) -> list[tuple[Relation, ForeignKey]]:
        """Foreign keys of any table that refer to it."""
        return [
            (one, key) for one in self.relations.values() for key in one.foreign_keys if key.parent == relation.name
        ]

    def default_partition(self, relation: Relation) -> Relation | None:
        """The partition that takes what no other does."""
        return next((one for one in self.children(relation) if (one.bound or "").upper() == "DEFAULT"), None)

    # ------------------------------------------------------------------ changes
    def add(self, relation: Relation) -> None:
        """A new relation."""
        self._know(relation)

    def remove(self, relation: Relation) -> None:
        """Takes a relation away, with the keys that refer to it."""
        self.forget(relation)
        for other in self.relations.values():
            other.foreign_keys = [key for key in other.foreign_keys if key.parent != relation.name]

    def rename(self, relation: Relation, bare: str, schema: str | None) -> None:
        """Another name or schema."""
        old = relation.name
        new = bare if schema in (None, self.default_schema) else f"{schema}.{bare}"
        self.forget(relation)
        relation.name, relation.schema = new, schema
        self._know(relation)
        for other in self.relations.values():
            if any(key.parent == old for key in other.foreign_keys):
                other.foreign_keys = [
                    _with_parent(key, new) if key.parent == old else key for key in other.foreign_keys
                ]
            if other.parent == old:
                other.parent = new
            if old in other.inherits:
                other.inherits = [new if one == old else one for one in other.inherits]

    def now_preexisting(self) -> None:
        """What stands there now counts as there before the migration."""
        for relation in self.relations.values():
            relation.preexisting = True
            relation.undefaulted.clear()
            relation.validated.clear()
        self.new_types.clear()
        self.new_sequences.clear()


def _with_parent(key: ForeignKey, parent: str) -> ForeignKey:
    import msgspec

    return msgspec.structs.replace(key, parent=parent)


def _relation(table: Table) -> Relation:
    kind: RelationKind = "table" if table.kind == "partition" else table.kind
    names = table.check_names or tuple(f"?{n}" for n in range(len(table.checks)))
    return Relation(
        name=table.name,
        schema=table.schema,
        kind=kind,
        columns={column.name: column for column in table.columns},
        indexes={index.name: index for index in table.indexes},
        foreign_keys=list(table.foreign_keys),
        checks=[
            Check(name, text, text not in table.checks_not_valid)
            for name, text in zip(names, table.checks, strict=False)
        ],
        triggers=set(table.triggers),
        policies={policy.name for policy in table.policies},
        policy_texts=[text for policy in table.policies for text in (policy.using, policy.check) if text],
        partition_key=table.partition_key,
        parent=table.partition_of,
        bound=table.partition_bound,
        inherits=list(table.inherits),
        definition=table.definition,
        unlogged=table.unlogged,
        columns_of_view=tuple(column.name for column in table.columns),
        rows=table.rows,
    )


def copy_of(relation: Relation) -> Relation:
    """The same, whose lists can change."""
    return replace(
        relation,
        columns=dict(relation.columns),
        indexes=dict(relation.indexes),
        foreign_keys=list(relation.foreign_keys),
        checks=[replace(one) for one in relation.checks],
        unproved=set(relation.unproved),
        undefaulted=set(relation.undefaulted),
        validated=set(relation.validated),
        triggers=set(relation.triggers),
        policies=set(relation.policies),
        policy_texts=list(relation.policy_texts),
        inherits=list(relation.inherits),
    )
