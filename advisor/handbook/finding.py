"""From a row of Detect to a finding: its subject, what is known of it, its evidence, its cost.

Absence is told from ignorance here, once for all pages: a row whose subject lacks an aspect that the page `needs` gives
no finding, or a conditional one where the page says how to settle it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from advisor.handbook import steps, template
from advisor.handbook.check import SHAPE_COLUMNS, is_column, is_evidence, is_table
from advisor.handbook.page import INPUT_ASPECTS, SHAPE_ASPECTS, Page
from advisor.handbook.steps import NOTHING, Saving, Step, Steps
from advisor.model.engine import EngineName
from advisor.model.finding import (
    SEVERITIES,
    Certainty,
    Confidence,
    Finding,
    Impact,
    Location,
    Mark,
    Related,
    RelatedRole,
    Role,
    Severity,
)
from advisor.model.limits import LIMITS
from advisor.model.remedy import Judgement

CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
Row = Mapping[str, Any]
MAX_EVIDENCE = 1_000  # characters of one value: evidence is read by people
#: Where two engines share an input, the facts mark names of the second with its engine.
_MARK = re.compile(rf"(?:{'|'.join(get_args(EngineName))}):")
#: A line break within a paragraph: a report wraps by its own width.
_WRAPPED = re.compile(r"(?<!\n)\n(?![\n*-]|\d+\.)")


@dataclass(frozen=True, slots=True)
class Shape:
    """What findings need of a shape."""

    engine: EngineName
    seconds_per_hour: float | None
    share: float | None
    file: str | None
    line: int | None
    sql: str
    calls: int
    total_us: int

    @property
    def calls_per_hour(self) -> float | None:
        """None where the window or the time is not known."""
        if not self.total_us or self.seconds_per_hour is None:
            return None
        return self.seconds_per_hour * 1e6 / self.total_us * self.calls


@dataclass(slots=True)
class Ground:
    """What every page's rows are read against."""

    shapes: dict[str, Shape]
    tables: dict[str, tuple[EngineName, str | None, int | None]]
    known: set[tuple[str, str]]
    steps: Steps
    statements: dict[int, tuple[EngineName, str, int]]
    """Of migrations: engine, file and line, by number."""


