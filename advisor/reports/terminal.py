"""The report for a person at a terminal: the answer first, then where the time goes, then the evidence."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from advisor.model.analysis import Analysis, ShapeReport
from advisor.model.finding import Finding, Recommendation, Severity
from advisor.reports import figures
from advisor.reports.escape import one_line, visible
from advisor.reports.evidence import paragraphs, readable
from advisor.reports.headline import lines, product

if TYPE_CHECKING:
    from rich.console import JustifyMethod, RenderableType

_COLOUR: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}


def render(result: Analysis, *, top: int = 10, width: int = 120, colour: bool = False) -> str:
    """The whole report as text, ``width`` columns wide; ``top`` shapes, findings and recommendations each."""
    out = StringIO()
    console = Console(
        file=out,
        width=max(60, width),
        force_terminal=colour,
        color_system="auto" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(_header(result))
    if result.recommendations:
        _section(console, "What to do first", len(result.recommendations), top)
        reasons = {remedy: finding.title for finding in reversed(result.findings) for remedy in finding.remedies}
        for number, recommendation in enumerate(result.recommendations[:top], 1):
            console.print(_recommendation(number, recommendation, reasons.get(recommendation.id, "")))
    if result.shapes:
        _section(console, "Where the time goes", len(result.shapes), top)
        console.print(_shapes(result.shapes[:top]))
    if result.findings:
        _section(console, "Findings", len(result.findings), top)
        texts = {shape.fingerprint: shape for shape in result.shapes}
        said = {item.id for item in result.recommendations[:top]}
        for finding in result.findings[:top]:
            console.print(_finding(finding, texts, said))
    elif result.shapes:
        console.print()
        console.print(Text("No finding. Shapes that were not analysed are unknown, not clean.", style="dim"))
    _unreadable(console, result)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _section(console: Console, title: str, total: int, top: int) -> None:
    console.print()
    heading = Text(title, style="bold")
    if total > top:
        heading.append(f"  ({top} of {total:,}; --top shows more)", style="dim")
    console.print(heading)


def _header(result: Analysis) -> RenderableType:
    names = ", ".join(one_line(source.path, 60) for source in result.sources[:3])
    if len(result.sources) > 3:
        names += f" and {len(result.sources) - 3} more"
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines(result):
        grid.add_row(line.label, Text(one_line(line.text), style="yellow" if line.warning else ""))
    return Group(Text(f"{names}  {product(result.engine)}", style="bold"), grid)


def _recommendation(number: int, item: Recommendation, reason: str) -> RenderableType:
    head = Text(f"{number:>2}. ", style="dim")
    head.append(item.kind.replace("_", " "), style="bold green")
    if item.table:
        columns = f" ({', '.join(item.columns)})" if item.columns else ""
        head.append(" on " + one_line(f"{item.table}{columns}"), style="bold")
    reach = item.benefit if item.benefit.share is not None else item.touches
    if reach.share is not None:
        verb = "saves" if item.benefit.share is not None else "touches"
        cost = f", {figures.seconds(reach.seconds_per_hour)} per hour" if reach.seconds_per_hour is not None else ""
        head.append(f"  {verb} {figures.share(reach.share)} of the time{cost}")
    head.append(f"  [{item.proof}] ", style="dim")
    head.append(item.id, style="dim")
    parts: list[RenderableType] = [head]
    if reason:
        parts.append(Padding(Text(one_line(reason) + "."), (0, 0, 0, 4)))
    if item.why and not item.sql:
        parts.append(Padding(Text(paragraphs(item.why)[0]), (0, 0, 0, 4)))
    if item.sql:
        parts.append(Padding(Text(visible(item.sql), style="cyan"), (0, 0, 0, 4)))
    if item.rollback:
        parts.append(Padding(Text("undo: " + visible(item.rollback), style="dim"), (0, 0, 0, 4)))
    return Group(*parts)


def _shapes(shapes: tuple[ShapeReport, ...]) -> RenderableType:
    examined = any(shape.rows_examined is not None for shape in shapes)
    largest = max(shape.total_seconds for shape in shapes)
    names = ["share", "", "total", "calls", "mean", "p95", *(["read/sent"] if examined else [])]
    rows = [
        [
            figures.share(shape.share),
            figures.bar(shape.total_seconds, largest),
            figures.seconds(shape.total_seconds) if shape.mean_ms is not None else "-",
            figures.count(shape.calls) + ("+" if shape.calls_error_bound else ""),
            figures.milliseconds(shape.mean_ms),
            figures.milliseconds(shape.p95_ms),
            *([_ratio(shape)] if examined else []),
        ]
        for shape in shapes
    ]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for column, name in enumerate(names):
        width = max(len(name), *(len(row[column]) for row in rows))  # the statement gives way, the figures never
        justify: JustifyMethod = "right" if name else "left"
        table.add_column(name, justify=justify, no_wrap=True, min_width=width, style="" if name else "magenta")
    table.add_column("statement", ratio=1, no_wrap=True, overflow="ellipsis")
    for shape, row in zip(shapes, rows, strict=True):
        statement = Text(f"{shape.fingerprint} ", style="dim")
        statement.append(one_line(shape.sql, 400), style="" if shape.analysed else "yellow")
        table.add_row(*row, statement)
    return table


def _ratio(shape: ShapeReport) -> str:
    if shape.rows_examined is None or shape.rows_sent is None:
        return "-"
    if not shape.rows_sent:
        return f"{shape.rows_examined:,}/0"
    return f"{shape.rows_examined / shape.rows_sent:,.0f}"


def _finding(finding: Finding, shapes: dict[str, ShapeReport], said: set[str]) -> RenderableType:
    head = Text(f" {finding.severity.upper()} ", style=_COLOUR[finding.severity])
    head.append(f" {finding.rule} ", style="dim")
    head.append(one_line(finding.title), style="bold")
    facts = [f"{figures.share(finding.impact.share)} of the time"] if finding.impact.share is not None else []
    if finding.impact.seconds_per_hour is not None:
        facts.append(f"{figures.seconds(finding.impact.seconds_per_hour)} per hour")
    facts.append(finding.confidence + (", to be settled" if finding.certainty == "conditional" else ""))
    if finding.columns or finding.tables:
        facts.append(one_line(", ".join(finding.columns or finding.tables), 80))
    if finding.location:
        facts.append(f"{one_line(finding.location.file)}:{finding.location.line}")
    parts: list[RenderableType] = [head, Padding(Text("; ".join(facts), style="dim"), (0, 0, 0, 4))]
    for role in finding.fingerprints[:3]:
        shape = shapes.get(role.fingerprint)
        label = f"{role.role} " if role.role != "query" else ""
        text = Text(f"{label}{role.fingerprint} ", style="dim")
        if shape is not None:
            text.append(one_line(shape.sql, 300))
        text.no_wrap, text.overflow = True, "ellipsis"
        parts.append(Padding(text, (0, 0, 0, 4)))
    if len(finding.fingerprints) > 3:
        parts.append(Padding(Text(f"and {len(finding.fingerprints) - 3} more shapes", style="dim"), (0, 0, 0, 4)))
    evidence = "; ".join(f"{label} {text}" for label, text in readable(finding.evidence))
    if evidence:
        parts.append(Padding(Text("evidence: " + one_line(evidence, 400), style="dim"), (0, 0, 0, 4)))
    if finding.advice and not (said & set(finding.remedies)):
        parts += [Padding(Text(text), (0, 0, 0, 4)) for text in paragraphs(finding.advice)]
    if finding.settle:
        parts.append(Padding(Text("settle it with: " + visible(finding.settle), style="yellow"), (0, 0, 0, 4)))
    if finding.remedies:
        parts.append(Padding(Text("-> " + ", ".join(finding.remedies), style="green"), (0, 0, 0, 4)))
    return Padding(Group(*parts), (0, 0, 1, 0))


def _unreadable(console: Console, result: Analysis) -> None:
    lost = [source for source in result.sources if source.unreadable.count]
    if not lost:
        return
    console.print()
    console.print(Text("Not understood", style="bold yellow"))
    for source in lost:
        console.print(Text(f"  {one_line(source.path)}: {source.unreadable.count:,} lines"))
        for example in source.unreadable.examples[:5]:
            console.print(Text(f"    line {example.line:,}: {one_line(example.reason, 160)}", style="dim"))
