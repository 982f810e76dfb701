"""What the reports for a terminal share: sections, prose, SQL, findings and recommendations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from advisor.model.finding import Finding, Recommendation, Severity
from advisor.reports import figures
from advisor.reports.escape import one_line, visible
from advisor.reports.evidence import brief, paragraphs, readable
from advisor.reports.places import place as place_of

_COLOUR: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
INDENT = 4
#: Statements printed of one index change: a long one is of partitions, each with two.
_STATEMENTS = 6


def to_text(draw: Callable[[Console], None], width: int, colour: bool) -> str:
    """What ``draw`` prints on a console ``width`` columns wide."""
    out = StringIO()
    draw(
        Console(
            file=out,
            width=max(60, width),
            force_terminal=colour,
            color_system="auto" if colour else None,
            no_color=None if colour else True,  # None: as NO_COLOR says
            highlight=False,
            markup=False,
            emoji=False,
        )
    )
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def section(console: Console, title: str, shown: int, total: int) -> None:
    """A heading, and how much of the whole stands below it."""
    console.print()
    more = f"  ({shown} of {total:,}; --top shows more)" if total > shown else ""
    console.print(Text.assemble((title, "bold"), (more, "dim")))


def prose(console: Console, text: Text, mark: Text | None = None) -> None:
    """Wrapped and indented; ``mark``, as wide as the indent, stands before the first line."""
    for number, line in enumerate(text.wrap(console, console.width - INDENT)):
        console.print(Text.assemble(mark if mark and not number else " " * INDENT, line))


def sql(console: Console, text: str, style: str, label: str = "", most: int | None = None) -> None:
    """One printed line a line of SQL, however long: what is broken up cannot be pasted. Of more lines than ``most``
    the first are shown, and where the rest is."""
    shown = visible(text).splitlines()
    cut = most is not None and len(shown) > most
    for number, line in enumerate(shown[:most] if cut else shown):
        before = label if not number else ""
        console.print(Text(" " * INDENT + before + line, style=style), soft_wrap=True)
    if cut and most is not None:
        rest = f"... and {len(shown) - most} more statements; --format sql writes all"
        console.print(Text(" " * INDENT + rest, style="dim"))


def print_recommendation(console: Console, number: int, item: Recommendation, reason: Finding | None) -> None:
    """One change: what, why, the statement and how to undo it."""
    head = Text.assemble((item.kind.replace("_", " "), "bold green"))
    if item.table:
        columns = f" ({', '.join(item.columns)})" if item.columns else ""
        head.append(" on " + one_line(f"{item.table}{columns}"), style="bold")
    reach = item.benefit if item.benefit.share is not None else item.touches
    if reach.share is not None:
        verb = "saves" if item.benefit.share is not None else "touches"
        cost = f", {figures.seconds(reach.seconds_per_hour)} per hour" if reach.seconds_per_hour is not None else ""
        head.append(f"  {verb} {figures.share(reach.share)} of the time{cost}")
    elif item.cost_share is not None:
        head.append(f"  saves {figures.share(item.cost_share)} of the planner's cost")
    head.append(f"  [{item.proof}] {item.id}", style="dim")
    prose(console, head, Text(f"{number:>2}. ", style="dim"))
    if reason is not None:
        prose(console, Text.assemble(one_line(reason.title) + ". ", (f"({reason.rule})", "dim")))
    elif item.proof != "static" and item.why:
        prose(console, Text(brief(item.why)))
    for line in [*cost_lines(item), *round_trips(reason)]:
        prose(console, Text(line, style="dim"))
    if item.sql:
        sql(console, item.sql, "cyan", most=_most(item))
    elif item.why:
        prose(console, Text(brief(item.why)))
    if item.rollback:
        sql(console, item.rollback, "dim", label="undo: ", most=_most(item))


def round_trips(reason: Finding | None) -> list[str]:
    """What a loop costs beside the server's time: round trips, and how long the one who waits waits for them."""
    evidence = reason.evidence if reason is not None else {}
    saved, repeats = evidence.get("round_trips_saved"), evidence.get("repeats")
    if not saved or not repeats:
        return []
    waited = evidence.get("latency_saved_ms")
    each = "" if waited is None else f"; {figures.milliseconds(waited)} faster each time"
    return [f"saves {figures.count(saved)} of {figures.count(repeats)} round trips{each}"]


def _most(item: Recommendation) -> int | None:
    """Index changes have a file to be written to; a table of a hundred partitions has as many statements."""
    return _STATEMENTS if item.kind in ("create_index", "drop_index") else None


