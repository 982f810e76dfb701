"""Runs the pages over the facts of one input and turns rows into findings with remedies.

Absence is told from ignorance here, once for all pages: a row whose subject lacks an aspect that the page `needs` gives
no finding, or a conditional one where the page says how to settle it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast, get_args

from advisor.handbook import pattern as patterns
from advisor.handbook import sandbox, template
from advisor.handbook.check import SHAPE_COLUMNS, is_column, is_evidence, is_table, match_table
from advisor.handbook.page import INPUT_ASPECTS, SHAPE_ASPECTS, Block, Page, PageError
from advisor.handbook.remedies import remedies
from advisor.handbook.shelf import load
from advisor.model.engine import EngineName
from advisor.model.finding import SEVERITIES, Certainty, Confidence, Finding, Impact, Location, Role, Severity
from advisor.model.remedy import Judgement

CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
MAX_FINDINGS = 500  # of one page: past it a report is noise; the most severe and costly are kept and the cut is said
Row = Mapping[str, Any]


class FactBase(Protocol):
    """What the engine asks of `advisor.facts.Facts`."""

    @property
    def connection(self) -> sqlite3.Connection:
        """The relations of facts/1."""

    def trees(self) -> Iterable[tuple[str, Any, Mapping[int, int]]]:
        """Per analysed shape: fingerprint, syntax tree, and the scope of each query node by ``id(node)``."""


@dataclass(slots=True)
class Judged:
    """What the pages found, most severe and costly first, and the pages that could not run."""

    judgements: list[Judgement] = field(default_factory=list)
    problems: list[PageError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Shape:
    engine: EngineName
    seconds_per_hour: float | None
    share: float | None
    file: str | None
    line: int | None


@dataclass(slots=True)
class _Ground:
    """What every page's rows are read against."""

    shapes: dict[str, _Shape]
    tables: dict[str, tuple[EngineName, str | None, int | None]]
    known: set[tuple[str, str]]


def run(facts: FactBase, directories: Sequence[Path | str] = ()) -> list[Judgement]:
    """Judge with the shipped handbook and the pages of ``directories``; pages that cannot be used are left out."""
    return judge(load(directories).pages, facts).judgements


def judge(pages: Iterable[Page], facts: FactBase) -> Judged:
    """Run pages over facts. A page that fails becomes a problem, and the others run."""
    pages = list(pages)
    judged = Judged()
    connection = facts.connection
    ground = _ground(connection)
    matches = _matches(pages, facts)
    for page in pages:
        if page.pattern is not None and not matches.get(page.id):
            continue
        try:
            rows = _rows(page, connection, matches.get(page.id, []))
            judged.judgements += _judgements(page, rows, ground, connection)
        except sandbox.Refused as error:
            what = f"Detect did not finish: {error}."
            judged.problems.append(PageError(page.path, page.detect.line, what, "The other pages ran."))
        except ValueError as error:
            if isinstance(error, PageError):
                judged.problems.append(error)
            else:
                do = "See docs/rules.md on the columns of Detect."
                judged.problems.append(
                    PageError(page.path, page.detect.line, f"a row of Detect cannot be used: {error}.", do)
                )
    judged.judgements = _unyielded(judged.judgements, {page.id: frozenset(page.yields_to) for page in pages})
    judged.judgements.sort(key=_rank)
    return judged


def _unyielded(judgements: list[Judgement], yields: Mapping[str, frozenset[str]]) -> list[Judgement]:
    """Without what only shows a symptom, where a page that names the cause found the same shape."""
    by_shape: dict[str, set[str]] = {}
    for judgement in judgements:
        for role in judgement.finding.fingerprints:
            by_shape.setdefault(role.fingerprint, set()).add(judgement.finding.rule)
    return [
        judgement
        for judgement in judgements
        if not judgement.finding.fingerprints
        or not yields.get(judgement.finding.rule, frozenset())
        & {rule for role in judgement.finding.fingerprints for rule in by_shape[role.fingerprint]}
    ]


def _rank(judgement: Judgement) -> tuple[Any, ...]:
    finding = judgement.finding
    cost = finding.impact.seconds_per_hour or 0.0
    share = finding.impact.share or 0.0
    certain = finding.certainty == "certain"
    return (-SEVERITIES.index(finding.severity), -cost, -share, not certain, finding.rule, finding.id)


