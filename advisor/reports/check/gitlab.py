"""GitLab's Code Quality report (docs.gitlab.com, "Code Quality", "Code Quality report format")."""

from __future__ import annotations

import hashlib

import msgspec

from advisor.model.check import Check
from advisor.model.finding import Finding, Severity
from advisor.reports.check.unjudged import Unjudged, unjudged
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
    issues = [*map(_unjudged, unjudged(result)), *map(_issue, result.findings)]
    return msgspec.json.format(msgspec.json.encode(issues), indent=2).decode() + "\n"


def _unjudged(one: Unjudged) -> dict[str, object]:
    key = "\0".join((one.file or "", one.unread.sql if one.unread is not None else "", one.words))
    return {
        "description": one_line(one.words),
        "check_name": "not-judged",
        "fingerprint": hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16],
        "severity": "critical" if one.gating else "minor",
        "location": {"path": _path(one.file or "."), "lines": {"begin": one.line}},
        "content": {"body": visible(one.words)},
    }


def _path(name: str) -> str:
    return visible(name).removeprefix("./")


def _issue(finding: Finding) -> dict[str, object]:
    path = finding.location.file if finding.location else "."
    return {
        "description": one_line(f"{finding.rule}: {finding.title}"),
        "check_name": finding.rule,
        "fingerprint": finding.id,
        "severity": _LEVEL[finding.severity],
        "location": {
            "path": _path(path),
            "lines": {"begin": finding.location.line if finding.location else 1},
        },
        "content": {"body": visible(finding.advice)},
    }
