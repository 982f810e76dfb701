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


@pytest.mark.parametrize(
    "text",
    [
        "total 12\n-rw-r--r-- 1 root root  710 Nov 22 13:25 dbg.py\ndrwxr-xr-x 7 root root 4096 Nov 22 12:54 pev2\n",
        "shop@1.0.0 /srv/shop\n+-- express@4.18.2\n| +-- accepts@1.3.8\n| `-- vary@1.1.2\n`-- pg@8.11.3\n",
        "*   4be1c2d Merge branch 'fix'\n|\\\n| * 035865f Sort the rows\n|/\n* 1a2b3c4 Limit the cache\n",
        "| id | name |\n|----|------|\n| 1 | Hash |\n",
        " id | name\n----+------\n  1 | Sort\n(1 row)\n",
        "id,name,total\n1,Limit,3\n2,Append,4\n",
        '{"name": "shop", "version": "1.0.0", "dependencies": {"pg": "^8.11.3"}}\n',
        'def sort(rows):\n    """Sort the rows."""\n    return Result(rows)\n',
        "Sort\nthe rows and Hash them: Limit is 3 -> done.\n",
    ],
)
def test_what_is_no_plan_becomes_none(text: str) -> None:
    with pytest.raises(PlanError):
        read(text)
