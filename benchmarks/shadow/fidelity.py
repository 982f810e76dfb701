"""Plans on the loaded source against plans on its shadow, from a snapshot that a role with pg_read_all_data took."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot import conceal, file
from advisor.catalog.snapshot.postgresql import capture
from advisor.model.plan import Plan
from advisor.model.snapshot import Snapshot, Values
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.planner import ShadowPlanner
from benchmarks.shadow.compare import Difference, compare, summary
from benchmarks.shadow.queries import Named, planned
from benchmarks.shadow.sources import Database

MODES: tuple[Values, ...] = ("present", "masked", "none")


def snapshots(database: Database) -> tuple[dict[Values, Snapshot], dict[str, Any]]:
    """The snapshot in each mode, as read back from its file; seconds and bytes."""
    began = monotonic()
    captured, order = capture(address(database.limited))
    told: dict[str, Any] = {"seconds": round(monotonic() - began, 2), "missing": list(captured.header.missing)}
    found: dict[Values, Snapshot] = {}
    with tempfile.TemporaryDirectory(prefix="advisor-") as directory:
        for mode in MODES:
            path = Path(directory) / f"{mode}.snapshot"
            file.write(conceal(captured, order, mode), path)
            told[f"{mode} KB"] = round(path.stat().st_size / 1e3)
            found[mode] = file.read(path)
    return found, told


def true_plans(database: Database, queries: list[Named] | None = None) -> dict[str, Plan]:
    """What the loaded server plans."""
    with database.connect() as connection:
        return {one.name: planned(connection, one.query) for one in (database.queries if queries is None else queries)}


@contextmanager
def shadow(snapshot: Snapshot, major: int | None = None) -> Iterator[ShadowPlanner]:
    """The shadow, of the snapshot's own major or of another."""
    planner = ShadowPlanner.open(snapshot, binaries=None if major is None else find(major))
    with planner:
        yield planner


def measure(database: Database, snapshot: Snapshot, true: dict[str, Plan], major: int | None = None) -> dict[str, Any]:
    """One database in one mode: counts, cost errors, and every difference by name."""
    began = monotonic()
    try:
        with shadow(snapshot, major) as planner:
            opened = round(monotonic() - began, 2)
            answers = planner.explain([one.query for one in database.queries])
            by = planner.planned_by
    except PlannerError as error:
        return {"database": database.name, "failed": str(error)}
    differences: list[Difference] = []
    failed: dict[str, str] = {}
    for one, answer in zip(database.queries, answers, strict=True):
        if answer.plan is None:
            failed[one.name] = answer.error or "no plan, no reason"
        else:
            differences.append(compare(one.name, true[one.name], answer.plan))
    return {
        "database": database.name,
        **summary(differences),
        "no plan": failed,
        "seconds to open": opened,
        "planned by": f"{by.engine} {by.version}",
        "exactness": by.exactness,
        "notes": list(by.notes),
        "different trees": {
            d.name: f"{d.kind}{', a tie' if d.tie else ''}: {d.told}" for d in differences if not d.same_tree
        },
        "different costs": {d.name: round(d.cost_error, 6) for d in differences if d.same_tree and not d.same_cost},
    }
