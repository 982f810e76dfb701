"""Many seeds on some majors: `python -m tests.planners.postgresql.fuzz --majors 15,18 --seeds 0-20 -o found.jsonl`."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from pathlib import Path

import psycopg

from advisor.planners.errors import PlannerError
from tests import servers
from tests.planners.postgresql.fuzz.trial import Tally, Trial


def run(trial: Trial, queries: int, modes: list[str], indexes: int) -> tuple[dict[str, Tally], list[str]]:
    """Tallies of one seed by mode, and what the shadow said it could not carry over."""
    found: dict[str, Tally] = {}
    lost = Tally()
    true = trial.true_plans(trial.statements(queries), lost.lost)
    notes: list[str] = []
    for mode in modes:
        if mode == "exact":
            snapshot = trial.exact_snapshot()
        elif mode in ("present", "masked", "none"):
            snapshot = trial.snapshot(mode)  # type: ignore[arg-type]
        else:
            continue
        with trial.shadow(snapshot) as planner:
            found[mode] = trial.compared(planner, true, words=mode in ("present", "exact"))
            if mode == "present":
                notes = list(planner.planned_by.notes)
                if "whatif" in modes:
                    found["whatif"] = trial.hypothetical(planner, indexes)
                if "hidden" in modes:
                    found["hidden"] = trial.hidden(planner, list(true)[:25], 4)
    found["source"] = lost
    return found, notes


def main() -> None:
    """Runs, prints what differs, and the rates."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--majors", default="18")
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--queries", type=int, default=120)
    parser.add_argument("--indexes", type=int, default=10)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--modes", default="present,exact,masked,none,whatif,hidden")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    low, _, high = given.seeds.partition("-")
    modes = given.modes.split(",")
    output = given.output.open("a") if given.output else None
    for major in [int(each) for each in given.majors.split(",")]:
        totals: dict[str, Tally] = defaultdict(Tally)
        with servers.postgresql({"autovacuum": "off", "max_wal_size": "4GB"}, major=major) as server:
            for seed in range(int(low), int(high or low) + 1):
                began = time.monotonic()
                trial = Trial(server, seed, major, given.size)
                loaded = time.monotonic() - began
                try:
                    found, notes = run(trial, given.queries, modes, given.indexes)
                except PlannerError as error:
                    print(f"seed {seed} on {major}: {error}", flush=True)
                    totals["failed"].asked += 1
                    continue
                for mode, tally in found.items():
                    totals[mode].add(tally)
                    if output:
                        for each in tally.differences:
                            told = {"major": major, "seed": seed, "mode": mode, "sql": each.sql, "tree": each.same_tree,
                                    "error": each.error, "where": each.where, "cause": each.cause, "true": each.true, "claimed": each.claimed}  # fmt: skip
                            output.write(json.dumps(told, default=str) + "\n")
                        for size in tally.sizes:
                            output.write(json.dumps({"major": major, "seed": seed, "size": size}) + "\n")
                if output:
                    output.write(
                        json.dumps({"major": major, "seed": seed, "notes": notes, "refused": dict(trial.refused)})
                        + "\n"
                    )
                    output.flush()
                shown = " ".join(f"{mode} {t.trees}/{t.costs}/{t.asked}" for mode, t in found.items())
                print(
                    f"seed {seed} on {major}: load {loaded:.1f}s, all {time.monotonic() - began:.1f}s; {shown}",
                    flush=True,
                )
                with server_admin(server) as admin:
                    admin.execute(f"DROP DATABASE {trial.name} WITH (FORCE)".encode())
        for mode, tally in totals.items():
            print(f"{major} {rates(mode, tally)}", flush=True)
        for kind, rows in sizes(totals["whatif"]).items():
            print(f"{major} size of {kind}: {rows}", flush=True)


def rates(mode: str, tally: Tally) -> str:
    """One line."""
    if not tally.asked:
        return f"{mode}: none; {dict(tally.lost)}"
    errors = sorted(tally.errors)
    return (
        f"{mode}: {tally.asked} asked, trees {tally.trees / tally.asked:.2%}, costs {tally.costs / tally.asked:.2%}, whole "
        f"{tally.whole / tally.asked:.2%}; cost error p50 {statistics.median(errors):.2g}, p90 {errors[int(0.9 * (len(errors) - 1))]:.2g}, "
        f"p99 {errors[int(0.99 * (len(errors) - 1))]:.2g}, max {errors[-1]:.2g}"
    )


def sizes(tally: Tally) -> dict[str, str]:
    """Errors of sizes by kind of index."""
    found: dict[str, list[float]] = defaultdict(list)
    for kind, _, claimed, real, _ in tally.sizes:
        if real > 20:
            found[kind].append(abs(claimed - real) / real)
    return {
        kind: f"{len(rows)}, p50 {statistics.median(rows):.1%}, max {max(rows):.1%}, within 10 % {sum(r <= 0.1 for r in rows)}"
        for kind, rows in sorted(found.items())
    }


def server_admin(server: servers.Server) -> psycopg.Connection:
    """To make and drop databases."""
    return psycopg.connect(server.dsn, autocommit=True)


if __name__ == "__main__":
    main()
