"""The whole check: read, foretell, try, weigh, plan again, judge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.api.arguments import listed, page_folders
from advisor.api.check.document import checked_scripts, checked_statements, proved_by
from advisor.api.check.outcomes import Known, engine_of, outcomes_of
from advisor.api.check.schema import captured, schema_of
from advisor.api.check.scripts import history_of
from advisor.api.check.wishes import CheckWishes
from advisor.api.check.workload import Met, met
from advisor.migrations.reading import BaseFiles
from advisor.model.check import Alternative, Broken, Check, Ignored, Regressed
from advisor.model.counted import counted
from advisor.model.finding import SEVERITIES, Finding
from advisor.model.migration import History, Outcome, Script

if TYPE_CHECKING:
    from advisor.api.catalogs import Given
    from advisor.digest.digest import Digest
    from advisor.dryrun.regressions import Replanned
    from advisor.migrations.assess import Assessed
    from advisor.migrations.decisions import Baseline
    from advisor.model.engine import Engine

Source = str | os.PathLike[str]


def check(
    migrations: Source | Sequence[Source] = (),
    *,
    catalog: Source | Sequence[Source] = (),
    workload: Source | Sequence[Source] | Digest = (),
    wishes: CheckWishes | None = None,
    rules: Source | Sequence[Source] = (),
    baseline: Baseline | None = None,
    rows: Mapping[str, int] | None = None,
    show_literals: bool = False,
) -> Check:
    """What migrations lock, rewrite and break.

    ``migrations`` are files and folders of any tool that is read; ``catalog`` is the schema they meet (a snapshot of
    production, a DDL file, a DSN), ``workload`` what runs beside them (logs, digests). ``rules`` are folders of further
    pages, ``rows`` row counts by table for a DDL file. The result has the fields of the JSON contract. Raises UserError
    for what the user can mend.
    """
    asked = wishes or CheckWishes()
    with BaseFiles(asked.base) as files, files.told():
        return _checked(migrations, catalog, workload, asked, files, rules, baseline, rows, show_literals=show_literals)


def _checked(
    migrations: Source | Sequence[Source],
    catalog: Source | Sequence[Source],
    workload: Source | Sequence[Source] | Digest,
    asked: CheckWishes,
    files: BaseFiles,
    rules: Source | Sequence[Source],
    baseline: Baseline | None,
    rows: Mapping[str, int] | None,
    *,
    show_literals: bool,
) -> Check:
    from advisor.digest.digest import Digest as Kind

    folders = page_folders(listed(rules))
    named = listed(catalog)
    places = files.all("--catalog", named)
    givens = [schema_of(name, asked.engine, rows or {}, at) for name, at in zip(named, places, strict=True)]
    # Before a command of the branch runs, should one.
    logs = workload if isinstance(workload, Kind) else files.all("--workload", listed(workload))
    own = givens[0] if givens else None
    catalogs = [one.catalog for one in givens]
    # Production's own figures count, where they are known.
    counts = rows if rows and captured(own) is None else {}
    snapshot = own.snapshot if own else None
    engine_name = own.catalog.engine.name if own else asked.engine
    history = history_of(listed(migrations), asked, engine_name, snapshot)
    assumed = engine_name is None and history.engine is None
    notices = list(dict.fromkeys([*history.notices, *(note for each in history.scripts for note in each.notes)]))
    engine = engine_of(history, catalogs, asked, notices)
    if len(givens) > 1:
        notices.append("the migrations meet the first --catalog; the others only help to read the workload")
    # Earlier migrations make the schema only where nothing else gives it.
    base = () if own else history.base
    known = outcomes_of(history.scripts, base, engine, own, asked)
    load = met(logs, catalogs, engine.name)
    assessed, replanned = _judged(history, known, own, load, asked, counts)
    uses = _broken(history.scripts, known.outcomes, givens, load)
    worse = _worse(replanned, uses)
    findings, problems = findings_of(
        assessed, replanned, worse, uses, givens, load, engine, folders, rows=counts, show_literals=show_literals
    )
    kept, ignored, said = _decided(findings, history.scripts, baseline, asked)
    if assumed:  # said once, with the engine
        known.notices = [one for one in known.notices if "server version is known" not in one]
    notices += [
        *files.notices,
        *known.notices,
        *load.notices,
        *replanned.notes,
        *_unplanned(replanned),
        *problems,
        *said,
    ]
    return Check(
        engine=engine if history.scripts else None,
        scripts=checked_scripts(history.scripts),
        statements=checked_statements(assessed, _alternatives(assessed, kept, own, engine, history, asked)),
        regressions=worse,
        broken=tuple(uses),
        findings=tuple(kept),
        ignored=tuple(ignored),
        proved_by=proved_by(known.tried, own, engine),
        base=_base(history, own, sized=bool(counts)),
        unread=tuple(one for each in (*history.base, *history.scripts) for one in each.unread),
        replanned=replanned.planned,
        incomplete=_incomplete(history.scripts, problems),
        notices=tuple(dict.fromkeys(notices)),
    )


def _incomplete(scripts: Sequence[Script], problems: Sequence[str]) -> tuple[str, ...]:
    """What a gate must not pass. What Alembic and Django do not print is said with each migration, and is not counted:
    nearly every history has some of it."""
    unread = [
        f"{one.file}:{one.line}: not read: {one.reason}"
        for each in scripts
        if each.tool not in ("alembic", "django", "run")
        for one in each.unread
    ]
    return (*unread, *problems)


def _worse(replanned: Replanned, uses: Sequence[Broken]) -> tuple[Regressed, ...]:
    """Shapes that cost more, and those that cannot be planned where nothing says already what they miss. Of one that
    only a star makes use what is gone, nothing is said by that: it runs."""
    told = {use.fingerprint for use in uses if use.through != "*" and use.what != "required"}
    return (*replanned.regressions, *(one for one in replanned.failing if one.fingerprint not in told))


def _judged(
    history: History, known: Known, own: Given | None, load: Met, wishes: CheckWishes, rows: Mapping[str, int]
) -> tuple[list[Assessed], Replanned]:
    from advisor.migrations.assess import assess
    from advisor.migrations.foresee import Foresight, statistics_of
    from advisor.migrations.impact import pace_of, sizes_of, traffic_of, with_rows

    statistics = captured(own)
    catalog = own.catalog if own else None
    replanned = _replanned(history, known, own, load, wishes)
    sizes = sizes_of(catalog, statistics, rows)
    # Of a column that the migration adds or changes the planner has no statistics, and guesses a few rows.
    changed = {
        change.table
        for one in known.outcomes
        for change in one.changes
        if change.action in ("add_column", "alter_column_type")
    }
    planned = [
        _written(one, replanned.written_rows.get(n)) if not changed & {work.relation for work in one.work} else one
        for n, one in enumerate(known.outcomes)
    ]
    there = statistics_of(catalog, statistics, rows)
    outcomes = with_rows([one for script in history.scripts for one in script.statements], planned, there)
    foreseen = Foresight(there).foresee if there is not None else None
    traffic = traffic_of(load.shapes, load.graphs, load.seconds, [catalog] if catalog else [], load.capture)
    if traffic is not None and traffic.lower_bound and load.capture is not None and load.capture.complete is False:
        load.notices.append("the log does not hold every statement: who waits, and for how long, are lower bounds")
    pace = pace_of(load.shapes, sizes, load.graphs, catalog)
    return assess(history.scripts, outcomes, sizes, traffic, pace, foreseen=foreseen), replanned


def _written(outcome: Outcome, rows: float | None) -> Outcome:
    """With the planner's estimate of the rows that it writes, where the text gives no number."""
    import msgspec

    if rows is None or not any(one.kind == "write" and one.rows is None for one in outcome.work):
        return outcome
    work = tuple(
        msgspec.structs.replace(one, rows=rows) if one.kind == "write" and one.rows is None else one
        for one in outcome.work
    )
    return msgspec.structs.replace(outcome, work=work)