def seen(connection: sqlite3.Connection) -> Ground:
    """Shapes, tables and what is known, out of the facts."""
    shapes = {
        row[0]: Shape(*row[1:])
        for row in connection.execute(
            """SELECT fingerprint, engine, seconds_per_hour, share, file, line, COALESCE(sample, sql), calls, total_us
               FROM shape"""
        )
    }
    tables = {
        row[0]: tuple(row[1:]) for row in connection.execute("SELECT table_name, engine, file, line FROM table_def")
    }
    known = set(connection.execute("SELECT subject, aspect FROM known"))
    statements = {
        row[0]: tuple(row[1:])
        for row in connection.execute("SELECT statement_id, engine, file, line FROM migration_statement")
    }
    return Ground(
        shapes,
        cast("dict[str, tuple[EngineName, str | None, int | None]]", tables),
        known,
        Steps(connection),
        cast("dict[int, tuple[EngineName, str, int]]", statements),
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that counts, as the facts gave it and as it is shown."""

    row: Row
    shown: Row
    engine: EngineName
    certainty: Certainty
    steps: tuple[Step, ...] = ()
    """What it is about in a plan."""
    saving: Saving = NOTHING

    @property
    def order(self) -> tuple[Any, ...]:
        """Sort key: the claim that speaks for its group comes first."""
        seconds, ms, share = self.saving.weight
        return (self.certainty != "certain", -seconds, -ms, -share)


def claimed(page: Page, row: Row, ground: Ground) -> Claim | None:
    """The row as a claim; None where it is of another engine, rests on what was not seen, or would save too little."""
    engine = _engine_of(row, ground)
    if engine is not None and engine not in page.engines:
        return None
    about = ground.steps.of(row)
    if about and about[0].never_executed and about[0].analyzed:
        return None
    saved = steps.saving(row, next(_shapes_of(row, ground), None), about)
    if not saved.matters:
        return None
    certainty = _certainty(page, row, ground, about)
    if certainty is None:
        return None
    shown = {name: plain(value) if name in SHAPE_COLUMNS or is_table(name) else value for name, value in row.items()}
    return Claim(row, shown, engine or page.engines[0], certainty, about, saved)


def _shapes_of(row: Row, ground: Ground) -> Iterator[Shape]:
    return (ground.shapes[row[name]] for name in SHAPE_COLUMNS if row.get(name) in ground.shapes)


def plain(name: Any) -> Any:
    """A name of the facts as the engine knows it."""
    return _MARK.sub("", name, count=1) if isinstance(name, str) and _MARK.match(name) else name


def subject_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that identify a finding where the page does not say."""
    named = ("index_name", "constraint_name", "index_columns", "columns", "subject")
    return tuple(
        name for name in columns if name in SHAPE_COLUMNS or is_table(name) or is_column(name) or name in named
    )


def _engine_of(row: Row, ground: Ground) -> EngineName | None:
    if row.get("statement_id") in ground.statements:
        return ground.statements[row["statement_id"]][0]
    for name, value in row.items():
        if name in SHAPE_COLUMNS and value in ground.shapes:
            return ground.shapes[value].engine
    for name, value in row.items():
        if is_table(name) and value in ground.tables:
            return ground.tables[value][0]
    return None


def _certainty(page: Page, row: Row, ground: Ground, about: Sequence[Step]) -> Certainty | None:
    """Certain, conditional, or None: no finding, because something that the page needs was not seen."""
    estimated = bool(about) and not about[0].analyzed
    stated = row.get("certainty") or ("conditional" if estimated else page.certainty)
    if stated not in ("certain", "conditional"):
        raise ValueError(f"certainty is {stated!r}; it is certain or conditional")
    known = all(_is_known(aspect, row, ground) for aspect in page.needs)
    if known and stated == "certain":
        return "certain"
    return "conditional" if page.settle or row.get("settle") or (known and estimated) else None


def _is_known(aspect: str, row: Row, ground: Ground) -> bool:
    if aspect in INPUT_ASPECTS:
        return ("*", aspect) in ground.known
    subjects = [
        value for name, value in row.items() if (name in SHAPE_COLUMNS if aspect in SHAPE_ASPECTS else is_table(name))
    ]
    return bool(subjects) and all(value is not None and (value, aspect) in ground.known for value in subjects)


def finding(page: Page, key: tuple[Any, ...], claims: Sequence[Claim], ground: Ground) -> Finding:
    """One finding for the claims of one subject; the first speaks for all. Raises ValueError for a senseless row."""
    first, certainty = claims[0].shown, claims[0].certainty
    roles = dict.fromkeys(
        (str(claim.row[name]), role) for claim in claims for name, role in SHAPE_COLUMNS.items() if claim.row.get(name)
    )
    names = dict.fromkeys(name for name, _ in roles)
    shapes = [ground.shapes[name] for name in names if name in ground.shapes]
    evidence = {name: _clean(name, value) for name, value in first.items() if is_evidence(name) and value is not None}
    related = _related(claims, ground)
    if len(claims) > 1 and not related:
        evidence["occurrences"] = len(claims)
    rows = [claim.shown for claim in claims]
    about, saved = claims[0].steps, claims[0].saving
    severity = _word(first, "severity", SEVERITIES, steps.severity(saved) or page.severity)
    impact = Impact(_sum(shape.seconds_per_hour for shape in shapes), _sum(shape.share for shape in shapes))
    return Finding(
        id=finding_id(page.id, key),
        rule=page.id,
        severity=steps.capped(cast(Severity, severity), about),
        confidence=cast(Confidence, _word(first, "confidence", CONFIDENCES, _confidence(page, certainty))),
        certainty=certainty,
        title=template.prose(page.title, first),
        fingerprints=tuple(
            Role(plain(name), cast(Any, role)) for name, role in sorted(roles, key=lambda pair: -_cost(pair[0], ground))
        ),
        engine=_engine_of(claims[0].row, ground),
        tables=_tables(rows),
        columns=_columns(rows),
        evidence=evidence,
        impact=_stated(first) or (saved.impact if saved.ms is not None or saved.share is not None else impact),
        location=steps.location(about) or _location(claims[0].row, ground),
        advice=template.prose(_WRAPPED.sub(" ", page.fix), first),
        settle=_settle(page, claims[0], ground),
        marks=_marks(claims, ground),
        related=related,
    )


def _stated(row: Row) -> Impact | None:
    """The cost that the row itself tells, where the time of its shapes is more than what the finding is about."""
    seconds, share = row.get("impact_seconds_per_hour"), row.get("impact_share")
    return Impact(seconds, share) if seconds is not None or share is not None else None


def _marks(claims: Sequence[Claim], ground: Ground) -> tuple[Mark, ...]:
    marks: dict[Mark, None] = {}
    for claim in claims:
        if len(marks) >= LIMITS.plan_marks:
            break
        marks |= dict.fromkeys(ground.steps.marks(claim.row, claim.steps[: LIMITS.plan_marks]))
    return tuple(marks)[: LIMITS.plan_marks]


def _related(claims: Sequence[Claim], ground: Ground) -> tuple[Related, ...]:
    """The statements of a migration that the other claims stand at, each once."""
    own = ground.statements.get(claims[0].row.get("statement_id", -1))
    found: dict[Related, None] = {}
    for claim in claims[1:]:
        there = ground.statements.get(claim.row.get("statement_id", -1))
        if own is not None and there is not None and there[1:] != own[1:]:
            role = _word(claim.row, "role", get_args(RelatedRole), "alike")
            found[Related(*there[1:], cast(RelatedRole, role))] = None
    return tuple(found)


def _clean(name: str, value: Any) -> Any:
    """Evidence as JSON can hold it and people can read it: counts without a fraction, whatever SQLite made of them."""
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and not name.endswith(("_share", "_ms")) else value
    if isinstance(value, str) and len(value) > MAX_EVIDENCE:
        return value[: MAX_EVIDENCE - 1] + "\u2026"
    return value


def _confidence(page: Page, certainty: Certainty) -> Confidence:
    return page.confidence if certainty == "certain" else "possible"


def finding_id(rule: str, subject: Sequence[Any]) -> str:
    """Hash of a rule and its normalised subject: the same on every run over the same schema and shapes."""
    text = json.dumps([rule, *subject], ensure_ascii=False, default=str, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _settle(page: Page, claim: Claim, ground: Ground) -> str | None:
    if claim.certainty == "certain":
        return None
    if claim.row.get("settle"):
        return str(claim.row["settle"])
    block = page.settle.get(claim.engine) or page.settle.get("")
    if block is not None:
        return template.sql(block.text, claim.shown, claim.engine)
    shape = next(_shapes_of(claim.row, ground), None)
    return steps.settle(claim.engine, shape.sql if shape is not None else None)


def _word(row: Row, name: str, known: Sequence[str], default: str) -> str:
    value = row.get(name)
    if value is None:
        return default
    if value not in known:
        raise ValueError(f"{name} is {value!r}; it is one of {', '.join(known)}")
    return str(value)


def _cost(fingerprint: str, ground: Ground) -> float:
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


def _location(row: Row, ground: Ground) -> Location | None:
    if row.get("statement_id") in ground.statements:
        _, written, at = ground.statements[row["statement_id"]]
        return Location(written, at)
    for name, value in row.items():
        shape = ground.shapes.get(value) if name in SHAPE_COLUMNS else None
        if shape is not None:
            return Location(shape.file, shape.line) if shape.file and shape.line else None
    for name, value in row.items():
        if is_table(name) and value in ground.tables:
            _, file, line = ground.tables[value]
            return Location(file, line) if file and line else None
    return None


def rank(judgement: Judgement) -> tuple[Any, ...]:
    """Sort key: severity, then cost, then what is certain."""
    found = judgement.finding
    cost = found.impact.seconds_per_hour or 0.0
    share = found.impact.share or 0.0
    saved = found.evidence.get("saving_ms") or 0.0  # of plans that came without a workload
    certain = found.certainty == "certain"
    return (-SEVERITIES.index(found.severity), -cost, -saved, -share, not certain, found.rule, found.id)
