"""Reads every plan of a text, whatever engine and format it is of and whatever carried it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from advisor.graphs.collector import paused
from advisor.model.engine import Engine, EngineName
from advisor.model.plan import Plan, PlanWarning
from advisor.plans import bare
from advisor.plans.decoration import excerpts
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt

#: PostgreSQL's formats by the module that reads them.
_POSTGRESQL = ("text", "json", "yaml", "xml")


@dataclass(slots=True)
class Reading:
    """What a text held."""

    plans: list[Plan] = field(default_factory=list)
    warnings: list[PlanWarning] = field(default_factory=list)
    """Of the whole text: lines that are no plan, plans that could not be read. Each plan has its own besides."""


def read(text: str, *, source: str | None = None, engine: EngineName | None = None) -> Reading:
    """All plans of ``text``. ``engine`` decides where a form is common to several (MySQL's and MariaDB's tables).

    Raises PlanError when there is none that can be read.
    """
    with paused():
        return _read(text, source, engine)


def _read(text: str, source: str | None, engine: EngineName | None) -> Reading:
    where = f" in {source}" if source else ""
    if engine in (None, "postgresql") and (whole := bare.read(text)) is not None:
        whole.source = source
        if whole.line is None:
            whole.line = 1
        return Reading([whole])
    alone = bare.document(text)
    found = excerpts(text) if alone is None else [alone]
    if not found:
        raise PlanError(
            f"no plan found{where}: looked for EXPLAIN output of PostgreSQL (text, JSON, YAML, XML), MySQL and MariaDB "
            "(table, JSON, tree) and SQLite; paste what the client printed, from its first line to its last"
        )
    reading = Reading()
    failures: list[PlanError] = []
    for excerpt in found:
        try:
            plan = read_excerpt(excerpt, engine)
        except PlanError as error:
            failures.append(error)
            reading.warnings.append(PlanWarning(excerpt.number(0), f"a plan that cannot be read: {error}"))
            continue
        plan.source = source
        if plan.line is None:
            plan.line = excerpt.number(0)
        if plan.query is None:
            plan.query = excerpt.query
        known = set(plan.warnings)
        plan.warnings = [*(w for w in excerpt.warnings if w not in known), *plan.warnings]
        reading.plans.append(plan)
    if not reading.plans:
        if len(failures) == 1:
            raise PlanError(f"{source}: {failures[0]}") if source else failures[0]
        raise PlanError(f"none of the {len(failures)} plans{where} can be read; the first: {failures[0]}")
    return reading


def read_excerpt(excerpt: Excerpt, engine: EngineName | None) -> Plan:
    """The plan of one excerpt, by the reader of its form. Raises PlanError, for nesting beyond Python too."""
    try:
        if excerpt.engine is None and engine is not None:
            excerpt.engine = engine
        plan = _reader(excerpt)(excerpt)
    except RecursionError as error:
        raise PlanError(
            f"line {excerpt.number(0)}: nested too deeply to be a plan; check that the text is one"
        ) from error
    if engine is not None and plan.engine.name != engine and {plan.engine.name, engine} == {"mysql", "mariadb"}:
        plan.engine = Engine(engine, plan.engine.version)
    return plan


def _reader(excerpt: Excerpt) -> Callable[[Excerpt], Plan]:
    """The reader of an excerpt's form."""
    match excerpt.format, excerpt.engine:
        case "eqp", _:
            return _function("sqlite.eqp")
        case ("tabular" | "tree") as form, _:
            return _function(f"mysql.{form}")
        case "json", "mysql" | "mariadb":
            return _function("mysql.json")
        case "json", None if '"Plan"' not in excerpt.text and '"Node Type"' not in excerpt.text:
            return _function("mysql.json")
        case form, _ if form in _POSTGRESQL:
            return _postgresql(form)
    raise PlanError(f"line {excerpt.number(0)}: no reader for {excerpt.format} of {excerpt.engine}")


def _postgresql(form: str) -> Callable[[Excerpt], Plan]:
    document = import_module(f"advisor.plans.postgresql.{form}").read
    interpret = import_module("advisor.plans.postgresql.interpret").interpret

    def both(excerpt: Excerpt) -> Plan:
        plan: Plan = interpret(document(excerpt))
        return plan

    return both


def _function(module: str) -> Callable[[Excerpt], Plan]:
    reader: Callable[[Excerpt], Plan] = import_module(f"advisor.plans.{module}").read
    return reader
