"""The search for indexes as a person reads it: what the set saves and costs, the curve by size, and its limits."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from advisor.model.advice import CurveReport, IndexAdvice
from advisor.model.counted import counted
from advisor.model.engine import Engine
from advisor.model.finding import Proof
from advisor.reports import figures
from advisor.reports.console import INDENT, prose
from advisor.reports.escape import code_span, markdown, one_line
from advisor.reports.headline import product

#: Points of the curve that are printed; JSON has all.
CURVE_LINES = 12
#: Names printed of a list; JSON has all.
_NAMED = 5
_PROOFS: dict[Proof, str] = {
    "static": "chosen with default statistics, which prove nothing",
    "planned": "chosen and checked by the optimizer",
    "measured": "chosen by the optimizer and run",
}
_PLANNERS = {"shadow": "a shadow server", "live": "the server itself", "hypopg": "the server with HypoPG"}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence. ``warning`` marks what limits the advice."""

    text: str
    warning: bool = False


def draw(console: Console, advice: IndexAdvice) -> None:
    """Prints the section."""
    console.print()
    console.print(Text("Indexes for the whole workload", style="bold"))
    for line in lines(advice):
        prose(console, Text(one_line(line.text, 600), style="yellow" if line.warning else ""))
    shown = _shown(advice)
    if shown:
        console.print()
        console.print(Text(" " * INDENT + f"{'size':>9}  {'saved':>8}  {'':24}  indexes", style="dim"))
        for number, point in shown:
            chosen = number == advice.chosen
            mark = "  > " if chosen else " " * INDENT
            bar = figures.bar(max(0.0, point.saved_share), 1.0, 24)
            text = f"{_size(advice, point):>9}  {figures.share(point.saved_share):>8}  {bar:24}  "
            console.print(Text(f"{mark}{text}{len(point.indexes)}", style="bold" if chosen else ""))


def markdown_lines(advice: IndexAdvice) -> list[str]:
    """The section as Markdown."""
    out = ["## Indexes for the whole workload", ""]
    out += [f"- {markdown(one_line(line.text, 600))}" for line in lines(advice)]
    shown = _shown(advice)
    if shown:
        out += ["", "| size | saved | indexes |", "|---:|---:|---|"]
        for number, point in shown:
            bold = "**" if number == advice.chosen else ""
            names = "<br>".join(code_span(index, 120, cell=True) for index in point.indexes[:_NAMED])
            if len(point.indexes) > _NAMED:
                names += f"<br>and {len(point.indexes) - _NAMED} more"
            saved = figures.share(point.saved_share)
            out.append(f"| {bold}{_size(advice, point)}{bold} | {bold}{saved}{bold} | {names} |")
    return out


