"""Findings about plans: what is suppressed, how severe the rest is, and where it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.facts import Facts
from advisor.facts.examples import shape_of
from advisor.facts.plan_rows import PlanSeen
from advisor.handbook import Page, judge, load
from advisor.handbook.page import PageError
from advisor.handbook.parse import parse
from advisor.model.finding import Finding, Location, Mark
from advisor.plans.read import read

PAGE = """---
id: TST002
title: "{table_name} is scanned"
severity: info
confidence: confirmed
engines: [postgresql, sqlite]
needs: [plan]
references: [nobody]
---

# A scan

## Why it hurts

It does.

## Detect

```sql
SELECT s.node_id, s.fingerprint, s.base_table AS table_name, s.self_ms AS saving_ms, s.weight AS saving_share, s.rows_total
FROM plan_step AS s WHERE s.operator = 'seq_scan'
```

## Fix

Do not.

## Bad

```text plan
Seq Scan on t  (cost=0.00..17.00 rows=4 width=14) (actual time=0.1..50.0 rows=5 loops=1)
Execution Time: 60.0 ms
```

## Good

```text plan
Index Scan using t_pkey on t  (cost=0.00..17.00 rows=4 width=14) (actual time=0.1..50.0 rows=5 loops=1)
  Index Cond: (id = 5)
Execution Time: 60.0 ms
```
"""
QUERY = "SELECT * FROM t\nWHERE a = 5 AND b > 6"
PLAN = """\
Limit  (cost=0.00..20.00 rows=4 width=14) (actual time=0.1..{whole} rows=5 loops=1)
  ->  Seq Scan on t  (cost=0.00..17.00 rows=4 width=14) (actual time=0.1..{scan} rows=5 loops=1)
        Filter: ((a = 5) AND (b > 6))
        Rows Removed by Filter: 100
Execution Time: {whole} ms
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "scan.md").write_text(PAGE)
    handbook = load([tmp_path], builtin=False)
    assert handbook.problems == []
    return handbook.pages[0]


def found(
    page: Page, *texts: str, calls: int | None = None, mean_ms: float = 0, source: str | None = None
) -> list[Finding]:
    facts = Facts()
    name = None
    if calls is not None:
        shape = shape_of(QUERY, "postgresql", calls, int(mean_ms * 1000) * calls)
        facts.add_shapes([shape], window_seconds=3600.0)
        name = shape.fingerprint
    for number, text in enumerate(texts):
        (plan,) = read(text, source=source).plans
        facts.add_plans(name, [PlanSeen(plan, number=number)], query=QUERY)
    facts.finish()
    judged = judge([page], facts)
    assert judged.problems == []
    return [judgement.finding for judgement in judged.judgements]


def timed(scan: float, whole: float) -> str:
    return PLAN.format(scan=scan, whole=whole)


@pytest.mark.parametrize(("scan", "severity"), [(60, "high"), (30, "medium"), (11, "medium"), (9, "low"), (5.5, "low")])
def test_severity_is_the_share_that_would_vanish(page, scan, severity):
    (finding,) = found(page, timed(scan, 100))
    assert finding.severity == severity
    assert finding.confidence == "confirmed"
    assert finding.certainty == "certain"
    assert finding.impact.share == pytest.approx(scan / 100)
    assert finding.impact.seconds_per_hour is None


@pytest.mark.parametrize(("scan", "whole"), [(4, 8), (9, 1000)])
def test_small_savings_are_no_findings(page, scan, whole):
    assert found(page, timed(scan, whole)) == []


def test_unless_they_happen_often(page):
    assert found(page, timed(4, 8), calls=100, mean_ms=8) == []
    (finding,) = found(page, timed(4, 8), calls=100_000, mean_ms=8)
    assert finding.impact.seconds_per_hour == pytest.approx(400)
    assert finding.impact.share == pytest.approx(0.5)


def test_a_slow_execution_in_a_log_does_not_speak_for_all(page):
    """Half of its 10 seconds would vanish; the statement takes 20 ms on average: half of that is what an hour saves."""
    (finding,) = found(page, timed(5_000, 10_000), calls=1_000, mean_ms=20)
    assert finding.impact.seconds_per_hour == pytest.approx(10)


def test_the_greatest_saving_speaks_for_several_plans(page):
    (finding,) = found(page, timed(10, 100), timed(80, 100), timed(40, 100))
    assert finding.evidence["saving_ms"] == 80
    assert finding.evidence["occurrences"] == 3
    assert [mark.plan for mark in finding.marks if mark.start is None] == [1, 2, 0]


