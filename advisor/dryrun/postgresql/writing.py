"""Rows that a statement wrote, and those that ANALYZE read."""

from __future__ import annotations

from advisor.dryrun.postgresql import effects, plans
from advisor.dryrun.postgresql.standing import Standing
from advisor.model.migration import Work

#: Tags of commands that may write rows through a function.
WRITERS = frozenset({"COPY", "SELECT", "DO", "CALL", "FETCH"})


def written(standing: Standing, seen: effects.Seen, planned: list[plans.Written] | None) -> list[Work]:
    """Rows written: as planned, and what triggers and functions wrote beside it."""
    found: dict[str, Work] = {}
    targets = standing.targets(planned or [])
    for oid, rows in targets.items():
        name = standing.names[oid]
        found[name] = Work(kind="write", relation=name, preexisting=oid in standing.mine, rows=rows)
    if planned is None and seen.command not in WRITERS:
        return []
    few = max((one.rows for one in found.values() if one.rows is not None), default=None)
    writing = {oid for oid, modes in seen.new.items() if "ROW EXCLUSIVE" in modes and oid in standing.mine}
    for oid in sorted(writing):
        one = standing.relations.get(oid)
        if one is None or one.kind not in ("r", "p") or standing.above(one) & (writing | targets.keys()):
            continue
        found.setdefault(
            standing.names[oid], Work(kind="write", relation=standing.names[oid], preexisting=True, rows=few)
        )
    return list(found.values())


def sampled(standing: Standing, seen: effects.Seen) -> list[Work]:
    """Tables that ANALYZE takes a sample of."""
    if seen.command != "ANALYZE":
        return []
    oids = sorted(
        oid
        for oid in seen.locked & standing.mine
        if oid in standing.relations
        and standing.relations[oid].stored
        and "SHARE UPDATE EXCLUSIVE" in seen.new.get(oid, ())
    )
    return [Work(kind="scan", relation=standing.names[oid], preexisting=True, online=True) for oid in oids]
