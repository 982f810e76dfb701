"""A plan node in a few words, the same in every report."""

from __future__ import annotations

from advisor.model.explained import NodeReport

_PREDICATES = {
    "index": "index",
    "filter": "filter",
    "join_filter": "join filter",
    "recheck": "recheck",
    "hash": "hash",
    "merge": "merge",
    "one_time": "once",
    "having": "having",
    "tid": "tid",
    "run": "while",
    "order_by": "order",
    "conflict": "conflict",
}


def name(node: NodeReport) -> str:
    """Operator with what it works on: ``Index Scan using orders_pkey on orders o``."""
    words = [node.raw_operator]
    if node.operator == "seq_scan" and node.access in ("ALL", "all"):
        words = ["full scan"]
    if node.index is not None:
        words.append(f"using {node.index}")
    if node.relation is not None:
        full = f"{node.schema}.{node.relation}" if node.schema else node.relation
        words.append(f"on {full}")
        if node.alias and node.alias != node.relation:
            words.append(node.alias)
    elif node.alias is not None:
        words.append(f"on {node.alias}")
    elif isinstance(cte := node.extra.get("cte"), str):
        words.append(f"on {cte}")
    if node.subplan_name is not None:
        words.insert(0, f"{node.subplan_name}:")
    return " ".join(words)


def rows(node: NodeReport) -> float | None:
    """Rows that the node hands on, over all loops. MySQL and MariaDB count those read, and the share that passes."""
    if node.rows_actual_total is None:
        return None
    return node.rows_actual_total * (1.0 if node.filtered_actual is None else node.filtered_actual)


def estimate(node: NodeReport) -> float | None:
    """What was expected of that: the estimate of one loop, for as many loops as there were."""
    if node.rows_estimated is None:
        return None
    passing = 1.0 if node.filtered_estimated is None else node.filtered_estimated
    return node.rows_estimated * passing * (node.loops or 1.0)


def removed(node: NodeReport, role: str) -> float:
    """Rows that a condition removed, over all loops."""
    if role == "filter" and node.filtered_actual is not None and node.rows_actual_total is not None:
        return node.rows_actual_total * (1.0 - node.filtered_actual)
    return node.rows_removed.get(role, 0.0)


def details(node: NodeReport) -> list[str]:
    """What the node does with its rows, one line each: conditions, keys, memory."""
    out = []
    for role, text in node.predicates.items():
        less = removed(node, role)
        out.append(f"{_PREDICATES.get(role, role)} {f'(removes {less:,.0f} rows) ' if less else ''}{text}")
    if "filter" not in node.predicates and removed(node, "filter"):
        out.append(f"a condition removes {removed(node, 'filter'):,.0f} rows")
    if node.operator == "seq_scan" and (possible := node.extra.get("possible_indexes")):
        out.append("possible keys " + ", ".join(possible))
    if node.sort_keys:
        out.append("by " + ", ".join(node.sort_keys))
    if node.group_keys:
        out.append("per " + ", ".join(node.group_keys))
    memory = []
    if isinstance(method := node.extra.get("sort_method"), str):
        memory.append(method)
    if node.batches and node.batches > 1:
        memory.append(f"{node.batches} batches")
    if node.disk_kb:
        memory.append(f"{node.disk_kb:,.0f} kB on disk")
    if node.memory_kb:
        memory.append(f"{node.memory_kb:,.0f} kB of memory")
    if node.workers is not None and node.workers_planned is not None and node.workers < node.workers_planned:
        memory.append(f"{node.workers} of {node.workers_planned} workers")
    if memory:
        out.append(", ".join(memory))
    return out
