"""New foreign keys whose referencing columns no index begins with.

Deleting or renumbering a parent row looks for its children: without such an index it reads the whole child table
(PostgreSQL manual, Constraints, Foreign Keys).
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.dryrun.regressions.effects import Ran
from advisor.dryrun.regressions.made import begins, definition
from advisor.dryrun.regressions.replanning import UnindexedReference
from advisor.dryrun.regressions.state import Reference, State
from advisor.model.finding import Location
from advisor.recommend.workload import Statement


def unindexed(ran: Ran, workload: Sequence[Statement], where: Sequence[Location]) -> tuple[UnindexedReference, ...]:
    """Those that the migration makes and leaves, on tables that were there or new."""
    old = {one.oid for one in ran.before.references}
    found = []
    for one in ran.after.references:
        if one.oid in old or _indexed(one, ran.after):
            continue
        position = next((effect.position for effect in ran.effects if one.oid in effect.references), None)
        if position is None:
            continue
        parent = _name(ran.after, one.parent)
        found.append(
            UnindexedReference(
                table=_name(ran.after, one.table),
                columns=one.columns,
                parent=parent,
                name=one.name,
                cause=where[position],
                parents_go=tuple(each.fingerprint for each in workload if _loses(each, parent, one.parent_columns)),
            )
        )
    return tuple(found)


def _name(state: State, oid: int) -> str:
    one = state.relations.get(oid)
    return "" if one is None else one.name if one.schema == "public" else f"{one.schema}.{one.name}"


def _indexed(one: Reference, state: State) -> bool:
    """Does a whole B-tree begin with its columns, in whatever order?"""
    return any(
        begins(definition(index.definition), one.columns)
        for index in state.indexes.values()
        if index.table == one.table and index.valid
    )


def _loses(statement: Statement, parent: str, columns: Sequence[str]) -> bool:
    graph = statement.graph
    if graph is None:
        return False
    if statement.kind == "delete":
        return any(ref.table_name == parent and ref.role == "target" for ref in graph.table_refs)
    return any(one.table_name == parent and one.column_name in columns for one in graph.set_columns)
