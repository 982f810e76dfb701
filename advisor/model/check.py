"""The result of a migration check, in the form that the JSON contract fixes (`advisor schema check`)."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.catalog import Unread
from advisor.model.engine import Engine
from advisor.model.finding import Finding, Location, ProvedBy
from advisor.model.migration import Change, Evidence, Lock, Tool

#: See docs/check.md: work that grows while others wait; a lock for a moment; work that grows beside the traffic;
#: neither; it fails; nobody can tell.
Verdict = Literal["blocking", "brief_lock", "online", "safe", "fails", "unknown"]


class Seconds(msgspec.Struct, frozen=True):
    """A range: never one number."""

    low: float
    high: float


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Who waits while a lock is waited for and held: one relation."""

    relation: str
    statements_per_second: float
    """Of the workload that conflict with the lock."""
    longest_seconds: float | None = None
    """Of what runs on the table, by the log: the lock waits for it, and everybody behind the lock."""
    longest_fingerprint: str | None = None
    """The shape that ran so long."""
    stall: Seconds
    """Of the longest wait."""
    queued: Seconds
    """Statements that wait at its end: rate times stall."""


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement costs on production, by sizes and traffic. None: not known."""

    seconds: Seconds | None = None
    """How long its own work takes."""
    calibrated: str | None = None
    """What the range rests on: lines of the log with durations of DDL, or the stated constants."""
    rows: int | None = None
    """Of the largest table that it works through."""
    size_bytes: int | None = None
    """Read or rewritten, with indexes where they are rebuilt."""
    wal_bytes: int | None = None
    disk_bytes: int | None = None
    """Needed beside what is there, until the old files are gone."""
    blocked_queries_per_second: float | None = None
    queues: tuple[Queue, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a safe alternative: its statements run in one transaction, or each by itself."""

    sql: tuple[str, ...]
    transaction: bool
    note: str = ""
    """Between which deployments it runs, what must be watched: one line."""


class MigrationFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a migration tool."""

    path: str
    """Beside the migration that it stems from, as reports print that one."""
    text: str


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """What to run instead, whole."""

    summary: str
    """One line."""
    steps: tuple[Step, ...] = ()
    commands: tuple[str, ...] = ()
    """Of a shell: gh-ost, pt-online-schema-change."""
    passes: bool | None = None
    """It was itself checked, and nothing of it blocks or fails; None: it was not (it needs what is not here)."""
    why: str = ""
    answers: tuple[str, ...] = ()
    """Rules whose findings about the statement it is the answer to."""
    files: tuple[MigrationFile, ...] = ()
    """The steps as migrations of the tool that wrote the statement, in the order they run, with what belongs to each
    (settings, ways back). Empty for plain SQL, whose files are the steps."""
    file_notes: tuple[str, ...] = ()
    """One line each: what goes where, and what the tool cannot do."""


class CheckedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, what it does, and how bad that is."""

    file: str
    line: int
    sql: str
    in_transaction: bool
    executed: bool
    """False: by the rules of the manual (``evidence``) and for the reason in ``why_not``."""
    why_not: str | None
    evidence: Evidence
    locks: tuple[Lock, ...]
    rewritten: tuple[str, ...]
    scanned: tuple[str, ...]
    built: tuple[str, ...]
    written: tuple[str, ...]
    """Tables whose rows it writes."""
    verdict: Verdict
    failure: str | None
    waits_for_transactions: bool
    estimated_seconds: Seconds | None
    blocked_queries_per_second: float | None
    size_bytes: int | None
    wal_bytes: int | None
    disk_bytes: int | None
    queues: tuple[Queue, ...]
    calibrated: str | None
    """What the range of time rests on; None: there is none."""
    algorithm: str | None
    changes: tuple[Change, ...] = ()
    alternative: Alternative | None = None
    no_alternative: str | None = None
    """Why there is none, where a finding asks for one."""


class Regressed(msgspec.Struct, frozen=True, kw_only=True):
    """A shape whose plan gets worse."""

    fingerprint: str
    sql: str
    """Normalised."""
    cost_before: float
    cost_after: float | None
    """None: it cannot be planned any more (see ``error``)."""
    cause: Location
    """The statement of the migration that made the difference."""
    values: str = "typical"
    """Whose execution was planned: typical, slowest, other, generic."""
    calls_per_hour: float | None = None
    seconds_per_hour: float | None = None
    plan_before: str | None = None
    plan_after: str | None = None
    """As the engine prints plans, values left out."""
    error: str | None = None


class MadeIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index that the migration makes, judged by the workload."""

    table: str
    index: str
    used: bool | None
    """A plan of the workload uses it; None: no plan was asked for."""
    covered_by: str | None
    """An index that serves all that it does."""
    cause: Location


#: ``required``: a column that an INSERT does not name has become NOT NULL without a default; ``widened``: an INSERT
#: without a list of columns meets more of them (not on PostgreSQL, where the rest get their defaults).
BrokenBy = Literal["dropped", "renamed", "retyped", "required", "widened"]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A logged shape that uses what a statement takes away or renames."""

    fingerprint: str
    sql: str
    table: str
    column: str | None
    what: BrokenBy
    cause: Location
    calls_per_hour: float | None = None
    last_seen: str | None = None
    applications: tuple[str, ...] = ()
    through: str | None = None
    """A view that stands between; or ``*``."""


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that somebody decided about."""

    finding: Finding
    by: Literal["comment", "baseline"]
    reason: str
    location: Location | None = None


class CheckedScript(msgspec.Struct, frozen=True, kw_only=True):
    """One migration of the run."""

    file: str
    tool: Tool
    name: str
    statements: int
    edited: bool = False


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of `advisor check` found."""

    schema: str = "advisor-check/1"
    engine: Engine | None
    scripts: tuple[CheckedScript, ...] = ()
    statements: tuple[CheckedStatement, ...] = ()
    regressions: tuple[Regressed, ...] = ()
    broken: tuple[Broken, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Most severe first; ``location`` is always set."""
    ignored: tuple[Ignored, ...] = ()
    proved_by: ProvedBy = ProvedBy()
    """Of the dry run and of the plans."""
    base: str | None = None
    """Where the schema before the migration comes from, in words."""
    unread: tuple[Unread, ...] = ()
    replanned: int = 0
    """Shapes that were planned before and after."""
    incomplete: tuple[str, ...] = ()
    """What was not judged: statements that could not be read, pages that could not run. A gate does not pass on it."""
    notices: tuple[str, ...] = ()
