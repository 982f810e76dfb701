"""Reading plans: CPU seconds and peak memory of 10 MB plans, and who reads pasted ones rightly, against pev2's parser.

    python -m benchmarks.plans [--pev2 DIRECTORY] [--size 10] [--repeat 3] [-o results.json]
    python -m benchmarks.plans --accuracy --pev2 DIRECTORY [--seeds 1 2 3]

``--pev2`` is a checkout of dalibo/pev2 in which `npm install --no-save esbuild lodash` has been run; its parser is bundled
as it stands (src/services/plan-service.ts). It reads text and JSON of PostgreSQL. Without it only ours is measured.

Speed: the plans are made of recorded ones (fixtures/plans/recorded) hung below one Append until the format has its size.
Whole processes are measured from outside (`process`), the parse alone within them (`parse`), alternating in one run; the
median of ``--repeat`` counts. Ours is `advisor.plans.read.read`: decorations, reader and interpretation. pev2's parse is
`fromSource`, which gives a tree of keys (of JSON: little more than node's own JSON.parse); `pev2 plan` is a run with
`createPlan` besides, which computes what its views show.

Accuracy: recorded executions that were printed in text and in JSON, both dressed by tests/plans/decoration; the truth is
what the standard library reads from the undecorated JSON. Compared are the shape of the tree and the FIELDS of each node.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measure import run

WORK = Path(__file__).parent / ".work"
FORMATS = ("text", "json", "yaml", "xml", "mariadb json", "mysql tree")
FIELDS = (
    "Total Cost",
    "Plan Rows",
    "Plan Width",
    "Actual Total Time",
    "Actual Rows",
    "Actual Loops",
    "Shared Hit Blocks",
    "Filter",
    "Hash Cond",
)
#: Seconds after which a reader is stopped, and said to be.
_LONGEST = 120
#: Cases whose query tries to be taken for a plan (tests/plans/lab/hostile.py).
_HOSTILE = ("literal", "alias", "column", "query", "odd")
_OURS = """
import json, sys, time
from advisor.plans.read import read
text = open(sys.argv[1], encoding="utf-8").read()
began = time.process_time()
plan, = read(text).plans
print(json.dumps({"seconds": time.process_time() - began, "nodes": len(plan.nodes), "warnings": len(plan.warnings)}))
"""
_PARSE = """
import * as fs from "fs"
import { PlanService } from "@/services/plan-service"

const [mode, file] = process.argv.slice(2)
const count = (node) => 1 + (node.Plans || []).reduce((sum, child) => sum + count(child), 0)
if (mode === "parse" || mode === "plan") {
  const text = fs.readFileSync(file, "utf-8")
  const before = process.cpuUsage()
  const service = new PlanService()
  const content = service.fromSource(text)
  if (mode === "plan") service.createPlan("", content, "")
  const used = process.cpuUsage(before)
  console.log(JSON.stringify({ seconds: (used.user + used.system) / 1e6, nodes: count(content.Plan) }))
} else {
  for (const line of fs.readFileSync(file, "utf-8").split("\\n")) {
    if (!line) continue
    let answer
    try {
      answer = { plan: new PlanService().fromSource(JSON.parse(line)).Plan }
    } catch (error) {
      answer = { error: String(error).slice(0, 200) }
    }
    console.log(JSON.stringify(answer))
  }
}
"""


def bundle(pev2: Path) -> Path:
    """pev2's parser as one file for node."""
    WORK.mkdir(exist_ok=True)
    entry, out = pev2 / "benchmark-entry.ts", WORK / "pev2.cjs"
    entry.write_text(_PARSE)
    command = [
        "node_modules/.bin/esbuild",
        entry.name,
        "--bundle",
        "--platform=node",
        "--format=cjs",
        "--alias:@=./src",
    ]
    subprocess.run([*command, "--log-level=error", f"--outfile={out.resolve()}"], cwd=pev2, check=True)
    return out


def large(kind: str, megabytes: float) -> Path:
    """One plan of that size in that format."""
    path = WORK / f"plan-{kind.replace(' ', '-')}-{megabytes:g}.txt"
    if not path.exists():
        WORK.mkdir(exist_ok=True)
        size = int(megabytes * 1_000_000)
        made = {"mariadb json": _mariadb, "mysql tree": _tree}.get(kind)
        path.write_text(made(size) if made else _postgresql(kind, size), "utf-8")
    return path


