"""SARIF 2.1.0: what code-scanning services read (OASIS standard, sections 3.13 to 3.28)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from advisor.handbook import load
from advisor.model.finding import Finding, Severity
from advisor.reports.escape import one_line, visible
from advisor.reports.figures import seconds, share

_LEVEL: dict[Severity, str] = {"info": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}
# GitHub's ranking of the property `security-severity` does not apply: these are not security findings.


def _uri(path: str) -> str:
    return quote(visible(path).replace("\\", "/"), safe="/:")


def _message(finding: Finding) -> str:
    cost = ""
    if finding.impact.seconds_per_hour is not None:
        cost = f" ({seconds(finding.impact.seconds_per_hour)} per hour"
        cost += f", {share(finding.impact.share)} of the time)" if finding.impact.share is not None else ")"
    where = f" [{', '.join(finding.tables)}]" if finding.tables else ""
    return one_line(f"{finding.title}{where}{cost}.") + (f"\n\n{visible(finding.advice)}" if finding.advice else "")


def _result(finding: Finding, fallback: str) -> dict[str, Any]:
    file, line = (finding.location.file, finding.location.line) if finding.location else (fallback, 1)
    return {
        "ruleId": finding.rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": max(1, line)}},
                "logicalLocations": [{"name": one_line(t), "kind": "table"} for t in finding.tables],
            }
        ],
        "partialFingerprints": {"advisorFinding/v1": finding.id},
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "certainty": finding.certainty,
            "fingerprints": [role.fingerprint for role in finding.fingerprints],
            "evidence": finding.evidence,
        },
    }


class Notification(NamedTuple):
    """What was not judged."""

    words: str
    file: str
    line: int
    gating: bool
    """The run is no success then."""


def _invocation(told: Sequence[Notification]) -> dict[str, Any]:
    """Section 3.20.14, 3.20.21."""
    notifications = [
        {
            "level": "error" if one.gating else "warning",
            "message": {"text": one_line(one.words)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(one.file)},
                        "region": {"startLine": max(1, one.line)},
                    }
                }
            ],
        }
        for one in told
    ]
    return {
        "executionSuccessful": not any(one.gating for one in told),
        "toolExecutionNotifications": notifications,
    }


def render(findings: Sequence[Finding], fallback: str, version: str, unjudged: Sequence[Notification] = ()) -> str:
    """One run; a finding's stable id is its partial fingerprint, so that a service can follow it over time.

    ``fallback`` is the file of a finding that no line of a file is known of; ``unjudged`` is what nobody judged.
    """
    from advisor.comparison.rules import RULES

    rules = {finding.rule: finding.title for finding in reversed(findings)}
    headings = {page.id: page.heading for page in load().pages}  # a title names one table, a heading speaks of all
    headings |= {rule.id: rule.heading for rule in RULES.values()}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "advisor",
                        "version": version,
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": one_line(headings.get(rule, title))},
                                "help": {"text": f"advisor rules {rule}"},
                            }
                            for rule, title in sorted(rules.items())
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                **({"invocations": [_invocation(unjudged)]} if unjudged else {}),
                "results": [_result(finding, fallback) for finding in findings],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode("utf-8") + "\n"
