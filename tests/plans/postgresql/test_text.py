import pytest

from advisor.plans.errors import PlanError
from tests.plans.postgresql.texts import document, nodes, warned

SCAN = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n"


def only(line: str) -> dict:
    found = document(line)
    assert warned(found) == []
    return found.root.keys


def property_of(line: str, head: str = "Seq Scan on t") -> dict:
    found = document(f"{head}\n  {line}\n")
    assert [text for _, text in warned(found) if "inputs" not in text] == []
    return {key: value for key, value in found.root.keys.items() if key not in document(head).root.keys}


def footer_of(lines: str) -> dict:
    found = document(SCAN + lines)
    assert warned(found) == []
    return found.keys


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("Seq Scan on t", {"Node Type": "Seq Scan", "Relation Name": "t"}),
        (
            "Parallel Seq Scan on s.t x",
            {"Node Type": "Seq Scan", "Parallel Aware": True, "Schema": "s", "Relation Name": "t", "Alias": "x"},
        ),
        (
            'Seq Scan on "a.b"."c on ""d""" "e using f"',
            {"Node Type": "Seq Scan", "Schema": "a.b", "Relation Name": 'c on "d"', "Alias": "e using f"},
        ),
        (
            'Index Only Scan Backward using "i on j  (cost=1.00..2.00 rows=1 width=1)" on t',
            {
                "Node Type": "Index Only Scan",
                "Scan Direction": "Backward",
                "Index Name": "i on j  (cost=1.00..2.00 rows=1 width=1)",
                "Relation Name": "t",
            },
        ),
        (
            'Index Scan using i on "x using y"',
            {"Node Type": "Index Scan", "Scan Direction": "Forward", "Index Name": "i", "Relation Name": "x using y"},
        ),
        ("Bitmap Index Scan on i", {"Node Type": "Bitmap Index Scan", "Index Name": "i"}),
        ("Function Scan on f", {"Node Type": "Function Scan", "Alias": "f"}),
        ("Function Scan on f g", {"Node Type": "Function Scan", "Function Name": "f", "Alias": "g"}),
        (
            "Function Scan on pg_catalog.f",
            {"Node Type": "Function Scan", "Function Name": "f", "Schema": "pg_catalog"},
        ),
        (
            'Table Function Scan on "xmltable" x',
            {"Node Type": "Table Function Scan", "Table Function Name": "xmltable", "Alias": "x"},
        ),
        ('Values Scan on "*VALUES*"', {"Node Type": "Values Scan", "Alias": "*VALUES*"}),
        ("CTE Scan on a b", {"Node Type": "CTE Scan", "CTE Name": "a", "Alias": "b"}),
        ("Named Tuplestore Scan", {"Node Type": "Named Tuplestore Scan"}),
        ("Async Foreign Scan on t", {"Operation": "Select", "Async Capable": True}),
        ("Foreign Update on t", {"Node Type": "Foreign Scan", "Operation": "Update", "Relation Name": "t"}),
        (
            "Parallel Custom Scan (Chunk (on) Append) on t",
            {"Custom Plan Provider": "Chunk (on) Append", "Parallel Aware": True, "Relation Name": "t"},
        ),
    ],
)
def test_a_leaf_says_what_it_reads(line, keys):
    found = only(line)
    assert {**found, **keys} == found
    assert "Alias" in keys or "Alias" not in found


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("Nested Loop", {"Node Type": "Nested Loop", "Join Type": "Inner"}),
        ("Nested Loop Left Join", {"Node Type": "Nested Loop", "Join Type": "Left"}),
        (
            "Parallel Hash Right Semi Join",
            {"Node Type": "Hash Join", "Join Type": "Right Semi", "Parallel Aware": True},
        ),
        ("Merge Right Anti Join", {"Node Type": "Merge Join", "Join Type": "Right Anti"}),
        ("HashSetOp Except All", {"Node Type": "SetOp", "Strategy": "Hashed", "Command": "Except All"}),
        ("SetOp Intersect", {"Node Type": "SetOp", "Strategy": "Sorted", "Command": "Intersect"}),
        (
            "Partial HashAggregate",
            {"Node Type": "Aggregate", "Strategy": "Hashed", "Partial Mode": "Partial"},
        ),
        ("MixedAggregate", {"Node Type": "Aggregate", "Strategy": "Mixed", "Partial Mode": "Simple"}),
        ("Merge on t", {"Node Type": "ModifyTable", "Operation": "Merge", "Relation Name": "t"}),
    ],
)
def test_an_inner_node_says_what_it_does(line, keys):
    assert document(line).root.keys == keys


