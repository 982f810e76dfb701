"""The queries of the plans, with the places that findings are about."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.explained import Explanation
from advisor.model.plan import Plan
from advisor.reports.plan.document import veil
from advisor.reports.plan.underline import MarkedLine, marked


def underlined(plans: Sequence[Plan], result: Explanation) -> dict[int, list[MarkedLine]]:
    """Lines of each plan's statement, by the plan's number; plans without a statement have none.

    A plan that shares its statement with the one before it does not repeat it.
    """
    spans: dict[int, list[tuple[int, int, int]]] = {}
    for number, finding in enumerate(result.findings):
        for mark in finding.marks:
            if mark.plan is not None and mark.start is not None and mark.end is not None:
                spans.setdefault(mark.plan, []).append((mark.start, mark.end, number))
    out: dict[int, list[MarkedLine]] = {}
    for number, plan in enumerate(plans):
        repeated = number > 0 and plans[number - 1].query == plan.query and number not in spans
        if plan.query and not repeated:
            shown = veil(plan.engine.name, not result.redacted)
            out[number] = marked(plan.query, spans.get(number, []), shown)
    return out
