"""Rows of tables as plans show them."""

import pytest

from advisor.planners.seen_rows import Seen, seen_rows
from advisor.plans.read import read


def plans(*texts):
    return [plan for text in texts for plan in read(text, engine="postgresql").plans]


COUNTED = """\
Seq Scan on orders  (cost=0.00..380.00 rows=100 width=8) (actual time=0.01..3.00 rows=120 loops=1)
  Filter: (customer = 7)
  Rows Removed by Filter: 19880
Planning Time: 0.1 ms
Execution Time: 3.1 ms
"""
PARALLEL = """\
Gather  (cost=1000.00..11000.00 rows=3 width=8) (actual time=1.00..30.00 rows=3 loops=1)
  Workers Planned: 2
  Workers Launched: 2
  ->  Parallel Seq Scan on big  (cost=0.00..10000.00 rows=1 width=8) (actual time=0.50..29.00 rows=1 loops=3)
        Filter: (a = 1)
        Rows Removed by Filter: 333332
Planning Time: 0.1 ms
Execution Time: 31.0 ms
"""
STOPPED = """\
Limit  (cost=0.00..1.00 rows=10 width=8) (actual time=0.01..0.02 rows=10 loops=1)
  ->  Seq Scan on orders  (cost=0.00..380.00 rows=20000 width=8) (actual time=0.01..0.02 rows=10 loops=1)
Planning Time: 0.1 ms
Execution Time: 0.1 ms
"""
SORTED = """\
Limit  (cost=0.00..1.00 rows=10 width=8) (actual time=0.01..9.02 rows=10 loops=1)
  ->  Sort  (cost=0.00..1.00 rows=20000 width=8) (actual time=0.01..9.02 rows=10 loops=1)
        Sort Key: id
        Sort Method: top-N heapsort  Memory: 26kB
        ->  Seq Scan on orders  (cost=0.00..380.00 rows=20000 width=8) (actual time=0.01..4.02 rows=20000 loops=1)
Planning Time: 0.1 ms
Execution Time: 0.1 ms
"""
ESTIMATED = "Seq Scan on orders  (cost=0.00..380.00 rows=21000 width=8)\n"
FILTERED = "Seq Scan on orders  (cost=0.00..380.00 rows=5 width=8)\n  Filter: (a = 1)\n"
INDEXED = """\
Index Scan using orders_pkey on orders  (cost=0.42..8.44 rows=1 width=8) (actual time=0.01..0.02 rows=44 loops=1)
  Index Cond: (id < 45)
Planning Time: 0.1 ms
Execution Time: 0.1 ms
"""


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((COUNTED,), {"orders": Seen(20000, "counted")}),
        ((PARALLEL,), {"big": Seen(999_999, "counted")}),
        ((STOPPED,), {"orders": Seen(10, "at least")}),
        ((SORTED,), {"orders": Seen(20000, "counted")}),
        ((ESTIMATED,), {"orders": Seen(21000, "estimated")}),
        ((FILTERED,), {}),
        ((INDEXED,), {"orders": Seen(44, "at least")}),
        ((INDEXED, STOPPED), {"orders": Seen(44, "at least")}),
        ((STOPPED, ESTIMATED, INDEXED), {"orders": Seen(21000, "estimated")}),
        ((ESTIMATED, COUNTED), {"orders": Seen(20000, "counted")}),
    ],
)
def test_what_a_plan_shows_of_a_table(texts, expected):
    assert seen_rows(plans(*texts)) == expected