def _ground(connection: sqlite3.Connection) -> _Ground:
    shapes = {
        row[0]: _Shape(*row[1:])
        for row in connection.execute("SELECT fingerprint, engine, seconds_per_hour, share, file, line FROM shape")
    }
    tables = {
        row[0]: tuple(row[1:]) for row in connection.execute("SELECT table_name, engine, file, line FROM table_def")
    }
    known = set(connection.execute("SELECT subject, aspect FROM known"))
    return _Ground(shapes, cast("dict[str, tuple[EngineName, str | None, int | None]]", tables), known)


def _matches(pages: Sequence[Page], facts: FactBase) -> dict[str, list[tuple[str | int | None, ...]]]:
    found: dict[str, list[tuple[str | int | None, ...]]] = {}
    compiled = {page.id: _compiled(page.pattern) for page in pages if page.pattern is not None}
    if not compiled:
        return found
    for fingerprint, tree, scopes in facts.trees():
        for page_id, match in patterns.find(compiled, tree):
            row: list[str | int | None] = [fingerprint, _scope_of(match.node, scopes), match.node.sql()]
            for variable in compiled[page_id].variables:
                row += _binding(match.bindings.get(variable), scopes)
            found.setdefault(page_id, []).append(tuple(row))
    return found


def _compiled(block: Block) -> patterns.Pattern:
    return patterns.compiled(block.text, block.options.get("dialect", "postgres"))


def _scope_of(node: Any, scopes: Mapping[int, int]) -> int | None:
    while node is not None:
        scope = scopes.get(id(node))
        if scope is not None:
            return scope
        node = node.parent
    return None


def _binding(node: Any, scopes: Mapping[int, int]) -> list[str | int | None]:
    if node is None:
        return [None, None, None, None]
    named = node.key in ("column", "table")
    alias = (node.args.get("table") and node.table) if node.key == "column" else node.alias_or_name if named else None
    return [node.sql(), node.name if named else None, alias or None, _scope_of(node, scopes)]


def _rows(
    page: Page, connection: sqlite3.Connection, matches: list[tuple[str | int | None, ...]]
) -> list[dict[str, Any]]:
    if page.pattern is None:
        return sandbox.select(connection, page.detect.text)
    variables = _compiled(page.pattern).variables
    connection.execute("DROP TABLE IF EXISTS temp.match")
    connection.execute(match_table(variables))
    try:
        connection.executemany(f"INSERT INTO temp.match VALUES ({', '.join('?' * (3 + 4 * len(variables)))})", matches)
        return sandbox.select(connection, page.detect.text)
    finally:
        connection.execute("DROP TABLE IF EXISTS temp.match")


def _judgements(
    page: Page, rows: list[dict[str, Any]], ground: _Ground, connection: sqlite3.Connection
) -> list[Judgement]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    certainty: dict[int, Certainty] = {}
    subject = page.subject or _subject_columns(page.columns or tuple(rows[0] if rows else ()))
    for row in rows:
        engine = _engine_of(row, ground)
        if engine is not None and engine not in page.engines:
            continue
        certain = _certainty(page, row, ground)
        if certain is None:
            continue
        certainty[id(row)] = certain
        groups.setdefault(tuple(row.get(name) for name in subject), []).append(row)
    judgements = []
    for key, members in groups.items():
        members.sort(key=lambda row: (certainty[id(row)] != "certain",))  # the first speaks for the group
        finding = _finding(page, key, members, certainty[id(members[0])], ground)
        engine = finding.engine or page.engines[0]
        judgements.append(Judgement(finding, remedies(page, members[0], finding, engine, connection)))
    judgements.sort(key=_rank)
    return judgements[:MAX_FINDINGS]


def _subject_columns(columns: Sequence[str]) -> tuple[str, ...]:
    named = ("index_name", "constraint_name", "index_columns", "columns", "subject")
    return tuple(
        name for name in columns if name in SHAPE_COLUMNS or is_table(name) or is_column(name) or name in named
    )


def _engine_of(row: Row, ground: _Ground) -> EngineName | None:
    for name, value in row.items():
        if name in SHAPE_COLUMNS and value in ground.shapes:
            return ground.shapes[value].engine
    for name, value in row.items():
        if is_table(name) and value in ground.tables:
            return ground.tables[value][0]
    return None


def _certainty(page: Page, row: Row, ground: _Ground) -> Certainty | None:
    """Certain, conditional, or None: no finding, because something that the page needs was not seen."""
    stated = row.get("certainty") or page.certainty
    if stated not in ("certain", "conditional"):
        raise ValueError(f"certainty is {stated!r}; it is certain or conditional")
    if all(_is_known(aspect, row, ground) for aspect in page.needs) and stated == "certain":
        return "certain"
    return "conditional" if page.settle else None


