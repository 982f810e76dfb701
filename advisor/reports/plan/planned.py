"""Plans that a planner was asked for: who planned them, in which world, and what differs between worlds."""

from __future__ import annotations

import msgspec

from advisor.model.counted import counted
from advisor.model.engine import Engine
from advisor.model.explained import Comparison, Explanation, GrowthReport, Planning, PlanReport
from advisor.model.planning import IndexSize, PlannedBy, Scale
from advisor.reports import figures
from advisor.reports.escape import one_line
from advisor.reports.headline import Line, product

HEADINGS = ("world", "values", "cost before", "cost after", "", "plan")
#: Costs closer than this are called equal: estimates move by as much when a statistic is sampled anew.
_EQUAL = 0.005
_VALUES = {
    "typical": "those of a typical execution in the log",
    "slowest": "those of the slowest execution in the log",
    "generic": "none: the plan of a prepared statement that does not look at them",
}
_PLANNERS = {"shadow": "in a shadow", "live": "on the server itself", "hypopg": "on the server itself, with HypoPG"}
_STATEMENT = 80
"""Characters of a statement in a title."""
_JOINS = ("nested_loop", "hash_join", "merge_join", "block_nested_loop")
_STATISTICS = {
    "live": "its own statistics",
    "snapshot": "statistics captured",
    "scaled": "grown statistics of a snapshot",
    "default": "DEFAULT statistics: nothing was captured, so plans and costs prove nothing",
}


def planners(result: Explanation) -> list[Line]:
    """Who answered, each once however many plans are theirs, and the indexes that do not exist."""
    out: list[Line] = []
    said: set[PlannedBy] = set()
    indexes: dict[IndexSize, None] = {}
    for plan in result.plans:
        if plan.planning is None:
            continue
        by = msgspec.structs.replace(plan.planning.planned_by, notes=())
        if by not in said:
            said.add(by)
            out.append(Line("planned by", _planner(by), warning=by.statistics == "default" or by.same_major is False))
            if by.exactness:
                out.append(Line("exactness", by.exactness))
        if not plan.planning.configuration.scale:
            indexes |= dict.fromkeys(plan.planning.indexes)
    return [*out, *(Line("what if", _index(one)) for one in indexes)]


def lines(planning: Planning) -> list[Line]:
    """What to know of one answer before its plan."""
    out = []
    if planning.values != "written":
        out.append(Line("values", _VALUES[planning.values]))
    if planning.configuration.scale:
        out += [Line("index", _index(one)) for one in planning.indexes]
    return out + [Line("note", note, warning=True) for note in planning.notes]


def _planner(by: PlannedBy) -> str:
    text = f"{product(_engine(by))} {_PLANNERS[by.planner]}, {_STATISTICS[by.statistics]}"
    if by.statistics in ("snapshot", "scaled") and by.captured_at:
        text += f"{'' if by.statistics == 'snapshot' else ' of'} {by.captured_at[:16].replace('T', ' ')}"
    if by.production is not None and by.planner == "shadow" and by.statistics != "default":
        text += f" from {product(by.production)}"
        if by.same_major is False:
            text += ": ANOTHER MAJOR VERSION than production"
    return text


def _engine(by: PlannedBy) -> Engine:
    return Engine(by.engine, by.version)


def _index(one: IndexSize) -> str:
    size = f"{figures.size(one.bytes)}, {counted(one.pages, 'page')}"
    if one.height is not None:
        size += f", height {one.height}"
    return f"{one.sql}: {size}" + (f" ({one.modelled})" if one.modelled else "")


def notes(result: Explanation) -> list[str]:
    """What could not be carried over, each once, however many plans say it."""
    seen: dict[str, None] = {}
    for plan in result.plans:
        if plan.planning is not None:
            seen |= dict.fromkeys(plan.planning.planned_by.notes)
    told = result.growth.notes if result.growth is not None else ()
    return [note for note in seen if note not in told]


def shown(result: Explanation, top: int) -> list[int]:
    """Numbers of the plans worth printing: each different plan of a statement once, those that differ between worlds
    first, the dearest before the others."""
    first: dict[tuple[str | None, str], int] = {}
    for number, plan in enumerate(result.plans):
        first.setdefault((plan.query_fingerprint, plan.fingerprint), number)
    changed = {number for one in result.comparisons if not one.diff.same_plan for number in (one.before, one.after)}
    ranked = sorted(
        first.values(), key=lambda number: (number not in changed, -(result.plans[number].nodes[0].cost_total or 0.0))
    )
    return sorted(ranked[:top])


