"""Costs that MariaDB does not print, worked out from its plans."""

from __future__ import annotations

import json
from typing import Any

from advisor.planners.mariadb.cost import Sizes, modelled

SIZES = Sizes({"tickets": (400.0, 60_000.0)}, {("tickets", "opened"): 80.0, ("tickets", "person"): 90.0})


def _cost(sql: str, **table: Any) -> float:
    plan = {"query_block": {"select_id": 1, "table": {"table_name": "tickets", "filtered": 100, **table}}}
    found = modelled(json.dumps(plan), sql, SIZES, {})
    assert found is not None
    return found.cost


def test_walking_an_index_to_a_limit_reads_past_what_the_condition_throws_away() -> None:
    sql = "SELECT * FROM tickets WHERE person_id = 7 ORDER BY opened_at LIMIT 20"
    walk = _cost(sql, access_type="index", key="opened", rows=20, attached_condition="tickets.person_id = 7")
    search = _cost(sql, access_type="ref", key="person", rows=250)
    assert walk > search, "244 rows are read for one of 245 persons, twenty times"


def test_walking_an_index_without_a_condition_stops_at_the_limit() -> None:
    sql = "SELECT * FROM tickets ORDER BY opened_at LIMIT 20"
    assert _cost(sql, access_type="index", key="opened", rows=20) < 40


def test_a_walk_never_reads_more_than_the_table() -> None:
    sql = "SELECT * FROM tickets WHERE person_id = 7 ORDER BY opened_at LIMIT 50000"
    condition = "tickets.person_id = 7"
    assert _cost(sql, access_type="index", key="opened", rows=50_000, attached_condition=condition) <= 60_000 * 1.2 + 1
