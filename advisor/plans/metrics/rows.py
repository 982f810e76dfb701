"""Rows over all loops, and how far rounding leaves them open.

What is printed is an average of one loop: PostgreSQL before 18 rounds it to a whole number (0.4 rows a loop is
printed as 0), 18 to hundredths, MySQL's TREE to three digits from a thousand on. Below a Gather loops count all
workers: rows x loops is what they had together.
"""

from __future__ import annotations

import math

from advisor.model.plan import Plan, PlanNode
from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics.tree import Tree


def fill(measures: PlanMeasures, tree: Tree) -> None:
    """Fill in rows_total, its bounds, and removed_*."""
    fractions = has_fractions(tree.plan)
    for node in tree.nodes:
        if node.never_executed or node.rows_actual is None:
            if node.never_executed:
                of = measures.nodes[node.id]
                of.rows_total = of.rows_low = of.rows_high = 0.0
            continue
        of = measures.nodes[node.id]
        loops = 1.0 if node.loops is None else node.loops
        low, high = loop_bounds(node, fractions, tree.plan)
        of.rows_total = node.rows_actual * loops
        of.rows_low = low * loops
        of.rows_high = high * loops
        of.removed_filter = _over_loops(node.removed.get("filter"), loops)
        of.removed_join = _over_loops(node.removed.get("join_filter"), loops)
        of.removed_recheck = _over_loops(node.removed.get("recheck"), loops)


def _over_loops(value: float | None, loops: float) -> float | None:
    return None if value is None else value * loops


def has_fractions(plan: Plan) -> bool:
    """Averages are printed with decimals."""
    return any(node.rows_actual is not None and not float(node.rows_actual).is_integer() for node in plan.nodes)


def loop_bounds(node: PlanNode, fractions: bool, plan: Plan) -> tuple[float, float]:
    """Least and most rows of one loop on average, before printing rounded them."""
    rows = node.rows_actual or 0.0
    if plan.engine.name == "mariadb" or (
        (node.loops or 1.0) == 1 and (plan.engine.name == "postgresql" or rows < 1000)
    ):
        return rows, rows
    half = 0.005 if fractions else 0.5
    if plan.engine.name == "mysql" and rows >= 1000:
        half = max(half, 0.5 * 10 ** (math.floor(math.log10(rows)) - 2))
    return max(0.0, rows - half), rows + half
