"""The first lines of every report: what was read, what the log could not show, how far the advice reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.model.analysis import Analysis
from advisor.model.engine import Engine
from advisor.model.stream import StreamReport
from advisor.reports import figures

_NAMES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of the header. ``warning`` marks what limits the figures below it."""

    label: str
    text: str
    warning: bool = False


def product(engine: Engine | None) -> str:
    """``PostgreSQL 15.4``; ``several engines`` for a mixed input."""
    if engine is None:
        return "several engines"
    return f"{_NAMES[engine.name]} {engine.version}" if engine.version else _NAMES[engine.name]


def touched_share(result: Analysis) -> float | None:
    """Share of the workload's time spent in shapes that at least one finding is about; None without times."""
    if not result.workload.total_seconds:
        return None
    touched = {role.fingerprint for finding in result.findings for role in finding.fingerprints}
    return min(1.0, sum(shape.share or 0.0 for shape in result.shapes if shape.fingerprint in touched))


def _moment(iso: str) -> str:
    """To the second, with ``UTC`` for a zero offset."""
    return re.sub(r"\.\d+", "", iso).replace("T", " ").replace("+00:00", " UTC")


def _read(result: Analysis) -> Line:
    lost = sum(source.unreadable.count for source in result.sources)
    shares = [source.understood_share for source in result.sources if source.understood_share is not None]
    text = f"{figures.size(sum(source.bytes for source in result.sources))}"
    if len(result.sources) != 1:
        text += f" in {len(result.sources)} sources"
    if shares:
        text += f", {figures.share(min(shares))} of the lines understood" + (" in the worst" if len(shares) > 1 else "")
    if lost:
        text += f", {figures.count(lost)} not"
    return Line("read", text, warning=lost > 0)


_BOUNDARIES = {
    "trace": "told apart by tags",
    "transaction": "by transactions",
    "request_start": "by how requests begin",
    "reset": "by resets of pooled connections",
    "gap": "by pauses",
    "session": "by sessions",
    "counters": "by counters",
}


def _stream(stream: StreamReport, complete: bool | None) -> list[Line]:
    """What units of work the statements were seen in, and what of their order cannot be trusted or seen. ``complete``:
    whether the log holds every statement."""
    out: list[Line] = []
    total = sum(stream.units.values())
    if total:
        ways = sorted(stream.units.items(), key=lambda item: -item[1])
        told = ", ".join(f"{figures.count(number)} {_BOUNDARIES.get(name, name)}" for name, number in ways if number)
        sampled = "" if stream.sampled_share >= 1 else f", in a sample of {figures.share(stream.sampled_share)}"
        out.append(Line("stream", f"{figures.count(total)} units of work{sampled}: {told}"))
    for pool in stream.pooling:
        if pool.statement_level:
            who = "@".join(name for name in (pool.application or pool.user, pool.database) if name) or "this log"
            doubt = "" if complete else " (or the log keeps only some statements, which looks alike)"
            text = f"{who}: clients share server sessions by the statement{doubt}; "
            text += "without tags their order says nothing"
            out.append(Line("pooling", text, warning=True))
    out += [Line("hidden", f"{one.what} {one.advice}", warning=True) for one in stream.hidden]
    return out


def lines(result: Analysis) -> list[Line]:
    """The header, most important first."""
    load, window = result.workload, result.window
    out = [_read(result)]
    events = f"{figures.count(load.events)} executions of {figures.count(load.shapes)} shapes"
    if load.sessions:
        events += f" in {figures.count(load.sessions)} sessions"
    if window.start and window.end:
        events += f", {_moment(window.start)} to {_moment(window.end)}"
    out.append(Line("workload", events))
    if load.total_seconds:
        time = figures.seconds(load.total_seconds)
        if window.seconds:
            busy = load.total_seconds / window.seconds
            time += f" in {figures.seconds(window.seconds)}: {busy:.2g} sessions busy on average"
        out.append(Line("time", time))
    if load.untimed_events:
        out.append(Line("untimed", f"{figures.count(load.untimed_events)} executions carry no duration", warning=True))
    if load.capture.why:
        out.append(Line("capture", load.capture.why, warning=load.capture.complete is not True))
    if result.stream is not None:
        out += _stream(result.stream, load.capture.complete)
    if load.not_analysed:
        total = sum(load.not_analysed.values())
        reason, most = max(load.not_analysed.items(), key=lambda item: item[1])
        out.append(
            Line(
                "unknown", f"{figures.count(total)} shapes not analysed (mostly: {reason}, {figures.count(most)})", True
            )
        )
    if load.shapes_beyond_cap:
        text = f"over {figures.count(load.shapes_beyond_cap)} light shapes were folded together; totals stay exact"
        out.append(Line("cap", text, warning=True))
    reach = touched_share(result)
    if reach is not None and result.findings:
        out.append(Line("advice", f"touches {figures.share(reach)} of the time"))
    out += [Line("note", notice, warning=True) for notice in result.notices]
    for source in result.sources:
        out += [Line("note", f"{source.path}: {note}") for note in source.notes]
    return out