def test_numbers_have_the_types_of_json():
    keys = only("Seq Scan on t  (cost=0.00..1.50 rows=3 width=4) (actual time=0.010..0.020 rows=2.50 loops=4)")
    assert (keys["Startup Cost"], keys["Total Cost"], keys["Plan Rows"], keys["Plan Width"]) == (0.0, 1.5, 3, 4)
    assert (keys["Actual Startup Time"], keys["Actual Rows"], keys["Actual Loops"]) == (0.01, 2.5, 4)
    assert isinstance(keys["Plan Rows"], int)
    untimed = only("Seq Scan on t (actual rows=7 loops=1)")
    assert untimed["Actual Rows"] == 7
    assert "Actual Total Time" not in untimed


def test_a_node_that_never_ran_has_zeros():
    found = document("Limit (actual time=0.1..0.2 rows=0 loops=1)\n  ->  Seq Scan on t (never executed)\n")
    child = found.root.children[0].keys
    assert (child["Actual Rows"], child["Actual Loops"], child["Actual Total Time"]) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("Filter: ((a = 1) AND (b ~~ 'x: y'::text))", {"Filter": "((a = 1) AND (b ~~ 'x: y'::text))"}),
        (
            "Output: a, f(b, c), 'd, e'::text, \"g, h\", ARRAY[1, 2]",
            {"Output": ["a", "f(b, c)", "'d, e'::text", '"g, h"', "ARRAY[1, 2]"]},
        ),
        ("Rows Removed by Filter: 12", {"Rows Removed by Filter": 12}),
        ("Heap Blocks: exact=3 lossy=4", {"Exact Heap Blocks": 3, "Lossy Heap Blocks": 4}),
        ("Heap Blocks: lossy=4", {"Lossy Heap Blocks": 4}),
        ("Disabled: true", {"Disabled": True}),
        ("Index Searches: 9", {"Index Searches": 9}),
        (
            "Buffers: shared hit=1 read=2 dirtied=3 written=4, local hit=5, temp read=6 written=7",
            {
                "Shared Hit Blocks": 1,
                "Shared Read Blocks": 2,
                "Shared Dirtied Blocks": 3,
                "Shared Written Blocks": 4,
                "Local Hit Blocks": 5,
                "Temp Read Blocks": 6,
                "Temp Written Blocks": 7,
            },
        ),
        ("I/O Timings: read=1.500", {"I/O Read Time": 1.5}),
        (
            "I/O Timings: shared/local read=1.500 write=0.100, temp write=2.000",
            {"I/O Read Time": 1.5, "I/O Write Time": 0.1, "Temp I/O Write Time": 2.0},
        ),
        (
            "I/O Timings: shared read=1.500, local write=0.100, temp write=2.000",
            {"Shared I/O Read Time": 1.5, "Local I/O Write Time": 0.1, "Temp I/O Write Time": 2.0},
        ),
        (
            "WAL: records=1 fpi=2 bytes=3 buffers full=4",
            {"WAL Records": 1, "WAL FPI": 2, "WAL Bytes": 3, "WAL Buffers Full": 4},
        ),
        ("WAL: bytes=3", {"WAL Bytes": 3}),
        (
            "Sort Method: external merge  Disk: 12kB",
            {"Sort Method": "external merge", "Sort Space Used": 12, "Sort Space Type": "Disk"},
        ),
        (
            "Sort Method:  quicksort  Memory: 12kB",
            {"Sort Method": "quicksort", "Sort Space Used": 12, "Sort Space Type": "Memory"},
        ),
        (
            "Buckets: 2048 (originally 1024)  Batches: 4 (originally 1)  Memory Usage: 40kB",
            {
                "Hash Buckets": 2048,
                "Original Hash Buckets": 1024,
                "Hash Batches": 4,
                "Original Hash Batches": 1,
                "Peak Memory Usage": 40,
            },
        ),
        (
            "Planned Partitions: 4  Batches: 5  Memory Usage: 24kB  Disk Usage: 8kB",
            {"Planned Partitions": 4, "HashAgg Batches": 5, "Peak Memory Usage": 24, "Disk Usage": 8},
        ),
        ("Planned Partitions: 4", {"Planned Partitions": 4}),
        (
            "Hits: 1  Misses: 2  Evictions: 3  Overflows: 4  Memory Usage: 5kB",
            {"Cache Hits": 1, "Cache Misses": 2, "Cache Evictions": 3, "Cache Overflows": 4, "Peak Memory Usage": 5},
        ),
        ("Storage: Memory  Maximum Storage: 17kB", {"Storage": "Memory", "Maximum Storage": 17}),
        (
            "Full-sort Groups: 3  Sort Methods: quicksort, top-N heapsort  Average Memory: 28kB  Peak Memory: 30kB",
            {
                "Full-sort Groups": {
                    "Group Count": 3,
                    "Sort Methods Used": ["quicksort", "top-N heapsort"],
                    "Sort Space Memory": {"Average Sort Space Used": 28, "Peak Sort Space Used": 30},
                }
            },
        ),
        (
            "Sampling: system ('10'::real) REPEATABLE ('0'::double precision)",
            {
                "Sampling Method": "system",
                "Sampling Parameters": ["'10'::real"],
                "Repeatable Seed": "'0'::double precision",
            },
        ),
        ("Conflict Arbiter Indexes: it's, b", {"Conflict Arbiter Indexes": ["it's", "b"]}),
        ("Foreign File: /tmp/it's", {"Foreign File": "/tmp/it's"}),
        ("Chunks excluded during startup: 3", {"Chunks excluded during startup": "3"}),
        ("Window: w1 AS (PARTITION BY a ORDER BY b)", {"Window": "w1 AS (PARTITION BY a ORDER BY b)"}),
        (
            "Estimates: capacity=5 distinct keys=4 lookups=9 hit percent=44.44%",
            {
                "Estimated Capacity": 5,
                "Estimated Distinct Lookup Keys": 4,
                "Estimated Lookups": 9,
                "Estimated Hit Percent": 44.44,
            },
        ),
    ],
)
def test_a_property_has_the_keys_of_json(line, keys):
    found = document(f"Seq Scan on t\n  {line}\nPlanning Time: 1.000 ms\n").root.keys
    assert {name: value for name, value in found.items() if name not in ("Node Type", "Relation Name")} == keys


