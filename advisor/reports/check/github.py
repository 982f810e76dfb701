"""GitHub's workflow commands: annotations at the lines of a pull request.

GitHub shows ten of each level a step (docs.github.com, "Workflow commands", "Usage limits"): the worst come first, and
what is left over is said in a last one.
"""

from __future__ import annotations

from advisor.model.check import Check
from advisor.model.finding import Finding, Severity
from advisor.reports.check.unjudged import Unjudged, unjudged
from advisor.reports.escape import one_line, visible

_LEVEL: dict[Severity, str] = {
    "info": "notice",
    "low": "notice",
    "medium": "warning",
    "high": "error",
    "critical": "error",
}
_MOST = 10


def render(result: Check) -> str:
    """One command a line."""
    out: list[str] = []
    shown: dict[str, int] = {}
    left = 0
    for finding in result.findings:
        level = _LEVEL[finding.severity]
        shown[level] = shown.get(level, 0) + 1
        if shown[level] > _MOST:
            left += 1
            continue
        out.append(_command(level, finding))
    rest = unjudged(result)
    # Before all others: nobody judged it, and a branch chooses how many findings it has.
    out[:0] = map(_unjudged, rest[:_MOST])
    left += len(rest[_MOST:])
    if left:
        out.append(f"::notice::{_data(f'{left} more findings are in the report')}")
    return "".join(line + "\n" for line in out)


def _unjudged(one: Unjudged) -> str:
    place = f" file={_property(one.file)},line={one.line}" if one.file is not None else ""
    return f"::{'error' if one.gating else 'warning'}{place}::{_data(one_line(one.words))}"


def _command(level: str, finding: Finding) -> str:
    place = ""
    if finding.location is not None:
        place = f"file={_property(finding.location.file)},line={finding.location.line},"
    title = _property(one_line(f"{finding.rule}: {finding.title}", 200))
    return f"::{level} {place}title={title}::{_data(visible(finding.advice) or one_line(finding.title))}"


def _data(text: str) -> str:
    """The message: what would end the command is written as GitHub reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
