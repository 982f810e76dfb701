"""SARIF of a check: every result stands at its statement."""

from __future__ import annotations

from advisor.model.check import Check
from advisor.model.version import product_version
from advisor.reports import sarif


def render(result: Check) -> str:
    """As `advisor.reports.sarif`."""
    fallback = result.scripts[0].file if result.scripts else "migrations"
    return sarif.render(result.findings, fallback, product_version())