def test_the_tree_follows_the_arrows():
    found = document(
        """Hash Join
  Hash Cond: (a.x = b.x)
  CTE c
    ->  Result
  InitPlan 2 (returns $1)
    ->  Limit
          ->  Seq Scan on l
  ->  Append
        ->  Seq Scan on a_1
        ->  Seq Scan on a_2
  ->  Hash
        ->  Subquery Scan on q
              ->  Seq Scan on b
                    Filter: (SubPlan 3)
                    SubPlan 3
                      ->  Index Scan using i on b
"""
    )
    assert warned(found) == []
    shown = [
        (node.keys["Node Type"], node.keys.get("Parent Relationship"), node.keys.get("Subplan Name"), node.line)
        for node in nodes(found)
    ]
    assert shown == [
        ("Hash Join", None, None, 1),
        ("Result", "InitPlan", "CTE c", 4),
        ("Limit", "InitPlan", "InitPlan 2 (returns $1)", 6),
        ("Seq Scan", "Outer", None, 7),
        ("Append", "Outer", None, 8),
        ("Seq Scan", "Member", None, 9),
        ("Seq Scan", "Member", None, 10),
        ("Hash", "Inner", None, 11),
        ("Subquery Scan", "Outer", None, 12),
        ("Seq Scan", "Subquery", None, 13),
        ("Index Scan", "SubPlan", "SubPlan 3", 16),
    ]
    assert [len(node.children) for node in nodes(found)] == [4, 0, 1, 0, 2, 0, 0, 1, 1, 1, 0]


def test_subplans_had_no_numbers_once():
    found = document("Seq Scan on t\n  SubPlan\n    ->  Result\n    ->  Limit\n          ->  Seq Scan on u\n")
    assert warned(found) == []
    assert [child.keys["Parent Relationship"] for child in found.root.children] == ["SubPlan", "SubPlan"]


