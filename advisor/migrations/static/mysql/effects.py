"""Locks and work of a way that a server takes, as others see them while the statement runs."""

from __future__ import annotations

from collections.abc import Iterable

from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.way import Way
from advisor.model.migration import Lock, Work


def metadata(table: str, preexisting: bool, *, reads: bool = True) -> Lock:
    """The lock of a moment that everybody who uses the table meanwhile waits for, and it for them."""
    return Lock(relation=table, mode="METADATA", blocks_reads=reads, blocks_writes=True, preexisting=preexisting)


def of_way(way: Way, table: MTable, parents: Iterable[MTable] = ()) -> tuple[tuple[Lock, ...], tuple[Work, ...]]:
    """``parents``: tables that its foreign keys name, which InnoDB locks for the moment of the change too."""
    if way.no_op:
        return (), ()
    online = way.works and way.lock == "NONE"
    locks: list[Lock] = []
    if way.works:
        locks.append(
            Lock(
                relation=table.name,
                mode=way.lock,
                blocks_reads=way.lock == "EXCLUSIVE",
                blocks_writes=way.lock != "NONE",
                preexisting=table.preexisting,
            )
        )
    locks.append(metadata(table.name, table.preexisting))
    locks += [metadata(one.name, one.preexisting, reads=False) for one in parents if one is not table]
    work: list[Work] = []
    if way.rebuilds:
        work.append(Work(kind="rewrite", relation=table.name, preexisting=table.preexisting, online=online))
    work += [
        Work(kind="build", relation=table.name, preexisting=table.preexisting, index=index or None, online=online)
        for index in way.builds
    ]
    if way.scans:
        work.append(Work(kind="scan", relation=table.name, preexisting=table.preexisting))
    return tuple(locks), tuple(work)


def under(held: tuple[Lock, ...], locks: tuple[Lock, ...], work: tuple[Work, ...]) -> tuple[Work, ...]:
    """Work while LOCK TABLES keeps others out is not beside their traffic."""
    kept = {one.relation for one in held if one.blocks_writes}
    return tuple(
        Work(kind=one.kind, relation=one.relation, preexisting=one.preexisting, index=one.index, rows=one.rows)
        if one.online and one.relation in kept
        else one
        for one in work
    )
