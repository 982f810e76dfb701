"""What sort of question a statement is, whether it gives one row at most, and whether it is the driver's own."""

from __future__ import annotations

import re
from typing import Literal

from advisor.graphs.graph import Projection, QueryGraph, Scope

ChildKind = Literal["count", "exists", "aggregate", "select", "insert", "update", "delete"]

_SYSTEM = re.compile(
    r"(?:pg_catalog|information_schema|performance_schema|mysql|sys|pg_toast)\.|(?:pg_|sqlite_)", re.IGNORECASE
)
#: Functions by which drivers, pools and health checks ask a server about itself, and the forms of casts.
_OWN = frozenset(
    """
    set_config current_setting version current_schema current_schemas current_database database schema current_user
    user session_user connection_id last_insert_id lastval now sleep row_count found_rows current_timestamp
    current_date current_time localtime localtimestamp sysdate cast try_cast convert to_regtype to_regclass
    """.split()  # noqa: SIM905
)
_CALLED = re.compile(r"([\w.]+)\s*\(")


def kind(graph: QueryGraph) -> ChildKind | None:
    """Count, exists, aggregate or other SELECT; INSERT, UPDATE, DELETE; None for what reads and writes no rows."""
    if graph.kind == "merge":
        return "update"
    if graph.kind in ("insert", "update", "delete"):
        return graph.kind  # type: ignore[return-value]
    root = _root(graph)
    if graph.kind != "select" or root is None:
        return None
    shown = [projection for projection in graph.projections if projection.scope_id == root.scope_id]
    if _exists(root, shown):
        return "exists"
    if not root.has_aggregate or not any(projection.kind == "aggregate" for projection in shown):
        return "select"
    if root.has_group and not _group_is_given(graph, root):
        return "select"
    counts = [p.function == "count" for p in shown if p.kind == "aggregate"]
    return "count" if all(counts) else "aggregate"


def _root(graph: QueryGraph) -> Scope | None:
    return next((scope for scope in graph.scopes if scope.parent_id is None), None)


def _exists(root: Scope, shown: list[Projection]) -> bool:
    """`EXISTS (...)` as the only column, or a constant with a LIMIT."""
    if len(shown) == 1 and shown[0].kind == "subquery" and re.search(r"\bEXISTS\s*\(", shown[0].expression):
        return True
    if len(shown) == 1 and shown[0].kind == "expression" and "EXISTS(" in shown[0].expression.replace(" ", "").upper():
        return True
    return bool(shown) and all(projection.kind == "constant" for projection in shown) and root.has_limit


def _group_is_given(graph: QueryGraph, root: Scope) -> bool:
    """Whether all that is grouped by is compared with a value: one group."""
    groups = [key for key in graph.group_keys if key.scope_id == root.scope_id]
    given = {
        (predicate.ref_id, predicate.column_name)
        for predicate in graph.predicates
        if predicate.operator == "=" and predicate.value_constant and not predicate.under_or
    }
    return bool(groups) and all(key.column_name and (key.ref_id, key.column_name) in given for key in groups)


def single(graph: QueryGraph) -> bool | None:
    """Whether the statement gives at most one row; None where that is not known."""
    root = _root(graph)
    if root is None or graph.kind != "select" or root.set_operation is not None:
        return None
    if root.limit_value is not None and root.limit_value <= 1:
        return True
    if root.has_aggregate and not root.has_group:
        return True
    known = [c.single_row for c in graph.join_components if c.scope_id == root.scope_id]
    if known and all(known):
        return True
    if kind(graph) == "exists":
        return True
    return False if known and not any(single is None for single in known) and not root.has_limit else None


def limit(graph: QueryGraph) -> int | None:
    """The LIMIT of the rows that it gives; None where it has none, or its value is not in the text."""
    root = _root(graph)
    return root.limit_value if root is not None else None


def noise(graph: QueryGraph) -> bool:
    """Whether a statement is of the driver, the pool or a monitor: no table of the application is in it."""
    if graph.kind in ("transaction", "utility"):
        return True
    tables = graph.tables
    if tables:
        return all(_SYSTEM.match(table) for table in tables)
    if graph.kind != "select" or any(ref.kind == "function" for ref in graph.table_refs):
        return False
    called = {name.lower() for p in graph.projections for name in _CALLED.findall(p.expression)}
    return all(name in _OWN or _SYSTEM.match(name) for name in called)