def test_a_worker_does_not_change_what_the_node_says():
    found = document(
        """Gather (actual time=0.1..9.0 rows=3 loops=1)
  ->  Sort (actual time=5.0..6.0 rows=1 loops=3)
        Sort Key: a
        Sort Method: quicksort  Memory: 25kB
        Buffers: shared hit=30
        Worker 0:  actual time=4.0..5.0 rows=2 loops=1
          Sort Method: external merge  Disk: 99kB
          JIT:
            Functions: 2
            Options: Inlining false, Optimization true, Expressions true, Deforming true
          Buffers: shared hit=10
        Worker 1:  Sort Method: top-N heapsort  Memory: 26kB
        ->  Seq Scan on t (actual time=0.1..0.2 rows=1 loops=3)
"""
    )
    assert warned(found) == []
    keys = found.root.children[0].keys
    assert (keys["Sort Method"], keys["Shared Hit Blocks"], keys["Actual Rows"]) == ("quicksort", 30, 1)
    options = {"Inlining": False, "Optimization": True, "Expressions": True, "Deforming": True}
    assert keys["Workers"] == [
        {
            "Worker Number": 0,
            "Actual Startup Time": 4.0,
            "Actual Total Time": 5.0,
            "Actual Rows": 2,
            "Actual Loops": 1,
            "Sort Method": "external merge",
            "Sort Space Used": 99,
            "Sort Space Type": "Disk",
            "JIT": {"Functions": 2, "Options": options},
            "Shared Hit Blocks": 10,
        },
        {"Worker Number": 1, "Sort Method": "top-N heapsort", "Sort Space Used": 26, "Sort Space Type": "Memory"},
    ]


def test_workers_of_older_versions_come_twice():
    found = document(
        """Sort (actual time=5.0..6.0 rows=1 loops=3)
  Sort Key: a
  Worker 0:  Sort Method: quicksort  Memory: 25kB
  Worker 1:  Sort Method: quicksort  Memory: 26kB
  Worker 0: actual time=4.0..5.0 rows=2 loops=1
    Buffers: shared hit=10
  ->  Seq Scan on t (actual time=0.1..0.2 rows=1 loops=3)
"""
    )
    assert warned(found) == []
    first, second = found.root.keys["Workers"]
    assert (first["Sort Space Used"], first["Actual Rows"], first["Shared Hit Blocks"]) == (25, 2, 10)
    assert second == {
        "Worker Number": 1,
        "Sort Method": "quicksort",
        "Sort Space Used": 26,
        "Sort Space Type": "Memory",
    }


def test_grouping_sets():
    def keys(lines: str) -> dict:
        found = document("Aggregate\n" + "".join(f"  {line}\n" for line in lines.split("\n")) + "  ->  Seq Scan on t")
        assert warned(found) == []
        return found.root.keys

    assert keys("Group Key: a, f(b, c)")["Group Key"] == ["a", "f(b, c)"]
    assert keys("Group Key: a, b\nGroup Key: a\nGroup Key: ()\nSort Key: b\n  Group Key: b\nFilter: x")[
        "Grouping Sets"
    ] == [
        {"Group Keys": [["a", "b"], ["a"], []]},
        {"Sort Key": ["b"], "Group Keys": [["b"]]},
    ]
    mixed = keys("Hash Key: a\nHash Key: b\nGroup Key: c\nGroup Key: ()")
    assert mixed["Grouping Sets"] == [{"Hash Keys": [["a"]]}, {"Hash Keys": [["b"]]}, {"Group Keys": [["c"], []]}]
    assert "Group Key" not in mixed


def test_target_tables():
    found = document(
        """Update on p
  Update on s.p1 p_1
  Foreign Update on p2
    Remote SQL: UPDATE s.p2 SET v = $2 WHERE ctid = $1
  ->  Append
        ->  Seq Scan on p1 p_1
        ->  Foreign Scan on p2
"""
    )
    assert warned(found) == []
    assert found.root.keys["Target Tables"] == [
        {"Relation Name": "p1", "Schema": "s", "Alias": "p_1"},
        {"Relation Name": "p2", "Remote SQL": "UPDATE s.p2 SET v = $2 WHERE ctid = $1"},
    ]
    assert "Remote SQL" not in found.root.keys


