"""Indexes whose work another index of the same table does: equal ones, leading parts, subsets of what is included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec.structs import replace

from advisor.model.catalog import IndexKey
from advisor.model.engine import EngineName
from advisor.model.indexing import IndexDefinition
from advisor.recommend.definition import key_text, on_text
from advisor.recommend.existing.inventory import Existing, Inventory
from advisor.recommend.existing.protection import Protector
from advisor.recommend.existing.verdict import Verdict

Likeness = Literal["duplicate", "prefix", "covered"]


def serves(narrow: IndexDefinition, wide: IndexDefinition, appended: Sequence[str] = ()) -> Likeness | None:
    """How ``wide`` serves whatever ``narrow`` serves, None where it does not.

    ``duplicate``: the same keys in the same order. ``prefix``: they are the first of the wide one's (B-trees, which are
    also read backwards: all directions may be turned). ``covered``: the same keys, and more included columns.
    ``appended`` are the columns that the engine appends to every key. Whether the narrow one is a promise of
    uniqueness is not looked at: see `protection`.
    """
    if narrow.table != wide.table or narrow.method != wide.method or _text(narrow.where) != _text(wide.where):
        return None
    ordered = narrow.method == "btree"
    keys = [_plain(key, narrow.engine) for key in narrow.keys]
    own = [_plain(key, wide.engine) for key in wide.keys]
    longer = list(own)
    if ordered:
        have = {key.column for key in longer if key.prefix is None}
        extra = [_plain(IndexKey(column=column), wide.engine) for column in appended]
        longer += [key for key in extra if key.column not in have]
    if not _leads(keys, longer, ordered, narrow.engine):
        return None
    fold = _folded(narrow.engine)
    held = {fold(column) for column in wide.include} | {key.column for key in longer if key.column and not key.prefix}
    if not {fold(column) for column in narrow.include} <= held:
        return None
    if len(keys) < len(own):
        return "prefix"
    if {fold(column) for column in narrow.include} == {fold(column) for column in wide.include}:
        return "duplicate"
    return "covered"


def coverers(one: Existing, inventory: Inventory) -> list[tuple[Existing, Likeness]]:
    """Existing indexes that serve whatever ``one`` serves, best first: constraints and unique ones, then narrower."""
    if not one.index.valid or not one.index.visible:
        return []
    appended = inventory.appended(one.table)
    found = []
    for other in inventory.of_table(one.table.name):
        usable = other.index.valid and other.index.visible and other.index.attached_to is None
        if other is one or not usable:
            continue
        if one.index.unique and not other.index.unique:
            continue
        # The primary key of InnoDB and WITHOUT ROWID is the table: nothing is appended to it.
        how = serves(one.definition, other.definition, () if other.index.primary else appended)
        if how is not None:
            found.append((other, how))
    return sorted(
        found, key=lambda item: (not item[0].index.constraint, not item[0].index.unique, len(item[0].index.keys))
    )


def redundant(inventory: Inventory, protector: Protector, added: Sequence[IndexDefinition] = ()) -> list[Verdict]:
    """Verdicts ``duplicate``, ``prefix`` and ``covered``: by existing indexes first, else by one of ``added``."""
    found = []
    for one in inventory.roots:
        if one.index.primary or not one.index.valid or not one.index.visible:
            continue
        parts = said(one, coverers(one, inventory), added, inventory)
        if parts:
            found.append(
                Verdict(
                    table=one.table.name,
                    index=one.index.name,
                    definition=one.definition,
                    bytes=inventory.bytes(one),
                    protections=tuple(protector.promises(one)),
                    **parts,
                )
            )
    return found


def said(
    one: Existing,
    by: Sequence[tuple[Existing, Likeness]],
    added: Sequence[IndexDefinition],
    inventory: Inventory,
) -> dict[str, Any]:
    """What a verdict says of an index that ``by`` serve, else one of ``added``; empty where none does."""
    own = f"{one.shown} ({_keys(one.definition)})"
    if by:
        other, how = by[0]
        names = tuple(each.shown for each, _ in by)
        wide, shown, keys = other.definition, other.shown, f" ({_keys(other.definition)})"
        if inventory.engine == "sqlite" and other.index.name == "rowid":
            shown = f"the table {one.table.name} itself, which is ordered by its rowid"
    else:
        appended = inventory.appended(one.table)
        likenesses = [(each, serves(one.definition, each, appended)) for each in added if not one.index.unique]
        new = next(((each, how) for each, how in likenesses if how is not None), None)
        if new is None:
            return {}
        wide, how = new
        names, shown, keys = (on_text(wide),), f"the new index {on_text(wide)}", ""
    if how == "prefix":
        why = f"{own} is the beginning of {shown}{keys}."
    elif how == "covered":
        why = f"{shown}{keys} has the keys of {own} and includes more columns."
    elif _plain(one.definition.keys[0], one.engine) != _plain(wide.keys[0], one.engine):
        why = f"{own} has the keys of {shown}{keys} in the opposite directions, and both are read either way."
    elif len(one.definition.keys) != len(wide.keys):
        why = f"{own} has the keys of {shown}{keys}, to which the engine appends the primary key itself."
    else:
        why = f"{own} has the same keys as {shown}."
    return {
        "kind": how,
        "why": why,
        "covered_by": names,
        "evidence": {"covered_by": list(names), "scans": one.index.scans},
        "confidence": "confirmed" if how == "duplicate" else "likely",
    }


def _keys(definition: IndexDefinition) -> str:
    return ", ".join(key_text(key, definition.engine) for key in definition.keys)


def _leads(keys: Sequence[IndexKey], longer: Sequence[IndexKey], ordered: bool, engine: EngineName) -> bool:
    if len(keys) > len(longer) or (not ordered and len(keys) != len(longer)):
        return False
    first = list(longer[: len(keys)])
    if list(keys) == first:
        return True
    if not ordered or engine not in ("postgresql", "sqlite"):  # MySQL reads backwards more slowly, and says so
        return False
    return [_turned(key) for key in keys] == first


def _turned(key: IndexKey) -> IndexKey:
    nulls = None if key.nulls_first is None else not key.nulls_first
    return replace(key, descending=not key.descending, nulls_first=nulls)


def _plain(key: IndexKey, engine: EngineName) -> IndexKey:
    """The key with its defaults written out, names folded where the engine does not tell their case apart."""
    fold = _folded(engine)
    nulls = (key.descending if key.nulls_first is None else key.nulls_first) if engine == "postgresql" else None
    return replace(
        key,
        column=None if key.column is None else fold(key.column),
        expression=_text(key.expression),
        nulls_first=nulls,
    )


def _text(sql: str | None) -> str | None:
    return None if sql is None else " ".join(sql.split())


def _folded(engine: EngineName) -> Callable[[str], str]:
    return str if engine == "postgresql" else str.lower