def test_marks_lead_to_the_node_and_its_conditions(page):
    (finding,) = found(page, timed(80, 100))
    assert finding.marks[0] == Mark(plan=0, node="0.0")
    assert [QUERY[mark.start : mark.end] for mark in finding.marks[1:]] == ["a = 5", "b > 6"]
    assert "node_id" not in finding.evidence


def test_the_location_is_the_line_of_the_node_in_its_file(page):
    (finding,) = found(page, timed(80, 100), source="slow.plan")
    assert finding.location == Location("slow.plan", 2)
    (finding,) = found(page, timed(80, 100))
    assert finding.location is None


ESTIMATED = "Seq Scan on t  (cost=0.00..1700.00 rows=4 width=14)\n  Filter: ((a = 5) AND (b > 6))\n"


def test_an_estimate_is_a_suspicion(page):
    (finding,) = found(page, ESTIMATED)
    assert (finding.severity, finding.confidence, finding.certainty) == ("medium", "possible", "conditional")
    assert finding.settle == f"EXPLAIN (ANALYZE, BUFFERS) {QUERY};"
    assert "saving_ms" not in finding.evidence


def test_what_never_ran_is_no_finding(page):
    text = "Result  (cost=0.00..9.00 rows=4 width=14) (actual time=0.1..50.0 rows=0 loops=1)\n  ->  Seq Scan on t  (cost=0.00..17.00 rows=4 width=14) (never executed)\nExecution Time: 60.0 ms\n"
    named = (
        page.text.replace("plan_step AS s", "plan_node AS s")
        .replace("s.self_ms AS", "90 AS")
        .replace("s.weight AS", "0.9 AS")
    )
    named = named.replace("s.fingerprint", "(SELECT fingerprint FROM plan) AS fingerprint")
    page.path.write_text(named)
    assert found(load([page.path.parent], builtin=False).pages[0], text) == []
    assert found(page, text) == []


def test_a_share_of_cost_is_time_at_most_of_the_whole_plan(page):
    """TIMING OFF: 90 % of a plan of 2 ms is nothing to act upon."""
    text = "Seq Scan on t  (cost=0.00..1700.00 rows=4 width=14) (actual rows=5 loops=1)\nExecution Time: {} ms\n"
    assert found(page, text.format(2.0)) == []
    assert found(page, text.format(200.0))


def test_a_page_yields_for_the_table_of_the_plan_only(page, tmp_path):
    static = PAGE.replace("TST002", "TST003").replace("needs: [plan]", "needs: [text]\nyields_to: [TST002]")
    start, end = static.index("SELECT s.node_id"), static.index("```", static.index("SELECT s.node_id"))
    static = static[:start] + "SELECT fingerprint, table_name FROM table_ref\n" + static[end:]
    (tmp_path / "static.md").write_text(static)
    pages = load([tmp_path], builtin=False)
    assert pages.problems == []
    facts = Facts()
    query = "SELECT * FROM t JOIN u ON t.id = u.id WHERE t.a = 5"
    facts.add_plans(None, [PlanSeen(read(timed(80, 100)).plans[0])], query=query)
    facts.finish()
    told = {(j.finding.rule, j.finding.tables) for j in judge(pages.pages, facts).judgements}
    assert told == {("TST002", ("t",)), ("TST003", ("u",))}


# ---------------------------------------------------------------- examples
def examples_of(text: str, tmp_path: Path) -> list[int]:
    page = parse(tmp_path / "scan.md", text)
    return [len(example.blocks) for example in page.examples]


def test_plans_right_below_a_query_belong_to_it(tmp_path):
    bad = PAGE[PAGE.index("```text plan") : PAGE.index("## Good")]
    query = "```sql query\nSELECT 1;\n```\n"
    assert examples_of(PAGE, tmp_path) == [1, 1]
    assert examples_of(PAGE.replace(bad, f"{query}{bad.strip()}\n{bad}"), tmp_path) == [3, 1]
    assert examples_of(PAGE.replace(bad, f"{query}{bad}\nAlone:\n\n{bad}"), tmp_path) == [2, 1, 1]


def test_every_line_of_an_example_must_be_understood(page, tmp_path):
    from advisor.handbook.examples import facts_of

    for change in ("Seq Scan on t  (cost=oops)", "this is no plan"):
        (tmp_path / "scan.md").write_text(PAGE.replace("Execution Time: 60.0 ms", change, 1))
        broken = load([tmp_path], builtin=False).pages[0]
        with pytest.raises(PageError):
            facts_of(broken, broken.examples[0])