def _replanned(history: History, known: Known, own: Given | None, load: Met, wishes: CheckWishes) -> Replanned:
    from advisor.dryrun.regressions import Replanned, replan
    from advisor.model.errors import UserError
    from advisor.model.migration import Foretold

    snapshot = captured(own)
    if not load.statements or not history.scripts:
        return Replanned()
    if wishes.dry_run == "never":
        return Replanned(notes=("plans are not compared: no throwaway server was to be started",))
    if own is None or snapshot is None:
        why = "plans are not compared: give a snapshot of production (advisor snapshot DSN -o FILE) with --catalog"
        return Replanned(notes=(why,))
    foretold = Foretold(engine=own.catalog.engine, outcomes=tuple(known.outcomes))
    try:
        return replan(history.scripts, foretold, snapshot, load.statements)
    except UserError as error:
        return Replanned(notes=(f"plans are not compared: {error}",))


def _unplanned(replanned: Replanned) -> list[str]:
    if not replanned.unplanned:
        return []
    first = replanned.unplanned[0]
    many = counted(len(replanned.unplanned), "logged statement")
    return [f"{many} could not be planned before and after (first: {first.fingerprint}: {first.why})"]


def _broken(scripts: Sequence[Script], outcomes: Sequence[Outcome], givens: Sequence[Given], load: Met) -> list[Broken]:
    from advisor.migrations.uses import broken

    if not load.shapes:
        return []
    own = [one.catalog for one in givens[:1]]
    return broken(scripts, outcomes, own, load.shapes, load.graphs, window_seconds=load.seconds)


