"""MySQL and MariaDB: EXPLAIN FORMAT=JSON and MariaDB's ANALYZE FORMAT=JSON.

Three dialects: MySQL's first version nests selects and tables (5.6 to 9), as MariaDB does with other words; MySQL's
second version (``explain_json_format_version=2``, 8.3 on) nests the operators of FORMAT=TREE.
"""

from __future__ import annotations

from typing import Any

from advisor.model.engine import Engine, EngineName
from advisor.model.plan import Plan
from advisor.plans.branch import numbered
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.mysql import repair
from advisor.plans.mysql.json_blocks import Walk
from advisor.plans.mysql.json_mariadb import OPERATIONS as OF_MARIADB
from advisor.plans.mysql.json_mysql import OPERATIONS as OF_MYSQL
from advisor.plans.mysql.json_mysql2 import read_operators
from advisor.plans.mysql.numbers import number
from advisor.plans.mysql.repair import Members

_ONLY_MARIADB = frozenset(
    {
        "query_optimization",
        "block-nl-join",
        "filesort",
        "temporary_table",
        "read_sorted_file",
        "materialized",
        "rowid_filter",
    }
    | {"expression_cache", "subqueries", "window_functions_computation", "range-checked-for-each-record", "index_merge"}
)
_ONLY_MYSQL = frozenset(
    {"cost_info", "rows_examined_per_scan", "ordering_operation", "grouping_operation", "materialized_from_subquery"}
    | {
        "used_columns",
        "attached_subqueries",
        "using_temporary_table",
        "buffer_result",
        "windowing",
        "dependent",
        "cacheable",
    }
)


def read(excerpt: Excerpt) -> Plan:
    """The plan of one document. Errors: `PlanError` for JSON that is no plan of these servers."""
    document, warnings = repair.read(excerpt)
    while isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, Members):
        raise PlanError(f"line {excerpt.number(0)}: the JSON holds no plan of MySQL or MariaDB.")
    try:
        if "query_plan" in document or "operation" in document:
            plan = read_operators(document)
        elif "query_block" in document:
            plan = _read_blocks(document, excerpt)
        else:
            raise PlanError(
                f"line {document.line}: no plan of MySQL or MariaDB: neither query_block nor query_plan is there."
            )
    except RecursionError:
        raise PlanError(f"line {document.line}: the plan is nested too deep.") from None
    plan.query = plan.query or excerpt.query
    plan.warnings = [*excerpt.warnings, *warnings, *plan.warnings]
    plan.line = document.line
    plan.document = document
    return plan


def _read_blocks(document: Members, excerpt: Excerpt) -> Plan:
    given: EngineName = "mariadb" if excerpt.engine == "mariadb" else "mysql"
    engine = _engine(document) or given
    walk = Walk({**OF_MYSQL, **OF_MARIADB} if engine == "mariadb" else {**OF_MARIADB, **OF_MYSQL})
    content = walk.content(document)
    if content.tree is None:
        raise PlanError(f"line {document.line}: the query block is empty. Paste the plan whole.")
    nodes = numbered(content.tree)
    optimization = content.values.pop("query_optimization", None)
    planning = number(optimization.get("r_total_time_ms")) if isinstance(optimization, dict) else None
    root = nodes[0]
    analyzed = walk.analyzed or planning is not None  # times of optimization are told of what was executed alone
    return Plan(
        engine=Engine(engine),
        format="json",
        nodes=nodes,
        analyzed=analyzed,
        timed=any(node.time_last_ms is not None for node in nodes),
        planning_ms=planning,
        execution_ms=root.time_last_ms if analyzed and root.operator == "query" else None,
        extra={**content.values, **({"query_optimization": optimization} if optimization else {})},
        warnings=walk.warnings,
    )


def _engine(document: Members) -> EngineName | None:
    """Whose JSON this is, by words that only one of them has; numbers in quotes are MySQL's. None: it does not tell."""
    waiting: list[Any] = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, Members):
            for name, value in one.pairs:
                if name in _ONLY_MARIADB or name.startswith("r_"):
                    return "mariadb"
                if name in _ONLY_MYSQL:
                    return "mysql"
                if name in ("filtered", "rows", "update", "delete"):  # MySQL 5.6 had rows too; it is no longer met
                    return "mysql" if isinstance(value, (str, bool)) else "mariadb"
                if name == "table" and isinstance(value, Members) and "message" in value:
                    return "mariadb"
                waiting.append(value)
    return None
