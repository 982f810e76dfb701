"""The setting that fits, as a recommendation, and what the report says of the trap."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from advisor.handbook.ddl import quoted
from advisor.model.advice import SettingTrap
from advisor.model.engine import Engine
from advisor.model.finding import ProvedBy, Recommendation
from advisor.model.planning import PlannedBy
from advisor.model.snapshot import Snapshot
from advisor.recommend.calibration.cached import RANDOM
from advisor.recommend.calibration.fragile import Fragility
from advisor.recommend.calibration.trap import Trap

_RISK = (
    "It changes the plans of every statement, also of those that are not in this workload; some may get slower. Try it "
    "in one session first (SET random_page_cost), compare, and keep the rollback at hand. When the data outgrow memory "
    "on a disk that seeks, it is too low."
)


def setting(found: Trap, seen: Fragility, snapshot: Snapshot, planned_by: PlannedBy) -> Recommendation | None:
    """``ALTER DATABASE ... SET random_page_cost``, planned; None where no statement gets a better plan by it.

    The benefit is a share of planner cost at the fitting prices, not of time: it is told in words only.
    """
    if not seen.better_by_setting:
        return None
    engine = snapshot.header.engine
    name = snapshot.header.database
    target = f"DATABASE {quoted(name, 'postgresql')}" if name else "SYSTEM"
    own = next((one for one in snapshot.settings if one.name == RANDOM), None)
    of_database = name is not None and own is not None and own.source == "database"
    rollback = f"ALTER {target} SET {RANDOM} = {found.present:g};" if of_database else f"ALTER {target} RESET {RANDOM};"
    sql = f"ALTER {target} SET {RANDOM} = {found.fitting:g};"
    if not name:
        sql, rollback = f"{sql}\nSELECT pg_reload_conf();", f"{rollback}\nSELECT pg_reload_conf();"
    count = len(seen.better_by_setting)
    proved = ProvedBy(
        planner=planned_by.planner,
        version=planned_by.version,
        same_major=planned_by.same_major,
        statistics=planned_by.statistics,
        captured_at=planned_by.captured_at,
    )
    why = (
        f"{'; '.join(found.evidence)}. With {found.fitting:g}, {count} statement{'s' if count > 1 else ''} of the "
        f"workload get a plan that is cheaper at that price without a new index ({seen.saving:.0%} of the planner's "
        f"cost; {seen.saving_set:.0%} together with the recommended indexes). {_RISK}"
    )
    return Recommendation(
        id=_identity(engine, sql),
        engine=engine,
        kind="setting",
        sql=sql,
        rollback=rollback,
        proof="static" if planned_by.statistics == "default" else "planned",
        proved_by=proved,
        why=why,
    )


def told(found: Trap, seen: Fragility, chosen: Sequence[str]) -> SettingTrap:
    """For the report. ``chosen`` are the indexes' names or definitions, in the order that `fragile` was given."""
    advice = (
        "Page costs of a disk that seeks are set for data that are read from memory. Indexes named as fragile pay "
        "under one of the two constants only: measure them before you build them, or set the constant first and ask "
        "again."
        if seen.indexes
        else "Page costs of a disk that seeks are set for data that are read from memory. The recommended indexes pay "
        "under both constants."
    )
    return SettingTrap(
        setting=RANDOM,
        present=f"{found.present:g}",
        fitting=f"{found.fitting:g}",
        evidence=found.evidence,
        fragile=tuple(chosen[number] for number in seen.indexes),
        better_without_index=seen.better_by_setting,
        advice=advice,
    )


def _identity(engine: Engine, sql: str) -> str:
    return hashlib.blake2b(f"setting\0{engine.name}\0{sql}".encode("utf-8", "replace"), digest_size=8).hexdigest()
