"""What PostgreSQL's keys mean."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.model.plan import Plan, PlanNode
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.interpret import interpret


def node(kind: str, *children: DocumentNode, **keys: Any) -> DocumentNode:
    return DocumentNode(
        {"Node Type": kind, **{name.replace("_", " "): value for name, value in keys.items()}}, list(children)
    )


def plan(root: DocumentNode, **keys: Any) -> Plan:
    return interpret(Document(root, {name.replace("_", " "): value for name, value in keys.items()}, "json"))


def one(keys: dict[str, Any]) -> PlanNode:
    return interpret(Document(DocumentNode(keys), {}, "json")).root


@pytest.mark.parametrize(
    ("keys", "operator", "label"),
    [
        ({"Node Type": "Seq Scan", "Parallel Aware": True}, "seq_scan", "Parallel Seq Scan"),
        ({"Node Type": "Index Only Scan", "Scan Direction": "Backward"}, "index_only_scan", "Index Only Scan Backward"),
        ({"Node Type": "Index Scan", "Scan Direction": "NoMovement"}, "index_scan", "Index Scan"),
        (
            {"Node Type": "Hash Join", "Join Type": "Right Anti", "Parallel Aware": True},
            "hash_join",
            "Parallel Hash Right Anti Join",
        ),
        ({"Node Type": "Hash Join", "Join Type": "Inner"}, "hash_join", "Hash Join"),
        ({"Node Type": "Nested Loop", "Join Type": "Inner"}, "nested_loop", "Nested Loop"),
        ({"Node Type": "Nested Loop", "Join Type": "Left"}, "nested_loop", "Nested Loop Left Join"),
        ({"Node Type": "Merge Join", "Join Type": "Semi"}, "merge_join", "Merge Semi Join"),
        (
            {"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Finalize"},
            "aggregate",
            "Finalize Aggregate",
        ),
        ({"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Simple"}, "aggregate", "HashAggregate"),
        ({"Node Type": "Aggregate", "Strategy": "Mixed"}, "aggregate", "MixedAggregate"),
        ({"Node Type": "SetOp", "Strategy": "Hashed", "Command": "Except All"}, "set_op", "HashSetOp Except All"),
        ({"Node Type": "ModifyTable", "Operation": "Merge"}, "modify", "Merge"),
        ({"Node Type": "Foreign Scan", "Operation": "Update"}, "foreign_scan", "Foreign Update"),
        (
            {"Node Type": "Foreign Scan", "Operation": "Select", "Async Capable": True},
            "foreign_scan",
            "Async Foreign Scan",
        ),
        ({"Node Type": "Custom Scan", "Custom Plan Provider": "Citus"}, "custom_scan", "Custom Scan (Citus)"),
        ({"Node Type": "Warp Scan"}, "other", "Warp Scan"),
    ],
)
def test_operators_and_labels(keys: dict[str, Any], operator: str, label: str) -> None:
    made = one(keys)
    assert (made.operator, made.raw_operator) == (operator, label)


def test_strategy_partial_mode_join_type() -> None:
    aggregate = one({"Node Type": "Aggregate", "Strategy": "Sorted", "Partial Mode": "Partial"})
    assert (aggregate.strategy, aggregate.partial_mode, aggregate.extra) == ("sorted", "partial", {})
    assert one({"Node Type": "Hash Join", "Join Type": "Right Semi"}).join_type == "right_semi"
    strange = one({"Node Type": "Hash Join", "Join Type": "Sideways", "Strategy": "Odd"})
    assert (strange.join_type, strange.extra) == (None, {"Join Type": "Sideways", "Strategy": "Odd"})


def test_ids_relationships_and_names() -> None:
    made = plan(
        node(
            "Append",
            node("Result", Parent_Relationship="InitPlan", Subplan_Name="CTE recent"),
            node("Result", Parent_Relationship="InitPlan", Subplan_Name="InitPlan 1 (returns $0)"),
            node("Result", Parent_Relationship="Member"),
            node(
                "CTE Scan", node("Result", Parent_Relationship="SubPlan", Subplan_Name="SubPlan 2"), CTE_Name="recent"
            ),
        )
    )
    assert [(n.id, n.parent, n.relationship, n.subplan_name) for n in made.nodes] == [
        ("0", None, "root", None),
        ("0.0", "0", "cte", "CTE recent"),
        ("0.1", "0", "init_plan", "InitPlan 1 (returns $0)"),
        ("0.2", "0", "member", None),
        ("0.3", "0", "outer", None),
        ("0.3.0", "0.3", "sub_plan", "SubPlan 2"),
    ]
    assert made.nodes[4].alias == "recent"
    assert made.engine.version == "<17"
    assert made.graph.has_edge("0.0", "0.3")


@pytest.mark.parametrize(
    ("printed", "several"), [("Member", True), ("Outer", True), ("Member", False), ("Outer", False)]
)
def test_what_a_modify_table_reads(printed: str, several: bool) -> None:
    children = [node("Seq Scan", Parent_Relationship=printed) for _ in range(1 + several)]
    made = plan(node("ModifyTable", *children, Operation="Update"))
    assert {below.relationship for below in made.nodes[1:]} == {"member" if several else "outer"}


def test_counts_of_zero_are_absent() -> None:
    keys = {
        "Shared Hit Blocks": 0,
        "I/O Read Time": 0.0,
        "WAL Records": 0,
        "Rows Removed by Filter": 0,
        "Exact Heap Blocks": 0,
    }
    flags = {"Single Copy": False, "Async Capable": False, "Disabled": False, "Planned Partitions": 0, "Disk Usage": 0}
    made = one({"Node Type": "Seq Scan", **keys, **flags})
    assert (made.buffers, made.io_ms, made.wal, made.removed, made.exact_blocks, made.disk_kb) == (
        {},
        {},
        {},
        {},
        None,
        None,
    )
    assert made.extra == {}


def test_buffers_times_and_wal() -> None:
    made = one(
        {
            "Node Type": "Seq Scan", "Shared Hit Blocks": 1, "Local Dirtied Blocks": 2, "Temp Written Blocks": 3, "I/O Read Time": 1.5,
            "Temp I/O Write Time": 2.5, "Local I/O Read Time": 0.5, "WAL FPI": 4, "WAL Bytes": 5, "WAL Buffers Full": 6,
        }
    )  # fmt: skip
    assert made.buffers == {"shared_hit": 1, "local_dirtied": 2, "temp_written": 3}
    assert made.io_ms == {"shared_read": 1.5, "temp_write": 2.5, "local_read": 0.5}
    assert made.wal == {"fpi": 4, "bytes": 5, "buffers_full": 6}


def test_predicates_and_removed_rows() -> None:
    keys = {
        "Index Cond": "a",
        "Filter": "b",
        "Recheck Cond": "c",
        "One-Time Filter": "false",
        "TID Cond": "t",
        "Order By": "o",
    }
    made = one({"Node Type": "Index Scan", **keys, "Rows Removed by Filter": 3, "Rows Removed by Index Recheck": 2})
    assert made.predicates == {
        "index": "a",
        "filter": "b",
        "recheck": "c",
        "one_time": "false",
        "tid": "t",
        "order_by": "o",
    }
    assert made.removed == {"filter": 3, "recheck": 2}
    assert one({"Node Type": "Aggregate", "Filter": "count(*) > 1"}).predicates == {"having": "count(*) > 1"}


def test_memory_and_disk() -> None:
    disk = one(
        {"Node Type": "Sort", "Sort Method": "external merge", "Sort Space Used": 900, "Sort Space Type": "Disk"}
    )
    assert (disk.sort_method, disk.memory_kb, disk.disk_kb, disk.extra) == ("external merge", None, 900, {})
    build = one(
        {
            "Node Type": "Hash",
            "Hash Batches": 4,
            "Original Hash Batches": 2,
            "Peak Memory Usage": 100,
            "Hash Buckets": 8,
        }
    )
    assert (build.batches, build.batches_planned, build.memory_kb, build.extra) == (4, 2, 100, {"Hash Buckets": 8})
    aggregate = one({"Node Type": "Aggregate", "HashAgg Batches": 5, "Disk Usage": 70, "Peak Memory Usage": 60})
    assert (aggregate.batches, aggregate.disk_kb, aggregate.memory_kb) == (5, 70, 60)
    cached = one({"Node Type": "Memoize", "Cache Hits": 3, "Cache Misses": 0, "Peak Memory Usage": 1})
    assert (cached.cache, cached.memory_kb) == ({"hits": 3, "misses": 0}, 1)
    stored = one({"Node Type": "Materialize", "Storage": "Disk", "Maximum Storage": 17})
    assert (stored.disk_kb, stored.memory_kb, stored.extra) == (17, None, {})


def test_an_incremental_sort() -> None:
    space = {"Average Sort Space Used": 20, "Peak Sort Space Used": 26}
    made = one(
        {
            "Node Type": "Incremental Sort",
            "Presorted Key": ["a"],
            "Full-sort Groups": {"Group Count": 2, "Sort Methods Used": ["quicksort"], "Sort Space Memory": space},
            "Pre-sorted Groups": {
                "Group Count": 2,
                "Sort Methods Used": ["external merge", "quicksort"],
                "Sort Space Memory": {"Peak Sort Space Used": 30},
                "Sort Space Disk": {"Peak Sort Space Used": 99},
            },
        }
    )
    assert (made.sort_method, made.memory_kb, made.disk_kb) == ("quicksort, external merge", 30, 99)
    assert made.presorted_keys == ("a",)
    assert set(made.extra) == {"Full-sort Groups", "Pre-sorted Groups"}


def test_never_executed() -> None:
    times = {"Actual Startup Time": 0.0, "Actual Total Time": 0.0}
    made = one({"Node Type": "Result", "Actual Rows": 0, "Actual Loops": 0, **times})
    assert (made.never_executed, made.rows_actual, made.loops, made.time_last_ms) == (True, 0, 0, None)


def test_workers() -> None:
    made = one(
        {
            "Node Type": "Sort",
            "Workers": [
                {
                    "Worker Number": 1,
                    "Actual Rows": 5,
                    "Actual Loops": 1,
                    "Sort Method": "quicksort",
                    "Shared Hit Blocks": 0,
                    "I/O Read Time": 0.25,
                },
                {},
            ],
        }
    )
    assert [(worker.number, worker.rows, worker.extra) for worker in made.workers] == [
        (1, 5, {"Sort Method": "quicksort", "Shared I/O Read Time": 0.25}),
        (1, None, {}),
    ]


def test_of_the_whole_plan() -> None:
    made = plan(
        node("Result", Actual_Rows=1, Actual_Loops=1, Actual_Total_Time=0.1, Total_Cost=0.01),
        Query_Text="select 1",
        Query_Parameters="$1 = '42'",
        Query_Identifier=-12,
        Settings={"work_mem": "8MB"},
        Planning={"Shared Hit Blocks": 7, "I/O Read Time": 0.2, "Memory Used": 9, "Temp Read Blocks": 0},
        Planning_Time=0.3,
        Triggers=[{"Trigger Name": "t", "Constraint Name": "c", "Relation": "r", "Time": 1.5, "Calls": 3}],
        JIT={
            "Functions": 10,
            "Options": {"Inlining": False, "Deforming": True},
            "Timing": {"Generation": {"Deform": 0.1, "Total": 0.5}, "Inlining": 0.0, "Total": 2.5},
        },
        Serialization={"Time": 0.2, "Output Volume": 36, "Format": "text", "Temp Read Blocks": 0},
        Execution_Time=4.5,
        Weather="fine",
    )
    assert (made.query, made.query_parameters, made.query_id) == ("select 1", "$1 = '42'", "-12")
    assert (made.planning_ms, made.execution_ms, made.settings) == (0.3, 4.5, {"work_mem": "8MB"})
    assert (made.planning_buffers, made.planning_io_ms) == ({"shared_hit": 7}, {"shared_read": 0.2})
    (trigger,) = made.triggers
    assert (trigger.name, trigger.constraint, trigger.relation, trigger.time_ms, trigger.calls) == (
        "t",
        "c",
        "r",
        1.5,
        3,
    )
    assert made.jit is not None
    assert made.jit.options == {"inlining": False, "deforming": True}
    assert made.jit.timing_ms == {"generation": 0.5, "deform": 0.1, "inlining": 0.0, "total": 2.5}
    assert (made.serialization_ms, made.serialization_bytes) == (0.2, 36 * 1024)
    assert made.extra == {"Planning": {"Memory Used": 9}, "Serialization": {"Format": "text"}, "Weather": "fine"}
    assert made.options == dict.fromkeys(
        ("costs", "buffers", "settings", "timing", "memory", "serialize", "summary"), True
    )
    assert (made.analyzed, made.timed, made.engine.version) == (True, True, ">=17")


def test_the_query_beside_the_plan_counts_when_it_names_none() -> None:
    document = Document(node("Result"), {}, "json", query="select 2")
    assert interpret(document).query == "select 2"
    document.keys["Query Text"] = "select 1"
    assert interpret(document).query == "select 1"


@pytest.mark.parametrize(
    ("keys", "version"),
    [
        ({}, None),
        ({"Actual Rows": 1.0}, ">=18"),
        ({"Index Searches": 0}, ">=18"),
        ({"Temp I/O Read Time": 0.0}, ">=15"),
        ({"I/O Read Time": 0.0, "WAL Records": 0}, ">=13,<17"),
        ({"Cache Key": "a"}, ">=14"),
        ({"Parallel Aware": False}, ">=9"),
    ],
)
def test_what_version_printed_it(keys: dict[str, Any], version: str | None) -> None:
    assert plan(node("Result", node("Result", **keys))).engine.version == version


PENALTY = 10_000_000_000.0


def _costs(startup: float, total: float) -> dict[str, float]:
    return {"Startup_Cost": startup, "Total_Cost": total}


def _disabled(root: DocumentNode) -> list[str]:
    return [made.raw_operator for made in plan(root).nodes if made.disabled]


def test_penalties_of_disabled_nodes() -> None:
    scan = node("Seq Scan", **_costs(PENALTY, PENALTY + 35))
    assert _disabled(
        node("Limit", node("Sort", scan, **_costs(PENALTY + 40, PENALTY + 41)), **_costs(PENALTY + 40, PENALTY + 41))
    ) == ["Seq Scan"]
    sort = node("Sort", node("Seq Scan", **_costs(0.0, 35.0)), **_costs(PENALTY + 40, PENALTY + 41))
    assert _disabled(sort) == ["Sort"]
    # rescanned: the loop's total holds the inner penalty many times, its startup once
    cheap = node("Seq Scan", **_costs(0.0, 35.0))
    loop = node("Nested Loop", cheap, scan, **_costs(PENALTY, 50 * PENALTY))
    assert _disabled(node("Sort", loop, **_costs(50 * PENALTY + 7, 50 * PENALTY + 8))) == ["Seq Scan"]
    assert _disabled(node("Nested Loop", cheap, scan, **_costs(2 * PENALTY, 60 * PENALTY))) == [
        "Nested Loop",
        "Seq Scan",
    ]


def test_a_plan_that_costs_much_is_not_disabled() -> None:
    assert _disabled(node("Sort", node("Seq Scan", **_costs(0.0, 3e10)), **_costs(9e10, 9.1e10))) == []
    assert _disabled(node("Seq Scan", Disabled=False, **_costs(PENALTY, PENALTY))) == []
    assert _disabled(node("Seq Scan", Disabled=True, **_costs(0.0, 1.0))) == ["Seq Scan"]


def test_missing_inputs_warn() -> None:
    made = plan(node("Hash Join", node("Seq Scan"), node("Result", Parent_Relationship="SubPlan"), Join_Type="Inner"))
    assert [warning.text for warning in made.warnings] == [
        "Hash Join has 1 of 2 inputs: the plan is cut off, or a part of it was not copied"
    ]
    assert [w.text for w in plan(node("Sort")).warnings] == [
        "Sort has no input: the plan is cut off, or a part of it was not copied"
    ]
    assert plan(node("Append", Subplans_Removed=3)).warnings == []


def test_a_value_of_the_wrong_type_is_kept_aside() -> None:
    made = one({"Node Type": "Seq Scan", "Plan Rows": "many", "Filter": 3, "Shared Hit Blocks": "x", "Workers": "none"})
    assert (made.rows_estimated, made.predicates, made.buffers, made.workers) == (None, {}, {}, ())
    assert made.extra == {"Plan Rows": "many", "Filter": 3, "Shared Hit Blocks": "x", "Workers": "none"}
