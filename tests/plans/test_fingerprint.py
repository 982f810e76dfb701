from __future__ import annotations

import re

import msgspec
import pytest

from advisor.plans.fingerprint import fingerprint
from tests.plans.made import node, plan, scan


def join(**fields):
    build = node("hash", scan(fields.pop("relation", "c"), schema="public", rows=9, **fields), rows=9)
    return node("hash_join", scan("o", ms=3.0, rows=90, loops=3), build, rows=90, predicates={"hash": "(o.c = c.id)"})


def test_sixteen_hex_digits():
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(plan(join())))


def test_numbers_literals_aliases_and_schemas_do_not_count():
    made = plan(join())
    other = plan(join(predicates={"filter": "(x = 'y')"}, output=("c.id",), cost=5.0))
    other.nodes = [
        msgspec.structs.replace(one, alias="z", schema=None, rows_actual=None, loops=None, workers_launched=4, line=7)
        for one in other.nodes
    ]
    assert fingerprint(made) == fingerprint(other)


@pytest.mark.parametrize(
    "fields",
    [
        {"operator": "index_scan", "index": "c_pkey"},
        {"operator": "index_scan", "index": "c_other"},
        {"relation": "d"},
        {"parallel": True},
        {"operator": "index_scan", "index": "c_pkey", "backward": True},
    ],
)
def test_what_is_done_counts(fields):
    kinds = {fingerprint(plan(join(**fields))), fingerprint(plan(join())), fingerprint(plan(scan("c")))}
    assert len(kinds) == 3


def test_the_order_of_a_join_counts():
    one = plan(node("nested_loop", scan("a", rows=1), scan("b", rows=1), rows=1))
    two = plan(node("nested_loop", scan("b", rows=1), scan("a", rows=1), rows=1))
    assert fingerprint(one) != fingerprint(two)


def test_partitions_come_and_go_without_making_a_new_plan():
    def append(*names):
        members = (scan(name, operator="index_scan", index=f"{name}_at_idx") for name in names)
        return plan(node("append", *members))

    assert fingerprint(append("log_2024_01", "log_2024_02")) == fingerprint(
        append("log_2024_02", "log_2024_03", "log_2024_04")
    )
    assert fingerprint(append("log_2024_01")) != fingerprint(append("users_2024_01"))


def test_engines_differ():
    assert fingerprint(plan(scan("a"))) != fingerprint(plan(scan("a"), engine="mysql"))