def lines(advice: IndexAdvice) -> list[Line]:
    """What to know of the set, most important first."""
    out = [Line(_verdict(advice))]
    if advice.chosen_because:
        out.append(Line(advice.chosen_because))
    by = advice.planned_by
    who = "the library itself" if by.engine == "sqlite" else _PLANNERS[by.planner]
    searched = (
        f"Searched with {who} of {product(Engine(by.engine, by.version))}: "
        f"{counted(advice.statements, 'statement')}, {counted(advice.candidates, 'candidate')}, "
        f"{counted(advice.planner_calls, 'plan')} in {figures.seconds(advice.seconds)}"
        + (f"; {_PROOFS[advice.proof]} [{advice.proof}]." if advice.statements else ".")
    )
    out.append(Line(searched))
    if not advice.complete:
        out.append(Line("The search was ended before it was done: this is the best so far.", warning=True))
    if advice.unplanned:
        first = advice.unplanned[0]
        out.append(
            Line(
                f"{counted(len(advice.unplanned), 'statement')} could not be planned, and may gain or lose: "
                f"{first.fingerprint} ({first.why})" + (", ..." if len(advice.unplanned) > 1 else ""),
                warning=True,
            )
        )
    out += _regressions(advice)
    out += _calibration(advice)
    out += _trap(advice)
    out += _existing(advice)
    out += _measured(advice)
    for one in advice.left_out[:_NAMED]:
        out.append(Line(f"Not chosen: {one.index}: {one.why}"))
    if len(advice.left_out) > _NAMED:
        out.append(Line(f"... and {len(advice.left_out) - _NAMED} more that rules asked for."))
    out += [Line(_sentence(note), warning=True) for note in advice.notes]
    return out


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name, and a full stop."""
    first = text.split(" ", 1)[0]
    started = text if not first.isalpha() or first != first.lower() else text[:1].upper() + text[1:]
    return started if started.endswith((".", "!", "?")) else started + "."


def amount(value: float, unit: str) -> str:
    """A part of the objective, with its unit."""
    if unit == "seconds_per_hour":
        return f"{figures.seconds(value)} per hour"
    return figures.quantity(value)


def _verdict(advice: IndexAdvice) -> str:
    if not advice.statements:
        return "No statement could be planned: nothing is known of what an index would do."
    point = None if advice.chosen is None else advice.curve[advice.chosen]
    if (point is None or not point.indexes) and not advice.complete:
        return "No set of indexes was found in the time that the search had; rules' own advice stands."
    if point is None or not point.indexes:
        return "No new index pays for itself within the limits given."
    saved = advice.baseline - point.cost
    size = _size(advice, point)
    size = "of unknown size" if size == "unknown" else size
    text = (
        f"{counted(len(point.indexes), 'new index', 'new indexes')}, {size}, "
        f"{'save' if len(point.indexes) > 1 else 'saves'} {figures.share(point.saved_share)} of the "
        f"{'time' if advice.unit == 'seconds_per_hour' else 'planner cost'} of the statements planned: "
        f"{amount(saved, advice.unit)} of {amount(advice.baseline, advice.unit)}"
    )
    if point.upkeep:
        share = point.upkeep / advice.baseline if advice.baseline else None
        text += f"; keeping them up to date costs {amount(point.upkeep, advice.unit)} ({figures.share(share)})"
    return text + "."


def _size(advice: IndexAdvice, point: CurveReport) -> str:
    return "unknown" if advice.planned_by.statistics == "default" else figures.size(point.bytes)


def _shown(advice: IndexAdvice) -> list[tuple[int, CurveReport]]:
    """Points that differ, thinned out, always with the chosen one and the last."""
    different: list[tuple[int, CurveReport]] = []
    for number, point in enumerate(advice.curve):
        if point.indexes and (not different or different[-1][1].indexes != point.indexes or number == advice.chosen):
            if different and different[-1][1].indexes == point.indexes:
                different.pop()
            different.append((number, point))
    if len(different) <= CURVE_LINES:
        return different
    step = (len(different) - 1) / (CURVE_LINES - 1)
    kept = {round(place * step) for place in range(CURVE_LINES)}
    return [one for place, one in enumerate(different) if place in kept or one[0] == advice.chosen]


def _regressions(advice: IndexAdvice) -> list[Line]:
    if not advice.statements:
        return []
    if not advice.regressions:
        return [Line(f"Gets worse: none of the {counted(advice.statements, 'statement')} planned under the set.")]
    out = [Line(f"Gets worse: {counted(len({r.fingerprint for r in advice.regressions}), 'statement')}.", warning=True)]
    for one in advice.regressions[:_NAMED]:
        text = f"{one.fingerprint} ({one.values} values): cost {figures.quantity(one.cost_before)} to "
        text += figures.quantity(one.cost_after)
        if one.indexes:
            text += f", by {', '.join(one.indexes)}"
        out.append(Line(text + (f"; {one.why}" if one.why else ""), warning=True))
    return out


def _calibration(advice: IndexAdvice) -> list[Line]:
    found = advice.calibration
    if found is None:
        return []
    if found.median_factor is None:
        text = f"Times are not calibrated: {found.basis or 'the log has no durations'}."
    else:
        text = f"Cost to time over {counted(found.statements, 'statement')}: half within a factor of "
        text += _factor(found.median_factor)
        text += f", nine in ten within {_factor(found.p90_factor)}." if found.p90_factor is not None else "."
        if found.basis:
            text += f" Rests on {found.basis}."
    told = advice.predicted
    foretold = []
    if told is not None:
        after = f"{figures.seconds(told.seconds_per_hour_after)} ({figures.seconds(told.low)} to "
        after += f"{figures.seconds(told.high)})"
        before = figures.seconds(told.seconds_per_hour_before)
        foretold = [Line(f"Foretold from the log's times: {before} per hour become {after}.")]
    return [*foretold, Line(text), *(Line(_sentence(note)) for note in found.notes)]


def _factor(value: float) -> str:
    """Of an error, in two digits."""
    return f"{value:.2g}" if value < 100 else f"{float(f'{value:.2g}'):,.0f}"


def _trap(advice: IndexAdvice) -> list[Line]:
    trap = advice.trap
    if trap is None:
        return []
    out = [Line(f"{trap.setting} = {trap.fitting} would fit better: {'; '.join(trap.evidence)}.", True)]
    if trap.fragile:
        out.append(Line(f"Pays only under one of the two: {', '.join(trap.fragile)}.", warning=True))
    if trap.better_without_index:
        statements = counted(len(trap.better_without_index), "statement")
        out.append(
            Line(f"{statements} would be cheaper by the setting alone: {', '.join(trap.better_without_index[:5])}.")
        )
    if trap.advice:
        out.append(Line(trap.advice))
    return out


def _existing(advice: IndexAdvice) -> list[Line]:
    found = advice.existing
    if found is None:
        return []
    used = "" if found.used is None else f", {found.used:,} used by plans of this workload"
    out = [Line(f"Existing indexes: {found.indexes:,}{used}.")] if found.indexes else []
    for one in found.kept[:_NAMED]:
        named = f"{one.get('index')} on {one.get('table')}"
        out.append(Line(f"Stays, though it looked superfluous: {named}. {_sentence(str(one.get('because', '')))}"))
    if len(found.kept) > _NAMED:
        out.append(Line(f"... and {len(found.kept) - _NAMED} more that stay."))
    return out + [Line(_sentence(note)) for note in found.notes]


def _measured(advice: IndexAdvice) -> list[Line]:
    found = advice.measured
    if found is None:
        return []
    text = f"Measured on {found.server}: {counted(found.statements, 'statement')}, {found.repeats} runs each"
    if found.ms_before is not None and found.ms_after is not None:
        text += f": {figures.milliseconds(found.ms_before)} before, {figures.milliseconds(found.ms_after)} after"
        text += ", as often as they are called in an hour" if found.per_hour else ", each once"
    out = [Line(text + ".")]
    if found.not_run:
        first = found.not_run[0]
        out.append(Line(f"{counted(len(found.not_run), 'statement')} not run: {first.fingerprint} ({first.why})", True))
    return out + [Line(_sentence(note)) for note in found.notes]
