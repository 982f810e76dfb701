"""Columns that may hold no NULL any more: SET NOT NULL, and NOT NULL as a constraint with a name."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.operations import Constraint
from advisor.migrations.static.postgresql import assumed, modes
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.implied import proves_not_null
from advisor.migrations.static.postgresql.run import Fails
from advisor.migrations.static.postgresql.world import Check


def set_not_null(alter: Altering, column: str, *, scans: bool = True) -> bool:
    """A column becomes NOT NULL; says whether rows are read for it."""
    scanned = False
    for one in alter.family:
        known = one.columns.get(column)
        proved = known is not None and known.nullable is False and column not in one.unproved
        checked = alter.run.version >= 12 and proves_not_null(one, column)
        likely = assumed.proves_not_null(one, column) if known is None and not alter.run.world.complete else None
        if likely is not None:
            alter.run.doubt(f"taken to be proved by {likely}, which was validated before: else all rows are read")
        if scans and not proved and not checked and likely is None and column not in alter.fresh:
            alter.scanned.append(one)
            scanned = True
        if known is not None:
            one.columns[column] = msgspec.structs.replace(known, nullable=False)
        one.unproved.discard(column)
    return scanned


def refuse_only(alter: Altering, column: str) -> None:
    """Raises Fails: ONLY of a partitioned table, while a partition may hold NULLs there."""
    if not alter.only or alter.table.kind != "partitioned" or alter.run.maybe:
        return
    for child in alter.run.world.children(alter.table):
        known = child.columns.get(column)
        if known is not None and known.nullable is True:
            raise Fails("constraint must be added to child tables too", "42P16")


def add_not_null(alter: Altering, constraint: Constraint) -> None:
    """ADD CONSTRAINT ... NOT NULL (from version 18 on)."""
    column = constraint.keys[0].column or ""
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    if alter.run.version < 18:
        raise Fails('syntax error at or near "NOT"', "42601")
    if constraint.not_valid:
        for one in alter.family:
            known = one.columns.get(column)
            if known is not None and known.nullable is not False:
                one.columns[column] = msgspec.structs.replace(known, nullable=False)
                one.unproved.add(column)
                one.checks.append(
                    Check(constraint.name or f"{one.bare}_{column}_not_null", f"{column} IS NOT NULL", False)
                )
    else:
        set_not_null(alter, column)
    alter.run.change(
        "add_not_null", alter.table, column=column, name=constraint.name, not_valid=constraint.not_valid
    )  # fmt: skip
