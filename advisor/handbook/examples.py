"""Runs the examples of pages: each Bad must be found, each Good must not. They are tests and documentation at once."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from advisor.facts import Facts
from advisor.facts.facts import LogRelation
from advisor.handbook.judge import judge
from advisor.handbook.page import Block, Example, Page, PageError
from advisor.handbook.shelf import load
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine, EngineName
from advisor.model.remedy import Judgement
from advisor.model.shape import Sample, ShapeSummary

if TYPE_CHECKING:
    from advisor.model.migration import TransactionMode


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What came of one example."""

    page: str
    path: str
    line: int
    verdict: str
    number: int
    passed: bool
    message: str
    """Why it failed, in words; empty when it passed."""
    judgements: tuple[Judgement, ...] = ()


def run(directory: Path | str) -> list[ExampleResult]:
    """Run the examples of every page in a folder. A page that cannot be used is one failed result."""
    handbook = load([directory], builtin=False)
    results = [
        ExampleResult(
            Path(problem.path).stem, problem.path, problem.line, "page", 0, False, f"{problem.what} {problem.do}"
        )
        for problem in handbook.problems
    ]
    for page in handbook.pages:
        results += examples(page)
    return results


def examples(page: Page) -> list[ExampleResult]:
    """Run the Bad and Good examples of one page. (A Refute is shown, not run: it is about data.)"""
    return [_result(page, example) for example in page.examples if example.verdict != "refute"]


def _result(page: Page, example: Example) -> ExampleResult:
    try:
        facts = facts_of(page, example)
    except (PageError, ValueError) as error:
        return _told(page, example, str(error), ())
    judged = judge([page], facts)
    found = tuple(judged.judgements)
    if judged.problems:
        return _told(page, example, str(judged.problems[0]), found)
    if facts.not_analysed:
        return _told(page, example, f"a statement was not analysed: {next(iter(facts.not_analysed.values()))}", found)
    if example.verdict == "bad" and not found:
        return _told(page, example, "Bad was not found", found)
    if example.verdict == "good" and found:
        finding = found[0].finding
        return _told(page, example, f"Good was found ({finding.certainty}): {finding.title} {finding.evidence}", found)
    return _told(page, example, "", found)


def _told(page: Page, example: Example, message: str, found: tuple[Judgement, ...]) -> ExampleResult:
    return ExampleResult(
        page.id, str(page.path), example.line, example.verdict, example.number, not message, message, found
    )


def facts_of(page: Page, example: Example, *, literals: bool = True) -> Facts:
    """The facts that an example stands for. Raises `PageError` where it cannot be read."""
    facts = Facts(literals=literals)
    if example.schema:
        facts.add_catalogs([_catalog(page, example)])
    query: str | None = None
    for block in example.blocks:
        if block.role == "query":
            facts.add_shapes(shapes(block, example.engine), window_seconds=3600.0)
            query = block.text
        elif block.role == "log":
            _read_log(page, block, facts)
        elif block.role == "migration":
            _read_migration(page, example, block, facts)
        elif block.role == "facts":
            _read_facts(page, block, facts)
        else:
            _read_plan(page, example, block, query, facts)
    facts.finish()
    return facts


def _catalog(page: Page, example: Example) -> Catalog:
    from advisor.catalog.ddl.file import read_ddl

    text = "\n".join(block.text for block in example.schema)
    catalog = read_ddl(text, str(page.path), example.engine)
    if catalog.unread:
        unread = catalog.unread[0]
        line = example.schema[0].line + unread.line - 1
        raise PageError(page.path, line, f"the schema was not understood: {unread.reason}.", "Write DDL of the engine.")
    sizes = [option for block in example.schema for option in block.options.get("rows", "").split(",") if option]
    for size in sizes:
        name, _, rows = size.partition(":")
        if name not in catalog.tables or not rows.isdigit():
            do = "Write rows=table:count,table:count with tables of the schema."
            raise PageError(page.path, example.schema[0].line - 1, f"`rows={size}` is not understood.", do)
        catalog.tables[name] = msgspec.structs.replace(catalog.tables[name], rows=int(rows))
    if sizes:
        catalog.known |= {"sizes"}
    return catalog


def shapes(block: Block, engine: EngineName) -> list[ShapeSummary]:
    """The shapes of a query block: its statements, each with the numbers of the block's info string.

    ``calls`` (1), ``mean_ms``, ``rows_sent``, ``rows_examined``, ``rows_affected`` over all calls, ``temp_bytes``,
    ``in_count_max``, ``errors``, ``cancelled``; what is not given is not known.
    """
    return [_shape(text, engine, block.options) for text in statements(block.text)]


