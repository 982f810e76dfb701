"""What an ALTER that the server took has shown: the way that it went, and the outcome by it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from advisor.dryrun.mariadb.host import Host
from advisor.dryrun.mariadb.observing import later
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.effects import of_way, under
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.way import Way
from advisor.model.migration import Outcome

#: Clauses that MariaDB takes with INSTANT and may copy rows for all the same.
_MISPLACED = frozenset({"option", "order_by", "partition_by", "remove_partitioning", "force"})


def way_taken(host: Host, algorithm: str, lock: str, before: Any, alter: Alter, table: MTable, own: bool) -> Way:
    """The way that the server went when it took this algorithm and lock; ``own``: it, or its session, named one."""
    rebuilt, built = later(host, before)
    shown = "NONE" if lock == "DEFAULT" else lock
    copied = algorithm == "COPY"
    if algorithm in ("INSTANT", "NOCOPY") and not copied:
        # MariaDB takes INSTANT for a change of engine, order or partitioning, and copies all the same.
        lying = rebuilt or (
            not before.tables and any(one.kind in _MISPLACED for one in alter.clauses) and _moves(alter, table)
        )
        if lying:
            algorithm, shown, copied = "COPY", "SHARED" if shown == "NONE" else shown, True
    if own and algorithm in ("NOCOPY", "INPLACE") and not rebuilt and not built:
        algorithm = "INSTANT"
    return Way(algorithm, shown, rebuilt or copied, () if copied or rebuilt else built)  # type: ignore[arg-type]


def probed(way: Way, table: MTable, parents: list[MTable], said: Outcome) -> Outcome:
    """What was said of a statement, with the way that the server went."""
    locks, work = of_way(way, table, parents)
    held = tuple(one for one in said.locks if one.held_since_line is not None)
    done = bool(said.changes) and all(change.no_op for change in said.changes)
    kept = tuple(one for one in held if one.relation not in {mine.relation for mine in locks})
    own = tuple(one for one in held if one not in kept)
    return replace(
        said,
        evidence="probed",
        locks=held if done else (*locks, *own, *kept),
        work=() if done else under(held, locks, work),
        algorithm=way.algorithm,
        failure=None,
        uncertain=None,
    )


def _moves(alter: Alter, table: MTable) -> bool:
    """Is a clause among them that copies rows whatever the server says?"""
    for one in alter.clauses:
        if one.kind == "option" and one.name == "ENGINE" and (one.value or "").lower() != table.engine:
            return True
        if one.kind in ("order_by", "partition_by", "remove_partitioning"):
            return True
    return False
