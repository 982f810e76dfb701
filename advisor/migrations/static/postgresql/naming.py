"""Names that the server gives to what has none (ChooseConstraintName, ChooseIndexName)."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.ddl.table import called, joined, middle
from advisor.migrations.static.postgresql.world import Relation, World
from advisor.model.catalog import IndexKey


def free(base: str, taken: Iterable[str]) -> str:
    """``base``, numbered when the name is taken."""
    known = set(taken)
    name, number = base, 1
    while name in known:
        name, number = f"{base}{number}", number + 1
    return name


def of_keys(table: Relation, keys: tuple[IndexKey, ...] | tuple[str, ...], suffix: str) -> str:
    """``table_column_suffix`` of at most 63 bytes."""
    if suffix == "pkey":
        return joined(table.bare, "", suffix)
    named = (key if isinstance(key, str) else key.column or called(key.expression) for key in keys)
    return joined(table.bare, "_".join(named) if suffix == "fkey" else middle(named), suffix)


def names_in_schema(world: World, schema: str | None) -> set[str]:
    """Names of relations and indexes of a schema: they share one space."""
    found: set[str] = set()
    for one in world.relations.values():
        if one.schema == schema:
            found.add(one.bare)
            found.update(one.indexes)
    return found


def constraint_names(table: Relation) -> set[str]:
    """Names of a table's constraints."""
    return (
        {check.name for check in table.checks}
        | {key.name for key in table.foreign_keys if key.name}
        | {index.name for index in table.indexes.values() if index.constraint or index.primary}
    )
