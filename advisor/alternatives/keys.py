"""Foreign keys that move from a column to the one that takes its place (PostgreSQL)."""

from __future__ import annotations

from typing import NamedTuple

from advisor.alternatives.constraints import VALIDATED
from advisor.alternatives.ground import Ground, alone, locked
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.parts import with_prefix
from advisor.model.catalog import ForeignKey, Table
from advisor.model.check import Step


class Moved(NamedTuple):
    """``steps`` prove the new keys beside the traffic; ``swap`` gives them the names of the old ones."""

    steps: list[Step]
    swap: list[str]


def moved(ground: Ground, table: Table, column: str, new: str) -> Moved:
    """Those of the column itself, and those of other tables that refer to it. ``new``: as SQL.

    Raises NoOtherWay.
    """
    steps: list[Step] = []
    swap: list[str] = []
    others = ground.catalog.tables.values() if ground.catalog is not None else ()
    for owner in sorted(others, key=lambda one: one.name):
        for key in owner.foreign_keys:
            own = owner.name == table.name and column in key.columns
            refers = key.parent == table.name and column in key.parent_columns
            if not own and not refers:
                continue
            if own and refers:
                raise NoOtherWay(f"the foreign key {key.name} refers from the column to itself")
            if owner.kind == "partitioned" and ground.major < 18:
                raise NoOtherWay(
                    f"the foreign key {key.name} of the partitioned table {owner.name} cannot be NOT VALID before 18"
                )
            if key.name is None or owner.kind == "partition":
                raise NoOtherWay(f"a foreign key of {owner.name} is its parent's, or has no name in the schema given")
            more, names = _again(ground, owner, key, {column: new}, own=own)
            steps += more
            swap += names
    return Moved(steps, swap)


def _again(
    ground: Ground, owner: Table, key: ForeignKey, names: dict[str, str], *, own: bool
) -> tuple[list[Step], list[str]]:
    assert key.name is not None
    name = ground.sql_table(owner.name)
    label, old = ground.sql(ground.free(owner.name, base=key.name, suffix="new")), ground.sql(key.name)
    from_, to = ({}, names) if not own else (names, {})
    columns = ", ".join(from_.get(one) or ground.sql(one) for one in key.columns)
    parents = ", ".join(to.get(one) or ground.sql(one) for one in key.parent_columns)
    clauses = _clauses(key)
    if own and "(" in clauses:  # ON DELETE SET NULL (column)
        clauses = with_prefix(clauses, names)
    steps = [
        locked(
            f"ALTER TABLE {name} ADD CONSTRAINT {label} FOREIGN KEY ({columns}) "
            f"REFERENCES {ground.sql_table(key.parent)} ({parents}){' ' if clauses else ''}{clauses} NOT VALID"
        )
    ]
    if key.validated:
        steps.append(alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=VALIDATED))
    return steps, [
        f"ALTER TABLE {name} DROP CONSTRAINT {old}",
        f"ALTER TABLE {name} RENAME CONSTRAINT {label} TO {old}",
    ]


def _clauses(key: ForeignKey) -> str:
    """MATCH, ON DELETE and the rest. A schema read by an older version tells the actions alone."""
    if key.clauses is not None:
        return key.clauses
    actions = (("DELETE", key.on_delete), ("UPDATE", key.on_update))
    return " ".join(f"ON {event} {action.upper()}" for event, action in actions if action)
