"""Does a key have at most one row? Then a LIMIT says nothing, and the batch needs to number nothing."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.catalog import Catalog
from advisor.model.stream import KeyLink
from advisor.rewrites.conditions import Condition
from advisor.rewrites.statement import Node


def unique_key(
    home: Node, keys: Sequence[Condition], link: KeyLink | None, catalogs: Sequence[Catalog]
) -> tuple[tuple[str, str] | None, tuple[str, ...]]:
    """The table and column of a key that has at most one row, and what was assumed to say so.

    Known from the link or from a unique index of the catalog. A table that no catalog has is taken to be told apart by
    its column ``id``. A join may give a key several rows, whatever its own table says.
    """
    from sqlglot import exp

    source = home.args.get("from_")
    table = source.this if source is not None else None
    if len(keys) != 1 or not isinstance(table, exp.Table) or home.args.get("joins") or table.args.get("joins"):
        return None, ()
    column = keys[0].column
    if not isinstance(column, exp.Column):
        return None, ()
    found = (str(table.name), str(column.name))
    if link is not None and link.to_one is True and link.child_column.lower() == column.name.lower():
        return found, ()
    schema = table.args.get("db")
    for catalog in catalogs:
        known = catalog.find(table.name, schema.name if schema is not None else None)
        if known is None:
            continue
        for index in known.indexes:
            only = index.keys[0].column if len(index.keys) == 1 else None
            if index.unique and index.where is None and only is not None and only.lower() == column.name.lower():
                return found, ()
        if known.indexes or "indexes" in catalog.known:
            return None, ()
    if link is not None and link.to_one is False:
        return None, ()
    limited = home.args.get("limit") is not None
    if column.name.lower() == "id":
        return found, ("id is taken to be the primary key",) if limited else ()
    return None, ()
