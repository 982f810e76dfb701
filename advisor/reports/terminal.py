"""The report for a person at a terminal: the answer first, then where the time goes, then the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from advisor.model.analysis import Analysis, ShapeReport
from advisor.reports import figures, indexes
from advisor.reports.console import print_advice, print_recommendations, section, to_text
from advisor.reports.escape import one_line
from advisor.reports.headline import lines, product
from advisor.reports.plan.place import by_name

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

#: From this width on a line of the shapes has room for the fingerprint beside the statement.
_ROOM_FOR_FINGERPRINTS = 110


def render(result: Analysis, *, top: int = 10, width: int = 120, colour: bool = False) -> str:
    """The whole report as text, ``width`` columns wide; ``top`` shapes, findings and recommendations each.

    Findings that explain one of the recommendations shown are shown too. SQL is never broken: it can be copied.
    """
    return to_text(lambda console: _draw(console, result, top), width, colour)


def _draw(console: Console, result: Analysis, top: int) -> None:
    _header(console, result)
    if result.recommendations:
        print_recommendations(console, result.findings, result.recommendations, top)
    if result.index_advice is not None:
        indexes.draw(console, result.index_advice)
    if result.shapes:
        section(console, "Where the time goes", min(top, len(result.shapes)), len(result.shapes))
        _shapes(console, result.shapes[:top])
    if result.findings:
        statements = {shape.fingerprint: shape.sql for shape in result.shapes}
        print_advice(console, result.findings, result.recommendations, statements, top, by_name(result.plans))
    elif result.shapes:
        console.print()
        console.print(Text("No finding. Shapes that were not analysed are unknown, not clean.", style="dim"))
    _unreadable(console, result)


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
