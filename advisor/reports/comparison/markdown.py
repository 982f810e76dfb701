"""The comparison as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from advisor.model.compared import Comparison, ShapeChange
from advisor.reports import figures
from advisor.reports.comparison.headline import interval, lines, q, ratio, worth_telling
from advisor.reports.escape import code_span, markdown
from advisor.reports.markdown import finding_lines, heading


def render(result: Comparison, *, top: int = 10) -> str:
    """Header, findings, shapes; ``top`` of each. Everything from the input is fenced or escaped."""
    parts = ["# What changed", ""]
    parts += [f"- **{line.label}**: {markdown(line.text)}" for line in lines(result)]
    if result.findings:
        texts = {shape.fingerprint: shape.sql for shape in result.shapes}
        parts += ["", heading("Findings", len(result.findings), top)]
        for finding in result.findings[:top]:
            parts += ["", *finding_lines(finding, texts, of="of the load before")]
    else:
        parts += ["", "No finding. A shape that is unclear may have changed all the same."]
    if result.shapes:
        parts += ["", heading("Shapes", len(result.shapes), top), "", *_shapes(worth_telling(result, top))]
    return "\n".join(parts) + "\n"


def _shapes(shapes: list[ShapeChange]) -> list[str]:
    out = [
        "| status | time per call | 95 % | q | mean before | mean after | calls per hour | statement |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for shape in shapes:
        plan = ", another plan" if shape.plan_changed else ""
        out.append(
            f"| {shape.status}{plan} | {ratio(shape.ratio)} | {interval(shape.ci_low, shape.ci_high)} "
            f"| {q(shape.q_value)} "
            f"| {figures.milliseconds(shape.mean_ms_before)} | {figures.milliseconds(shape.mean_ms_after)} "
            f"| {ratio(shape.calls_ratio)} | `{shape.fingerprint}` {code_span(shape.sql, 160, cell=True)} |"
        )
    return out
