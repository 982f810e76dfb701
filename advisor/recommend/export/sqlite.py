"""A change as SQLite's statements. Each takes the database's write lock until it is done."""

from __future__ import annotations

import msgspec

from advisor.model.catalog import Catalog
from advisor.recommend.export.change import Change, Prepared, Step
from advisor.recommend.export.place import place_of
from advisor.recommend.export.words import cleaned, create_text

_LOCKS = "Writers wait until the index is built."


def prepare(change: Change, name: str, catalog: Catalog) -> Prepared:
    """The statements."""
    place = place_of(change.index.table, catalog, "sqlite")
    blank = Prepared(change=change, name=name, schema=place.schema, table=place.bare)
    if change.kind == "reindex":
        note = "a rebuild changes no definition: nothing to undo"
        return msgspec.structs.replace(blank, up=(Step(f"REINDEX {place.beside(name)}", _LOCKS),), notes=(note,))
    create = Step(create_text(change.index, place, name, "CREATE"), _LOCKS)
    drop = Step(f"DROP INDEX IF EXISTS {place.beside(name)}")
    if change.kind == "create":
        return msgspec.structs.replace(blank, up=(create,), down=(drop,))
    words = cleaned(change.ddl, "sqlite") if change.ddl else None
    if words is not None:
        create = Step(words, _LOCKS)
    return msgspec.structs.replace(blank, up=(drop,), down=(create,))