def test_conflicts_and_merge():
    insert = document(
        "Insert on t (actual rows=0 loops=1)\n  Conflict Resolution: UPDATE\n  Conflict Filter: (t.a > 1)\n"
        "  Tuples Inserted: 2\n  Conflicting Tuples: 3\n  ->  Result (actual rows=5 loops=1)\nExecution Time: 1.000 ms\n"
    )
    assert insert.warnings == []
    assert (insert.root.keys["Tuples Inserted"], insert.root.keys["Conflicting Tuples"]) == (2, 3)
    merge = document("Merge on t\n  Tuples: inserted=1 updated=2 deleted=3 skipped=4\n  ->  Seq Scan on u\n")
    assert [merge.root.keys[f"Tuples {what}"] for what in ("Inserted", "Updated", "Deleted", "Skipped")] == [1, 2, 3, 4]


def test_the_footer():
    assert footer_of("Planning Time: 0.100 ms\nExecution Time: 2.000 ms") == {
        "Planning Time": 0.1,
        "Execution Time": 2.0,
    }
    assert footer_of("Planning time: 0.100 ms") == {"Planning Time": 0.1}
    assert footer_of("Total runtime: 3.000 ms") == {"Total Runtime": 3.0}
    assert footer_of("Query Identifier: -123") == {"Query Identifier": -123}
    settings = "Settings: work_mem = '64kB', search_path = '\"$user\", public, \"it's\"', a.b = NULL"
    assert footer_of(settings) == {
        "Settings": {"work_mem": "64kB", "search_path": '"$user", public, "it\'s"', "a.b": None}
    }
    planning = "Planning:\n  Buffers: shared hit=5\n  Memory: used=10kB  allocated=16kB\nPlanning Time: 1.000 ms"
    assert footer_of(planning) == {
        "Planning": {"Shared Hit Blocks": 5, "Memory Used": 10, "Memory Allocated": 16},
        "Planning Time": 1.0,
    }
    assert footer_of("Serialization: time=0.500 ms  output=3kB  format=text\n  Buffers: shared hit=1") == {
        "Serialization": {"Time": 0.5, "Output Volume": 3, "Format": "text", "Shared Hit Blocks": 1}
    }


def test_buffers_of_planning_are_not_the_nodes():
    found = document(SCAN + "  Buffers: shared hit=1\nPlanning:\n  Buffers: shared hit=99\n")
    assert found.root.keys["Shared Hit Blocks"] == 1
    assert found.keys["Planning"] == {"Shared Hit Blocks": 99}


def test_jit_of_11_12_and_17():
    assert footer_of("JIT:\n  Functions: 3\n  Generation Time: 1.000 ms\n  Inlining: false") == {
        "JIT": {"Functions": 3, "Generation Time": 1.0, "Inlining": False}
    }
    timing = "Timing: Generation 1.000 ms, Inlining 0.000 ms, Optimization 0.500 ms, Emission 2.000 ms, Total 3.500 ms"
    assert footer_of(f"JIT:\n  {timing}")["JIT"]["Timing"]["Generation"] == 1.0
    newer = timing.replace("1.000 ms", "1.000 ms (Deform 0.250 ms)")
    assert footer_of(f"JIT:\n  {newer}")["JIT"]["Timing"]["Generation"] == {"Deform": 0.25, "Total": 1.0}


def test_triggers():
    assert footer_of("Trigger a b: time=1.500 calls=2\nTrigger for constraint f k: time=0.100 calls=1")["Triggers"] == [
        {"Trigger Name": "a b", "Time": 1.5, "Calls": 2},
        {"Constraint Name": "f k", "Time": 0.1, "Calls": 1},
    ]
    assert footer_of("Trigger it's for constraint f on r: calls=2")["Triggers"] == [
        {"Trigger Name": "it's", "Constraint Name": "f", "Relation": "r", "Calls": 2}
    ]
    update = "Update on t\n  ->  Seq Scan on t\nTrigger a on x: calls=2\n"
    assert document(update).keys["Triggers"] == [{"Trigger Name": "a on x", "Calls": 2}]
    cascade = document(update + "Trigger for constraint k on t: calls=1\n").keys["Triggers"]
    assert cascade[0] == {"Trigger Name": "a", "Relation": "x", "Calls": 2}
    # One of them shows no relation, so none does: " on " is of the name.
    assert footer_of("Trigger a on b: calls=2\nTrigger c: calls=1")["Triggers"][0]["Trigger Name"] == "a on b"


