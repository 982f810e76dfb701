"""The tree: every node once, folded where it is large and small."""

from advisor.cli.explain import MEASURES
from advisor.reports.plan.tree import amount, best_measure, rows

from .conftest import explained, wide


def test_every_node_is_a_row_in_order(before):
    (plan,) = explained(before).plans
    tree = rows(plan, "time")
    assert [row.node.id for row in tree] == [node.id for node in plan.nodes]
    assert [row.number for row in tree] == list(range(1, len(plan.nodes) + 1))


def test_every_measure_has_an_amount(before):
    (plan,) = explained(before).plans
    assert best_measure(plan) == "time"
    for measure in MEASURES:
        amounts = [amount(node, measure) for node in plan.nodes]
        assert min(amounts) >= 0
        assert max(amounts) > 0, measure


def test_a_large_plan_is_folded_and_loses_no_node():
    (plan,) = explained(wide(300)).plans
    tree = rows(plan, "time")
    assert len(tree) < 10
    assert sum(row.folded or 1 for row in tree) == 301
    assert any(row.node is not None and row.node.relation == "part_0" for row in tree), "the heavy one is shown"
    assert len(rows(plan, "time", fold=False)) == 301


def test_partitions_that_were_folded_are_summed_up():
    (plan,) = explained(wide(300)).plans
    (folded,) = [row for row in rows(plan, "time") if row.folded]
    assert "299 x Seq Scan on part_#" in folded.label