def cost_lines(item: Recommendation) -> list[str]:
    """What a change costs, and what it does to each statement: the heaviest three."""
    out: list[str] = []
    parts = [figures.size(item.size_bytes)] if item.size_bytes is not None else []
    if item.write_seconds_per_hour is not None:
        parts.append(f"writes {figures.seconds(item.write_seconds_per_hour)} per hour")
    if item.price is not None and item.price.build_seconds is not None:
        low, high = item.price.build_seconds
        parts.append(f"builds in {figures.seconds(low)} to {figures.seconds(high)}")
    if parts and item.kind == "create_index":
        out.append("price: " + ", ".join(parts))
    elif parts and item.kind == "drop_index":
        out.append("frees: " + ", ".join(parts))
    compared = [one for one in item.affects if one.cost_before is not None and one.cost_after is not None]
    for one in compared[:3]:
        text = f"{one.fingerprint}: cost {figures.quantity(one.cost_before or 0)} to "
        text += figures.quantity(one.cost_after or 0)
        if one.ms_before is not None and one.ms_after is not None:
            text += f", {figures.milliseconds(one.ms_before)} to {figures.milliseconds(one.ms_after)}"
        out.append(text)
    if len(compared) > 3:
        out.append(f"and {len(compared) - 3} more statements")
    return out


def print_finding(
    console: Console,
    finding: Finding,
    statements: Mapping[str, str],
    place: Callable[[Finding], str] | None = None,
    of: str = "of the time",
    *,
    advice: bool = True,
) -> None:
    """One finding: head, subject, statements, evidence, advice. ``place`` says where in a plan it shows, ``of`` what
    its share is a share of. Without ``advice`` it stands above already."""
    head = Text.assemble(
        (f" {finding.severity.upper()} ", _COLOUR[finding.severity]),
        (f" {finding.rule} ", "dim"),
        (one_line(finding.title), "bold"),
    )
    for number, line in enumerate(head.wrap(console, console.width - INDENT)):
        console.print(Text.assemble(" " * INDENT if number else "", line))
    facts = [f"{figures.share(finding.impact.share)} {of}"] if finding.impact.share is not None else []
    if finding.impact.seconds_per_hour is not None:
        facts.append(f"{figures.seconds(finding.impact.seconds_per_hour)} per hour")
    facts.append(finding.confidence + (", to be settled" if finding.certainty == "conditional" else ""))
    if finding.columns or finding.tables:
        facts.append(one_line(", ".join(finding.columns or finding.tables), 80))
    where = place(finding) if place is not None else ""
    if where:
        facts.append(one_line(where, 120))
    if finding.location:
        facts.append(place_of(finding))
    prose(console, Text("; ".join(facts), style="dim"))
    for role in finding.fingerprints[:3]:
        statement = statements.get(role.fingerprint)
        label = f"{role.role} " if role.role != "query" else ""
        text = Text.assemble(" " * INDENT, (f"{label}{role.fingerprint} ", "dim"))
        if statement:
            text.append(one_line(statement, 300))
        console.print(text, no_wrap=True, overflow="ellipsis")
    if len(finding.fingerprints) > 3:
        prose(console, Text(f"and {len(finding.fingerprints) - 3} more shapes", style="dim"))
    evidence = "; ".join(f"{label} {text}" for label, text in readable(finding.evidence, finding))
    if evidence:
        prose(console, Text("evidence: " + one_line(evidence, 600), style="dim"))
    for paragraph in paragraphs(finding.advice) if finding.advice and advice else []:
        prose(console, Text(paragraph))
    if not advice:
        prose(console, Text(f"(what to do: as above, {finding.rule})", style="dim"))
    if joined := finding.evidence.get("join_sql"):
        sql(console, str(joined), "cyan", label="or with the list itself: ")
    if finding.settle:
        sql(console, finding.settle, "yellow", label="settle it with: ")
    if finding.remedies:
        prose(console, Text("-> " + ", ".join(finding.remedies), style="green"))


def print_advice(
    console: Console,
    findings: Sequence[Finding],
    recommendations: Sequence[Recommendation],
    statements: Mapping[str, str],
    top: int,
    place: Callable[[Finding], str] | None = None,
    of: str = "of the time",
) -> None:
    """The ``top`` findings, and those that explain one of the ``top`` recommendations."""
    offered = {item.id for item in recommendations[:top]}
    chosen = [one for number, one in enumerate(findings) if number < top or offered & set(one.remedies)]
    section(console, "Findings", len(chosen), len(findings))
    for number, one in enumerate(chosen):
        if number:
            console.print()
        print_finding(console, one, statements, place, of)


def first_reasons(findings: Sequence[Finding]) -> dict[str, Finding]:
    """The first finding that asks for each recommendation, by its id."""
    return {remedy: one for one in reversed(findings) for remedy in one.remedies}


def print_recommendations(
    console: Console, findings: Sequence[Finding], recommendations: Sequence[Recommendation], top: int
) -> None:
    """The ``top`` recommendations, each with the first finding that asks for it."""
    section(console, "What to do first", min(top, len(recommendations)), len(recommendations))
    reasons = first_reasons(findings)
    for number, item in enumerate(recommendations[:top], 1):
        print_recommendation(console, number, item, reasons.get(item.id))