def test_a_literal_may_look_like_a_plan():
    literal = "'line\n  Filter: x\n  ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4)\n\nExecution Time: 9.999 ms\nit''s \"'"
    found = document(
        f"Limit\n  ->  Seq Scan on a\n        Filter: (n = {literal}::text)\n        Rows Removed by Filter: 2\n"
    )
    assert warned(found) == []
    assert len(nodes(found)) == 2
    scan = found.root.children[0]
    assert scan.keys["Filter"] == f"(n = {literal}::text)"
    assert scan.keys["Rows Removed by Filter"] == 2
    assert found.keys == {}


def test_a_quote_inside_a_name_opens_no_literal():
    found = document('Seq Scan on "it\'s"\n  Filter: ("it\'s".a = 1)\n  Rows Removed by Filter: 2\n')
    assert found.warnings == []
    assert found.root.keys["Rows Removed by Filter"] == 2


def test_sql_for_a_foreign_server_may_escape():
    found = document(
        "Foreign Scan on t\n  Remote SQL: SELECT a FROM t WHERE ((b = E'x\\\\''\ny'))\n  Filter: (a = 1)\n"
    )
    assert found.warnings == []
    assert found.root.keys["Filter"] == "(a = 1)"


def test_names_of_ctes_are_printed_as_they_are():
    found = document("CTE Scan on \"it's: x\"\n  CTE it's: x\n    ->  Result\n")
    assert found.warnings == []
    assert found.root.children[0].keys["Subplan Name"] == "CTE it's: x"


def test_the_statement_of_auto_explain():
    query = "select 'a\nSeq Scan on b  (cost=0.00..1.00 rows=1 width=4)\n' -- it's\nfrom t\n"
    found = document(f"Query Text: {query}\nQuery Parameters: $1 = 'x\ny', $2 = NULL\n{SCAN}  Filter: (a = $1)\n")
    assert found.warnings == []
    assert found.keys == {"Query Text": query, "Query Parameters": "$1 = 'x\ny', $2 = NULL"}
    assert found.root.keys["Relation Name"] == "t"
    assert found.root.keys["Filter"] == "(a = $1)"


def test_a_statement_may_begin_on_the_next_line():
    assert document(f"Query Text:\n  select 1\n{SCAN}").keys == {"Query Text": "\n  select 1"}


def test_uniform_and_lost_indentation():
    text = "Limit\n  ->  Seq Scan on t\n        Filter: a\nPlanning Time: 1.000 ms"
    straight = document(text)
    shifted = document("\n".join("   " + line for line in text.split("\n")))
    first_lost = document("\n ".join(text.split("\n")))
    for other in (shifted, first_lost):
        assert other.warnings == []
        assert (other.root, other.keys) == (straight.root, straight.keys)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("Hash Join\n  ->  Seq Scan on a\n", 1, "1 of at least 2"),
        ("Sort\n  Sort Key: a\n", 1, "0 of at least 1"),
        ("Limit\n  ->  Seq Scan on a\n        ->  Seq Scan on b\n", 2, "1 inputs where 0"),
        ("Append\n  ->  Seq Scan on a\n    ->  Seq Scan on b\n", 3, "indentation"),
        ("Append\n  ->  Seq Scan on a\n    Filter: x\n", 3, "indentation"),
        ("Limit\n  InitPlan 1 (returns $0)\n  ->  Seq Scan on a\n", 3, "subplan is missing"),
        ("Seq Scan on a\n  something\n", 2, "not understood"),
        ("Seq Scan on a\n  Rows Removed by Filter: many\n", 2, "not a number"),
        ("Seq Scan on a\n  Filter: x\n  Filter: y\nPlanning Time: 1.000 ms", 3, "twice"),
        ("Seq Scan on a\n  Buffers: shared hit=1\n  Buffers: shared read=1 hit=2\n", 3, "twice"),
        ("Limit\n  ->  Shiny Scan on a\n        Filter: x\n", 2, "kind is not known"),
        ("Limit  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on a  (cost=0.00\n        Filter: x\n", 2, "costs"),
        ("Seq Scan on a\n(1 row)\n", 2, "not understood"),
        (SCAN + SCAN, 2, "another plan"),
        ("QUERY PLAN\n" + SCAN, 1, "above the plan"),
        ("  ->  Seq Scan on a\n        Filter: x\n", 1, "inner node"),
        ("Seq Scan on a (actual rows=1 loops=1)\nPlanning Time: 1.000 ms\n", 2, "no Execution Time"),
        (SCAN + "Planning Time: 1.000 ms\n  ->  Seq Scan on b", 3, "below the end"),
        ("Seq Scan on a\n  Custom: it's\n  Filter: (b = 1)\n", 2, "quote"),
    ],
)
def test_what_is_amiss_is_told_with_its_line(text, line, part):
    assert [number for number, what in [(w.line, w.text) for w in document(text).warnings] if part in what] == [line]


