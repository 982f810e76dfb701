"""Findings about plans: the steps that a row of Detect points at, what the fix would save, and how much that matters.

Conventions for the columns of Detect are in docs/rules.md; here they get their meaning, once for all pages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.model.finding import SEVERITIES, Impact, Location, Mark, Severity
from advisor.model.limits import LIMITS

Row = Mapping[str, Any]
PLAN_COLUMNS = frozenset({"node_id", "node_ids", "plan_id", "mark_role"})
"""Columns of Detect that point into a plan: no evidence."""
#: Conditions that are marked in the query's text where the row names none.
_MARKED = ("filter", "index", "join_filter", "hash", "merge")
_SETTLE = {
    "postgresql": "EXPLAIN (ANALYZE, BUFFERS) {};",
    "mysql": "EXPLAIN ANALYZE {};",
    "mariadb": "ANALYZE FORMAT=JSON {};",
    "sqlite": ".timer on\n{};",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A node of a plan, or a plan as a whole (``path`` None)."""

    plan: int
    node: int | None
    path: str | None
    analyzed: bool
    never_executed: bool
    plan_ms: float | None
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Saving:
    """What would vanish at best, by the row's own words."""

    ms: float | None
    """Of one execution."""
    share: float | None
    """Of the plan's time; of its cost where it was not executed."""
    seconds_per_hour: float | None
    """Over the observed workload; None where that is not known."""
    workload_share: float | None
    """Of the workload's time; of the plan's where nothing else is known."""

    @property
    def matters(self) -> bool:
        """Is it worth a finding?"""
        if (self.seconds_per_hour or 0.0) >= LIMITS.plan_saving_seconds_per_hour:
            return True
        if self.share is not None and self.share < LIMITS.plan_saving_share:
            return False
        return self.ms is None or self.ms >= LIMITS.plan_saving_ms

    @property
    def weight(self) -> tuple[float, float, float]:
        """Order of savings, least first."""
        return (self.seconds_per_hour or 0.0, self.ms or 0.0, self.share or 0.0)

    @property
    def impact(self) -> Impact:
        """As a finding tells it."""
        return Impact(self.seconds_per_hour, self.workload_share)


NOTHING = Saving(None, None, None, None)


@dataclass(slots=True)
class Steps:
    """Looks up what rows point at, in the facts."""

    connection: sqlite3.Connection
    _found: dict[tuple[str, int], Step | None] = field(default_factory=dict)

    def of(self, row: Row) -> tuple[Step, ...]:
        """The steps that a row points at, the one that speaks for it first."""
        wanted: list[tuple[str, int]] = []
        if isinstance(row.get("node_id"), int):
            wanted.append(("node", row["node_id"]))
        wanted += [("node", number) for number in _numbers(row.get("node_ids"))]
        if not wanted and isinstance(row.get("plan_id"), int):
            wanted.append(("plan", row["plan_id"]))
        steps = (self._step(kind, number) for kind, number in dict.fromkeys(wanted))
        return tuple(step for step in steps if step is not None)

    def _step(self, kind: str, number: int) -> Step | None:
        key = (kind, number)
        if key not in self._found:
            if kind == "node":
                sql = """SELECT p.plan_id, n.node_id, n.path, p.analyzed, n.never_executed, p.total_ms, p.file, n.line
                         FROM plan_node AS n JOIN plan AS p USING (plan_id) WHERE n.node_id = ?"""
            else:
                sql = "SELECT plan_id, NULL, NULL, analyzed, 0, total_ms, file, line FROM plan WHERE plan_id = ?"
            row = self.connection.execute(sql, (number,)).fetchone()
            self._found[key] = Step(row[0], row[1], row[2], bool(row[3]), bool(row[4]), *row[5:]) if row else None
        return self._found[key]

    def marks(self, row: Row, steps: Sequence[Step]) -> list[Mark]:
        """The nodes, each with the places of its conditions in the query's text."""
        marks: list[Mark] = []
        named = row.get("mark_role")
        roles = _MARKED if named is None else tuple(str(named).replace(" ", "").split(","))
        for step in steps:
            marks.append(Mark(plan=step.plan, node=step.path))
            if step.node is None:
                continue
            listed = ", ".join("?" * len(roles))
            places = self.connection.execute(
                f"""SELECT query_start, query_end FROM plan_predicate
                    WHERE node_id = ? AND role IN ({listed}) AND query_start IS NOT NULL
                    UNION SELECT query_start, query_end FROM plan_key
                    WHERE node_id = ? AND role IN ({listed}) AND query_start IS NOT NULL ORDER BY 1, 2""",
                (step.node, *roles, step.node, *roles),
            )
            marks += [Mark(plan=step.plan, node=step.path, start=start, end=end) for start, end in places]
        return marks


def saving(row: Row, shape: Any, about: Sequence[Step] = ()) -> Saving:
    """Reads ``saving_ms`` and ``saving_share``; ``shape`` tells how often the statement runs.

    Where only a share is told (TIMING OFF), it is taken of the time of the whole plan.

    A logged plan may be an unusually slow execution: an hour saves at most that share of what the statement costs.
    """
    ms, share = _number(row, "saving_ms"), _number(row, "saving_share")
    if share is not None:
        share = min(max(share, 0.0), 1.0)
        if ms is None and about and about[0].analyzed and about[0].plan_ms is not None:
            ms = share * about[0].plan_ms
    hourly: float | None = None
    of_workload = share
    if shape is not None and shape.seconds_per_hour:
        by_share = share * shape.seconds_per_hour if share is not None else shape.seconds_per_hour
        by_time = ms / 1000 * shape.calls_per_hour if ms is not None and shape.calls_per_hour else by_share
        hourly = min(by_share, by_time) if ms is not None or share is not None else None
        if share is not None and shape.share is not None:
            of_workload = share * shape.share
    return Saving(ms, share, hourly, of_workload)


def severity(saved: Saving) -> Severity | None:
    """By the share of the plan that would vanish; None where the row tells none.

    Where no workload says how often it runs, a saving of a few milliseconds is not high, whatever its share.
    """
    if saved.share is None:
        return None
    small = saved.seconds_per_hour is None and saved.ms is not None and saved.ms < LIMITS.plan_saving_high_ms
    if saved.share >= LIMITS.plan_share_high and not small:
        return "high"
    if saved.share >= LIMITS.plan_share_medium:
        return "medium"
    return "low" if saved.share >= LIMITS.plan_share_low else "info"


def capped(word: Severity, steps: Sequence[Step]) -> Severity:
    """An optimizer's estimate is at most medium: nobody has seen the time pass."""
    if steps and not steps[0].analyzed and SEVERITIES.index(word) > SEVERITIES.index("medium"):
        return "medium"
    return word


def settle(engine: str, sql: str | None) -> str | None:
    """The statement that turns an estimated plan into an executed one."""
    template = _SETTLE.get(engine)
    return template.format((sql or "...").rstrip().rstrip(";")) if template is not None else None


def location(steps: Sequence[Step]) -> Location | None:
    """Where the plan's text has the node, for plans that were read from a file."""
    for step in steps[:1]:
        if step.file and step.line:
            return Location(step.file, step.line)
    return None


def _numbers(value: Any) -> list[int]:
    if not isinstance(value, str):
        return []
    try:
        items = json.loads(value)
    except ValueError:
        raise ValueError(f"node_ids is {value[:40]!r}; it is a JSON array of node_id") from None
    return [item for item in items if isinstance(item, int)]


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}; it is a number")
    return max(float(value), 0.0)
