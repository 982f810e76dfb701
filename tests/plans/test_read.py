"""From a text to its plans."""

from __future__ import annotations

import pytest

from advisor.plans.errors import PlanError
from advisor.plans.read import read
from tests.plans.decoration.recorded import recorded


@pytest.mark.parametrize("number", range(len(recorded())))
def test_every_recorded_plan_is_read(number: int) -> None:
    plan = recorded()[number]
    reading = read(plan["text"], source="plan.txt", engine="mariadb" if plan["engine"] == "mariadb" else None)
    (found,) = reading.plans
    assert found.engine.name == plan["engine"]
    assert found.format == plan["format"]
    assert found.source == "plan.txt"
    assert found.line in range(1, 6)
    assert reading.warnings == []


def test_the_query_above_the_plan_is_the_plans() -> None:
    (plan,) = read("EXPLAIN SELECT * FROM t;\nSeq Scan on t  (cost=0.00..5.00 rows=25 width=12)\n").plans
    assert plan.query == "SELECT * FROM t"


def test_one_plan_of_two_that_cannot_be_read_is_a_warning() -> None:
    reading = read("Seq Scan on t  (cost=0.00..5.00 rows=25 width=12)\n\n" + '[\n  {\n    "Plan": nothing,\n  }\n]\n')
    assert len(reading.plans) == 1
    assert [warning.line for warning in reading.warnings] == [3]


def test_no_plan_says_what_was_looked_for() -> None:
    with pytest.raises(PlanError, match=r"no plan found in mail.txt: looked for EXPLAIN output of PostgreSQL"):
        read("Hello,\nit is slow.\n", source="mail.txt")


@pytest.mark.parametrize(
    "text", ["", "\n", "[", "{", '{"Plan": {', "QUERY PLAN", "-> ", "<explain", '[{"Plan": ' * 5000, "(" * 100000]
)
def test_hostile_text_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(PlanError) as raised:
        read(text)
    assert "\n" not in str(raised.value)