def test_a_stray_quote_loses_nothing_below_it():
    found = document("Seq Scan on a\n  Custom: it's\n  Filter: (b = 1)\nPlanning Time: 1.000 ms")
    assert found.root.keys["Filter"] == "(b = 1)"
    assert found.keys == {"Planning Time": 1.0}


def test_nothing_is_read_below_an_open_quote():
    cut = "Limit\n  ->  Seq Scan on a\n        Output: b\n        Filter: (b = 'cut\n  ->  Seq Scan on c\nExecution Time: 1.000 ms"
    found = document(cut)
    assert [line for line, _ in warned(found)] == [4]
    assert len(nodes(found)) == 2
    assert found.keys == {}
    assert found.root.children[0].keys["Output"] == ["b"]
    assert "Filter" not in found.root.children[0].keys


@pytest.mark.parametrize(
    "cut",
    [
        "Seq Scan on a\n  Filter: ((b = 1) AND (c",
        "Seq Scan on a\n  Output: b, c,",
        "Seq Scan on a\n  Output: 'b",
        "Seq Scan on a\n  Buffers: shared hit=",
        "Seq Scan on a\n  Sort Method: quicksort  Mem",
        "Seq Scan on a\n  Full-sort Groups: 3  Sort Method: quicksort  Average M",
        "Seq Scan on a\nPlanning Time: 1.0",
        "Seq Scan on a\nSettings: work_mem = '64",
        "Limit\n  ->  Seq Scan on b  (cost=0.00..1.00 ro",
        "Limit  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on b",
        "Limit\n  ->  Index Scan using b",
        'Limit\n  ->  Seq Scan on a "->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4)',
    ],
)
def test_a_line_that_is_seen_to_be_cut_is_left_out(cut):
    found = document(cut)
    assert warned(found)[0][0] == 2
    assert len(nodes(found)) == 1
    assert set(found.root.keys) <= set(document(cut.split("\n")[0]).root.keys)
    assert found.keys == {}


def test_a_subplan_that_is_missing():
    found = document(
        "Seq Scan on a\n  Output: b, (SubPlan 1), ARRAY[(hashed SubPlan 2)], 'SubPlan 3'\n  SubPlan 1\n    ->  Result\n"
    )
    assert [warning.quote for warning in found.warnings] == ["SubPlan 2"]


def test_a_statement_that_is_cut_has_no_plan():
    query = "Query Text: SELECT /* \nSeq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n */ 'x\nLimit  (cost=0.00..1.00 rows=1 width=4)"
    for end in (query, query + "\n-- y", query + "' -- z\n"):
        with pytest.raises(PlanError):
            document(end)
    assert document(query + "'\n" + SCAN).root.keys["Relation Name"] == "t"


def test_many_warnings_are_counted():
    found = document("Seq Scan on a\n" + "  what\n" * 500)
    assert len(found.warnings) == 101
    assert "400 more" in found.warnings[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "hello",
        "select 1",
        "Query Text: select 1",
        "(1 row)",
        "->",
        'Seq Scan on "a  (cost=0.00..1.00 rows=1 width=4)',
    ],
)
def test_no_plan(text):
    with pytest.raises(PlanError, match=r"no plan|cut within"):
        document(text)


def test_nesting_is_bounded():
    deep = "Limit\n" + "".join(" " * (2 + 6 * level) + "->  Limit\n" for level in range(1000))
    with pytest.raises(PlanError, match="nested deeper"):
        document(deep)
