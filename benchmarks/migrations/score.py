"""How well verdicts are foretold: `python -m benchmarks.migrations.score [--engine E] [--static] [--held] ...`.

Runs what `advisor check FILE --catalog SNAPSHOT` does on every case, with the dry run (default)
or without any server (`--static`), and squawk (`--squawk PROGRAM`), and compares each statement with the measured
truth. Cases are in two parts: open, and a held third (by a hash of the id) that nobody looks at while rules are written.

Precision and recall of ``blocking`` are over statements whose truth is not ``fails``; a false positive is one said to
block that takes a lock for a moment at most, or works beside the others. Failures are counted by themselves: seen is
one that is said to fail, or whose failure is foreseen.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import tomllib
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from advisor.model.check import CheckedStatement
from advisor.model.errors import UserError
from benchmarks.migrations import squawk
from benchmarks.migrations.cases import FIXTURES, Case, load, write
from benchmarks.migrations.snapshots import path as snapshot

WORDS = ("blocking", "brief_lock", "online", "safe", "fails", "unknown")


@dataclass
class Said:
    """What is said of one statement."""

    verdict: str
    fails: bool
    """Said or foreseen."""
    findings: int = 0
    rules: tuple[str, ...] = ()
    why: str = ""


@dataclass
class Score:
    """Counts of one part."""

    true_positives: int = 0
    false_positives: int = 0
    misses: int = 0
    fails: int = 0
    fails_seen: int = 0
    fails_false: int = 0
    exact: int = 0
    statements: int = 0
    safe: int = 0
    safe_findings: int = 0
    crashes: list[str] = field(default_factory=list)
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.true_positives / max(1, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        return self.true_positives / max(1, self.true_positives + self.misses)

    def line(self, name: str) -> str:
        return (
            f"| {name} | {self.statements} | {self.true_positives} | {self.misses} | {self.false_positives} | {self.precision:.3f} | "
            f"{self.recall:.3f} | {self.fails_seen}/{self.fails} | {self.fails_false} | {self.exact / max(1, self.statements):.3f} | "
            f"{self.safe_findings / max(1, self.safe):.2f} | {len(self.crashes)} |"
        )


HEAD = (
    "| | statements | TP | missed | false | precision | recall | failures seen | false failures | same word | findings per safe statement | crashes |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def truth(engine: str, major: int) -> dict[str, Any]:
    """As measured; ``accepted`` from what was looked at by hand."""
    name = f"truth-{major}.json" if engine == "postgresql" else "truth.json"
    told: dict[str, Any] = json.loads((FIXTURES / engine / name).read_text())["cases"]
    reviewed = FIXTURES / engine / "reviewed.toml"
    for case, rows in (tomllib.loads(reviewed.read_text()) if reviewed.exists() else {}).items():
        for row in rows:
            if case in told and row.get("accepted"):
                told[case][row["statement"] - 1]["accepted"] = row["accepted"]
    return told


#: What stands between the schema's statements in the part that fills it.
_DATA = re.compile(r"(\s|--[^\n]*\n)*(INSERT|UPDATE|DELETE|ANALYZE|VACUUM|SELECT|COPY|SET|$)", re.IGNORECASE)


def _schema(case: Case, major: int, given: str, directory: Path) -> dict[str, Any]:
    """What the check is told of the schema: ``snapshot``, ``ddl`` (the base without its data), ``nothing``."""
    if given == "nothing":
        return {}
    if given == "snapshot":
        return {"catalog": snapshot(case.engine, case.base, major)}
    base = (FIXTURES / case.engine / f"base-{case.base}.sql").read_text()
    file = directory / "schema" / f"{case.base}-{os.getpid()}.sql"
    file.parent.mkdir(exist_ok=True)
    before, _, behind = base.partition("\n-- data\n")
    made = [one for one in behind.split(";\n") if not _DATA.match(one)]
    file.write_text("\n".join([before, *(f"{one};" for one in made)]))
    return {"catalog": file}


def ask_advisor(case: Case, directory: Path, *, major: int, dry_run: str, schema: str) -> list[Said] | str:
    """What a check says of each statement; a text: it did not answer. The same as `advisor check FILE --catalog SNAPSHOT
    --dry-run ...`, called from Python to spare a start per case; safe alternatives are not written out."""
    from advisor.api.check import CheckWishes, check

    file = write(case, directory / case.id)
    tool = "sql" if case.mode == "begin" else case.mode.split("-")[0]
    version = None if schema == "snapshot" else str(major) if case.engine == "postgresql" else "10.11"
    wishes = CheckWishes(
        tool=cast("Any", tool), dry_run=cast("Any", dry_run), alternatives=False, engine=cast("Any", case.engine),
        server_version=version,
    )  # fmt: skip
    try:
        result = check(file, wishes=wishes, **_schema(case, major, schema, directory))
    except Exception as error:  # whatever it is, it is what a user would get
        if not isinstance(error, UserError):
            return "".join(traceback.format_exception(error))[-600:]
        return f"{type(error).__name__}: {error}"[:300]
    rows: list[CheckedStatement | None] = list(result.statements)
    if len(rows) != len(case.statements):
        by_line = {row.line: row for row in result.statements}
        rows = [by_line.get(line) for line, _ in case.statements]
    said = []
    for row in rows:
        if row is None:
            said.append(Said("unknown", False, why="not among the statements"))
            continue
        rules = tuple(one.rule for one in result.findings if one.location is not None and one.location.line == row.line)
        why = f"{row.evidence} {row.why_not or ''} {row.failure or ''}".strip()
        said.append(Said(row.verdict, row.verdict == "fails" or row.failure is not None, len(rules), rules, why))
    return said


def _no_servers() -> None:
    """From here on as on a machine without server programs: nothing is planned or tried behind our back."""
    from advisor.planners.postgresql import binaries

    os.environ["ADVISOR_MARIADB_HOME"] = "/nowhere"
    binaries._candidates = lambda: iter(())


def ask_squawk(case: Case, directory: Path, *, program: str, flag: str) -> list[Said]:
    """``flag``: never, always (--assume-in-transaction), or right: where the tool wraps the file."""
    file = write(case, directory / case.id)
    wrapped = flag == "always" or (flag == "right" and case.transaction and case.mode != "begin")
    return [
        Said(squawk.verdict(rules), bool(rules & squawk.FAILS), len(rules), tuple(sorted(rules)))
        for rules in squawk.rules(program, case, file, in_transaction=wrapped)
    ]


def add(score: Score, case: Case, measured: list[dict[str, Any]], said: list[Said] | str) -> None:
    """Count one case."""
    if isinstance(said, str):
        score.crashes.append(f"{case.id}: {said}")
        said = [Said("unknown", False, why=said)] * len(measured)
    for at, (real, told) in enumerate(zip(measured, said, strict=True)):
        word = real["verdict"]
        if word is None:
            continue
        if told.verdict in real.get("accepted", ()):
            word = told.verdict
        score.statements += 1
        score.matrix[word, told.verdict] += 1
        foreseen = word == "fails" and told.fails
        score.exact += told.verdict == word or foreseen
        wrong = ""
        if word == "fails":
            score.fails += 1
            score.fails_seen += told.fails
            wrong = "" if told.fails else "failure not seen"
        else:
            score.fails_false += told.verdict == "fails"
            if told.verdict == "fails":
                wrong = "said to fail"
            if word == "blocking":
                score.true_positives += told.verdict == "blocking"
                score.misses += told.verdict != "blocking"
                wrong = wrong or ("missed" if told.verdict != "blocking" else "")
            elif told.verdict == "blocking":
                score.false_positives += 1
                wrong = "false alarm"
            elif told.verdict != word:
                wrong = wrong or "another word"
        if word == "safe":
            score.safe += 1
            score.safe_findings += told.findings
        if wrong:
            score.wrong.append(
                f"{wrong:16s} {case.id} [{at + 1}] {real['sql'][:80]!r}: measured {word}, said {told.verdict}"
                f"{' (' + told.why[:160] + ')' if told.why else ''} {' '.join(told.rules)}"
            )


def _placed(ask: Any, place: Path, case: Case) -> list[Said] | str:
    answer: list[Said] | str = ask(case, place)
    return answer


def _pool(jobs: int, servers: bool) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, initializer=None if servers else _no_servers)


def run(cases: list[Case], measured: dict[str, Any], ask: Any, jobs: int, servers: bool) -> tuple[Score, Score]:
    """(open, held)."""
    parts = Score(), Score()
    with tempfile.TemporaryDirectory(dir="/tmp") as place, _pool(jobs, servers) as pool:
        answers = pool.map(partial(_placed, ask, Path(place)), cases)
        for number, (case, said) in enumerate(zip(cases, answers, strict=True)):
            if number % 25 == 24:
                print(f"{number + 1} of {len(cases)}", file=sys.stderr, flush=True)
            add(parts[case.held], case, measured[case.id], said)
    return parts


def together(parts: tuple[Score, Score]) -> Score:
    """Both parts."""
    both = Score()
    for part in parts:
        for name, value in vars(part).items():
            setattr(both, name, getattr(both, name) + value)
    return both


def main() -> None:
    """Print the table, the confusion matrix of the open part and its misses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["postgresql", "mariadb"], default="postgresql")
    parser.add_argument("--major", type=int, default=15)
    parser.add_argument("--static", action="store_true", help="without any server")
    parser.add_argument(
        "--schema", choices=["snapshot", "ddl", "nothing"], default="snapshot", help="what the check gets"
    )
    parser.add_argument("--only", default="", help="ids, by commas")
    parser.add_argument("--every", type=int, default=1, help="only each n-th case")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--squawk", help="the program; scored instead of advisor")
    parser.add_argument("--held", action="store_true", help="list the misses of the held part too")
    parser.add_argument("--misses", type=Path, help="write the misses of the open part there")
    parser.add_argument("--held-misses", type=Path)
    given = parser.parse_args()
    measured = truth(given.engine, given.major)
    only = set(filter(None, given.only.split(",")))
    cases = [one for one in load(given.engine, major=given.major if given.engine == "postgresql" else None)
             if one.id in measured and (not only or one.id in only)][:: given.every]  # fmt: skip
    asked: dict[str, Any] = {}
    if given.squawk:
        for flag in ("never", "always", "right"):
            asked[f"squawk, transaction flag {flag}"] = partial(ask_squawk, program=given.squawk, flag=flag)
    else:
        # Without a schema nothing can be tried, which is no error here.
        mode = "never" if given.static else "always" if given.schema == "snapshot" else "auto"
        asked[f"advisor, {'static' if given.static else 'dry run'}, {given.schema}"] = partial(
            ask_advisor, major=given.major, dry_run=mode, schema=given.schema
        )
    print(f"{given.engine} {given.major if given.engine == 'postgresql' else ''}: {len(cases)} cases\n\n{HEAD}")
    for name, ask in asked.items():
        parts = run(cases, measured, ask, given.jobs, not given.static)
        for label, score in (("open", parts[0]), ("held", parts[1]), ("all", together(parts))):
            print(score.line(f"{name}, {label}"))
        if not given.squawk:
            print("\nmeasured \\ said (open part)   " + " ".join(f"{word:>10s}" for word in WORDS))
            for word in WORDS[:-1]:
                print(f"{word:>29s} " + " ".join(f"{parts[0].matrix[word, other]:10d}" for other in WORDS))
            lines = [*parts[0].crashes, *sorted(parts[0].wrong)]
            if given.misses:
                given.misses.write_text("\n".join(lines) + "\n")
            else:
                print("\n" + "\n".join(lines))
            hidden = [*parts[1].crashes, *sorted(parts[1].wrong)]
            if given.held_misses:
                given.held_misses.write_text("\n".join(hidden) + "\n")
            elif given.held:
                print("\nheld part:\n" + "\n".join(hidden))


if __name__ == "__main__":
    main()
