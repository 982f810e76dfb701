"""The locks that a statement took, as one for each relation."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.dryrun.postgresql.modes import BLOCKS_READS, BLOCKS_WRITES, STRENGTH
from advisor.dryrun.postgresql.standing import Standing
from advisor.model.migration import Lock

#: Locks of a sequence that keep nobody from drawing its next value.
_SEQUENCES = frozenset({"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE"})


def strongest_locks(
    standing: Standing, taken: set[tuple[int, str]], held: Mapping[tuple[int, str], int], line: int
) -> tuple[Lock, ...]:
    """One for each relation: the strongest. A lock of an index is one of its table, which nobody reads without.

    ``taken``: relations by OID, and modes. ``held``: lines of the statements that took them; of others it is ``line``.
    """
    strongest: dict[int, tuple[int, str, int]] = {}
    for oid, mode in taken:
        relation = standing.relations.get(oid)
        target = oid
        if relation is not None and relation.table is not None:
            if oid not in standing.mine:
                continue
            target = relation.table
        elif relation is not None and relation.kind == "S" and mode in _SEQUENCES:
            continue
        if mode == "ACCESS SHARE" or (target not in standing.names and not standing.sequence(target)):
            continue
        strength = STRENGTH.get(mode, 0)
        if target not in strongest or strength > strongest[target][0]:
            strongest[target] = (strength, mode, held.get((oid, mode), line))
    materialized = {oid for oid, one in standing.relations.items() if one.kind == "m"}
    return tuple(
        Lock(
            relation=standing.names.get(oid) or standing.relations[oid].canonical,
            mode=mode,
            blocks_reads=mode in BLOCKS_READS,
            # Nobody writes to a materialised view but its own REFRESH
            blocks_writes=mode in (BLOCKS_READS if oid in materialized else BLOCKS_WRITES),
            preexisting=oid in standing.mine,
            held_since_line=since if since != line else None,
        )
        for oid, (_, mode, since) in sorted(strongest.items())
    )
