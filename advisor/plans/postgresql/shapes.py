"""What PostgreSQL's node types are: operator, and the label that the text format prints for them."""

from __future__ import annotations

from typing import Any, Final, Literal

from advisor.model.plan import Operator

OPERATORS: Final[dict[str, Operator]] = {
    "Seq Scan": "seq_scan",
    "Sample Scan": "sample_scan",
    "Index Scan": "index_scan",
    "Index Only Scan": "index_only_scan",
    "Bitmap Heap Scan": "bitmap_heap_scan",
    "Bitmap Index Scan": "bitmap_index_scan",
    "BitmapAnd": "bitmap_and",
    "BitmapOr": "bitmap_or",
    "Tid Scan": "tid_scan",
    "Tid Range Scan": "tid_scan",
    "Function Scan": "function_scan",
    "Table Function Scan": "function_scan",
    "Values Scan": "values_scan",
    "CTE Scan": "cte_scan",
    "WorkTable Scan": "work_table_scan",
    "Named Tuplestore Scan": "cte_scan",
    "Subquery Scan": "subquery_scan",
    "Foreign Scan": "foreign_scan",
    "Custom Scan": "custom_scan",
    "Nested Loop": "nested_loop",
    "Hash Join": "hash_join",
    "Merge Join": "merge_join",
    "Hash": "hash",
    "Sort": "sort",
    "Incremental Sort": "incremental_sort",
    "Limit": "limit",
    "Aggregate": "aggregate",
    "Group": "group",
    "WindowAgg": "window",
    "Unique": "distinct",
    "SetOp": "set_op",
    "Append": "append",
    "Merge Append": "merge_append",
    "Recursive Union": "recursive_union",
    "Materialize": "materialize",
    "Memoize": "memoize",
    "Gather": "gather",
    "Gather Merge": "gather_merge",
    "ProjectSet": "project",
    "Result": "result",
    "LockRows": "lock_rows",
    "ModifyTable": "modify",
}

Strategy = Literal["plain", "sorted", "hashed", "mixed"]
STRATEGIES: Final[dict[str, Strategy]] = {"Plain": "plain", "Sorted": "sorted", "Hashed": "hashed", "Mixed": "mixed"}

JoinType = Literal["inner", "left", "right", "full", "semi", "anti", "right_semi", "right_anti"]
JOINS: Final[dict[str, JoinType]] = {
    "Inner": "inner",
    "Left": "left",
    "Right": "right",
    "Full": "full",
    "Semi": "semi",
    "Anti": "anti",
    "Right Semi": "right_semi",
    "Right Anti": "right_anti",
}

_AGGREGATES = {"Plain": "Aggregate", "Sorted": "GroupAggregate", "Hashed": "HashAggregate", "Mixed": "MixedAggregate"}


def label(keys: dict[str, Any]) -> str:
    """The node as the text format names it, without relation and index: ``Parallel Hash Left Join``, ``Insert``."""
    kind = str(keys.get("Node Type", ""))
    words: list[str] = []
    if keys.get("Parallel Aware") is True:
        words.append("Parallel")
    if keys.get("Async Capable") is True:
        words.append("Async")
    if kind == "Aggregate":
        if (mode := keys.get("Partial Mode")) in ("Partial", "Finalize"):
            words.append(str(mode))
        words.append(_AGGREGATES.get(str(keys.get("Strategy")), "Aggregate"))
    elif kind == "SetOp":
        words.append("HashSetOp" if keys.get("Strategy") == "Hashed" else "SetOp")
        if command := keys.get("Command"):
            words.append(str(command))
    elif kind in ("Hash Join", "Merge Join", "Nested Loop"):
        words.append(kind.removesuffix(" Join"))
        join = keys.get("Join Type", "Inner")
        if join != "Inner":
            words.append(f"{join} Join")
        elif kind != "Nested Loop":
            words.append("Join")
    elif kind == "ModifyTable":
        words.append(str(keys.get("Operation", kind)))
    elif kind == "Foreign Scan" and keys.get("Operation", "Select") != "Select":
        words.append(f"Foreign {keys['Operation']}")
    elif kind == "Custom Scan" and keys.get("Custom Plan Provider"):
        words.append(f"Custom Scan ({keys['Custom Plan Provider']})")
    else:
        words.append(kind)
        if keys.get("Scan Direction") == "Backward":
            words.append("Backward")
    return " ".join(words)
