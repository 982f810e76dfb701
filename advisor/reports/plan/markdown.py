"""Plans as Markdown, for a ticket or a pull request: the tree drawn, the figures as a table, what to do."""

from __future__ import annotations

from advisor.model.explained import DiffReport, Explanation, NodeReport, PlanReport
from advisor.reports import figures
from advisor.reports.escape import code_block, code_span, markdown
from advisor.reports.markdown import finding_lines, heading, recommendation_lines
from advisor.reports.plan import changes, label, planned, summary
from advisor.reports.plan.mermaid import chart
from advisor.reports.plan.place import by_number
from advisor.reports.plan.terminal import OF_PLAN, no_finding, state
from advisor.reports.plan.tree import rows
from advisor.reports.plan.underline import MarkedLine


def render(result: Explanation, queries: dict[int, list[MarkedLine]], *, top: int = 10) -> str:
    """The report; everything from the input is fenced or escaped."""
    parts: list[str] = []
    asked = any(plan.planning is not None for plan in result.plans)
    numbers = planned.shown(result, top) if asked else summary.shown(result.plans, top)
    if asked:
        parts += [f"- **{line.label}**: {markdown(line.text)}" for line in planned.planners(result)]
    if len(result.comparisons) > 1:
        listed, alike = planned.overview(result)
        parts += ["", "# Worlds compared", "", "| " + " | ".join(("statement", *planned.HEADINGS)) + " |"]
        parts.append("|---|---|---|---:|---:|---:|---|")
        for statement, entries in listed[:top]:
            for entry in entries:
                cells = [code_span(statement, 120, cell=True), *map(markdown, entry)]
                parts.append("| " + " | ".join(cells) + " |")
        parts += ["", f"{alike:,} comparisons show the same plan at the same cost."] if alike else []
    for number in numbers:
        plan = result.plans[number]
        kind = f"Plan {number + 1}: " if len(result.plans) > 1 else "Plan: "
        parts += [
            *([""] if parts else []),
            f"# {kind}{markdown(summary.title(plan, several=len(result.plans) > 1))}",
            "",
        ]
        parts += [f"- **{line.label}**: {markdown(line.text)}" for line in summary.lines(plan, number, result.findings)]
        if number in queries:
            parts += ["", code_block("\n".join(_underlined(queries[number])))]
        drawn = chart(plan)
        if drawn is not None:
            parts += ["", "```mermaid", drawn, "```"]
        parts += ["", *_table(plan)]
    rest = planned.rest(result, len(numbers)) if asked else summary.others(result.plans, top)
    if rest is not None:
        parts += ["", f"{rest}."]
    if asked:
        for one in [one for one in result.comparisons if one.after in numbers or len(result.comparisons) == 1][:top]:
            parts += _changed(
                one.diff, result.plans[one.before], result.plans[one.after], planned.heading(one, result.plans)
            )
            crossing = planned.crossing(one)
            parts += [f"- {markdown(crossing)}"] if crossing else []
        if result.growth is not None:
            parts += ["", "## How it grows", "", *(f"- {markdown(line)}" for line in planned.growth(result.growth))]
        for failed in result.unplanned[:5]:
            parts += ["", f"Not planned: {code_span(failed.query, 100)}: {markdown(failed.error)}"]
    elif result.diff is not None:
        parts += _changed(result.diff, result.plans[0], result.plans[1], "What changed")
    if result.recommendations:
        parts += ["", heading("What to do first", len(result.recommendations), top)]
        for number, item in enumerate(result.recommendations[:top], 1):
            parts += ["", *recommendation_lines(number, item)]
    if result.findings:
        parts += ["", heading("Findings", len(result.findings), top)]
        place = by_number(result.plans)
        for finding in result.findings[:top]:
            parts += ["", *finding_lines(finding, {}, place, OF_PLAN)]
    else:
        parts += ["", no_finding(result)]
    parts += [f"- note: {markdown(notice)}" for notice in [*planned.notes(result), *result.notices]]
    return "\n".join(parts) + "\n"


def _changed(diff: DiffReport, before: PlanReport, after: PlanReport, title: str) -> list[str]:
    parts = ["", f"## {markdown(title)}", "", *(f"- {markdown(line)}" for line in changes.lines(diff))]
    listed = changes.table(diff, before, after)
    if listed:
        parts += ["", "| " + " | ".join(changes.HEADINGS) + " |", "|---|---:|---:|---:|---|"]
        parts += ["| " + " | ".join([*entry[:4], code_span(entry[4], cell=True)]) + " |" for entry in listed]
    return parts


def _underlined(lines: list[MarkedLine]) -> list[str]:
    out = []
    for line in lines:
        out.append(line.text)
        if line.marks:
            under = [" "] * max(end for _, end, _ in line.marks)
            for start, end, _ in line.marks:
                under[start:end] = "~" * (end - start)
            # a comment, so that the block can still be pasted
            out.append("--" + "".join(under)[2:] if set(under[:2]) == {" "} else "-- " + "".join(under).strip())
    return out


def _table(plan: PlanReport) -> list[str]:
    times = plan.timed
    head = ["node", *(["self", "share", "total"] if times else ["cost"]), "rows", "estimate", "loops"]
    out = ["| " + " | ".join(head) + " | operator |", "|---|" + "---:|" * (len(head) - 1) + "---|"]
    for row in rows(plan, "time"):
        node = row.node
        if node is None:
            out.append("| |" + " |" * (len(head) - 1) + f" {markdown(row.label)} |")
            continue
        indent = "&nbsp;" * (2 * node.id.count("."))
        text = "; ".join([row.label, *row.details])
        cells = [str(row.number), *_times(node, times), _rows(node), _estimate(node), _number(node.loops)]
        out.append("| " + " | ".join(cells) + f" | {indent}{code_span(text, 240, cell=True)}{state(node)} |")
    return out


def _times(node: NodeReport, times: bool) -> list[str]:
    if not times:
        return [_number(node.cost_self)]
    return [
        "-" if summary.impossible(node) else figures.milliseconds(node.time_self_ms),
        "-" if summary.impossible(node) else figures.share(node.share),
        figures.milliseconds(node.time_total_ms),
    ]


def _rows(node: NodeReport) -> str:
    return _number(label.rows(node))


def _estimate(node: NodeReport) -> str:
    text = _number(label.estimate(node))
    if node.q_error is not None and node.q_error >= 2:
        text += f" ({figures.quantity(node.q_error)}x {'low' if node.underestimated else 'high'})"
    return text


def _number(value: float | None) -> str:
    return "-" if value is None else figures.quantity(value)
