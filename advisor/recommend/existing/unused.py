"""Indexes that nobody scans, by the server's counters, as far as these are old enough to tell."""

from __future__ import annotations

from collections.abc import Collection

from advisor.model.limits import LIMITS
from advisor.recommend.existing.activity import Activity, Scans
from advisor.recommend.existing.inventory import Existing, Inventory, Key
from advisor.recommend.existing.verdict import Verdict

_REPLICA = "A replica counts its own scans: look at the same counters on every replica first."


def unused(inventory: Inventory, activity: Activity, used: Collection[Key]) -> tuple[list[Verdict], list[str]]:
    """Verdicts ``unused`` and ``rarely_used``, and what is missing to say more.

    ``used`` are the indexes that plans of the workload use at present: of them nothing is said. An index that was
    scanned no more often than a snapshot's own probes do (each scan reads one entry) counts as unused.
    """
    notes = []
    if activity.missing:
        return [], [f"Unused indexes were not looked for: {activity.missing}."]
    if activity.days is None:
        return [], ["Unused indexes were not looked for: it is not known since when the server counts."]
    if activity.days < LIMITS.existing_young_days:
        return [], [
            f"Unused indexes were not looked for: the counters are {_age(activity.days)} old. After "
            f"{LIMITS.existing_grown_days:.0f} days they have seen a month with its closing."
        ]
    if activity.replica:
        notes.append("The counters are a standby's: the primary's own scans are not in them.")
    found = []
    for one in inventory.roots:
        if not one.index.valid or one.index.primary or one.index.constraint or one.key in used:
            continue
        size = inventory.bytes(one)
        scans = activity.scans(one)
        if scans is None or (size is not None and size < LIMITS.existing_unused_bytes):
            continue
        verdict = _verdict(one, size, scans, activity)
        if verdict is not None:
            found.append(verdict)
    return found, notes


def _verdict(one: Existing, size: int | None, scans: Scans, activity: Activity) -> Verdict | None:
    assert activity.days is not None
    own = scans.scans <= LIMITS.existing_probe_scans and scans.entries is not None and scans.entries <= scans.scans
    never = scans.scans == 0 or own
    # MySQL and MariaDB count rows that were read, of which a single use has any number.
    rare = scans.entries is not None and scans.scans / activity.days < LIMITS.existing_rare_per_day
    if not never and not rare:
        return None
    since = f"in {_age(activity.days)}" + (f", since {activity.since[:10]}" if activity.since else "")
    caveats = [_REPLICA]
    if activity.days < LIMITS.existing_grown_days:
        caveats.append("The counters have not seen a whole month: a monthly job may need it.")
    else:
        caveats.append("A job that runs once a quarter or a year does not show in so much time.")
    if activity.inventory.engine == "postgresql":
        caveats.append("PostgreSQL does not tell when an index was made: a new one has had less time.")
    evidence = {
        "scans": scans.scans,
        "entries_read": scans.entries,
        "last_scan": scans.last,
        "counted_days": round(activity.days, 1),
        "counted_since": activity.since,
        "counters": activity.source,
        "age_basis": activity.basis or None,
        "bytes": size,
        "writes_per_second": activity.writes_per_second(one.table),
    }
    if never:
        why = f"No statement scanned {one.shown} {since}."
        if own and scans.scans:
            why = (
                f"{one.shown} was scanned {scans.scans} times {since}, for one entry each: that is what looking for "
                "the ends of its values does, and no query."
            )
        if activity.read(one.table) == 0:
            why += f" Nobody reads {one.table.name} at all."
    else:
        why = f"{one.shown} was scanned {scans.scans} times {since}: by a job, not by users."
        if scans.last:
            why += f" The last time was {scans.last[:10]}."
        why += " Find out by which before anything is done to it."
    return Verdict(
        kind="unused" if never else "rarely_used",
        table=one.table.name,
        index=one.index.name,
        definition=one.definition,
        bytes=size,
        why=why,
        evidence=evidence,
        confidence="likely" if never and activity.days >= LIMITS.existing_grown_days else "possible",
        caveats=tuple(caveats),
    )


def _age(days: float) -> str:
    if days >= 2:
        return f"{days:.0f} days"
    return f"{days * 24:.0f} hours" if days * 24 >= 2 else "less than two hours"
