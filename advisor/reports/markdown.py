"""The report as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.model.analysis import Analysis, ShapeReport
from advisor.model.finding import Finding, Recommendation
from advisor.reports import figures, indexes
from advisor.reports.console import cost_lines, first_reasons, round_trips
from advisor.reports.escape import code_block, code_span, markdown, one_line
from advisor.reports.evidence import paragraphs, readable
from advisor.reports.headline import lines, product
from advisor.reports.places import place as place_of
from advisor.reports.plan.place import by_name


def render(result: Analysis, *, top: int = 10) -> str:
    """Header, advice, shapes, findings; ``top`` of each. Everything from the input is fenced or escaped."""
    names = ", ".join(code_span(source.path) for source in result.sources[:5])
    parts = [f"# Database advice: {names}", "", f"{markdown(product(result.engine))}", ""]
    parts += [f"- **{line.label}**: {markdown(line.text)}" for line in lines(result)]
    if result.recommendations:
        parts += ["", heading("What to do first", len(result.recommendations), top)]
        reasons = first_reasons(result.findings)
        for number, item in enumerate(result.recommendations[:top], 1):
            parts += ["", *recommendation_lines(number, item, reasons.get(item.id))]
    if result.index_advice is not None:
        parts += ["", *indexes.markdown_lines(result.index_advice)]
    if result.shapes:
        parts += ["", heading("Where the time goes", len(result.shapes), top), "", *_shapes(result.shapes[:top])]
    if result.findings:
        texts = {shape.fingerprint: shape.sql for shape in result.shapes}
        parts += ["", heading("Findings", len(result.findings), top)]
        place = by_name(result.plans)
        for finding in result.findings[:top]:
            parts += ["", *finding_lines(finding, texts, place)]
    lost = [source for source in result.sources if source.unreadable.count]
    if lost:
        parts += ["", "## Not understood", ""]
        for source in lost:
            parts.append(f"- {code_span(source.path)}: {source.unreadable.count:,} lines")
            parts += [f"  - line {e.line:,}: {markdown(e.reason)}" for e in source.unreadable.examples[:5]]
    return "\n".join(parts) + "\n"


def heading(title: str, total: int, top: int) -> str:
    """A heading, and how much of the whole stands below it."""
    return f"## {title}" + (f" ({top} of {total:,})" if total > top else "")


def recommendation_lines(number: int, item: Recommendation, reason: Finding | None = None) -> list[str]:
    """One change as an item of a list: what, why (``reason`` asks for it), the statement and how to undo it."""
    subject = f" on {code_span(item.table)}" if item.table else ""
    if item.columns:
        subject += f" {code_span('(' + ', '.join(item.columns) + ')')}"
    reach = item.benefit if item.benefit.share is not None else item.touches
    verb = "saves" if item.benefit.share is not None else "touches"
    effect = f"; {verb} {figures.share(reach.share)} of the time" if reach.share is not None else ""
    if not effect and item.cost_share is not None:
        effect = f"; saves {figures.share(item.cost_share)} of the planner's cost"
    out = [f"{number}. **{item.kind.replace('_', ' ')}**{subject} (proof: {item.proof}{effect}) `{item.id}`"]
    inside = " " * len(f"{number}. ")  # what belongs to the item of the list
    if reason is not None:
        out += ["", inside + markdown(f"{reason.title}. ({reason.rule})")]
    if item.why:
        out += ["", inside + markdown(paragraphs(item.why)[0])]
    costs = [*cost_lines(item), *round_trips(reason)]
    if costs:
        out += ["", *(f"{inside}- {markdown(line)}" for line in costs)]
    for label, text in (("", item.sql), ("Undo:", item.rollback)):
        if text:
            out += ["", *([inside + label, ""] if label else [])]
            out += [inside + line for line in code_block(text).split("\n")]
    return out


def _shapes(shapes: tuple[ShapeReport, ...]) -> list[str]:
    out = ["| share | total | calls | mean | p95 | statement |", "|---:|---:|---:|---:|---:|---|"]
    for shape in shapes:
        bound = f" (+{shape.calls_error_bound:,} at most)" if shape.calls_error_bound else ""
        out.append(
            f"| {figures.share(shape.share)} | {figures.seconds(shape.total_seconds)} | {shape.calls:,}{bound} "
            f"| {figures.milliseconds(shape.mean_ms)} | {figures.milliseconds(shape.p95_ms)} "
            f"| `{shape.fingerprint}` {code_span(shape.sql, 160, cell=True)} |"
        )
    return out


def finding_lines(
    finding: Finding,
    statements: Mapping[str, str],
    place: Callable[[Finding], str] | None = None,
    of: str = "of the time",
    *,
    advice: bool = True,
) -> list[str]:
    """One finding: head, subject, statements, evidence, advice. ``place`` says where in a plan it shows, ``of`` what
    its share is a share of. Without ``advice`` it stands above already."""
    cost = f", {figures.share(finding.impact.share)} {of}" if finding.impact.share is not None else ""
    condition = ", if confirmed" if finding.certainty == "conditional" else ""
    out = [
        f"### {finding.severity}: {markdown(finding.title)} ({finding.rule})",
        "",
        f"{finding.confidence}{condition}{cost}. `{finding.id}`",
    ]
    where = place(finding) if place is not None else ""
    if where:
        out.append(f"At {markdown(where)}.")
    if finding.location:
        out.append(f"At {code_span(place_of(finding))}.")
    subjects = ", ".join(code_span(name) for name in (finding.columns or finding.tables))
    if subjects:
        out.append(f"About {subjects}.")
    for role in finding.fingerprints[:3]:
        statement = statements.get(role.fingerprint)
        if statement:
            out += ["", f"{role.role} `{role.fingerprint}`:", "", code_block(one_line(statement, 2000))]
    evidence = [f"- {markdown(label)}: {code_span(text, 300)}" for label, text in readable(finding.evidence, finding)]
    if evidence:
        out += ["", *evidence]
    if not advice:
        out += ["", f"What to do: as above ({finding.rule})."]
    elif finding.advice:
        for paragraph in paragraphs(finding.advice):
            out += ["", *(markdown(line) for line in paragraph.splitlines())]
    if joined := finding.evidence.get("join_sql"):
        out += ["", "Or with the list itself:", "", code_block(str(joined))]
    if finding.settle:
        out += ["", "Settle it with:", "", code_block(finding.settle)]
    return out
