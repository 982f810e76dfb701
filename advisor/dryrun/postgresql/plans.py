"""What a statement on rows writes and reads, as the planner tells before it runs: on an empty copy no row tells it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.dryrun.postgresql.session import Session

_ROWS = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE | re.DOTALL)
#: Nodes that make rows without reading any that are stored.
_MADE = frozenset({"Result", "Values Scan", "Function Scan", "ProjectSet"})
_BESIDE = frozenset({"InitPlan", "SubPlan"})
#: Keys of a table's unique indexes, one column a row.
_UNIQUE = """
    SELECT i.indexrelid::pg_catalog.int8, a.attname::pg_catalog.text
    FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid
        CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts OPERATOR(pg_catalog.-) 1::pg_catalog.int2) k (k)
        LEFT JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) i.indkey[k.k]
    WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
        AND n.nspname OPERATOR(pg_catalog.=) {}::pg_catalog.name
        AND c.relname OPERATOR(pg_catalog.=) {}::pg_catalog.name
"""
_SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter")


@dataclass(frozen=True, slots=True)
class Written:
    """One table that a statement writes to."""

    schema: str
    name: str
    rows: float | None
    """None: as many as a condition, or another table, gives."""


def written(session: Session, statement: str) -> list[Written] | None:
    """Tables that a statement inserts into, updates or deletes from; None where it is none of those, or has no plan."""
    if _ROWS.match(statement) is None:
        return None
    said = session.send(f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}", rows=True)
    if said.failed or not said.rows:
        return None
    try:
        plan = json.loads(b"".join(row[0] or b"" for row in said.rows))[0]["Plan"]
        return [
            Written(node["Schema"], node["Relation Name"], _rows(session, node))
            for node in _nodes(plan)
            if node["Node Type"] == "ModifyTable" and "Relation Name" in node
        ]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _rows(session: Session, node: dict[str, Any]) -> float | None:
    inner = [one for one in node.get("Plans", ()) if one.get("Parent Relationship") not in _BESIDE]
    if len(inner) != 1:
        return None
    source = inner[0]
    if node["Operation"] == "Insert" and all(each["Node Type"] in _MADE for each in _main(source)):
        return float(source["Plan Rows"])
    if node["Operation"] == "Insert" and source["Node Type"] == "Aggregate" and "Group Key" not in source:
        return None if "Grouping Sets" in source else 1.0
    if node["Operation"] in ("Update", "Delete") and _one_row(session, source):
        return 1.0
    return None


def _main(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Nodes whose rows become its own."""
    yield plan
    for inner in plan.get("Plans", ()):
        if inner.get("Parent Relationship") not in _BESIDE:
            yield from _main(inner)


def _one_row(session: Session, source: dict[str, Any]) -> bool:
    """It looks one key of a unique index up: whatever the rows, and however it is found, it is one at most."""
    if source["Node Type"] not in _SCANS:
        return False
    told = [source[name] for name in _CONDITIONS if name in source]
    conditions = " AND ".join(one for one in told if " OR " not in one)
    said = session.send(_UNIQUE.format(_literal(source["Schema"]), _literal(source["Relation Name"])), rows=True)
    keys: dict[bytes | None, set[str | None]] = {}
    for index, column in said.rows:
        keys.setdefault(index, set()).add(column.decode() if column is not None else None)
    return any(all(column is not None and _fixed(column, conditions) for column in key) for key in keys.values())


def _fixed(column: str, conditions: str) -> bool:
    """A column is said to equal one value."""
    name = rf'"?{re.escape(column)}"?'
    return re.search(rf"[(.]{name}\)?(?:::[\w ]+)? = (?!ANY \(|ALL \()", conditions) is not None


def _literal(text: str) -> str:
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f" E'{doubled}'"
