"""What a CI gate asks of a result."""

from __future__ import annotations

from advisor.model.analysis import Analysis
from advisor.model.compared import Comparison
from advisor.model.explained import Explanation
from advisor.model.finding import SEVERITIES


def reaches(result: Analysis | Explanation | Comparison, level: str) -> bool:
    """Is there a finding at or above a severity? ``never`` is above all."""
    if level == "never":
        return False
    floor = SEVERITIES.index(level)
    return any(SEVERITIES.index(finding.severity) >= floor for finding in result.findings)
