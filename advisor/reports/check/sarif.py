"""SARIF of a check: every result stands at its statement."""

from __future__ import annotations

from advisor.model.check import Check
from advisor.model.version import product_version
from advisor.reports import sarif
from advisor.reports.check.unjudged import unjudged


def render(result: Check) -> str:
    """As `advisor.reports.sarif`."""
    fallback = result.scripts[0].file if result.scripts else "migrations"
    return sarif.render(result.findings, fallback, product_version(), _notifications(result))


def _notifications(result: Check) -> list[sarif.Notification]:
    return [sarif.Notification(one.words, one.file or ".", one.line, one.gating) for one in unjudged(result)]
