"""GitLab's Code Quality report (docs.gitlab.com, "Code Quality", "Code Quality report format")."""

from __future__ import annotations

import msgspec

from advisor.model.check import Check
from advisor.model.finding import Finding, Severity
from advisor.reports.escape import one_line, visible

_LEVEL: dict[Severity, str] = {
    "info": "info",
    "low": "minor",
    "medium": "major",
    "high": "critical",
    "critical": "blocker",
}


def render(result: Check) -> str:
    """A JSON array, one object a finding; GitLab joins findings of two runs by ``fingerprint``."""
    return msgspec.json.format(msgspec.json.encode([_issue(one) for one in result.findings]), indent=2).decode() + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    path = finding.location.file if finding.location else "."
    return {
        "description": one_line(f"{finding.rule}: {finding.title}"),
        "check_name": finding.rule,
        "fingerprint": finding.id,
        "severity": _LEVEL[finding.severity],
        "location": {
            "path": path.removeprefix("./"),
            "lines": {"begin": finding.location.line if finding.location else 1},
        },
        "content": {"body": visible(finding.advice)},
    }
