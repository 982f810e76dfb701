"""The report for a person at a terminal: the answer first, then where the time goes, then the evidence."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.model.analysis import Analysis, ShapeReport
from advisor.model.finding import Finding, Recommendation, Severity
from advisor.reports import figures
from advisor.reports.escape import one_line, visible
from advisor.reports.evidence import brief, paragraphs, readable
from advisor.reports.headline import lines, product

if TYPE_CHECKING:
    from rich.console import JustifyMethod

_COLOUR: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
_INDENT = 4
#: From this width on a line of the shapes has room for the fingerprint beside the statement.
_ROOM_FOR_FINGERPRINTS = 110


def render(result: Analysis, *, top: int = 10, width: int = 120, colour: bool = False) -> str:
    """The whole report as text, ``width`` columns wide; ``top`` shapes, findings and recommendations each.

    Findings that explain one of the recommendations shown are shown too. SQL is never broken: it can be copied.
    """
    out = StringIO()
    console = Console(
        file=out,
        width=max(60, width),
        force_terminal=colour,
        color_system="auto" if colour else None,
        no_color=None if colour else True,  # None: as NO_COLOR says
        highlight=False,
        markup=False,
        emoji=False,
    )
    _header(console, result)
    first = result.recommendations[:top]
    if first:
        _section(console, "What to do first", len(first), len(result.recommendations))
        reasons = {remedy: finding for finding in reversed(result.findings) for remedy in finding.remedies}
        for number, recommendation in enumerate(first, 1):
            _recommendation(console, number, recommendation, reasons.get(recommendation.id))
    if result.shapes:
        _section(console, "Where the time goes", min(top, len(result.shapes)), len(result.shapes))
        _shapes(console, result.shapes[:top])
    if result.findings:
        offered = {item.id for item in first}
        chosen = [one for number, one in enumerate(result.findings) if number < top or offered & set(one.remedies)]
        _section(console, "Findings", len(chosen), len(result.findings))
        texts = {shape.fingerprint: shape for shape in result.shapes}
        for number, finding in enumerate(chosen):
            if number:
                console.print()
            _finding(console, finding, texts)
    elif result.shapes:
        console.print()
        console.print(Text("No finding. Shapes that were not analysed are unknown, not clean.", style="dim"))
    _unreadable(console, result)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _section(console: Console, title: str, shown: int, total: int) -> None:
    console.print()
    more = f"  ({shown} of {total:,}; --top shows more)" if total > shown else ""
    console.print(Text.assemble((title, "bold"), (more, "dim")))


def _prose(console: Console, text: Text, mark: Text | None = None) -> None:
    """Wrapped and indented; ``mark``, as wide as the indent, stands before the first line."""
    for number, line in enumerate(text.wrap(console, console.width - _INDENT)):
        console.print(Text.assemble(mark if mark and not number else " " * _INDENT, line))


def _sql(console: Console, text: str, style: str, label: str = "") -> None:
    """One printed line a line of SQL, however long: what is broken up cannot be pasted."""
    for number, line in enumerate(visible(text).splitlines()):
        before = label if not number else ""
        console.print(Text(" " * _INDENT + before + line, style=style), soft_wrap=True)


def _header(console: Console, result: Analysis) -> None:
    names = ", ".join(one_line(source.path, 60) for source in result.sources[:3])
    if len(result.sources) > 3:
        names += f" and {len(result.sources) - 3} more"
    console.print(Text(f"{names}  {product(result.engine)}", style="bold"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines(result):
        grid.add_row(line.label, Text(one_line(line.text), style="yellow" if line.warning else ""))
    console.print(grid)


def _recommendation(console: Console, number: int, item: Recommendation, reason: Finding | None) -> None:
    head = Text.assemble((item.kind.replace("_", " "), "bold green"))
    if item.table:
        columns = f" ({', '.join(item.columns)})" if item.columns else ""
        head.append(" on " + one_line(f"{item.table}{columns}"), style="bold")
    reach = item.benefit if item.benefit.share is not None else item.touches
    if reach.share is not None:
        verb = "saves" if item.benefit.share is not None else "touches"
        cost = f", {figures.seconds(reach.seconds_per_hour)} per hour" if reach.seconds_per_hour is not None else ""
        head.append(f"  {verb} {figures.share(reach.share)} of the time{cost}")
    head.append(f"  [{item.proof}] {item.id}", style="dim")
    _prose(console, head, Text(f"{number:>2}. ", style="dim"))
    if reason is not None:
        _prose(console, Text.assemble(one_line(reason.title) + ". ", (f"({reason.rule})", "dim")))
    if item.sql:
        _sql(console, item.sql, "cyan")
    elif item.why:
        _prose(console, Text(brief(item.why)))
    if item.rollback:
        _sql(console, item.rollback, "dim", label="undo: ")


def _shapes(console: Console, shapes: tuple[ShapeReport, ...]) -> None:
    examined = any(shape.rows_examined is not None for shape in shapes)
    largest = max(shape.total_seconds for shape in shapes)
    roomy = console.width >= _ROOM_FOR_FINGERPRINTS
    names = ["share", "", "total", "calls", "mean", "p95", *(["read/sent"] if examined else [])]
    rows = [
        [
            figures.share(shape.share),
            figures.bar(shape.total_seconds, largest, 12 if roomy else 6),
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
        name = f"{shape.fingerprint} " if roomy else ""
        statement = (one_line(shape.sql, 400), "" if shape.analysed else "yellow")
        table.add_row(*row, Text.assemble((name, "dim"), statement))
    console.print(table)


def _ratio(shape: ShapeReport) -> str:
    if shape.rows_examined is None or shape.rows_sent is None:
        return "-"
    if not shape.rows_sent:
        return f"{shape.rows_examined:,}/0"
    return f"{shape.rows_examined / shape.rows_sent:,.0f}"


def _finding(console: Console, finding: Finding, shapes: dict[str, ShapeReport]) -> None:
    head = Text.assemble(
        (f" {finding.severity.upper()} ", _COLOUR[finding.severity]),
        (f" {finding.rule} ", "dim"),
        (one_line(finding.title), "bold"),
    )
    for number, line in enumerate(head.wrap(console, console.width - _INDENT)):
        console.print(Text.assemble(" " * _INDENT if number else "", line))
    facts = [f"{figures.share(finding.impact.share)} of the time"] if finding.impact.share is not None else []
    if finding.impact.seconds_per_hour is not None:
        facts.append(f"{figures.seconds(finding.impact.seconds_per_hour)} per hour")
    facts.append(finding.confidence + (", to be settled" if finding.certainty == "conditional" else ""))
    if finding.columns or finding.tables:
        facts.append(one_line(", ".join(finding.columns or finding.tables), 80))
    if finding.location:
        facts.append(f"{one_line(finding.location.file)}:{finding.location.line}")
    _prose(console, Text("; ".join(facts), style="dim"))
    for role in finding.fingerprints[:3]:
        shape = shapes.get(role.fingerprint)
        label = f"{role.role} " if role.role != "query" else ""
        text = Text.assemble(" " * _INDENT, (f"{label}{role.fingerprint} ", "dim"))
        if shape is not None:
            text.append(one_line(shape.sql, 300))
        console.print(text, no_wrap=True, overflow="ellipsis")
    if len(finding.fingerprints) > 3:
        _prose(console, Text(f"and {len(finding.fingerprints) - 3} more shapes", style="dim"))
    evidence = "; ".join(f"{label} {text}" for label, text in readable(finding.evidence))
    if evidence:
        _prose(console, Text("evidence: " + one_line(evidence, 400), style="dim"))
    for paragraph in paragraphs(finding.advice) if finding.advice else []:
        _prose(console, Text(paragraph))
    if finding.settle:
        _sql(console, finding.settle, "yellow", label="settle it with: ")
    if finding.remedies:
        _prose(console, Text("-> " + ", ".join(finding.remedies), style="green"))


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
