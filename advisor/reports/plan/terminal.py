"""Plans for a person at a terminal: what it is, the tree with bars, what changed, what to do."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.model.explained import DiffReport, Explanation, GrowthReport, NodeReport, PlanReport
from advisor.reports import figures
from advisor.reports.console import INDENT, print_advice, print_recommendations, to_text
from advisor.reports.escape import one_line
from advisor.reports.headline import Line
from advisor.reports.plan import changes, label, planned, summary
from advisor.reports.plan.place import by_number
from advisor.reports.plan.tree import Row, best_measure, rows
from advisor.reports.plan.underline import MarkedLine, window

#: What the share of a finding is of: each plan's own time, however many plans there are.
OF_PLAN = "of its plan's time"
_Cell = Callable[[NodeReport], str]
_BAR = 10
_MARKS = "~"
#: Columns give way to the operator where the terminal is narrower.
_ROOM = {"total": 130, "loops": 100, "share": 80, "estimate": 70}
#: How each engine is asked for a plan with what really happened.
_EXECUTING = {
    "postgresql": "EXPLAIN (ANALYZE, BUFFERS)",
    "mysql": "EXPLAIN ANALYZE",
    "mariadb": "ANALYZE FORMAT=JSON",
}
_GAP = 2
_LEAST_ROOM = 24
#: Lines that one condition may take.
_MOST_LINES = 3


def render(
    result: Explanation,
    queries: dict[int, list[MarkedLine]],
    *,
    by: str | None = None,
    top: int = 10,
    width: int = 120,
    colour: bool = False,
    whole: bool = False,
) -> str:
    """The report as text. ``by`` names what the bars measure (time, rows, error, cost, buffers; default: the best).

    ``queries`` are the statements of the plans by number, underlined. ``whole`` shows every node of a large plan.
    """

    def draw(console: Console) -> None:
        asked = any(plan.planning is not None for plan in result.plans)
        numbers = planned.shown(result, top) if asked else summary.shown(result.plans, top)
        if asked:
            _lines(console, planned.planners(result))
        if len(result.comparisons) > 1:
            _overview(console, result, top)
        for place, number in enumerate(numbers):
            if place or asked:
                console.print()
            _plan(console, number, result, queries.get(number), by, whole=whole)
        rest = planned.rest(result, len(numbers)) if asked else summary.others(result.plans, top)
        if rest is not None:
            console.print()
            console.print(Text(rest, style="yellow"))
        if asked:
            for one in [one for one in result.comparisons if one.after in numbers or len(result.comparisons) == 1][
                :top
            ]:
                pair = (result.plans[one.before], result.plans[one.after])
                crossing = planned.crossing(one)
                _diff(console, one.diff, pair, planned.heading(one, result.plans), *([crossing] if crossing else []))
            if result.growth is not None:
                _growth(console, result.growth)
            _unplanned(console, result)
        elif result.diff is not None:
            _diff(console, result.diff, (result.plans[0], result.plans[1]), "What changed")
        if result.recommendations:
            print_recommendations(console, result.findings, result.recommendations, top)
        if result.findings:
            print_advice(console, result.findings, result.recommendations, {}, top, by_number(result.plans), OF_PLAN)
        else:
            console.print()
            console.print(Text(no_finding(result), style="dim"))
        for notice in [*planned.notes(result), *result.notices]:
            console.print(Text(f"note: {one_line(notice)}", style="yellow"))

    return to_text(draw, width, colour)


def no_finding(result: Explanation) -> str:
    """Why nothing was found: a plan that was not executed hides most of what can be wrong."""
    if any(plan.planning is not None for plan in result.plans):
        return "No finding: the rules see nothing wrong in what the optimizer plans."
    engines = {plan.engine.name for plan in result.plans if not plan.analyzed}
    if engines:
        ways = " or ".join(_EXECUTING[name] for name in sorted(engines) if name in _EXECUTING)
        more = f": {ways} where that is safe shows more" if ways else ""
        return f"No finding. A plan that was not executed shows little{more}."
    return "No finding: no node of these plans wastes time in a way that the handbook knows."


def _plan(
    console: Console,
    number: int,
    result: Explanation,
    query: list[MarkedLine] | None,
    by: str | None,
    *,
    whole: bool,
) -> None:
    plan, several = result.plans[number], len(result.plans) > 1
    head = summary.title(plan, several=several)
    console.print(Text(one_line(f"[{number + 1}] {head}" if several else head), style="bold"))
    _lines(console, summary.lines(plan, number, result.findings))
    if query:
        console.print()
        _query(console, query)
    console.print()
    measure = by or best_measure(plan)
    _tree(console, plan, rows(plan, measure, fold=not whole), measure)


def _lines(console: Console, lines: list[Line]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(line.label, Text(one_line(line.text, 600), style="yellow" if line.warning else ""))
    console.print(grid)


def _query(console: Console, lines: list[MarkedLine]) -> None:
    room = console.width - INDENT
    for line in lines[:40]:
        part = window(line, room)
        console.print(Text(" " * INDENT + part.text, style="cyan"), soft_wrap=True)
        if part.marks:
            under = [" "] * max(end for _, end, _ in part.marks)
            for start, end, _ in part.marks:
                under[start:end] = _MARKS * (end - start)
            console.print(Text(" " * INDENT + "".join(under), style="bold red"), soft_wrap=True)
    if len(lines) > 40:
        console.print(Text(f"{' ' * INDENT}… {len(lines) - 40} lines more", style="dim"))


def _tree(console: Console, plan: PlanReport, tree: list[Row], measure: str | None) -> None:
    largest = max((row.amount for row in tree), default=0.0)
    columns = [column for column in _columns(plan, measure) if console.width >= _ROOM.get(column[0], 0)]
    heads = [measure or "", *(title for title, _ in columns)]
    lines = [
        [
            figures.bar(row.amount, largest, _BAR),
            *(cell(row.node) if row.node is not None else "" for _, cell in columns),
        ]
        for row in tree
    ]
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    widths[0] = _BAR if measure is not None else 0
    room = max(_LEAST_ROOM, console.width - sum(widths) - _GAP * len(widths))

    def put(cells: list[str], last: Text, style: str = "") -> None:
        line = Text()
        for number, (text, width) in enumerate(zip(cells, widths, strict=True)):
            if not width:
                continue
            line.append(text.rjust(width) if number else text.ljust(width), "" if number else "magenta")
            line.append(" " * _GAP)
        line.stylize(style)
        last.truncate(room, overflow="ellipsis")
        console.print(line + last, no_wrap=True, crop=False, soft_wrap=True)

    put(heads, Text("operator"), "dim")
    blank = [""] * len(widths)
    for row, cells in zip(tree, lines, strict=True):
        put(cells, _label(row))
        for detail in row.details:
            inside = Text(one_line(detail, 600), style="dim").wrap(
                console, max(_LEAST_ROOM // 2, room - len(row.under))
            )
            for text in inside[:_MOST_LINES]:
                put(blank, Text.assemble((row.under, "dim"), text))
            if len(inside) > _MOST_LINES:
                put(blank, Text(f"{row.under}…", style="dim"))


def _label(row: Row) -> Text:
    node = row.node
    if node is None:
        return Text.assemble((row.branch, "dim"), (row.label, "dim"))
    style = "dim" if node.never_executed else "bold"
    return Text.assemble(
        (row.branch, "dim"), (f"{row.number} ", "dim"), (one_line(row.label), style), (state(node), "dim")
    )


def state(node: NodeReport) -> str:
    """What makes the node's figures say less than they seem to."""
    if node.never_executed:
        return "  never executed"
    early = node.stopped_early and (node.rows_estimated or 0) > 2 * (node.rows_actual or 0)
    return "  stopped early" if early else ""


