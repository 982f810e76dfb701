"""Whole histories of public applications, judged migration by migration: `python -m benchmarks.migrations.histories`.

    python -m benchmarks.migrations.histories FOLDER... [--engine E] [--version V] [--tool T] [--placeholder N=V]...
        [--execute] [--whole] [--squawk PROGRAM] [-o FILE]

As pull requests would meet them: each migration on top of those before it, all tables that were there before it filled
and of unknown size. One server a history keeps the growing schema, so that a history of some hundred migrations takes
minutes; everything else is what `advisor check FILE` does with it: the verdicts by text and schema and those of the dry
run, the rule pages. `--whole` is the folder at once, as a first deployment meets it, by `advisor.api.check` itself.
Counted are crashes, what could not be read or tried, what is said to fail although it ran in production, statements of
which text and dry run tell different things, and findings by rule. FILE gets all of it, a JSON line a migration.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from advisor.api.arguments import page_folders
from advisor.api.check import CheckWishes, check
from advisor.api.check.outcomes import merged
from advisor.api.check.run import findings_of
from advisor.api.check.scripts import history_of
from advisor.api.check.workload import Met
from advisor.dryrun.regressions import Replanned
from advisor.migrations.assess import assess
from advisor.migrations.impact import sizes_of
from advisor.migrations.reading import script_of
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.check import CheckedStatement
from advisor.model.engine import Engine, EngineName
from advisor.model.errors import UserError
from advisor.model.migration import History, Outcome, Script, Tool

#: From here on a finding speaks up in a review.
LOUD = ("medium", "high", "critical")


class Room(Protocol):
    """Keeps the schema between migrations."""

    def outcomes(self, script: Script) -> list[Outcome]:
        """Of one migration, on top of those before it."""
        ...


class TextOfPostgresql:
    """By text and schema."""

    def __init__(self, version: int, *, whole: bool) -> None:
        from advisor.migrations.static.postgresql.world import World

        self.world = World(None)
        self.world.complete = whole
        self.world.schemas = set()
        self.version = version

    def outcomes(self, script: Script) -> list[Outcome]:
        """As `Room.outcomes`."""
        from advisor.migrations.static.postgresql.foretelling import Telling

        self.world.now_preexisting()
        if script.unread:
            self.world.complete = False
        found = Telling(self.world, self.version, known=True).script(script)
        if any(one.failure is not None for one in found):  # it ran in production: more than the files is there
            self.world.complete = False
        return found


class TextOfMysql:
    """By text and schema."""

    def __init__(self, engine: Engine) -> None:
        from advisor.migrations.static.mysql.foretell import Reader

        self.reader = Reader(None, engine)

    def outcomes(self, script: Script) -> list[Outcome]:
        """As `Room.outcomes`."""
        self.reader.state.settle()
        return self.reader.script(script)


class RunOfPostgresql:
    """On a copy that grows."""

    def __init__(self, copy: Any, *, whole: bool) -> None:
        self.copy = copy
        self.session: Any = None
        self.extensions: set[str] = set()
        self.whole = whole and not copy.problems
        self.replayed = False
        """Migrations stand before the next one."""

    def outcomes(self, script: Script) -> list[Outcome]:
        """As `Room.outcomes`."""
        from advisor.dryrun.postgresql.run import extensions_of
        from advisor.dryrun.postgresql.session import Session
        from advisor.dryrun.postgresql.tracing import Tracer

        if self.session is None:
            self.session = Session(self.copy.cluster, time.monotonic() + 1e6)
        else:
            self.session.reset()
        # As `advisor check FILE` sees it: the base is whole where all of it was read, and ran
        whole = self.whole and self.replayed
        tracer = Tracer(self.copy, self.session, whole=whole, extensions=frozenset(self.extensions), migrated=True)
        try:
            found = tracer.trace([script])
            self.whole = self.whole and all(one.evidence == "executed" and one.failure is None for one in found)
            return found
        finally:
            self.extensions |= {one.name for one in extensions_of([script])}
            self.whole = self.whole and not script.unread
            self.replayed = True
            self.session.settled()


class RunOfMariadb:
    """On a copy that grows."""

    def __init__(self, trial: Any) -> None:
        self.trial = trial

    def outcomes(self, script: Script) -> list[Outcome]:
        """As `Room.outcomes`."""
        from advisor.dryrun.mariadb.run import traced

        self.trial.reader.state.settle()
        self.trial.whole = not self.trial.behind
        return traced(self.trial, script, time.monotonic() + 1e6)


@contextmanager
def running(history: Sequence[Script], engine: Engine, *, whole: bool) -> Iterator[Room | None]:
    """The dry run of a whole history; None: no server speaks for this engine."""
    if engine.name == "postgresql":
        from advisor.dryrun.postgresql.copy import open_copy
        from advisor.dryrun.postgresql.run import extensions_of

        with open_copy(None, major=int(engine.version or "16"), extensions=extensions_of(history)) as copy:
            yield RunOfPostgresql(copy, whole=whole)
    elif engine.name == "mariadb":
        from advisor.dryrun.mariadb.host import Throwaway
        from advisor.dryrun.mariadb.loading import default_database
        from advisor.dryrun.mariadb.run import LOGGED
        from advisor.dryrun.mariadb.trying import Trial
        from advisor.migrations.static.mysql.foretell import Reader

        with Throwaway(dict(LOGGED)) as host:
            host.create(default_database(None))
            trial = Trial(host, Reader(None, engine), default_database(None), {}, foreign=False)
            try:
                yield RunOfMariadb(trial)
            finally:
                trial.end()
    else:
        yield None


@dataclass
class Judged:
    """One migration."""

    file: str
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)
    """A statement each."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    squawk: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    crash: str | None = None


