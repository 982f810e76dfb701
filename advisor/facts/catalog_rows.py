"""The rows of a catalog: tables, columns, indexes, keys, policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from advisor.catalog.types import facts as type_facts
from advisor.model.catalog import Catalog, Index, IndexKey, Table
from advisor.model.engine import EngineName

if TYPE_CHECKING:
    from advisor.facts.facts import Facts

#: Functions that give one value a statement; in a policy outside of a scalar subquery they run for every row.
_PER_STATEMENT = re.compile(
    r"(?<![\w.])((?:auth\.(?:uid|jwt|role|email)|current_setting|current_user_id|session_user_id)\s*\()", re.IGNORECASE
)
_SELECT_WRAP = re.compile(r"\(\s*select\s+", re.IGNORECASE)


def load_catalog(facts: Facts, catalog: Catalog) -> Iterator[tuple[str, set[str]]]:
    """Inserts a catalog; gives each new table's name in the facts with the aspects known of it."""
    engine = catalog.engine.name
    present = {row[0] for row in facts.connection.execute("SELECT table_name FROM table_def")}
    for table in catalog.tables.values():
        name = facts.table_key(engine, table.name)
        if name in present:
            continue
        present.add(name)
        _table(facts, name, table, engine, catalog)
        yield name, _known(table, catalog)


def _known(table: Table, catalog: Catalog) -> set[str]:
    known: set[str] = set(catalog.known)
    known.discard("sizes")
    if not table.columns:
        known.discard("columns")
    if table.kind in ("view",):
        known -= {"keys", "indexes"}
    if table.rows is not None:
        known.add("sizes")
    return known


def _table(facts: Facts, name: str, table: Table, engine: EngineName, catalog: Catalog) -> None:
    facts.insert(
        "table_def",
        [
            {
                "table_name": name,
                "kind": table.kind,
                "engine": engine,
                "rows": table.rows,
                "bytes": table.bytes,
                "storage_engine": table.storage_engine,
                "partition_key": table.partition_key,
                "partition_of": facts.table_key(engine, table.partition_of) if table.partition_of else None,
                "rls_enabled": int(table.rls_enabled),
                "line": table.line,
                "file": catalog.origin if table.line is not None else None,
            }
        ],
    )
    rows: list[dict[str, Any]] = []
    for position, column in enumerate(table.columns, 1):
        about = type_facts(column.type, engine, catalog.types)
        rows.append(
            {
                "table_name": name,
                "column_name": column.name,
                "position": position,
                "type": column.type,
                "base_type": about.base,
                "family": about.family,
                "length": about.length,
                "nullable": None if column.nullable is None else int(column.nullable),
                "has_default": int(column.default is not None or column.identity or column.generated is not None),
                "collation": column.collation,
                "charset": column.charset,
                "generated": column.generated,
                "is_identity": int(column.identity),
            }
        )
    facts.insert("column_def", rows, "OR IGNORE")
    for index in table.indexes:
        _index(facts, name, table, index)
    for key in table.foreign_keys:
        number = facts.next_id("fk")
        facts.insert(
            "foreign_key",
            [
                {
                    "fk_id": number,
                    "position": position,
                    "table_name": name,
                    "column_name": column,
                    "parent_table": facts.table_key(engine, key.parent),
                    "parent_column": key.parent_columns[position - 1] if position <= len(key.parent_columns) else "",
                    "fk_columns": len(key.columns),
                    "name": key.name,
                    "is_valid": int(key.validated),
                    "on_delete": key.on_delete,
                }
                for position, column in enumerate(key.columns, 1)
            ],
        )
    for policy in table.policies:
        facts.insert(
            "policy",
            [
                {
                    "table_name": name,
                    "name": policy.name,
                    "command": policy.command,
                    "permissive": int(policy.permissive),
                    "using_sql": policy.using,
                    "check_sql": policy.check,
                    "bare_call": bare_call(policy.using) or bare_call(policy.check),
                }
            ],
        )


def _index(facts: Facts, name: str, table: Table, index: Index) -> None:
    number = facts.next_id("index")
    first = index.keys[0] if index.keys else IndexKey()
    facts.insert(
        "index_def",
        [
            {
                "index_id": number,
                "table_name": name,
                "index_name": index.name,
                "method": index.method,
                "is_unique": int(index.unique),
                "is_primary": int(index.primary),
                "is_constraint": int(index.constraint),
                "predicate": index.where,
                "is_valid": int(index.valid),
                "is_visible": int(index.visible),
                "leading_column": first.column,
                "leading_expression": first.expression,
                "key_count": len(index.keys),
                "columns": ", ".join(readable(key) for key in index.keys),
                "bytes": index.bytes,
                "scans": index.scans,
                "implicit": int(index.constraint or index.primary),
            }
        ],
    )
    facts.insert(
        "index_key",
        [
            {
                "index_id": number,
                "position": position,
                "table_name": name,
                "column_name": key.column,
                "expression": key.expression,
                "descending": int(key.descending),
                "nulls_first": None if key.nulls_first is None else int(key.nulls_first),
                "prefix": key.prefix,
                "opclass": key.opclass,
                "collation": key.collation,
            }
            for position, key in enumerate(index.keys, 1)
        ],
    )
    facts.insert(
        "index_include", [{"index_id": number, "column_name": column} for column in index.include], "OR IGNORE"
    )
    columns = [key.column for key in index.keys]
    if (
        index.unique
        and index.where is None
        and index.valid
        and all(columns)
        and all(k.prefix is None for k in index.keys)
    ):
        nullable = {column.name: column.nullable for column in table.columns}
        states = [nullable.get(column or "") for column in columns]
        not_null = (
            0 if any(state is True for state in states) else None if any(state is None for state in states) else 1
        )
        key_number = facts.next_id("key")
        facts.insert(
            "unique_key",
            [
                {
                    "key_id": key_number,
                    "table_name": name,
                    "column_name": column,
                    "key_columns": len(columns),
                    "not_null": 1 if index.primary and not_null is None else not_null,
                }
                for column in dict.fromkeys(columns)
            ],
        )


def readable(key: IndexKey) -> str:
    """A key part as a DBA writes it: ``created_at DESC``, ``lower(email)``, ``name(20)``."""
    text = key.column or key.expression or ""
    if key.prefix is not None:
        text += f"({key.prefix})"
    if key.opclass is not None:
        text += f" {key.opclass}"
    if key.descending:
        text += " DESC"
    if key.nulls_first is not None and key.nulls_first != key.descending:
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text


def bare_call(expression: str | None) -> str | None:
    """The first per-statement function that a policy calls outside of ``(SELECT ...)``; None when there is none.

    >>> bare_call("user_id = auth.uid()"), bare_call("user_id = (select auth.uid())")
    ('auth.uid()', None)
    """
    if expression is None:
        return None
    hidden = [_extent(expression, match.start()) for match in _SELECT_WRAP.finditer(expression)]
    for match in _PER_STATEMENT.finditer(expression):
        if not any(start <= match.start() < end for start, end in hidden):
            _, end = _extent(expression, match.end() - 1)
            return expression[match.start() : end]
    return None


def _extent(text: str, start: int) -> tuple[int, int]:
    depth = 0
    for position in range(start, len(text)):
        if text[position] == "(":
            depth += 1
        elif text[position] == ")":
            depth -= 1
            if not depth:
                return start, position + 1
    return start, len(text)
