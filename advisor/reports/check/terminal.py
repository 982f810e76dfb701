"""The check for a person at a terminal: every statement of each migration, then findings with what to run instead."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from advisor.model.check import Alternative, Check, CheckedStatement, Verdict
from advisor.model.counted import counted
from advisor.reports import figures
from advisor.reports.check.shortening import ALIKE, Told, told
from advisor.reports.check.summary import lines, locks, price, statements_of, work
from advisor.reports.console import INDENT, print_finding, prose, section, sql, to_text
from advisor.reports.escape import one_line
from advisor.reports.places import beside, place
from advisor.reports.places import lines as lines_of

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.model.finding import Finding

#: Of all files of an alternative that are printed whole.
_LINES = 24
#: Statements of a check that are all listed: more than a pull request holds, those that are safe are counted.
_LISTED = 60
_COLOUR: dict[Verdict, str] = {
    "fails": "bold white on red",
    "blocking": "bold red",
    "unknown": "magenta",
    "brief_lock": "yellow",
    "online": "cyan",
    "safe": "green",
}


def render(result: Check, *, top: int | None = None, width: int = 120, colour: bool = False) -> str:
    """The whole report as text, ``width`` columns wide; the first ``top`` findings, or all."""
    return to_text(lambda console: _draw(console, result, top), width, colour)


def _draw(console: Console, result: Check, top: int | None) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for line in lines(result):
        grid.add_row(line.label, Text(one_line(line.text), style="yellow" if line.warning else ""))
    console.print(grid)
    _listed(console, result.statements)
    most = len(result.findings) if top is None else top
    if result.findings:
        section(console, "Findings", min(most, len(result.findings)), len(result.findings))
        shapes = statements_of(result)
        brief = False
        for number, one in enumerate(told(result, most)):
            was, brief = brief, one.brief
            if number and not (was and brief):
                console.print()
            if brief:
                _brief(console, one.finding)
                continue
            print_finding(console, one.finding, shapes, advice=one.advice)
            _answers(console, one)
    elif result.statements:
        console.print()
        console.print(Text("No finding.", style="green"))
    if result.regressions:
        _regressions(console, result)


def _listed(console: Console, statements: Sequence[CheckedStatement]) -> None:
    """Every statement under its file's name; of a whole folder those that do something."""
    folded = len(statements) > _LISTED
    quiet: list[int] = []
    for file, group in groupby(statements, key=lambda one: one.file):
        own = list(group)
        shown = [one for one in own if not folded or one.verdict != "safe"]
        if not shown:
            quiet.append(len(own))
            continue
        console.print()
        console.print(Text(one_line(file), style="bold"))
        for statement in shown:
            _statement(console, statement)
        if len(shown) < len(own):
            console.print(Text(f"{'':>5}  {len(own) - len(shown)} more: safe", style="dim"))
    if quiet:
        text = f"{counted(len(quiet), 'further file')} with nothing but safe statements ({sum(quiet):,})"
        console.print()
        prose(console, Text(f"{text}; --format json lists them", style="dim"))


def _answers(console: Console, one: Told) -> None:
    """What to run instead of each statement: of the first few whole."""
    several = len(one.answers) > 1
    for statement in one.answers[:ALIKE]:
        label = f"instead of line {statement.line}" if several else "instead"
        if statement.alternative is not None:
            print_alternative(console, statement.alternative, label, statement.file)
        else:
            where = f" for line {statement.line}" if several else ""
            why = one_line(statement.no_alternative or "")
            prose(console, Text(f"no other way is known{where}: {why}", style="dim"))
    if len(one.answers) > ALIKE:
        rest = lines_of(other.line for other in one.answers[ALIKE:])
        prose(console, Text(f"for {rest} in the same way (whole: --format markdown or json)", style="green"))


def _brief(console: Console, finding: Finding) -> None:
    """One more of its kind: what it is about, and where."""
    head = Text.assemble((f" {finding.severity.upper()}  {finding.rule} ", "dim"), one_line(finding.title))
    if finding.location is not None:
        head.append(f"; {place(finding)}", style="dim")
    for number, line in enumerate(head.wrap(console, console.width - INDENT)):
        console.print(Text.assemble(" " * INDENT if number else "", line))


def _statement(console: Console, statement: CheckedStatement) -> None:
    head = Text.assemble(
        (f"{statement.line:>5}  ", "dim"),
        (f"{statement.verdict.replace('_', ' '):<10}", _COLOUR[statement.verdict]),
        "  ",
        one_line(statement.sql, 400),
    )
    console.print(head, no_wrap=True, overflow="ellipsis")
    said = "; ".join(part for part in (locks(statement), work(statement), price(statement)) if part)
    if statement.failure:
        said = one_line(statement.failure) + (f" ({said})" if said else "")
    if said and statement.verdict != "safe":
        for line in Text(one_line(said), style="dim").wrap(console, console.width - 19):
            console.print(Text.assemble(" " * 19, line))


def print_alternative(console: Console, alternative: Alternative, label: str = "instead", file: str = "") -> None:
    """The statements of each file, and the commands."""
    checked = {True: "checked: nothing of it blocks", False: "it does not pass itself", None: "not checked"}
    text = Text.assemble((f"{label}: {one_line(alternative.summary)} ", "bold green"))
    text.append(f"[{checked[alternative.passes]}]", style="dim")
    prose(console, text)
    if alternative.why:
        prose(console, Text(one_line(alternative.why), style="dim"))
    whole = _whole(alternative)
    for number, step in enumerate(() if whole else alternative.steps, 1):
        how = "in one transaction" if step.transaction else "outside of a transaction"
        note = f"; {one_line(step.note)}" if step.note else ""
        prose(console, Text(f"{number}. {how}{note}", style="dim"))
        for statement in step.sql:
            sql(console, statement.rstrip().rstrip(";") + ";", "cyan")
    for command in alternative.commands:
        sql(console, command, "cyan")
    _files(console, alternative, file)


def _whole(alternative: Alternative) -> bool:
    """Are its files short enough to stand for the steps, which say the same?"""
    return 0 < sum(one.text.count("\n") + 1 for one in alternative.files) <= _LINES


def _files(console: Console, alternative: Alternative, file: str) -> None:
    """The same as files of the migration's tool: whole where they are short, else their names, beside ``file``."""
    if alternative.files:
        more = "" if _whole(alternative) else " (their text: --format markdown or json)"
        prose(
            console, Text(f"as {counted(len(alternative.files), 'file')} of the migration's tool{more}", style="green")
        )
        for one in alternative.files:
            prose(console, Text(f"+ {one_line(beside(one.path, file))}", style="bold"))
            if _whole(alternative):
                sql(console, one.text.rstrip("\n"), "cyan")
    for note in alternative.file_notes:
        prose(console, Text(f"- {one_line(note)}", style="dim"))


def _regressions(console: Console, result: Check) -> None:
    section(console, "Plans that get dearer", len(result.regressions), len(result.regressions))
    for one in result.regressions:
        after = "cannot be planned" if one.cost_after is None else figures.quantity(one.cost_after)
        ratio = f" (x{figures.ratio(one.cost_after / max(one.cost_before, 0.01))})" if one.cost_after else ""
        text = Text.assemble(
            " " * INDENT,
            (f"{one.fingerprint} ", "dim"),
            f"cost {figures.quantity(one.cost_before)} to {after}{ratio}  ",
            (f"{one_line(one.cause.file)}:{one.cause.line}  ", "dim"),
            one_line(one.sql, 300),
        )
        console.print(text, no_wrap=True, overflow="ellipsis")