def _is_known(aspect: str, row: Row, ground: _Ground) -> bool:
    if aspect in INPUT_ASPECTS:
        return ("*", aspect) in ground.known
    subjects = [
        value for name, value in row.items() if (name in SHAPE_COLUMNS if aspect in SHAPE_ASPECTS else is_table(name))
    ]
    return bool(subjects) and all(value is not None and (value, aspect) in ground.known for value in subjects)


def _finding(
    page: Page, key: tuple[Any, ...], rows: list[dict[str, Any]], certainty: Certainty, ground: _Ground
) -> Finding:
    first = rows[0]
    roles: dict[Role, None] = {}
    for row in rows:
        for name, role in SHAPE_COLUMNS.items():
            if row.get(name):
                roles[Role(row[name], cast(Any, role))] = None
    shapes = [ground.shapes[name] for name in {role.fingerprint: None for role in roles} if name in ground.shapes]
    evidence = {name: value for name, value in first.items() if is_evidence(name) and value is not None}
    if len(rows) > 1:
        evidence["occurrences"] = len(rows)
    return Finding(
        id=finding_id(page.id, key),
        rule=page.id,
        severity=cast(Severity, _word(first, "severity", SEVERITIES, page.severity)),
        confidence=cast(Confidence, _word(first, "confidence", CONFIDENCES, _confidence(page, certainty))),
        certainty=certainty,
        title=template.prose(page.title, first),
        fingerprints=tuple(sorted(roles, key=lambda role: -(_cost(role.fingerprint, ground)))),
        engine=_engine_of(first, ground),
        tables=_tables(rows),
        columns=_columns(rows),
        evidence=evidence,
        impact=Impact(_sum(shape.seconds_per_hour for shape in shapes), _sum(shape.share for shape in shapes)),
        location=_location(first, ground),
        advice=template.prose(page.fix, first),
        settle=_settle(page, first, certainty, _engine_of(first, ground)),
    )


def _confidence(page: Page, certainty: Certainty) -> Confidence:
    return page.confidence if certainty == "certain" else "possible"


def finding_id(rule: str, subject: Sequence[Any]) -> str:
    """Hash of a rule and its normalised subject: the same on every run over the same schema and shapes."""
    text = json.dumps([rule, *subject], ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _settle(page: Page, row: Row, certainty: Certainty, engine: EngineName | None) -> str | None:
    if certainty == "certain":
        return None
    if row.get("settle"):
        return str(row["settle"])
    engine = engine or page.engines[0]
    block = page.settle.get(engine) or page.settle.get("")
    return template.sql(block.text, row, engine) if block is not None else None


def _word(row: Row, name: str, known: Sequence[str], default: str) -> str:
    value = row.get(name)
    if value is None:
        return default
    if value not in known:
        raise ValueError(f"{name} is {value!r}; it is one of {', '.join(known)}")
    return str(value)


def _cost(fingerprint: str, ground: _Ground) -> float:
    shape = ground.shapes.get(fingerprint)
    return (shape.seconds_per_hour or shape.share or 0.0) if shape else 0.0


def _sum(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) if present else None


def _tables(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for row in rows for name, value in row.items() if is_table(name) and value))


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            if value is None:
                continue
            if is_column(name):
                table = row.get(name.removesuffix("_column") + "_table") or row.get("table_name")
                found[f"{table}.{value}" if table else str(value)] = None
            elif name in ("columns", "index_columns") and row.get("table_name"):
                for column in _listed(value):
                    found[f"{row['table_name']}.{column}"] = None
    return tuple(found)


def _listed(value: Any) -> list[str]:
    try:
        items = json.loads(value) if isinstance(value, str) and value.startswith("[") else str(value).split(",")
    except ValueError:
        items = []
    names = [item.get("column") if isinstance(item, dict) else item for item in items]
    return [str(name).strip() for name in names if name]


def _location(row: Row, ground: _Ground) -> Location | None:
    for name, value in row.items():
        shape = ground.shapes.get(value) if name in SHAPE_COLUMNS else None
        if shape is not None:
            return Location(shape.file, shape.line) if shape.file and shape.line else None
    for name, value in row.items():
        if is_table(name) and value in ground.tables:
            _, file, line = ground.tables[value]
            return Location(file, line) if file and line else None
    return None
