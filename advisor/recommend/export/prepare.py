"""Changes as statements: names made up, what cannot be had refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from advisor.model.catalog import Catalog
from advisor.recommend.export import mysql, postgresql, sqlite
from advisor.recommend.export.change import Change, Prepared
from advisor.recommend.export.naming import convention_of, index_name
from advisor.recommend.export.options import Options
from advisor.recommend.export.place import names_taken, place_of
from advisor.recommend.export.refusals import refusal, remarks
from advisor.recommend.export.words import one_statement


def prepared(
    changes: Sequence[Change], catalog: Catalog, options: Options | None = None, *, longest: int | None = None
) -> list[Prepared]:
    """Each change with its statements up and down, in order; creates go before drops, so that no query is without.

    A change that the engine cannot have has ``refused`` and no statements. ``longest`` bounds names that are made up.
    """
    given = options or Options()
    convention = convention_of(catalog)
    made: dict[object, set[str]] = defaultdict(set)
    found: list[Prepared] = []
    order = {"create": 0, "reindex": 1, "drop": 2}
    for change in sorted(changes, key=lambda each: order[each.kind]):
        index = change.index
        place = place_of(index.table, catalog, index.engine)
        space: object = place if index.engine in ("mysql", "mariadb") else place.schema
        taken = made[space] | names_taken(place, catalog)
        name = change.name or (
            index_name(index, place.bare, convention, taken, longest) if change.kind == "create" else ""
        )
        why = _refused(change, catalog, name, taken)
        if why is not None:
            found.append(
                Prepared(change=change, name=name, schema=place.schema, table=place.bare, refused=why, ordinary=False)
            )
            continue
        made[space].add(name)
        if index.engine == "postgresql":
            one = postgresql.prepare(change, name, catalog, made[space], convention)
        elif index.engine == "sqlite":
            one = sqlite.prepare(change, name, catalog)
        else:
            one = mysql.prepare(change, name, catalog, try_drops=given.try_drops)
        if change.kind == "create":
            notes = (*one.notes, *remarks(index, catalog.tables.get(index.table)))
            one = msgspec.structs.replace(one, notes=notes)
        found.append(one)
    return found


def _refused(change: Change, catalog: Catalog, name: str, taken: set[str]) -> str | None:
    index = change.index
    if not name:
        return f"a {change.kind} needs the index's name"
    if "\0" in name or "\0" in index.table:
        return "a name cannot hold a zero byte"
    if change.kind == "create" and name.lower() in {each.lower() for each in taken}:
        return f"the name {name} is in use"
    why = refusal(index, catalog.tables.get(index.table), catalog) if change.kind == "create" else None
    return why or one_statement(index, place_of(index.table, catalog, index.engine))
