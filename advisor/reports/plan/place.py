"""Where in the plans a finding shows, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.model.explained import NodeReport, PlanReport
from advisor.model.finding import Finding
from advisor.reports import figures
from advisor.reports.plan.label import name
from advisor.reports.plan.tree import numbered

_MOST = 4


def by_number(plans: Sequence[PlanReport]) -> Callable[[Finding], str]:
    """Beside the trees: ``node 3``, ``plan 2 node 7, 9``."""
    numbers = [numbered(plan) for plan in plans]

    def place(finding: Finding) -> str:
        by_plan: dict[int, list[int]] = {}
        for mark in finding.marks:
            if mark.plan is not None and mark.node is not None and mark.plan < len(numbers):
                number = numbers[mark.plan].get(mark.node)
                if number is not None and number not in by_plan.setdefault(mark.plan, []):
                    by_plan[mark.plan].append(number)
        out = []
        for plan, nodes in by_plan.items():
            shown = ", ".join(str(number) for number in nodes[:_MOST]) + (", ..." if len(nodes) > _MOST else "")
            out.append((f"plan {plan + 1} " if len(numbers) > 1 else "") + f"node {shown}")
        return "; ".join(out[:3])

    return place


def by_name(plans: Sequence[PlanReport]) -> Callable[[Finding], str]:
    """Where no tree is printed: ``Seq Scan on orders o, 63.0 % of a logged plan of 812 ms``."""
    nodes: list[dict[str, NodeReport]] = [{node.id: node for node in plan.nodes} for plan in plans]

    def place(finding: Finding) -> str:
        for mark in finding.marks:
            if mark.plan is None or mark.node is None or mark.plan >= len(nodes):
                continue
            node = nodes[mark.plan].get(mark.node)
            if node is not None:
                total = plans[mark.plan].total_ms
                whole = f" of {figures.milliseconds(total)}" if total is not None else ""
                share = f", {figures.share(node.share)} of a logged plan{whole}" if node.share is not None else ""
                return name(node) + share
        return ""

    return place