def statements(text: str) -> list[str]:
    """The statements of a query block; each but the last ends with `;` at the end of a line."""
    return [part.strip() for part in re.split(r";[ \t]*(?:\n|\Z)", text) if part.strip()]


def _shape(text: str, engine: EngineName, options: dict[str, str]) -> ShapeSummary:
    from advisor.facts.examples import shape_of
    from advisor.fingerprint.identity import identify
    from advisor.model.engine import dialect_of

    calls = int(options.get("calls", "1"))
    mean_us = int(float(options.get("mean_ms", "0")) * 1000)
    identity = identify(text, dialect_of(engine))
    numbers = {name: int(options[name]) for name in _NUMBERS if name in options}
    return msgspec.structs.replace(
        shape_of(text, engine, calls, mean_us * calls),
        fingerprint=identity.fingerprint,
        sql=identity.text,
        engine=Engine(engine),
        timed_calls=calls if "mean_ms" in options else 0,
        **numbers,
        typical=Sample(sql=text, duration_us=mean_us, time_us=None),
    )


_NUMBERS = (
    "rows_sent",
    "rows_examined",
    "rows_affected",
    "temp_bytes",
    "in_count_max",
    "errors",
    "cancelled",
    "lock_us",
)


def _read_migration(page: Page, example: Example, block: Block, facts: Facts) -> None:
    """Judges a migration example by text and schema, as `advisor check --dry-run never` does.

    ``version=15`` says whose behaviour, ``transactions=file`` that it runs in one transaction, ``edited`` that it was
    merged before. Queries right above are the workload of an hour.
    """
    from advisor.facts.migration_rows import load_migrations, load_uses
    from advisor.migrations.assess import assess
    from advisor.migrations.foresee import foresee
    from advisor.migrations.impact import pace_of, sizes_of, traffic_of
    from advisor.migrations.numbering import numbers
    from advisor.migrations.reading import script_of
    from advisor.migrations.static import foretell
    from advisor.migrations.uses import broken

    transactions = block.options.get("transactions")
    if transactions not in (None, "statement", "file"):
        what = f"`transactions={transactions}` is not understood."
        raise PageError(page.path, block.line - 1, what, "Write transactions=statement or transactions=file.")
    script = script_of(
        block.text, "migration.sql", engine=example.engine, transactions=cast("TransactionMode | None", transactions)
    )
    for unread in script.unread:
        where = block.line + unread.line - 1
        raise PageError(page.path, where, f"a statement was not understood: {unread.reason}.", "Give real SQL.")
    script = msgspec.structs.replace(script, edited="edited" in block.options)
    engine = Engine(example.engine, block.options.get("version"))
    catalog = facts.catalogs[0] if facts.catalogs else None
    workload = [each for one in example.blocks if one.role == "query" for each in shapes(one, example.engine)]
    graphs = {(str(example.engine), name): graph for name, graph in facts.graphs.items()}
    sizes = sizes_of(catalog, None)
    outcomes = foretell([script], catalog, engine).outcomes
    assessed = assess(
        [script],
        outcomes,
        sizes,
        traffic_of(workload, graphs, 3600.0, facts.catalogs) if workload else None,
        pace_of(workload, sizes, graphs),
        foreseen=lambda outcome, earlier: foresee(outcome, catalog, None, earlier),
    )
    load_migrations(facts, assessed, example.engine, sizes)
    uses = broken([script], outcomes, facts.catalogs, workload, graphs)
    at = numbers([script])
    load_uses(facts, [(at[use.cause.file, use.cause.line], use) for use in uses], example.engine)