def _row(script: Script, said: list[Outcome], seen: list[Outcome] | None) -> list[dict[str, Any]]:
    rows = []
    for number, (statement, one) in enumerate(zip(script.statements, said, strict=True)):
        row: dict[str, Any] = {
            "line": statement.line,
            "sql": statement.sql,
            "static": verdict(one, Unknown()),
            "actions": [change.action for change in one.changes],
            "uncertain": one.uncertain,
            "static_failure": one.failure.message if one.failure else None,
        }
        if seen is not None:
            tried = seen[number]
            row |= {
                "evidence": tried.evidence,
                "why_not": tried.why_not,
                "dry": verdict(tried, Unknown()),
                "failure": tried.failure.message if tried.failure else None,
                "static_work": [f"{w.kind} {w.relation}" for w in one.work if w.preexisting],
                "dry_work": [f"{w.kind} {w.relation}" for w in tried.work if w.preexisting],
                "static_locks": [f"{w.mode} {w.relation}" for w in one.locks if w.preexisting],
                "dry_locks": [f"{w.mode} {w.relation}" for w in tried.locks if w.preexisting],
            }
        rows.append(row)
    return rows


def judged(script: Script, text: Room, run: Room | None, engine: Engine) -> Judged:
    """What is said of one migration."""
    start = time.perf_counter()
    found = Judged(script.file, unread=[f"{one.line}: {one.reason}" for one in script.unread])
    try:
        said = text.outcomes(script)
        seen = run.outcomes(script) if run is not None else None
        found.rows = _row(script, said, seen)
        outcomes = said if seen is None else [merged(one, other) for one, other in zip(said, seen, strict=True)]
        assessed = assess([script], outcomes, sizes_of(None, None, {}))
        findings, problems = findings_of(
            assessed, Replanned(), [], [], [], Met(), engine, page_folders([]), rows={}, show_literals=False
        )
        found.unread += problems
        for one in findings:
            found.findings.append(
                {
                    "rule": one.rule,
                    "severity": one.severity,
                    "line": one.location and one.location.line,
                    "title": one.title,
                }
            )
    except Exception:
        found.crash = traceback.format_exc()
    found.seconds = time.perf_counter() - start
    return found


def squawked(program: str, script: Script) -> list[str]:
    """Rules of squawk that speak about a migration, each as often as it does."""
    text = "".join(f"{one.sql};\n" for one in script.statements)
    flags = ["--assume-in-transaction"] if any(one.transaction is not None for one in script.statements) else []
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(text)
        file.flush()
        said = subprocess.run(
            [program, "--reporter", "json", *flags, file.name], capture_output=True, text=True, timeout=60, check=False
        )
    return [row["rule_name"] for row in json.loads(said.stdout or "[]")]


