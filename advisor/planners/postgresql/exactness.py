"""How exact a shadow's answers are: one sentence, and what could not be carried over."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.planning import PlannedBy
from advisor.model.snapshot import Snapshot
from advisor.planners.postgresql.shadow import Shadow


def planned_by(shadow: Shadow, notes: Sequence[str]) -> PlannedBy:
    """Who plans with this shadow. ``notes``: what else must be said of its statistics."""
    header = shadow.snapshot.header
    programs = shadow.cluster.binaries
    production = header.version_number // 10_000 if header.version_number else None
    same = None if production is None else production == programs.major
    said = [*notes, *([programs.note] if programs.note else []), *shadow.problems, *header.missing]
    return PlannedBy(
        planner="shadow",
        engine="postgresql",
        version=programs.version,
        production=header.engine,
        same_major=same,
        statistics=header.statistics,
        captured_at=header.captured_at,
        values=header.values,
        exactness=_exactness(shadow.snapshot, programs.major, production),
        notes=tuple(dict.fromkeys(said)),
    )


def _exactness(snapshot: Snapshot, major: int, production: int | None) -> str:
    """How far plans and costs are known to agree with production's."""
    header = snapshot.header
    if header.statistics == "default":
        return (
            "no statistics were captured: stated defaults stand in, and plans show what is possible, not what happens"
        )
    planned = f"PostgreSQL {major}'s own optimizer"
    if production is not None and production != major:
        planned += f" in place of production's {production}: some plans differ between majors"
    elif production is None:
        planned += ", production's major is not known"
    if header.statistics == "scaled":
        return f"{planned}, with statistics grown by rules: a forecast"
    kept = {
        "present": "with production's statistics, sizes and settings: plans and costs are those of production",
        "masked": "with production's statistics, texts masked in their order: plans are production's but where "
        "patterns (LIKE), ranges over text or JSON are estimated",
        "none": "with production's sizes and counts but no values: estimates for particular values are averages",
    }[header.values]
    return f"{planned} {kept}" if planned.endswith("optimizer") else f"{planned}; {kept}"