def rest(result: Explanation, printed: int) -> str | None:
    """What is said of the plans that are not printed."""
    left = len(result.plans) - printed
    if not left:
        return None
    plans = "plan is" if left == 1 else "plans are"
    return (
        f"{left:,} more {plans} not printed: the same operators in another world or with other values, or beyond --top"
    )


def overview(result: Explanation) -> tuple[list[tuple[str, list[tuple[str, ...]]]], int]:
    """By statement the rows for HEADINGS, other plans first, then the greatest change of cost; and how many comparisons
    are left out because they show the same plan at the same cost.

    What is the same for several sets of values is one row.
    """
    ranked = sorted(result.comparisons, key=lambda one: (one.diff.same_plan, -_change(one)))
    merged: dict[tuple[str, str], dict[tuple[str, ...], list[str]]] = {}
    alike = 0
    for one in ranked:
        if one.diff.same_plan and abs(_change(one) - 1) < _EQUAL:
            alike += 1
            continue
        plan = result.plans[one.after]
        values, *others = _row(one, result.plans)
        statement = (plan.query_fingerprint or "", " ".join((plan.query or "").split()))
        merged.setdefault(statement, {}).setdefault(tuple(others), []).append(values)
    return [
        (statement, [(label, ", ".join(values), *figured) for (label, *figured), values in rows.items()])
        for (_, statement), rows in merged.items()
    ], alike


def _change(one: Comparison) -> float:
    before, after = one.diff.cost_before, one.diff.cost_after
    if not before or not after:
        return 1.0
    return max(before / after, after / before)


def _row(one: Comparison, plans: tuple[PlanReport, ...]) -> tuple[str, ...]:
    before, after = plans[one.before], plans[one.after]
    planning = after.planning
    assert planning is not None
    return (
        planning.values,
        planning.label,
        "-" if one.diff.cost_before is None else figures.quantity(one.diff.cost_before),
        "-" if one.diff.cost_after is None else figures.quantity(one.diff.cost_after),
        _factor(one),
        "same" if one.diff.same_plan else f"{_operators(before)} -> {_operators(after)}",
    )


def _operators(plan: PlanReport) -> str:
    """How the plan reads its first relation: what most often tells two plans apart at a glance."""
    join = next((node for node in plan.nodes if node.operator in _JOINS), None)
    scan = next((node for node in plan.nodes if node.relation is not None), plan.nodes[0])
    return (join or scan).raw_operator


def _factor(one: Comparison) -> str:
    before, after = one.diff.cost_before, one.diff.cost_after
    if not before or not after:
        return ""
    ratio = after / before
    if abs(ratio - 1) < _EQUAL:
        return "="
    return f"{ratio:.3g}x" if ratio >= 1 else f"1/{1 / ratio:.3g}"


def heading(one: Comparison, plans: tuple[PlanReport, ...]) -> str:
    """``What changes: orders x10``: the title of one comparison, with its statement where there are several."""
    planning = plans[one.after].planning
    assert planning is not None
    title = f"What {planning.values} values change" if one.why == "values" else f"What changes: {planning.label}"
    if len({plan.query_fingerprint for plan in plans}) < 2:
        return title
    statement = one_line(" ".join((plans[one.after].query or "").split()), _STATEMENT)
    return f"{title}  [{one.before + 1}] -> [{one.after + 1}]  {statement}"


def crossing(one: Comparison) -> str | None:
    """At which size the plan changes."""
    if not one.flips_above:
        return None
    return f"the plan changes between {_sizes(one.flips_below)} and {_sizes(one.flips_above)}"


def _sizes(scale: tuple[Scale, ...]) -> str:
    return ", ".join(f"{'all tables' if part.table == '*' else part.table} x{part.factor:.3g}" for part in scale)


def growth(report: GrowthReport) -> list[str]:
    """How the grown world was made: each table, each column that does not stay as it is, and what to know."""
    out = []
    for table in report.tables:
        before, after = table.rows_before, table.rows_after
        rows = f": {figures.quantity(before)} -> {figures.quantity(after)} rows" if before and after else ""
        out.append(f"{table.table} x{table.factor:g}{rows}")
    for column in report.columns:
        if column.decision == "kept":
            continue
        more = f" by {column.days:,.0f} days" if column.days else f" x{column.factor:.3g}" if column.factor != 1 else ""
        out.append(f"{column.table}.{column.column} {column.decision}{more}: {column.because}")
    kept = sum(column.decision == "kept" for column in report.columns)
    if kept:
        out.append(f"with unchanged frequencies and values: {counted(kept, 'column')} (listed in JSON)")
    return [*out, *report.notes]