def findings_of(
    assessed: Sequence[Assessed],
    replanned: Replanned,
    worse: Sequence[Regressed],
    uses: Sequence[Broken],
    givens: Sequence[Given],
    load: Met,
    engine: Engine,
    folders: Sequence[Path],
    *,
    rows: Mapping[str, int],
    show_literals: bool,
) -> tuple[list[Finding], list[str]]:
    """What the pages about migrations find."""
    from advisor.facts import Facts
    from advisor.facts.migration_rows import load_indexes, load_migrations, load_regressions, load_uses
    from advisor.handbook import judge
    from advisor.handbook import load as load_pages
    from advisor.migrations.impact import sizes_of
    from advisor.migrations.numbering import numbers

    facts = Facts(literals=show_literals)
    facts.add_catalogs([one.catalog for one in givens[:1]])
    facts.add_shapes(load.shapes, window_seconds=load.seconds, graphs=load.graphs)
    own = givens[0] if givens else None
    load_migrations(facts, assessed, engine.name, sizes_of(own.catalog if own else None, captured(own), rows))
    at = numbers(list({id(one.script): one.script for one in assessed}.values()))
    load_uses(facts, [(at[use.cause.file, use.cause.line], use) for use in uses], engine.name)
    load_regressions(facts, [(at[one.cause.file, one.cause.line], one) for one in worse], engine.name)
    load_indexes(facts, [(at[one.cause.file, one.cause.line], one) for one in replanned.indexes], engine.name)
    facts.finish()
    handbook = load_pages(folders)
    judged = judge([page for page in handbook.pages if "migration_" in page.detect.text], facts)
    problems = [f"rule page left out: {problem}" for problem in [*handbook.problems, *judged.problems]]
    return sorted((one.finding for one in judged.judgements), key=lambda one: _place(one, at)), problems


def _place(finding: Finding, at: Mapping[tuple[str, int], int]) -> tuple[int, int, str]:
    """Most severe first, then as the migrations run."""
    where = (finding.location.file, finding.location.line) if finding.location else ("", 0)
    return -SEVERITIES.index(finding.severity), at.get(where, len(at)), finding.rule


def _decided(
    findings: Sequence[Finding], scripts: Sequence[Script], baseline: Baseline | None, wishes: CheckWishes
) -> tuple[list[Finding], list[Ignored], list[str]]:
    from advisor.migrations.decisions import decided

    comments = wishes.comments if wishes.comments is not None else wishes.base is None
    return decided(findings, scripts, baseline, comments=comments)


def _alternatives(
    assessed: Sequence[Assessed],
    findings: Sequence[Finding],
    own: Given | None,
    engine: Engine,
    history: History,
    wishes: CheckWishes,
) -> dict[int, Alternative | str]:
    """Of the statements that findings are about; a text: there is none, and why."""
    from advisor.api.check.alternatives import alternatives

    if not wishes.alternatives:
        return {}
    # A finding names a line, and several statements may stand on it.
    places = {(at.file, at.line) for one in findings for at in (one.location, *one.related) if at is not None}
    wanted = frozenset(n for n, one in enumerate(assessed) if (one.statement.file, one.statement.line) in places)
    return alternatives(assessed, own, engine, history, wishes, wanted)


def _given(own: Given, *, sized: bool) -> str:
    header = own.snapshot.header if own.snapshot is not None else None
    if header is None or header.statistics == "default" or own.is_server:
        known = header is not None and header.statistics != "default"
        sizes = "" if known else "; rows as configured" if sized else "; how large its tables are is not known"
        return f"{own.catalog.origin or own.source}{sizes}"
    day = f", taken {header.captured_at[:10]}" if header.captured_at else ""
    return f"{own.source}: snapshot of {own.catalog.origin}{day}" if own.catalog.origin else f"{own.source}{day}"


def _base(history: History, own: Given | None, *, sized: bool) -> str:
    if own is not None:
        return _given(own, sized=sized)
    if history.base:
        return f"{counted(len(history.base), 'earlier migration')}; how large its tables are is not known"
    return "an empty database: name the schema with --catalog"
