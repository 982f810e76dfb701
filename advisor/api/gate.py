"""What a CI gate asks of a result."""

from __future__ import annotations

from advisor.model.analysis import Analysis
from advisor.model.check import Check
from advisor.model.compared import Comparison
from advisor.model.explained import Explanation
from advisor.model.finding import SEVERITIES


def reaches(result: Analysis | Explanation | Comparison | Check, level: str) -> bool:
    """Is there a finding at or above a severity? ``never`` is above all.

    What a check could not judge counts as one: a gate that passes unseen statements is none.
    """
    if level == "never":
        return False
    if isinstance(result, Check) and result.incomplete:
        return True
    floor = SEVERITIES.index(level)
    return any(SEVERITIES.index(finding.severity) >= floor for finding in result.findings)
