"""Runs the examples of pages: each Bad must be found, each Good must not. They are tests and documentation at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from advisor.facts import Facts
from advisor.handbook.judge import judge
from advisor.handbook.page import Block, Example, Page, PageError
from advisor.handbook.shelf import load
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine, EngineName
from advisor.model.remedy import Judgement
from advisor.model.shape import Sample, ShapeSummary


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
    for block in example.blocks:
        if block.role == "query":
            facts.add_shapes(shapes(block, example.engine), window_seconds=3600.0)
        elif block.role == "log":
            _read_log(page, block, facts)
        else:
            raise PageError(page.path, block.line, f"examples of {block.role} are not read.", "Use a query or a log.")
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

    ``calls`` (1), ``mean_ms`` (0), ``rows_sent``, ``rows_examined``, ``rows_affected`` over all calls, ``temp_bytes``,
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


def _read_log(page: Page, block: Block, facts: Facts) -> None:
    raise PageError(page.path, block.line, "logs are not read yet.", "")
