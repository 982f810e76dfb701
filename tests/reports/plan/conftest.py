"""Explanations of real plans, and of a hostile one, made without judging them."""

import json
from pathlib import Path

import pytest

from advisor.plans import metrics
from advisor.plans.excerpt import Excerpt
from advisor.plans.fingerprint import fingerprint
from advisor.plans.postgresql import json as reader
from advisor.plans.postgresql.interpret import interpret
from advisor.reports.plan.document import Explained, Judged, explanation

HERE = Path(__file__).parent
QUERY = """SELECT c.email, count(*), sum(o.total)
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.status = 'open' AND lower(c.email) LIKE '%9@example.com'
GROUP BY c.email
ORDER BY sum(o.total) DESC
LIMIT 10"""
EVIL = "x');</script>\x1b[31m|`\u202e\"]\n@everyone"


def plan_of(text, query=QUERY):
    plan = interpret(reader.read(Excerpt(text, range(1, text.count("\n") + 2), "json", "postgresql")))
    plan.query, plan.source = query, "plan.json"
    return plan


def explained(*plans, show_literals=True, diff=None, judged=None):
    all_of = [Explained(plan, metrics.measure(plan), fingerprint(plan)) for plan in plans]
    return explanation(all_of, judged or Judged(), diff, show_literals=show_literals)


@pytest.fixture(scope="session")
def before():
    """A sequential scan, executed by PostgreSQL 15."""
    return plan_of((HERE / "before.json").read_text())


@pytest.fixture(scope="session")
def after():
    """The same query with an index."""
    return plan_of((HERE / "after.json").read_text())


@pytest.fixture(scope="session")
def hostile(before):
    """Every text of the plan holds what terminals, Markdown, Mermaid and HTML would act on."""
    document = json.loads((HERE / "before.json").read_text())

    def poison(node):
        for key in ("Relation Name", "Alias", "Filter", "Index Name", "Hash Cond"):
            if key in node:
                node[key] += EVIL
        for child in node.get("Plans", []):
            poison(child)

    poison(document[0]["Plan"])
    return plan_of(json.dumps(document), QUERY + " -- " + EVIL)


def wide(nodes):
    """A plan with one Append over many scans."""
    scan = {
        "Node Type": "Seq Scan", "Parent Relationship": "Member", "Startup Cost": 0.0, "Total Cost": 1.0,
        "Plan Rows": 1, "Plan Width": 8, "Actual Startup Time": 0.001, "Actual Total Time": 0.002, "Actual Rows": 1,
        "Actual Loops": 1,
    }  # fmt: skip
    heavy = {**scan, "Relation Name": "part_0", "Alias": "part_0", "Actual Total Time": 500.0}
    rest = [{**scan, "Relation Name": f"part_{n}", "Alias": f"part_{n}"} for n in range(1, nodes)]
    root = {**scan, "Node Type": "Append", "Actual Total Time": 501.0, "Total Cost": 900.0, "Plans": [heavy, *rest]}
    root.pop("Parent Relationship")
    return plan_of(json.dumps([{"Plan": root, "Planning Time": 0.1, "Execution Time": 502.0}]), None)