def _postgresql(form: str, size: int) -> str:
    """Recorded plans, all options on, below an Append."""
    from advisor.plans.postgresql import render
    from advisor.plans.postgresql.document import Document, DocumentNode

    show = getattr(render, form)
    samples = [_document(texts["json"]) for name, texts in _recorded() if not name.startswith(_HOSTILE)]
    keys = {
        "Node Type": "Append",
        "Parallel Aware": False,
        "Startup Cost": 0.0,
        "Total Cost": 9e6,
        "Plan Rows": 10,
        "Plan Width": 8,
    }
    keys |= {
        "Actual Startup Time": 0.1,
        "Actual Total Time": 9e5,
        "Actual Rows": 10,
        "Actual Loops": 1,
        "Subplans Removed": 0,
    }
    root = DocumentNode(keys)
    length = number = 0
    while length < size:
        sample = samples[number % len(samples)]
        number += 1
        if sample.root.keys["Node Type"] == "ModifyTable":
            continue
        child = sample.root
        child.keys = {"Node Type": child.keys["Node Type"], "Parent Relationship": "Member", **child.keys}
        child.keys["Parent Relationship"] = "Member"
        root.children.append(child)
        # Below the root a line has one more level of indentation.
        shown = show(Document(child, {}, form))  # type: ignore[arg-type]
        length += len(shown) + shown.count("\n") * (6 if form in ("text", "yaml") else 8)
    summary = {"Planning Time": 1.0, "Triggers": [], "Execution Time": 900000.0}
    return str(show(Document(root, summary, form)))  # type: ignore[arg-type]


def _recorded() -> Iterator[tuple[str, dict[str, str]]]:
    """Case and texts by format of executions that were printed in text and JSON with all options on."""
    from fixtures.plans.record import recorded

    for kind, printed in recorded(13):
        texts = {one.format: one.text for one in printed}
        if kind == "execution" and printed[0].options.wal and printed[0].options.io and {"text", "json"} <= set(texts):
            yield printed[0].case.name, {**texts}


def _document(text: str) -> Any:
    from advisor.plans.excerpt import Excerpt
    from advisor.plans.postgresql import json as reader

    return reader.read(Excerpt(text, range(1, text.count("\n") + 2), "json", "postgresql"))


