"""MariaDB's words in the JSON of nested selects, with the numbers of ANALYZE FORMAT=JSON.

Times are sums over all loops. Those of a table or a join buffer are its own (the server switches between clocks); that
of a select holds all below it, and that of a filesort holds the reading of the table that it sorts, unless rows come
from a temporary table, which was filled before.
"""

from __future__ import annotations

from typing import Any

from advisor.model.plan import PlanNode
from advisor.plans.branch import Branch
from advisor.plans.mysql.access import JoinBuffer
from advisor.plans.mysql.joins import Step, plain
from advisor.plans.mysql.json_blocks import Content, Handler, Walk, measured, take
from advisor.plans.mysql.numbers import kilobytes, number, share
from advisor.plans.mysql.repair import Members
from advisor.plans.mysql.sortkeys import keys_of


def filesort(walk: Walk, value: Any, line: int) -> list[Step]:
    """Sorting, of a table as it is read or of a temporary table."""
    top = plain("sort", "filesort", line)
    content = walk.below(top, value)
    _sorted(top, content.values)
    return [Step(top)]


def _sorted(top: Branch, values: dict[str, Any]) -> None:
    node = top.node
    text = take(values, "sort_key")
    node.sort_keys = keys_of(text) if isinstance(text, str) else ()
    node.rows_actual = number(take(values, "r_output_rows"))
    node.memory_kb = kilobytes(values.get("r_buffer_size"))
    queue = values.get("r_used_priority_queue")
    if queue is not None:
        node.sort_method = "priority queue" if queue is True else "filesort"
    measured(node, values, self_only=False)
    below = top.children[0].node if top.children else None
    if below is None or below.operator == "temporary_table":
        node.time_self_only = node.time_last_ms is not None
    elif node.time_last_ms is not None and (below.time_last_ms or 0) > node.time_last_ms:
        # The table was read once more by row id after sorting, which the table's clock counts and the sort's does not.
        values["r_total_time_ms"] = node.time_last_ms
        node.time_last_ms = None
        node.time_scope = "loop"
    node.extra.update(values)


def read_sorted_file(walk: Walk, value: Any, line: int) -> list[Step]:
    """The sorted rows of one table, read in a join."""
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    if content.tree is None:
        return []
    node = content.tree.node
    rows = number(take(content.values, "r_rows"))
    if rows is not None:
        if node.rows_actual is not None and node.rows_actual != rows:
            node.extra["r_output_rows"] = node.rows_actual
        node.rows_actual = rows
    node.extra.update(content.values)
    return [Step(content.hang(content.tree))]


def temporary_table(walk: Walk, value: Any, line: int) -> list[Step]:
    """Rows kept in a temporary table."""
    top = plain("temporary_table", "temporary_table", line)
    top.node.extra.update(walk.below(top, value).values)
    return [Step(top)]


def window_functions(walk: Walk, value: Any, line: int) -> list[Step]:
    """Window functions: the rows in a temporary table, sorted once for each order that they need."""
    if not isinstance(value, Members):
        return []
    sorts = value.get("sorts")
    rest = Members(value.line)
    rest.pairs = [(name, one) for name, one in value.pairs if name != "sorts"]
    top = plain("window", "window_functions_computation", line)
    content = walk.content(rest)
    tree = content.tree
    for one in sorts if isinstance(sorts, list) else []:
        sort = one.get("filesort") if isinstance(one, Members) else None
        if isinstance(sort, Members):
            branch = plain("sort", "filesort", sort.line)
            if tree is not None:
                branch.grow(tree, "outer")
            _sorted(branch, walk.content(sort).values)
            branch.node.time_self_only = branch.node.time_last_ms is not None
            tree = branch
    if tree is not None:
        top.grow(tree, "outer")
    content.hang(top)
    top.node.extra.update(content.values)
    return [Step(top)]


def block_nl_join(walk: Walk, value: Any, line: int) -> list[Step]:
    """A join with a buffer of rows from before it."""
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    if not content.steps:
        return []
    values = content.values
    step = content.steps[-1]
    words = [str(values[name]) for name in ("buffer_type", "join_type") if values.get(name)]
    step.buffer = JoinBuffer(", ".join(words) + " join")
    node = step.join or PlanNode(id="", parent=None, operator="block_nested_loop", raw_operator="block-nl-join")
    node.line = line
    condition = take(values, "attached_condition")
    if isinstance(condition, str):
        node.predicates["join_filter"] = condition
    node.memory_kb = kilobytes(values.get("buffer_size"))
    node.filtered_actual = share(take(values, "r_filtered"))
    loops = number(take(values, "r_loops"))
    if loops is not None:
        values["r_loops"] = loops  # rows put into the buffer, not runs of the join
        node.never_executed = loops == 0
    times = [number(take(values, name)) for name in ("r_unpack_time_ms", "r_other_time_ms", "r_total_time_ms")]
    known = [time for time in times if time is not None]
    if known:
        node.time_last_ms, node.time_scope, node.time_self_only = sum(known), "all", True
    node.extra.update(values)
    step.join = node
    if content.subqueries:
        content.hang(step.branch)
    return content.steps


