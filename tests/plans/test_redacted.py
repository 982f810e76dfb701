"""A redacted plan prints no value, and still reads as the same plan."""

import json
from pathlib import Path

import pytest

from advisor.plans.fingerprint import fingerprint
from advisor.plans.read import read
from advisor.plans.redacted import redacted, without_literals
from advisor.plans.render import render

PLANS = Path(__file__).parents[1] / "cli" / "plans"
SECRET = "s3cret"
TREE = f"""-> Limit: 10 row(s)  (cost=1.25 rows=5) (actual time=0.1..0.2 rows=5 loops=1)
    -> Filter: (t1.a = '{SECRET}' and t1.b > 4711)  (cost=1.25 rows=5) (actual time=0.1..0.2 rows=5 loops=1)
        -> Index lookup on t1 using idx2 (c='{SECRET}')  (cost=1.25 rows=50) (actual time=0.1..0.2 rows=50 loops=1)
"""
MARIADB = json.dumps(
    {
        "query_block": {
            "select_id": 1,
            "table": {
                "table_name": "t1", "access_type": "ALL", "rows": 50, "filtered": 100,
                "attached_condition": f"t1.a = '{SECRET}' and t1.b > 4711",
            },
        }
    },
    indent=2,
)  # fmt: skip
POSTGRESQL = (PLANS / "seq_scan.txt").read_text().replace("'open'", f"'{SECRET}'")


@pytest.mark.parametrize(("text", "engine"), [(TREE, "mysql"), (MARIADB, "mariadb"), (POSTGRESQL, "postgresql")])
def test_no_value_is_left_and_the_plan_is_the_same(text, engine):
    (plan,) = read(text, engine=engine).plans
    shown = render(redacted(plan))
    assert SECRET in render(plan)
    assert SECRET not in shown
    assert "4711" not in shown
    (again,) = read(shown, engine=engine).plans
    assert fingerprint(again) == fingerprint(plan)
    assert [node.rows_estimated for node in again.nodes] == [node.rows_estimated for node in plan.nodes]


def test_rows_lose_the_values_of_extra():
    text = (PLANS / "mariadb_rows.txt").read_text().replace("Using where", f"Using where; x = '{SECRET}'")
    (plan,) = read(text).plans
    assert SECRET not in render(redacted(plan))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`t`.`5a` > 5", "`t`.`5a` > ?"),
        ("t1.c2 = 'it''s' or x = 'a\\'b'", "t1.c2 = ? or x = ?"),
        ("select #2", "select #2"),
        ("x = 'never ends", "x = ?"),
        ("a between 1.5e+3 and -2", "a between ? and ?"),
    ],
)
def test_expressions(text, shown):
    assert without_literals(text) == shown
