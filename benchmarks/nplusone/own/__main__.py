"""Record the scenarios: `python -m benchmarks.nplusone.own OUT [--only TEXT] [--labels]`."""

import argparse
import collections
import csv
import importlib
import json
import pathlib
import random
import re
import sys
import threading
import time
import traceback

from benchmarks.nplusone.own import servers
from benchmarks.nplusone.own.raw import background
from benchmarks.nplusone.own.recorder import SCENARIOS, Recorder, Scenario, bare, castless, shape

PROGRAMS = ("raw_loops", "raw_lazy", "raw_pages", "raw_writes", "raw_floods", "raw_rest", "raw_jobs", "asyncpg_worlds", "sqlalchemy_worlds",
            "sqlalchemy_async", "peewee_worlds", "django_worlds", "django_odd", "django_rest", "node_worlds", "styles", "styles_others")  # fmt: skip


def logged(folder: pathlib.Path, name: str, engine: str) -> collections.Counter[str]:
    """Statements in the log, by text."""
    if engine == "my":
        text = (folder / f"{name}.slow").read_text(errors="replace")
        return collections.Counter(
            m.group(1) for m in re.finditer(r"^SET timestamp=\d+;\n(.*?);\n(?=#|\Z|/usr)", text, re.S | re.M)
        )
    counts: collections.Counter[str] = collections.Counter()
    with open(folder / f"{name}.csv", newline="") as file:
        for row in csv.reader(file):
            found = re.match(r"duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)", row[13], re.S)
            if found:
                counts[found.group(1)] += 1
    return counts


def record(
    one: Scenario, recorder: Recorder, server: servers.PostgreSQL | servers.MariaDB, folder: pathlib.Path, seed: int
) -> dict[str, object]:
    """Run one scenario and give its truth."""
    random.seed(seed)
    prefix = servers.PREFIXES[seed % len(servers.PREFIXES)]
    server.start(one.name, prefix)
    stop, t0 = threading.Event(), time.time()
    other = threading.Thread(target=background, args=(recorder, one.engine, stop, seed)) if one.noise else None
    if other:
        other.start()
        time.sleep(0.1)
    try:
        one.run(recorder)
    finally:
        stop.set()
        if other:
            other.join()
    t1 = time.time()
    files = server.finish(one.name, folder)
    found = [finding.as_truth() for finding in one.findings]
    seen = logged(folder, one.name, one.engine)
    by_bare: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for text, n in seen.items():
        by_bare[bare(text)][shape(text)] += n
    children = set()
    for finding in found:
        wanted = {bare(text) for text in finding["child_fps"]}
        children |= wanted
        times = sum(sum(by_bare[b].values()) for b in wanted)
        if not wanted or times < finding["n_total"]:
            raise RuntimeError(
                f"{one.name} {finding['id']}: {times} children in the log, {finding['n_total']} sent: {sorted(wanted)[:2]}"
            )
        for role in ("child", "parent"):
            same = {bare(text) for text in finding[f"{role}_fps"]}
            spelled = {*finding[f"{role}_fps"], *(s for b in same for s in by_bare[b])}
            finding[f"{role}_fps"] = sorted(spelled | {castless(s) for s in spelled})
    others = sorted(s for s in recorder.shapes if bare(s) not in children)
    total = sum(seen.values())
    if total > 640:
        raise RuntimeError(f"{one.name}: {total} statements")
    return {
        "scenario": one.name, "stack": one.stack, "engine": one.engine, "driver": one.driver, "label": one.label, "family": one.family,
        "note": one.note, "noise": one.noise, "log_line_prefix": prefix if one.engine == "pg" else None, "t0": t0, "t1": t1, "files": files,
        "findings": found, "expected_non_findings": {"reasons": [one.family] if one.label != "positive" else [], "fps": others},
        "n_statements": total, "split": "own",
    }  # fmt: skip


def labels() -> list[dict[str, object]]:
    """What is claimed before anything runs."""
    return [
        {"scenario": s.name, "engine": s.engine, "driver": s.driver, "label": s.label, "family": s.family, "noise": s.noise, "note": s.note,
         "findings": [{"id": f.id, "kind": f.kind, "optional": f.optional} for f in s.findings]}
        for s in SCENARIOS
    ]  # fmt: skip


def main() -> int:
    """Record all or some; a scenario that fails is left out and said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--labels", action="store_true", help="only write labels.json")
    options = parser.parse_args()
    for program in PROGRAMS:
        if (servers.HERE / f"{program}.py").exists():
            importlib.import_module(f"benchmarks.nplusone.own.{program}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "labels.json").write_text(json.dumps(labels(), indent=1))
    if options.labels:
        return 0
    path = options.out / "truth.json"
    truth = {s["scenario"]: s for s in json.loads(path.read_text())["scenarios"]} if path.exists() else {}
    running: dict[str, servers.PostgreSQL | servers.MariaDB] = {}
    failed = []
    for seed, one in enumerate(SCENARIOS):
        if options.only and not re.search(options.only, one.name):
            continue
        if one.engine not in running:
            running[one.engine] = servers.PostgreSQL() if one.engine == "pg" else servers.MariaDB()
        try:
            recorder = Recorder(one.findings)
            truth[one.name] = record(one, recorder, running[one.engine], options.out, seed)
            for text, n in recorder.unmarked().items():
                print(f"  check {one.name}: not a child, {n} times in one request: {text[:120]}")
            print(
                one.name,
                one.label,
                truth[one.name]["n_statements"],
                [(f["kind"], f["n_total"], f["n_instances"]) for f in truth[one.name]["findings"]],
                flush=True,
            )
        except Exception:
            traceback.print_exc()
            failed.append(one.name)
    for server in running.values():
        server.dump_schema(options.out)
        server.stop()
    order = {s.name: i for i, s in enumerate(SCENARIOS)}
    kept = sorted((t for t in truth.values() if t["scenario"] in order), key=lambda t: order[t["scenario"]])
    path.write_text(json.dumps({"version": 1, "fingerprint": "recorder.py shape()", "scenarios": kept}, indent=1))
    print(len(kept), "recorded; failed:", failed)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
