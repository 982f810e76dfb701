"""What `advisor check` says to run instead, run: `python -m benchmarks.migrations.alternatives [--engine E] [--major N]`.

Every statement of the suite whose measured truth is `blocking` or `fails` is checked (snapshot, dry run). Where there is
an alternative, the statement runs on one loaded copy and the steps on another, both after what comes before them; the
ends are compared (schema without the order of columns, rows), and the instruments of the truth watch each step. Each
fifth one runs once more beside a writer. `ADVISOR_SUITE=second` takes that suite.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from advisor.model.check import Alternative
from advisor.model.errors import UserError
from benchmarks.migrations.cases import Case, load, write
from benchmarks.migrations.score import truth
from benchmarks.migrations.snapshots import path as snapshot
from benchmarks.migrations.truth import PLACE

_ASKED = ("blocking", "fails")
#: Each n-th alternative runs beside a writer as well.
_BESIDE = 5
#: Words of `why` that tell of a difference of a kind.
_STATED = {
    "columns": "column", "constraints": "CHECK", "triggers": "trigger", "functions": "trigger", "statistics": "statistics",
    "rows": "column",
}  # fmt: skip


@dataclass
class Answer:
    """Of one statement."""

    verdict: str
    findings: int
    alternative: Alternative | None
    none: str | None


def ask(case: Case, directory: Path, *, major: int) -> list[Answer | None] | str:
    """As `advisor check FILE --catalog SNAPSHOT`; a text: it did not answer."""
    from advisor.api.check import CheckWishes, check

    file = write(case, directory / case.id)
    tool = "sql" if case.mode == "begin" else case.mode.split("-")[0]
    wishes = CheckWishes(tool=cast("Any", tool), engine=cast("Any", case.engine))
    try:
        result = check(file, wishes=wishes, catalog=snapshot(case.engine, case.base, major))
    except Exception as error:  # whatever it is, it is what a user would get
        if not isinstance(error, UserError):
            return "".join(traceback.format_exception(error))[-600:]
        return f"{type(error).__name__}: {error}"[:300]
    by_line: dict[int, list[Any]] = {}
    for row in result.statements:
        by_line.setdefault(row.line, []).append(row)
    lines = Counter(one.location.line for one in result.findings if one.location is not None)
    said: list[Answer | None] = []
    for line, _ in case.statements:
        rows = by_line.get(line)
        row = rows.pop(0) if rows else None
        said.append(Answer(row.verdict, lines[line], row.alternative, row.no_alternative) if row is not None else None)
    return said


def stated(found: Alternative, differs: list[str]) -> bool:
    """Does the report say each kind of difference?"""
    told = " ".join([found.why, *(step.note for step in found.steps)])
    return bool(found.why) and all(_STATED.get(one.partition(":")[0], "\0") in told for one in differs)


def _placed(place: Path, major: int, case: Case) -> list[Answer | None] | str:
    return ask(case, place, major=major)


def _pairs(engine: str, major: int) -> Any:
    if engine == "postgresql":
        from benchmarks.migrations.alternatives_postgresql import Pairs
        from benchmarks.migrations.servers import Postgresql

        return Postgresql(major, PLACE / f"alternatives{major}"), Pairs
    from benchmarks.migrations.alternatives_mariadb import Pairs as Others
    from benchmarks.migrations.mariadb import Mariadb

    return Mariadb(PLACE / "alternatives-mariadb"), Others


def run(engine: str, major: int, cases: list[Case], jobs: int) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Counts, and a row a statement."""
    measured = truth(engine, major)
    counts: Counter[str] = Counter()
    told: list[dict[str, Any]] = []
    cases = [one for one in cases if any(row["verdict"] in _ASKED for row in measured.get(one.id, ()))]
    server, pairs_of = _pairs(engine, major)
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as place,
        ProcessPoolExecutor(jobs) as pool,
        server,
    ):
        pairs = pairs_of(server)
        answers = pool.map(partial(_placed, Path(place), major), cases)
        for number, (case, said) in enumerate(zip(cases, answers, strict=True), 1):
            for at, real in enumerate(measured[case.id]):
                if real["verdict"] not in _ASKED:
                    continue
                row = _judged(case, at, real, said, pairs, counts)
                told.append(row)
                counts["statements"] += 1
                counts[row["result"]] += 1
            print(f"{number} of {len(cases)} {case.id}: {told[-1]['result']}", file=sys.stderr, flush=True)
    return counts, told


def _judged(
    case: Case, at: int, real: dict[str, Any], said: list[Answer | None] | str, pairs: Any, counts: Counter[str]
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": case.id, "at": at + 1, "sql": case.statements[at][1][:300], "truth": real["verdict"]}
    one = said if isinstance(said, str) else said[at]
    if one is None or isinstance(one, str):
        return {**row, "result": "crashed", "why": one}
    row["said"] = one.verdict
    if one.alternative is None:
        if one.none:
            return {**row, "result": "none, and why", "why": one.none}
        if one.verdict not in _ASKED:
            return {**row, "result": "none: said otherwise", "findings": one.findings}
        return {**row, "result": "silent"}
    found = one.alternative
    counts["written"] += 1
    row |= {"summary": found.summary, "passes": found.passes, "told": found.why}
    if found.commands and not found.steps:
        counts["written: a command of another tool"] += 1
    if found.commands and not found.steps and case.engine == "postgresql":
        return {**row, "result": "a command, not run", "commands": list(found.commands)}
    counts["tried by the check: no"] += found.passes is False
    try:
        ran = pairs.compare(case, at, found, beside=counts["written"] % _BESIDE == 0)
    except Exception as error:  # of the instruments: to be looked at
        return {**row, "result": "instrument", "why": "".join(traceback.format_exception(error))[-900:]}
    row |= {key: value for key, value in asdict(ran).items() if value}
    if ran.blocked:
        counts["a step blocked"] += 1
    if ran.writes:
        counts["beside a writer"] += 1
        counts["writes refused"] += bool(ran.refused_writes)
    if ran.result == "differs":
        row["result"] = "differs, stated" if stated(found, ran.differs) else "differs, unstated"
    return row


def main() -> None:
    """Print the counts; write the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["postgresql", "mariadb"], default="postgresql")
    parser.add_argument("--major", type=int, default=15)
    parser.add_argument("--every", type=int, default=1, help="only each n-th case")
    parser.add_argument("--only", default="", help="ids, by commas")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, help="a row a statement, as JSON")
    given = parser.parse_args()
    major = given.major if given.engine == "postgresql" else 10
    only = set(filter(None, given.only.split(",")))
    cases = [one for one in load(given.engine, major=major if given.engine == "postgresql" else None)
             if not only or one.id in only][:: given.every]  # fmt: skip
    counts, told = run(given.engine, major, cases, given.jobs)
    if given.output:
        given.output.write_text(json.dumps(told, indent=1, default=str) + "\n")
    print(f"{os.environ.get('ADVISOR_SUITE') or 'first'} {given.engine} {given.major}")
    for name, count in counts.most_common():
        print(f"{count:6d} {name}")


if __name__ == "__main__":
    main()
