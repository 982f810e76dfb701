"""Views that go, or stop working, with a table or a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.migrations.uses.fates import Fate, Names
from advisor.model.catalog import Catalog

#: Table, column (None: the table itself), and what became of it.
Loss = tuple[str, str | None, Fate]


def lost(names: Names, catalogs: Sequence[Catalog]) -> Mapping[str, Loss]:
    """By view that stands at the end under its name, as far as the migration says: what it has lost.

    PostgreSQL keeps a view's tables and columns by number: renaming them does not matter, and dropping them fails,
    unless CASCADE drops the view too. MySQL and MariaDB keep names; SQLite rewrites them when something is renamed.
    """
    from advisor.graphs import NotAnalysed, build

    found: dict[str, Loss] = {}
    for catalog in catalogs:
        for table in catalog.tables.values():
            key = names.key(table.name)
            here = names.now.get(key)
            if table.kind not in ("view", "materialized_view") or not table.definition:
                continue
            if here is None or here.origin != key:
                continue
            try:
                graph = build(table.definition, names.engine, catalogs)
            except NotAnalysed:
                continue
            used = {(names.key(one.table_name), names.column(one.column_name)) for one in graph.column_uses}
            for base in graph.tables:
                loss = _loss(names, names.key(base), {column for owner, column in used if owner == names.key(base)})
                if loss is not None:
                    found[key] = loss
                    break
    return found


def _loss(names: Names, base: str, columns: set[str]) -> Loss | None:
    fate = names.gone.get(base)
    if fate is not None and _matters(names, fate):
        return base, None, fate
    relation = names.now.get(base) or names.moved.get(base)
    for column in sorted(columns):
        gone = relation.gone.get(column) if relation is not None and column not in relation.fields else None
        if gone is not None and _matters(names, gone):
            return base, column, gone
    return None


def _matters(names: Names, fate: Fate) -> bool:
    if names.engine == "postgresql":
        return fate.what == "dropped" and fate.cascade
    return fate.what == "dropped" or names.engine != "sqlite"