def _columns(plan: PlanReport, measure: str | None) -> list[tuple[str, _Cell]]:
    out: list[tuple[str, _Cell]] = []
    if plan.timed:
        out += [("self", _self), ("share", _share), ("total", _total)]
    elif any(node.cost_total is not None for node in plan.nodes):
        out += [("cost", _cost)]
    if plan.analyzed:
        out += [("rows", _rows)]
        if any(node.loops is not None and node.loops > 1 for node in plan.nodes):
            out += [("loops", _loops)]
    if any(node.rows_estimated is not None for node in plan.nodes):
        out += [("estimate", _estimate)]
    if measure == "cost" and plan.timed:
        out += [("cost", _cost)]
    if measure == "buffers":
        out += [("blocks", _blocks)]
    return out


def _self(node: NodeReport) -> str:
    if node.never_executed or summary.impossible(node):
        return "-"
    return figures.milliseconds(node.time_self_ms)


def _share(node: NodeReport) -> str:
    return "-" if node.never_executed or summary.impossible(node) else figures.share(node.share)


def _total(node: NodeReport) -> str:
    return "-" if node.never_executed else figures.milliseconds(node.time_total_ms)


def _rows(node: NodeReport) -> str:
    count = label.rows(node)
    return "-" if count is None or node.never_executed else figures.quantity(count)


