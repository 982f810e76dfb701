"""Index sets of this product and of its peers.

    python -m benchmarks.indexes [--data tpch,tpch19,tpcds,job,oltp] [--peers extend,db2advis,...] [--quick] [-o results.json]
        [--hyrise DIR] [--dexter DIR] [--supabase DIR] [--job DIR]

Loads each data set on a PostgreSQL server that has HypoPG (``--dsn``, as a superuser), asks everybody for indexes, really
builds every answer, and judges all alike: the planner's estimate with HypoPG, with the set built and in the product's shadow;
CPU seconds of really running the workload, at least five times over, in rounds over all answers; planner calls and CPU
seconds of the search. Budgets are shares of the tables' bytes. Peers are not part of this repository: name the directories
of their clones (hyrise/index_selection_evaluation, ankane/dexter, supabase/index_advisor; the queries of
gregrahn/join-order-benchmark). Prints tables as Markdown and writes everything as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.indexes.course import Course
from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers import dexter, hyrise, supabase
from benchmarks.indexes.peers.answer import Answer, NotRun
from benchmarks.indexes.peers.hyrise_run import ALGORITHMS
from benchmarks.indexes.report import report

WORK = Path(__file__).parents[1] / ".work"
DATA = ("tpch", "tpch19", "tpcds", "job", "oltp")
#: Scale of each, and of `--quick`.
SCALES = {"tpch": (0.2, 0.05), "tpch19": (0.2, 0.05), "tpcds": (0.2, 0.05), "job": (1.0, 0.2), "oltp": (1.0, 0.2)}
#: CPU seconds after which a statement is cut off.
LIMITS = {"tpch": 6.0, "tpch19": 6.0, "tpcds": 4.0, "job": 4.0, "oltp": 2.0}
BUDGETS = (5, 10, 25, 50, 75, 100)
QUICK_BUDGETS = (10, 50)
PEERS = (*(name.lower() for name in ALGORITHMS), "dexter", "supabase")


def load(name: str, given: argparse.Namespace) -> DataSet:
    """The data set, loaded unless it is there."""
    scale = SCALES[name][given.quick]
    kind = "tpch" if name == "tpch19" else name
    module: Any = importlib.import_module(f"benchmarks.indexes.data.{kind}")
    database = f"{given.prefix}{kind}{'_quick' if given.quick else ''}"
    more = {"job": {"directory": given.job}, "tpch19": {"heavy": False}}.get(name, {})
    found: DataSet = module.load(given.dsn, database, scale, **more)
    return found


def peers(data: DataSet, given: argparse.Namespace) -> Iterator[Answer | NotRun]:
    """Everybody's answers, one by one; those of an earlier run where it is named."""
    if given.reuse:
        yield from earlier(data, given.reuse)
        return
    budgets = list(QUICK_BUDGETS if given.quick else BUDGETS)
    wanted = given.peers.split(",") if given.peers else []
    if "supabase" in wanted:
        yield from supabase.ask(data, given.supabase, given.limit)
    if "dexter" in wanted:
        yield from dexter.ask(data, given.dexter, given.limit)
    yield from hyrise.ask(
        data, given.hyrise, [name for name in ALGORITHMS if name.lower() in wanted], budgets, given.limit
    )


def earlier(data: DataSet, path: Path) -> Iterator[Answer | NotRun]:
    """The peers' answers out of the results of an earlier run on the same data."""
    known = {field.name for field in fields(Answer)} - {"extra"}
    for found in json.loads(path.read_text())["data"]:
        if found["data"] != data.name or found["table_bytes"] != data.table_bytes:
            continue
        for row in found["rows"]:
            if not row["tool"].startswith(("advisor", "none")):
                yield Answer(**{**{name: row[name] for name in known if name in row}, "indexes": tuple(row["indexes"])})
        yield from (NotRun(**one) for one in found["not run"])


def run(data: DataSet, given: argparse.Namespace, told: Callable[[str], None]) -> dict[str, Any]:
    """One data set."""
    course = Course(data, told)
    budgets = QUICK_BUDGETS if given.quick else BUDGETS
    with ExitStack() as stack:
        search: Any = None
        if not given.peers_only:
            from benchmarks.indexes import measured, ours

            search = stack.enter_context(ours.opened(data))
            own = ours.whole(data, given.limit)
            staging = stack.enter_context(measured.copied(data)) if given.staging else None
            if staging is not None:
                own += ours.whole(data, given.limit, staging)
            course.add(own)
        began = time.monotonic()
        for answer in peers(data, given):
            course.add([answer])
            if isinstance(answer, Answer):
                told(
                    f"{data.name}: {' '.join(answer.key)}: {len(answer.indexes)} indexes, {time.monotonic() - began:.0f} s"
                )
        if search is not None:
            course.add_budgets(
                search.curve(given.limit, [data.table_bytes * value // 100 for value in budgets]), budgets
            )
            told(f"{data.name}: ours, {time.monotonic() - began:.0f} s")
            course.add_equal(partial(search.curve, given.limit))
            told(f"{data.name}: ours at everybody's size, {time.monotonic() - began:.0f} s")
            if staging is not None:
                wanted = sorted({*course.sizes, *(data.table_bytes * value // 100 for value in budgets)})
                chosen = measured.curve(search, staging, wanted, given.staging)
                course.add_budgets(chosen, budgets)
                course.add_equal(lambda sizes, built: chosen)
                told(f"{data.name}: ours by times, {time.monotonic() - began:.0f} s")
        course.estimates(search.planner if search is not None else None)
    if given.repeat:
        course.times(given.repeat, LIMITS[data.name])
    return course.result()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexes")
    parser.add_argument("--dsn", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--prefix", default="advisor_bench_", help="of the databases' names")
    parser.add_argument("--data", default=",".join(DATA))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--peers-only", action="store_true", help="without this product")
    parser.add_argument("--hyrise", type=Path)
    parser.add_argument("--dexter", type=Path)
    parser.add_argument("--supabase", type=Path)
    parser.add_argument("--job", type=Path)
    parser.add_argument("--reuse", type=Path, help="results of an earlier run: its peers' answers, judged anew")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of running the workload; 0: estimates only")
    parser.add_argument("--limit", type=float, default=240.0, help="seconds that one search may take")
    parser.add_argument(
        "--staging", type=int, default=3, help="runs of each plan on a copy, to choose by times; 0: by costs only"
    )
    parser.add_argument("--quick", action="store_true", help="small data, two budgets")
    parser.add_argument("-o", "--output", type=Path, default=WORK / "indexes.json")
    given = parser.parse_args()
    results: dict[str, Any] = {"quick": given.quick, "repeat": given.repeat, "data": []}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    for name in given.data.split(","):
        try:
            data = load(name, given)
        except RuntimeError as error:
            print(f"<!-- {name}: not run: {error} -->", flush=True)
            continue
        results["data"].append(run(data, given, lambda text: print(f"<!-- {text} -->", flush=True)))
        given.output.write_text(json.dumps(results, indent=1, default=str))
    print(report(results))


if __name__ == "__main__":
    main()
