"""Indexes that no query can use: left over from a build that failed, or hidden from the optimizer on purpose."""

from __future__ import annotations

import re

from advisor.recommend.existing.inventory import Existing, Inventory
from advisor.recommend.existing.verdict import Verdict

#: Names that REINDEX CONCURRENTLY gives: the new index before, the old one after the exchange (PostgreSQL manual,
#: "REINDEX", Rebuilding Indexes Concurrently).
_REINDEXED = re.compile(r"_cc(new|old)\d*\Z")


def invalid(inventory: Inventory) -> list[Verdict]:
    """Verdicts ``invalid`` and ``invisible``. An invalid index of a partitioned table is another matter than one of a
    plain table: it waits for indexes of partitions, and costs nothing."""
    found = []
    for one in inventory.roots:
        if not one.index.valid:
            found.append(
                _partitioned(one, inventory) if one.table.kind == "partitioned" else _left_over(one, inventory)
            )
        elif not one.index.visible and not one.index.primary:
            found.append(
                _verdict(
                    one,
                    inventory,
                    "invisible",
                    f"{one.shown} is hidden from the optimizer: every write still keeps it up to date. If nothing got "
                    "slower since it was hidden, drop it; else make it visible again.",
                    "drop",
                )
            )
    return found


def _left_over(one: Existing, inventory: Inventory) -> Verdict:
    built = _REINDEXED.search(one.index.name)
    if built is not None:
        original = one.index.name[: built.start()]
        if built[1] == "new":
            text = f"a REINDEX CONCURRENTLY of {original} that did not end: drop it and run the REINDEX again"
        else:
            text = f"the old form of {original}, which REINDEX CONCURRENTLY has replaced: drop it"
        remedy = "drop"
    elif one.index.unique:
        text = (
            "a CREATE UNIQUE INDEX CONCURRENTLY that failed, mostly because of duplicates: it promises nothing for the "
            "rows that are there, but may refuse new ones. Find the duplicates, then REINDEX INDEX CONCURRENTLY, or "
            "drop it"
        )
        remedy = "reindex"
    else:
        text = (
            "a CREATE INDEX CONCURRENTLY that failed or still runs: if none runs (pg_stat_progress_create_index), "
            "REINDEX INDEX CONCURRENTLY where it is still wanted, else drop it"
        )
        remedy = "reindex"
    return _verdict(
        one,
        inventory,
        "invalid",
        f"{one.shown} is invalid: no query uses it, writes may still keep it up to date. It is left from {text}.",
        remedy,
    )


def _partitioned(one: Existing, inventory: Inventory) -> Verdict:
    below = {member.table.name for member in inventory.family(one)}
    missing = [
        table.name
        for table in inventory.catalog.tables.values()
        if table.partition_of == one.table.name and table.name not in below
    ]
    text = (
        f"{one.shown} of the partitioned table {one.table.name} is invalid: it was made with ON ONLY and not every "
        "partition has an index attached to it. The indexes that are attached work"
    )
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        text += f"; without one: {shown}. Make it there and ATTACH it"
    else:
        text += "; every partition has one, so an attached one is itself invalid or deeper ones are missing"
    return _verdict(one, inventory, "invalid", text + ".", "attach", {"partitions_without": missing[:50]})


def _verdict(
    one: Existing, inventory: Inventory, kind: str, why: str, remedy: str, more: dict[str, object] | None = None
) -> Verdict:
    return Verdict(
        kind="invisible" if kind == "invisible" else "invalid",
        table=one.table.name,
        index=one.index.name,
        definition=one.definition,
        bytes=inventory.bytes(one),
        why=why,
        evidence={"remedy": remedy, **(more or {})},
        confidence="confirmed",
    )