def _loops(node: NodeReport) -> str:
    return "-" if node.loops is None or node.never_executed else figures.quantity(node.loops)


def _estimate(node: NodeReport) -> str:
    """The estimate of the same rows, and how far off it was where that is much."""
    expected = label.estimate(node)
    if expected is None:
        return "-"
    text = figures.quantity(expected)
    if node.q_error is not None and node.q_error >= 2:
        text += f", {figures.quantity(node.q_error)}x {'low' if node.underestimated else 'high'}"
    return text


def _cost(node: NodeReport) -> str:
    return "-" if node.cost_self is None else figures.quantity(node.cost_self)


def _blocks(node: NodeReport) -> str:
    count = sum(value for kind, value in node.buffers_self.items() if kind.endswith(("_hit", "_read", "_written")))
    return figures.quantity(count)


def _overview(console: Console, result: Explanation, top: int) -> None:
    listed, alike = planned.overview(result)
    console.print()
    console.print(Text("Worlds compared", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for number, heading in enumerate(planned.HEADINGS):
        right = heading.startswith("cost") or not heading
        table.add_column(
            f"{' ' * INDENT}{heading}" if number == 0 else heading, justify="right" if right else "left", no_wrap=True
        )
    room = console.width - 1
    sections: list[tuple[str, int]] = []
    for statement, entries in listed[:top]:
        sections.append((one_line(statement, room), len(entries)))
        for first, *others in entries:
            table.add_row(Text(f"{' ' * INDENT}{one_line(first)}"), *(Text(one_line(cell)) for cell in others))
    if sections:
        _under(console, table, sections)
    if len(listed) > top:
        console.print(Text(f"{len(listed) - top:,} statements more; --top shows more", style="yellow"))
    if alike:
        console.print(Text(f"{' ' * INDENT}{alike:,} comparisons show the same plan at the same cost", style="dim"))


def _under(console: Console, table: Table, sections: list[tuple[str, int]]) -> None:
    """A table whose rows stand below a heading each: rendered as one, so that its columns line up."""
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    console.print(Text.from_ansi(lines[0]))
    at = 1
    for statement, count in sections:
        console.print(Text(statement, style="cyan"), no_wrap=True)
        for line in lines[at : at + count]:
            console.print(Text.from_ansi(line), no_wrap=True)
        at += count


def _growth(console: Console, report: GrowthReport) -> None:
    console.print()
    console.print(Text("How it grows", style="bold"))
    for line in planned.growth(report):
        console.print(Text(" " * INDENT + one_line(line)), soft_wrap=True)


def _unplanned(console: Console, result: Explanation) -> None:
    if not result.unplanned:
        return
    console.print()
    console.print(Text(f"Not planned: {len(result.unplanned):,}", style="bold yellow"))
    for one in result.unplanned[:5]:
        console.print(Text(f"{' ' * INDENT}{one_line(one.query, 100)}: {one_line(one.error, 300)}"), soft_wrap=True)


def _diff(console: Console, diff: DiffReport, plans: tuple[PlanReport, PlanReport], title: str, *more: str) -> None:
    console.print()
    console.print(Text(one_line(title), style="bold"))
    for line in [*changes.lines(diff), *more]:
        console.print(Text(" " * INDENT + one_line(line)), soft_wrap=True)
    listed = changes.table(diff, *plans)
    if not listed:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", expand=True)
    for heading in changes.HEADINGS[:-1]:
        table.add_column(heading, justify="right" if heading.startswith("Δ") else "left", no_wrap=True)
    table.add_column(changes.HEADINGS[-1], ratio=1, overflow="fold")
    for entry in listed:
        table.add_row(*(Text(one_line(cell)) for cell in entry))
    console.print(table)