def _mariadb(size: int) -> str:
    table = {
        "access_type": "ref", "possible_keys": ["PRIMARY", "customer"], "key": "customer", "key_length": "4",
        "used_key_parts": ["customer_id"], "ref": ["shop.c.id"], "loops": 10, "r_loops": 10, "rows": 5, "r_rows": 4.5,
        "cost": 0.0214, "r_table_time_ms": 0.1123, "r_other_time_ms": 0.05, "r_engine_stats": {"pages_accessed": 12},
        "filtered": 100, "r_filtered": 88.5, "attached_condition": "o.amount > 10 and o.status <> 'done, (x)'",
    }  # fmt: skip

    def block(number: int) -> dict[str, Any]:
        loop = [{"table": {"table_name": f"orders_{number}_{position}", **table}} for position in range(3)]
        return {
            "query_block": {
                "select_id": number,
                "cost": 12.5,
                "r_loops": 1,
                "r_total_time_ms": 99.5,
                "nested_loop": loop,
            }
        }

    def union(count: int) -> str:
        blocks = [block(number) for number in range(1, count + 1)]
        result = {
            "table_name": "<union>",
            "access_type": "ALL",
            "r_loops": 1,
            "r_rows": 10,
            "query_specifications": blocks,
        }
        return json.dumps({"query_block": {"union_result": result}}, indent=2)

    return union(size * 20 // len(union(20)))


def _tree(size: int) -> str:
    group = (
        "    -> Nested loop inner join  (cost=10.5 rows=12.5) (actual time=0.05..1.25 rows=12 loops=1)\n"
        "        -> Filter: ((o.amount > 10.00) and (o.`status` <> 'a -> b (cost=1 rows=2)'))  (cost=4.5 rows=6.1)"
        " (actual time=0.04..0.9 rows=9 loops=1)\n"
        "            -> Index range scan on o using placed over (100 < id < 900)  (cost=4.5 rows=20)"
        " (actual time=0.03..0.8 rows=20 loops=1)\n"
        "        -> Single-row index lookup on c using PRIMARY (id=o.customer_id)  (cost=0.26 rows=1)"
        " (actual time=0.004..0.005 rows=1 loops=9)\n"
    )
    head = "-> Append  (cost=900000 rows=10) (actual time=0.1..90000 rows=10 loops=1)\n"
    return head + group * (size // len(group))


def measure(name: str, command: list[str], repeat: int) -> dict[str, Any]:
    """Median CPU of the process and of the parse, peak memory, and what the process said. Minutes are too long."""
    command = ["timeout", str(_LONGEST), *command]
    out = WORK / "plans.out"
    processes, parses, peaks = [], [], []
    said: dict[str, Any] = {}
    for _ in range(repeat):
        use = run(command, stdout=out)
        if use.code:
            return {"name": name, "failed": use.code, "cpu": round(use.cpu, 2), "peak_mb": round(use.peak_mb)}
        said = json.loads(out.read_text())
        processes.append(use.cpu)
        parses.append(said["seconds"])
        peaks.append(use.peak_mb)
    return {
        "name": name,
        "process": round(statistics.median(processes), 2),
        "parse": round(statistics.median(parses), 2),
        "peak_mb": round(max(peaks)),
        "nodes": said["nodes"],
    }


def speed(pev2: Path | None, megabytes: float, repeat: int) -> list[dict[str, Any]]:
    """All formats."""
    script = WORK / "read.py"
    WORK.mkdir(exist_ok=True)
    script.write_text(_OURS)
    results = []
    print(f"{'format':14}{'MB':>6}{'reader':>11}{'process s':>11}{'parse s':>9}{'peak MB':>9}{'nodes':>8}")
    for kind in FORMATS:
        path = large(kind, megabytes)
        runs = [measure("advisor", [sys.executable, str(script), str(path)], repeat)]
        if pev2 is not None and kind in ("text", "json"):
            parser = str(bundle(pev2))
            runs.append(measure("pev2", ["node", parser, "parse", str(path)], repeat))
            runs.append(measure("pev2 plan", ["node", parser, "plan", str(path)], 1))
        for result in runs:
            result |= {"format": kind, "MB": round(path.stat().st_size / 1e6, 2)}
            results.append(result)
            if "failed" in result:
                print(f"{kind:14}{result['MB']:6}{result['name']:>11} stopped after {result['cpu']} s of CPU")
                continue
            figures = [result.get(key, "-") for key in ("process", "parse", "peak_mb", "nodes")]
            print(
                f"{kind:14}{result['MB']:6}{result['name']:>11}{figures[0]:>11}{figures[1]:>9}{figures[2]:>9}{figures[3]:>8}"
            )
        if len(runs) > 1 and "parse" in runs[1] and "parse" in runs[0]:
            ours, theirs = runs[:2]
            print(
                f"{'':20}pev2/advisor: process {theirs['process'] / ours['process']:.2f}, parse {theirs['parse'] / ours['parse']:.2f}"
            )
    return results


def accuracy(pev2: Path, seeds: list[int]) -> list[dict[str, Any]]:
    """Right, refused, wrong with a warning, wrong in silence; by format and by whether the query is hostile."""
    from tests.plans.decoration.decorate import decorate

    dressed: list[tuple[str, dict[str, Any], str]] = []
    for seed in seeds:
        random = Random(seed)
        for name, texts in _recorded():
            truth = json.loads(texts["json"])
            truth = (truth[0] if isinstance(truth, list) else truth)["Plan"]
            for form in ("text", "json"):
                text = texts[form]
                row = f"{form}, {'hostile texts' if name.startswith(_HOSTILE) else 'ordinary'}"
                dressed.append((row, truth, decorate(text, random, engine="postgresql", format=form)))
                dressed.append((f"{row}, bare", truth, text))
    asked = WORK / "decorated.jsonl"
    asked.write_text("".join(json.dumps(text) + "\n" for _, _, text in dressed), "utf-8")
    done = subprocess.run(["node", str(bundle(pev2)), "batch", str(asked)], capture_output=True, text=True, check=True)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for (row, truth, text), answer in zip(dressed, done.stdout.rstrip("\n").split("\n"), strict=True):
        given = json.loads(answer)
        plan = given.get("plan")
        theirs = "error" if plan is None else "right" if _agrees(truth, plan) else "silently wrong"
        counts.setdefault((row, "pev2"), Counter())[theirs] += 1
        counts.setdefault((row, "advisor"), Counter())[_ours(truth, text)] += 1
    results = []
    print(
        f"{'texts':38}{'reader':>9}"
        + "".join(f"{verdict:>16}" for verdict in ("right", "error", "wrong, warned", "silently wrong"))
    )
    for (row, reader), verdicts in sorted(counts.items()):
        figures = [verdicts[verdict] for verdict in ("right", "error", "wrong, warned", "silently wrong")]
        print(f"{row:38}{reader:>9}" + "".join(f"{figure:16}" for figure in figures))
        results.append({"texts": row, "reader": reader, **verdicts})
    return results


def _ours(truth: dict[str, Any], text: str) -> str:
    from advisor.plans.errors import PlanError
    from advisor.plans.read import read

    try:
        reading = read(text)
    except PlanError:
        return "error"
    if len(reading.plans) == 1 and _agrees(truth, _tree_of(reading.plans[0].document.root)):
        return "right"
    return "wrong, warned" if reading.warnings or any(plan.warnings for plan in reading.plans) else "silently wrong"


def _tree_of(node: Any) -> dict[str, Any]:
    return {**node.keys, "Plans": [_tree_of(child) for child in node.children]}


def _agrees(truth: dict[str, Any], read: dict[str, Any]) -> bool:
    children, ours = truth.get("Plans") or [], read.get("Plans") or []
    # A node that never ran has zeros in JSON and nothing in text.
    return (
        all(_same(truth.get(key), read.get(key)) for key in FIELDS)
        and len(children) == len(ours)
        and all(map(_agrees, children, ours))
    )


def _same(truth: Any, read: Any) -> bool:
    if isinstance(truth, int | float) or isinstance(read, int | float):
        return float(truth or 0) == float(read or 0)
    return (truth or "") == (read or "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pev2", type=Path)
    parser.add_argument("--size", type=float, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--accuracy", action="store_true")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    if given.accuracy:
        if given.pev2 is None:
            parser.error("--accuracy needs --pev2")
        results = accuracy(given.pev2, given.seeds)
    else:
        results = speed(given.pev2, given.size, given.repeat)
    if given.output:
        given.output.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
