"""Views that rest on a table or on one of its columns."""

from __future__ import annotations

from advisor.catalog.ddl.lexer import Token, single
from advisor.migrations.static.postgresql.queries import Read, reads
from advisor.migrations.static.postgresql.world import Relation, World

_LISTS = ("SELECT", "DISTINCT", "ALL")


def views_of(world: World, table: Relation, column: str | None = None) -> list[Relation]:
    """Views and materialised views that read it; with ``column``: that use this column for certain."""
    found = []
    for view in world.relations.values():
        if view.kind not in ("view", "materialized_view") or not view.definition or view is table:
            continue
        if table.bare not in view.definition:
            continue
        tokens = single(view.definition, "postgresql").tokens
        sources = reads(tokens)
        mine = [one for one in sources if world.find(one.name) is table]
        if not mine:
            continue
        if column is None or _uses(world, tokens, sources, [one.alias or one.name.name for one in mine], table, column):
            found.append(view)
    return found


def _uses(
    world: World,
    tokens: list[Token],
    sources: list[Read],
    aliases: list[str],
    table: Relation,
    column: str,
) -> bool:
    others = [world.find(one.name) for one in sources]
    elsewhere = any(one is not None and one is not table and column in one.columns for one in others)
    for at, token in enumerate(tokens):
        name = token.text.lower() if token.kind == "word" else token.text if token.kind == "quoted" else None
        before = tokens[at - 1].text if at else ""
        owner = tokens[at - 2].text if at > 1 and before == "." else None
        if name == column:
            if before == ".":
                if owner in aliases:
                    return True
            elif not elsewhere and tokens[at - 1].upper != "AS":
                return True
        star = token.text == "*" and token.kind == "op" and (before in (".", ",") or tokens[at - 1].upper in _LISTS)
        if star and (owner is None or owner in aliases):
            return True
    return False


def all_views_of(world: World, table: Relation) -> list[Relation]:
    """Views on it, and views on those."""
    found: list[Relation] = []
    queue = [table]
    while queue:
        for view in views_of(world, queue.pop()):
            if view not in found:
                found.append(view)
                queue.append(view)
    return found