def told(found: Sequence[Judged]) -> None:
    """The summary."""
    statements = [row for one in found for row in one.rows]
    print(
        f"migrations {len(found)}, statements {len(statements)}, crashes {sum(one.crash is not None for one in found)}"
    )
    for each in [one for one in found if one.crash is not None][:3]:
        print(each.file, each.crash)
    print(f"seconds a migration {sum(one.seconds for one in found) / max(1, len(found)):.2f}")
    print("unread", sum(len(one.unread) for one in found))
    print("by text alone:", dict(Counter(row["static"] for row in statements)))
    print("said to fail by text", sum(row["static_failure"] is not None for row in statements))
    if statements and "dry" in statements[0]:
        print("dry run:", dict(Counter(row["dry"] for row in statements)))
        print("tried:", dict(Counter(row["evidence"] for row in statements)))
        why = Counter(row["why_not"] for row in statements if row["evidence"] not in ("executed", "probed"))
        print("not tried:", why.most_common(8))
        print("said to fail by the dry run", sum(row["failure"] is not None for row in statements))
        print("told apart", sum(row["static"] != row["dry"] for row in statements))
    share = 100 / max(1, len(found))
    loud = [one for each in found for one in each.findings if one["severity"] in LOUD]
    print(f"findings of medium and above per 100 migrations {len(loud) * share:.0f}")
    quiet = sum(not any(one["severity"] in LOUD for one in each.findings) for each in found)
    print(f"migrations without one {quiet * share:.0f} %")
    for (rule, level), count in Counter(
        (one["rule"], one["severity"]) for each in found for one in each.findings
    ).most_common():
        print(f"  {rule} {level} {count * share:.0f}")
    said = Counter(rule for each in found for rule in each.squawk)
    if said:
        print(f"squawk per 100 migrations {sum(said.values()) * share:.0f}", said.most_common(8))
        print(f"squawk silent about {sum(not each.squawk for each in found) * share:.0f} %")


def whole(paths: Sequence[str], wishes: CheckWishes) -> None:
    """The folder at once."""
    start = time.perf_counter()
    result = check(paths, wishes=wishes)
    print(f"whole: {len(result.scripts)} migrations, {len(result.statements)} statements")
    print(f"{time.perf_counter() - start:.1f} s, unread {len(result.unread)}, {len(result.findings)} findings")
    print(dict(Counter(one.verdict for one in result.statements)), dict(Counter(one.rule for one in result.findings)))
    failing: list[CheckedStatement] = [one for one in result.statements if one.verdict == "fails"]
    for one in failing[:10]:
        print(f"  {one.file}:{one.line} {one.failure}")
    for note in result.notices[:12]:
        print("  note:", note[:200])


def main() -> int:
    """Read, judge, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--engine", default="postgresql")
    parser.add_argument("--version", default="16")
    parser.add_argument("--tool")
    parser.add_argument("--placeholder", action="append", default=[])
    parser.add_argument("--before", type=Path, help="SQL that was there before the first migration")
    parser.add_argument("--execute", action="store_true")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--squawk")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    engine = Engine(cast(EngineName, given.engine), given.version)
    wishes = CheckWishes(
        tool=cast("Tool | None", given.tool),
        placeholders=dict(pair.split("=", 1) for pair in given.placeholder),
        engine=engine.name,
        server_version=engine.version,
        execute=given.execute,
        unsafe=given.unsafe,
    )
    try:
        if given.whole:
            whole(given.paths, wishes)
            return 0
        history: History = history_of(given.paths, wishes, engine.name, None)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for note in history.notices[:10]:
        print("note:", note)
    scripts = [*history.base, *history.scripts]
    if given.before:
        scripts.insert(0, script_of(given.before.read_text(), str(given.before), engine=engine.name))
    # Tables of packages that a Django project installs are in no migration of its own
    complete = given.before is not None or not any(one.tool == "django" for one in scripts)
    text: Room = (
        TextOfPostgresql(int(given.version), whole=complete) if engine.name == "postgresql" else TextOfMysql(engine)
    )
    found = []
    with running(scripts, engine, whole=complete) as run:
        for script in scripts:
            one = judged(script, text, run, engine)
            if given.squawk:
                one.squawk = squawked(given.squawk, script)
            found.append(one)
    told(found)
    if given.output:
        given.output.write_text("".join(json.dumps(vars(one)) + "\n" for one in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
