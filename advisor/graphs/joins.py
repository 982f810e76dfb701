"""When a scope is read: which keys its equalities pin, which references yield one row, what is joined to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.graphs.graph import JoinComponent
from advisor.graphs.names import Atom, Level, Ref

if TYPE_CHECKING:
    from advisor.graphs.builder import Builder


def finish(builder: Builder, level: Level) -> bool | None:
    """Completes a scope's rows. Gives whether the scope yields at most one row; None when that is not known."""
    singles = _pin(level)
    for ref in level.refs:
        if ref.single_row is None and ref.row.kind == "table" and ref.table is not None and "keys" in _aspects(builder):
            ref.single_row = ref.row.ref_id in singles
        elif ref.row.ref_id in singles:
            ref.single_row = True
    _components(builder, level)
    scope = level.scope
    if scope.limit_value is not None and scope.limit_value <= 1:
        return True
    if scope.has_aggregate and not scope.has_group:
        return True
    if all(ref.single_row for ref in level.refs):
        return True
    return None if any(ref.single_row is None for ref in level.refs) else False


def _aspects(builder: Builder) -> frozenset[str]:
    known: frozenset[str] = frozenset()
    for catalog in builder.catalogs:
        known |= catalog.known
    return known


def _unique_keys(ref: Ref) -> list[frozenset[str]]:
    """Column sets that are unique over all rows of the table."""
    if ref.table is None:
        return []
    keys = []
    for index in ref.table.indexes:
        if (
            index.unique
            and index.where is None
            and index.valid
            and all(k.column and k.prefix is None for k in index.keys)
        ):
            keys.append(frozenset(k.column for k in index.keys if k.column))
    return keys


def _pin(level: Level) -> set[int]:
    """Marks predicates that pin a unique key; gives the references that so yield at most one row.

    A key pinned by a column of another single-row reference is pinned too, so this runs to a fixed point.
    """
    singles = {ref.row.ref_id for ref in level.refs if ref.single_row}
    candidates: dict[int, list[Atom]] = {}
    for atom in level.atoms:
        row = atom.row
        if atom.ref is None or row.under_or or row.negated or row.wrapper is not None:
            continue
        if row.implicit_cast:
            continue  # '7', '07' and '7.0' are one number: a converted key may give several rows
        if row.operator != "=" or row.value_kind == "list" or row.clause == "having":
            continue
        if atom.on_ref is not None and atom.on_ref.outer_join and atom.on_ref is not atom.ref:
            continue  # an outer join's ON does not restrict the other side
        candidates.setdefault(atom.ref.row.ref_id, []).append(atom)
    changed = True
    while changed:
        changed = False
        for ref in level.refs:
            number = ref.row.ref_id
            atoms = [
                atom
                for atom in candidates.get(number, ())
                if all(other is not None and other.row.ref_id in singles and other is not ref for other in atom.others)
            ]
            pinned = {atom.row.column_name for atom in atoms}
            for key in _unique_keys(ref):
                if key <= pinned:
                    for atom in atoms:
                        if atom.row.column_name in key:
                            atom.row.pins_unique_key = True
                    if number not in singles:
                        singles.add(number)
                        changed = True
    return singles


def _components(builder: Builder, level: Level) -> None:
    parent = {ref.row.ref_id: ref.row.ref_id for ref in level.refs}

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for group in level.links:
        members = [ref.row.ref_id for ref in group if ref is not None and ref.row.ref_id in parent]
        if any(ref is None for ref in group):
            # An unresolved column may belong to any of them: unknown is not "unconnected".
            members.extend(parent)
        for member in members[1:]:
            parent[find(member)] = find(members[0])
    by_value: dict[tuple[str, str], int] = {}
    for atom in level.atoms:  # a.x = 7 AND b.x = 7 joins through the constant
        row = atom.row
        if (
            atom.ref is None
            or row.under_or
            or row.operator != "="
            or row.value_kind != "literal"
            or row.value_sql is None
        ):
            continue
        if atom.ref.row.ref_id not in parent:
            continue
        key = (row.column_name or "", row.value_sql)
        first = by_value.setdefault(key, atom.ref.row.ref_id)
        parent[find(atom.ref.row.ref_id)] = find(first)
    numbers: dict[int, int] = {}
    for ref in level.refs:
        component = numbers.setdefault(find(ref.row.ref_id), len(numbers) + 1)
        builder.rows.join_components.append(
            JoinComponent(level.scope.scope_id, component, ref.row.ref_id, ref.single_row)
        )
