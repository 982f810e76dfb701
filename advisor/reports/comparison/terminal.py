"""The comparison for a person at a terminal: findings first, then every shape with news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from advisor.model.compared import Comparison, ShapeChange, Status
from advisor.reports import figures
from advisor.reports.comparison.headline import interval, lines, q, ratio, worth_telling
from advisor.reports.console import print_finding, section, to_text
from advisor.reports.escape import one_line

if TYPE_CHECKING:
    from rich.console import Console

_COLOUR: dict[Status, str] = {
    "slower": "bold red",
    "new": "yellow",
    "faster": "green",
    "gone": "cyan",
    "same": "dim",
    "unclear": "dim",
}
#: From this width on a row has room for the fingerprint beside the statement.
_ROOM_FOR_FINGERPRINTS = 110


def render(result: Comparison, *, top: int = 10, width: int = 120, colour: bool = False) -> str:
    """The whole report as text, ``width`` columns wide; ``top`` findings and shapes."""
    return to_text(lambda console: _draw(console, result, top), width, colour)


def _draw(console: Console, result: Comparison, top: int) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines(result):
        grid.add_row(line.label, Text(one_line(line.text), style="yellow" if line.warning else ""))
    console.print(grid)
    statements = {shape.fingerprint: shape.sql for shape in result.shapes}
    if result.findings:
        section(console, "Findings", min(top, len(result.findings)), len(result.findings))
        for number, finding in enumerate(result.findings[:top]):
            if number:
                console.print()
            print_finding(console, finding, statements, of="of the load before")
    else:
        console.print()
        console.print(Text("No finding. A shape that is unclear may have changed all the same.", style="dim"))
    if result.shapes:
        section(console, "Shapes", min(top, len(result.shapes)), len(result.shapes))
        _shapes(console, worth_telling(result, top))


def _shapes(console: Console, shapes: list[ShapeChange]) -> None:
    roomy = console.width >= _ROOM_FOR_FINGERPRINTS
    names = [
        "status",
        "time",
        "95 %",
        *(["q"] if roomy else []),
        "mean before",
        "after",
        "calls",
        *(["plan"] if roomy else []),
    ]
    rows = [
        [
            shape.status,
            ratio(shape.ratio),
            interval(shape.ci_low, shape.ci_high),
            *([q(shape.q_value)] if roomy else []),
            figures.milliseconds(shape.mean_ms_before),
            figures.milliseconds(shape.mean_ms_after),
            ratio(shape.calls_ratio)
            if shape.calls_ratio is not None
            else figures.count(shape.calls_after or shape.calls_before),
            *([_plan(shape)] if roomy else []),
        ]
        for shape in shapes
    ]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for column, name in enumerate(names):
        width = max(len(name), *(len(row[column]) for row in rows))
        table.add_column(name, justify="left" if not column else "right", no_wrap=True, min_width=width)
    table.add_column("statement", ratio=1, no_wrap=True, overflow="ellipsis")
    for shape, row in zip(shapes, rows, strict=True):
        name = f"{shape.fingerprint} " if roomy else ""
        cells = [Text(row[0], style=_COLOUR[shape.status]), *(Text(cell) for cell in row[1:])]
        table.add_row(*cells, Text.assemble((name, "dim"), one_line(shape.sql, 400)))
    console.print(table)


def _plan(shape: ShapeChange) -> str:
    return "-" if shape.plan_changed is None else "other" if shape.plan_changed else "same"