def range_checked(walk: Walk, value: Any, line: int) -> list[Step]:
    """A table whose index is chosen anew for each row of the tables before it."""
    del line
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    for step in content.steps:
        keys = content.values.get("keys")
        names = ",".join(str(key) for key in keys) if isinstance(keys, list) else ""
        step.branch.node.extra.update(content.values)
        step.branch.node.extra["range_checked_for_each_record"] = names or True
    return content.steps


def materialized(walk: Walk, value: Any, line: int) -> list[Step]:
    """What fills a derived table or a semijoin's table."""
    del line
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    if content.tree is None:
        return []
    content.tree.node.extra.update({"materialized": True, **content.values})
    return [Step(content.hang(content.tree))]


def expression_cache(walk: Walk, value: Any, line: int) -> list[Step]:
    """Results of a dependent subquery, kept by the values that it depends on."""
    top = plain("memoize", "expression_cache", line)
    values = walk.below(top, value).values
    loops, hit = number(values.get("r_loops")), number(values.get("r_hit_ratio"))
    node = top.node
    measured(node, values, self_only=False)
    if loops is not None and hit is not None:
        node.cache = {"hits": round(loops * hit / 100), "misses": loops - round(loops * hit / 100)}
    node.extra.update(values)
    _named(top)
    return [Step(top)]


def _named(top: Branch) -> None:
    """The select's name goes to the node that is evaluated for it."""
    if top.children:
        inner = top.children[0].node
        top.node.subplan_name, inner.subplan_name = inner.subplan_name, None


def materialization(walk: Walk, value: Any, line: int) -> list[Step]:
    """A subquery of NOT IN or IN, run once into a table that is then asked."""
    top = plain("materialize", "materialization", line)
    values = walk.below(top, value).values
    measured(top.node, values, self_only=False)
    top.node.extra.update(values)
    _named(top)
    return [Step(top)]


def union_result(walk: Walk, value: Any, line: int) -> list[Step]:
    """UNION, INTERSECT, EXCEPT: the members, and the temporary table that holds them."""
    return _union(walk, value, line, recursive=False)


def recursive_union(walk: Walk, value: Any, line: int) -> list[Step]:
    """The members of a recursive CTE."""
    return _union(walk, value, line, recursive=True)


def _union(walk: Walk, value: Any, line: int, *, recursive: bool) -> list[Step]:
    if not isinstance(value, Members):
        return []
    specifications = value.get("query_specifications")
    rest = Members(value.line)
    rest.pairs = [(name, one) for name, one in value.pairs if name != "query_specifications"]
    content = walk.content(rest)
    values = content.values
    name = take(values, "table_name")
    kind = str(name or "").lstrip("<").rstrip(">,0123456789.")
    top = plain(
        "recursive_union" if recursive else "set_op",
        "recursive_union" if recursive else "union_result",
        line,
        alias=name,
        access=take(values, "access_type"),
        operation=kind if kind in ("intersect", "except", "unary") else "union",
        rows_actual=number(take(values, "r_rows")),
    )
    loops = number(take(values, "r_loops"))
    top.node.loops = loops or None
    if values.get("using_temporary_table") is False:
        top.node.operator, top.node.operation = "append", "union all"
    top.node.extra.update(values)
    tree = top
    if content.tree is not None:  # MySQL: ordering of the whole
        content.tree.grow(top, "outer")
        tree = content.tree
    for one in specifications if isinstance(specifications, list) else []:
        if isinstance(one, Members):
            inner = walk.content(one)
            if inner.tree is not None:
                inner.tree.node.extra.update(inner.values)
                top.grow(inner.hang(inner.tree), "member", inner.tree.node.subplan_name)
    content.hang(top)
    return [Step(tree)]


def duplicates_removal(walk: Walk, value: Any, line: int) -> list[Step]:
    """A semijoin as a join whose duplicates are thrown away by row id."""
    top = plain("distinct", "duplicates_removal", line)
    content = walk.below(top, value)
    top.node.extra.update(content.values)
    return [Step(top)]


OPERATIONS: dict[str, Handler] = {
    "filesort": filesort,
    "read_sorted_file": read_sorted_file,
    "temporary_table": temporary_table,
    "window_functions_computation": window_functions,
    "block-nl-join": block_nl_join,
    "range-checked-for-each-record": range_checked,
    "materialized": materialized,
    "expression_cache": expression_cache,
    "materialization": materialization,
    "union_result": union_result,
    "intersect_result": union_result,
    "except_result": union_result,
    "unit_result": union_result,
    "recursive_union": recursive_union,
    "duplicates_removal": duplicates_removal,
}