def _read_facts(page: Page, block: Block, facts: Facts) -> None:
    """Rows of the facts as they are: what no text shows (a planner's answer). ``{"relation": [{"column": value}]}``."""
    do = "Give a JSON object: relation to list of rows, each an object of its columns."
    try:
        given = msgspec.json.decode(block.text.encode(), type=dict[str, list[dict[str, Any]]])
    except msgspec.DecodeError as error:
        raise PageError(page.path, block.line, f"the facts are not understood: {error}.", do) from None
    known = {name for (name,) in facts.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for relation, rows in given.items():
        if relation not in known:
            raise PageError(page.path, block.line, f"`{relation}` is no relation of the facts.", do)
        facts.add_rows(cast("LogRelation", relation), rows)


def _read_plan(page: Page, example: Example, block: Block, query: str | None, facts: Facts) -> None:
    """Reads a plan example as `advisor explain` reads a file.

    The plan belongs to the query above it; without one it is a shape of its own, with ``calls`` and ``mean_ms`` of its
    info string. ``at_minute=N`` says when it was logged, for pages about what changed.
    """
    from advisor.facts.plan_rows import PlanSeen, plan_shape
    from advisor.plans.errors import PlanError
    from advisor.plans.read import read

    try:
        reading = read(block.text, engine=example.engine)
    except PlanError as error:
        raise PageError(page.path, block.line, f"the plan was not understood: {error}.", "Give a real plan.") from None
    plans = reading.plans
    for warning in [*reading.warnings, *(warning for plan in plans for warning in plan.warnings)]:
        where = block.line + warning.line - 1
        raise PageError(
            page.path, where, f"a line of the plan was not understood: {warning.text}.", "Give a real plan."
        )
    if not plans:
        raise PageError(page.path, block.line, "there is no plan here.", "Give what EXPLAIN printed.")
    minute = block.options.get("at_minute")
    time_us = int(minute) * 60_000_000 if minute is not None else None
    for plan in plans:
        text = query.strip().rstrip(";") if query is not None else plan.query
        mean_us = int(float(block.options["mean_ms"]) * 1000) if "mean_ms" in block.options else None
        shape = plan_shape(plan, text, calls=int(block.options.get("calls", "1")), mean_us=mean_us)
        if not facts.connection.execute("SELECT 1 FROM shape WHERE fingerprint = ?", (shape.fingerprint,)).fetchone():
            window = 3600.0 if "calls" in block.options else None
            facts.add_shapes([shape], window_seconds=window, total_us=0 if window is None else None)
        duration = round(plan.execution_ms * 1000) if plan.execution_ms is not None else None
        facts.add_plans(shape.fingerprint, [PlanSeen(plan, duration, time_us)], query=text)


def _read_log(page: Page, block: Block, facts: Facts) -> None:
    """Reads a log example as `advisor analyze` reads a log, through the same readers and the same digest."""
    from advisor.digest.digest import Digest
    from advisor.digest.observed import observations
    from advisor.sources.errors import InputError
    from advisor.sources.read import Reading
    from advisor.stream.detection import detect
    from advisor.stream.insights.relations import relations
    from advisor.stream.links import Links
    from advisor.stream.material import material_of
    from advisor.stream.relation import chains

    with tempfile.TemporaryDirectory(prefix="advisor-example-") as folder:
        path = Path(folder) / "example.log"
        path.write_text(log_text(block), encoding="utf-8")
        reading = Reading([str(path)])
        digest = Digest(reading.summaries)
        try:
            for batch in reading:
                digest.add(batch)
        except InputError as error:
            raise PageError(
                page.path, block.line, f"the log was not understood: {error}.", "Give real records."
            ) from None
    digest.capture = reading.capture
    for summary in reading.summaries:
        for unread in summary.unreadable:
            where, what = block.line + unread.line - 1, f"a record was not understood: {unread.reason}."
            raise PageError(page.path, where, what, "Give real records.")
    seen, totals = observations(digest), digest.totals()
    known = totals.start_us is not None and totals.end_us is not None
    seconds = max((totals.end_us or 0) - (totals.start_us or 0), 1) / 1e6 if known else None
    facts.add_shapes(digest.shapes(), window_seconds=seconds, total_us=totals.total_us)
    facts.add_rows("lock_wait", seen.lock_waits)
    facts.add_rows("deadlock", seen.deadlocks)
    facts.add_rows("temp_file", seen.temp_files)
    facts.add_rows("cancelled", seen.cancelled)
    facts.add_rows("error", seen.errors)
    facts.add_rows("commit_stream", seen.commit_streams)
    facts.add_rows("connection_stream", seen.connection_streams)
    material = material_of(digest, facts.graphs, facts.catalogs)
    for relation, rows in relations(material).items():
        facts.add_rows(cast("LogRelation", relation), rows)
    report = detect(material.rows, Links(facts.graphs, facts.catalogs), material.shapes, routes=material.routes)
    facts.add_rows("chain", chains(report.repetitions, seconds=seconds, total_us=totals.total_us, graphs=facts.graphs))
    facts.add_known("*", ["stream"])


def log_text(block: Block) -> str:
    """The log of an example; with ``repeat=N`` N times, {n}, {minute}, {second} and {milli} filled in.

    The repeats are spread over ten seconds, or over the seconds of ``over=S``.
    """
    count = int(block.options.get("repeat", "0"))
    if not count:
        return block.text + "\n"
    spread = int(block.options.get("over", "10")) * 1000
    lines = []
    for number in range(count):
        second, milli = divmod(number * spread // count, 1000)
        minute, second = divmod(second, 60)
        text = block.text.replace("{n}", str(number + 1)).replace("{minute}", f"{minute:02}")
        lines.append(text.replace("{second}", f"{second:02}").replace("{milli}", f"{milli:03}"))
    return "\n".join(lines) + "\n"
