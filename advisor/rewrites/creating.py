"""Look it up, insert it where it is missing, for each of many: one INSERT that leaves out what is there, one SELECT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.model.catalog import Catalog
from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch, NotBatched, Values
from advisor.rewrites.conditions import conditions
from advisor.rewrites.inserting import insert
from advisor.rewrites.selecting import select
from advisor.rewrites.statement import Node, Statement


def get_or_create(
    lookup: Statement,
    creation: Statement,
    link: KeyLink | None,
    varies: Mapping[str, bool],
    catalogs: Sequence[Catalog],
    limit: int | None,
) -> Batch:
    """The INSERT of all turns, and behind it (``then``) the lookup of all. Raises NotBatched."""
    from sqlglot import exp

    tree = creation.tree
    if not isinstance(tree, exp.Insert):
        raise NotBatched("what follows the lookup is no INSERT")
    inserted = insert(creation)
    looked = select(lookup, link, varies, catalogs, limit=limit)
    into = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    columns = tuple(dict.fromkeys(condition.name for condition in conditions(lookup.tree.args.get("where"))))
    target = _unique(into.name, columns, catalogs)
    plain = creation.engine in ("mysql", "mariadb")
    notes = ["every key once in the list"]
    if plain:
        notes.append(
            "INSERT IGNORE makes warnings of other errors too (a value too long, a missing reference): read them"
        )
    elif target is None:
        notes.append(f"needs a unique index on ({', '.join(columns)}): without one nothing is in conflict")
    if plain and target is None:
        notes.append(f"needs a unique index on ({', '.join(columns)}): without one it inserts duplicates")

    def make(values: Values) -> Node:
        copy = inserted.make(values)
        if plain:
            copy.set("ignore", True)
        else:
            keys = [exp.to_identifier(name) for name in target or ()]
            conflict = exp.OnConflict(conflict_keys=keys or None, action=exp.Var(this="DO NOTHING"))
            copy.set("conflict", conflict)
        copy.set("returning", None)
        return copy

    return replace(inserted, form="upsert", make=make, notes=(*notes, *looked.notes), then=looked, key=looked.key)


def _unique(table: str, columns: tuple[str, ...], catalogs: Sequence[Catalog]) -> tuple[str, ...] | None:
    """Columns of a unique index among those looked up. Raises NotBatched where the table is known and has none."""
    wanted = {column.lower() for column in columns}
    known = False
    for catalog in catalogs:
        found = catalog.find(table)
        if found is None:
            continue
        known = known or "indexes" in catalog.known
        for index in found.indexes:
            names = [key.column for key in index.keys]
            if index.unique and index.where is None and all(n is not None and n.lower() in wanted for n in names):
                return tuple(str(name) for name in names)
    if known:
        raise NotBatched(
            f"no unique index on ({', '.join(columns)}): two requests at once can insert the same; create one first"
        )
    return None
