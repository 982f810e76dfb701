"""One table of a schema in the making, and the names that servers give to what has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from advisor.model.catalog import Column, ForeignKey, Index, IndexKey, Policy, Table

Kind = Literal["table", "view", "materialized_view", "partitioned", "partition", "foreign"]


@dataclass(slots=True)
class TableDraft:
    """A table while statements still change it."""

    name: str
    schema: str | None
    line: int
    kind: Kind = "table"
    columns: list[Column] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    rls_enabled: bool = False
    triggers: list[str] = field(default_factory=list)
    storage_engine: str | None = None
    partition_key: str | None = None
    partition_of: str | None = None
    definition: str | None = None

    def column(self, name: str) -> Column | None:
        """The column of this name, by either folding."""
        for column in self.columns:
            if column.name == name:
                return column
        lowered = name.lower()
        return next((column for column in self.columns if column.name.lower() == lowered), None)

    def replace_column(self, name: str, /, **changes: object) -> None:
        """Changes fields of one column; an unknown column is left alone."""
        current = self.column(name)
        if current is not None:
            self.columns[self.columns.index(current)] = msgspec.structs.replace(current, **changes)

    def free_name(self, base: str, separator: str = "", start: int = 1) -> str:
        """``base``, numbered from ``start`` if an index of the table has that name."""
        taken = {index.name for index in self.indexes}
        name, number = base, start
        while name in taken:
            name, number = f"{base}{separator}{number}", number + 1
        return name

    def rename_index(self, old: str, new: str) -> None:
        """Renames an index or a foreign key."""
        self.indexes = [msgspec.structs.replace(i, name=new) if i.name == old else i for i in self.indexes]
        self.foreign_keys = [msgspec.structs.replace(k, name=new) if k.name == old else k for k in self.foreign_keys]

    def drop_named(self, name: str) -> None:
        """Drops an index or a constraint."""
        self.indexes = [i for i in self.indexes if i.name != name]
        self.foreign_keys = [k for k in self.foreign_keys if k.name != name]
        self.checks.pop(name, None)

    def freeze(self) -> Table:
        """The finished table."""
        return Table(
            name=self.name,
            schema=self.schema,
            kind=self.kind,
            columns=tuple(self.columns),
            indexes=tuple(self.indexes),
            foreign_keys=tuple(self.foreign_keys),
            checks=tuple(self.checks.values()),
            policies=tuple(self.policies),
            rls_enabled=self.rls_enabled,
            triggers=tuple(self.triggers),
            storage_engine=self.storage_engine,
            partition_key=self.partition_key,
            partition_of=self.partition_of,
            definition=self.definition,
            line=self.line,
        )


def leads(index: Index, columns: tuple[str, ...]) -> bool:
    """InnoDB takes an index for a foreign key when its first columns are the key's, in the order of declaration."""
    lead = tuple(k.column for k in index.keys[: len(columns)])
    return lead == columns and all(k.prefix is None for k in index.keys[: len(columns)])


def inherited(index: Index, name: str, attached_to: str) -> Index:
    """A partition's own index for one of the partitioned table."""
    return msgspec.structs.replace(
        index, name=name, ddl=None, attached_to=attached_to, clustered=False, replica_identity=False
    )


def keys_id(index: Index) -> tuple[object, ...]:
    """Equal for indexes that are the same but for their name."""
    return (tuple((k.column, k.expression, k.descending) for k in index.keys), index.unique, index.where, index.method)


def default_name(table: str, keys: tuple[IndexKey, ...], suffix: str) -> str:
    """PostgreSQL's name for an index without one (ChooseIndexName): shortened to 63 bytes."""
    if suffix == "pkey":
        return f"{table}_pkey"
    middle = "_".join(key.column or "expr" for key in keys)
    return f"{table}_{middle}_{suffix}"[:63]
