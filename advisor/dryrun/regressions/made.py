"""Indexes that a migration makes: who uses them, and whether another does their work."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.dryrun.regressions.asking import Compared
from advisor.dryrun.regressions.state import State
from advisor.dryrun.regressions.steps import Step
from advisor.model.check import MadeIndex
from advisor.model.finding import Location
from advisor.model.indexing import IndexDefinition
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse
from advisor.recommend.existing.redundancy import serves


def new_indexes(
    found: Compared, added: Sequence[Step | None], state: State | None, where: Sequence[Location]
) -> tuple[MadeIndex, ...]:
    """Those of ``added``, the steps behind `Configuration.add` of the world after. ``state`` holds all indexes then."""
    used = {place for pair in found.pairs if pair.after is not None for place in pair.after.new}
    out = []
    for place, step in enumerate(added):
        if step is None or step.constraint:
            continue
        serving = state is not None and _serves_reference(step, state)
        out.append(
            MadeIndex(
                table=step.table,
                index=step.name.partition(".")[2] or step.name,
                used=True if place in used else None if serving or not found.planned else False,
                covered_by=None if state is None else _redundant(step, state),
                cause=where[step.position],
            )
        )
    return tuple(out)


def _serves_reference(step: Step, state: State) -> bool:
    """Does it begin with the columns of a foreign key? Then deletions of parents use it, which no log shows."""
    one = state.relations.get(int(step.key))
    return one is not None and any(
        begins(definition(one.definition), reference.columns)
        for reference in state.references
        if reference.table == one.table
    )


def begins(index: IndexDefinition | None, columns: Sequence[str]) -> bool:
    """Does a whole index begin with these columns, in whatever order?"""
    if index is None or index.where is not None or index.method not in ("btree", "hash"):
        return False
    return {key.column for key in index.keys[: len(columns)]} == set(columns)


def _redundant(step: Step, state: State) -> str | None:
    """An index of the same table that serves whatever this one serves; of two equal ones the older."""
    one = state.relations.get(int(step.key))
    narrow = None if one is None else definition(one.definition)
    if one is None or narrow is None:
        return None
    for other in state.indexes.values():
        if other.table != one.table or other.oid == one.oid or not other.valid:
            continue
        wide = definition(other.definition)
        if wide is None or (narrow.unique and not wide.unique):
            continue
        how = serves(narrow, wide)
        if how is not None and (how != "duplicate" or other.oid < one.oid):
            return other.name
    return None


def definition(text: str | None) -> IndexDefinition | None:
    """What CREATE INDEX says; None where it cannot be read."""
    try:
        read = parse(text or "")
    except PlannerError:
        return None
    return IndexDefinition(
        engine="postgresql",
        table=f"{read.table.schema}.{read.table.name}" if read.table.schema else read.table.name,
        keys=read.keys,
        include=read.include,
        where=read.where,
        method=read.method,
        unique=read.unique,
    )
