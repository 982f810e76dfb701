"""Index definitions as SQL, and the definition of an index that exists."""

from __future__ import annotations

from advisor.handbook.ddl import quoted, quoted_table
from advisor.model.catalog import Index, IndexKey, Table
from advisor.model.engine import EngineName
from advisor.model.indexing import IndexDefinition
from advisor.model.remedy import Remedy
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse


def on_text(index: IndexDefinition, table: str | None = None) -> str:
    """What stands behind the index's name: ``ON orders USING gin (tags) WHERE ...``, for `Configuration.add`.

    ``table`` is the table as SQL, where the canonical name alone does not tell it (``ONLY orders``, a dot in a name).
    """
    engine = index.engine
    parts = [f"ON {table or quoted_table(index.table, engine)}"]
    if engine == "postgresql" and index.method != "btree":
        parts.append(f"USING {quoted(index.method, engine)}")
    parts.append(f"({', '.join(key_text(key, engine) for key in index.keys)})")
    if index.include:
        parts.append(f"INCLUDE ({', '.join(quoted(column, engine) for column in index.include)})")
    if index.options:
        parts.append(f"WITH ({', '.join(f'{name} = {value}' for name, value in index.options)})")
    if index.where:
        parts.append(f"WHERE {index.where}")
    return " ".join(parts)


def key_text(key: IndexKey, engine: EngineName) -> str:
    """One key part as SQL: ``created_at DESC``, ``lower(email) text_pattern_ops``, ``title(20)``."""
    if key.column is not None:
        text = quoted(key.column, engine)
        if key.prefix is not None:
            text += f"({key.prefix})"
    else:
        written = (key.expression or "").strip()
        text = written if _in_parentheses(written) else f"({written})"
    if key.collation:
        text += f" COLLATE {quoted(key.collation, engine)}"
    if key.opclass:
        text += f" {key.opclass}"
    if key.descending:
        text += " DESC"
    if key.nulls_first is not None and key.nulls_first != key.descending and engine == "postgresql":
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text


def _in_parentheses(text: str) -> bool:
    """One pair of parentheses around all of it: ``(a) || (b)`` has none."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0 and at < len(text) - 1:
                return False
    return True


def of_existing(index: Index, table: Table, engine: EngineName) -> IndexDefinition:
    """An existing index as a definition."""
    return IndexDefinition(
        engine=engine,
        table=table.name,
        keys=index.keys,
        include=index.include,
        where=index.where,
        method=index.method,
        unique=index.unique,
    )


def of_remedy(remedy: Remedy) -> IndexDefinition | None:
    """The index that a rule asks for; None where its DDL says more than a definition holds."""
    if remedy.kind != "create_index" or not remedy.sql or remedy.table is None or remedy.engine is None:
        return None
    text = remedy.sql
    if remedy.engine in ("mysql", "mariadb"):  # its DDL is an ALTER TABLE
        if remedy.method not in (None, "btree") or not remedy.columns:
            return None
        text = f"ON {quoted_table(remedy.table, remedy.engine)} ({', '.join(remedy.columns)})"
    try:
        read = parse(text, remedy.engine)
    except PlannerError:
        return None
    return IndexDefinition(
        engine=remedy.engine,
        table=remedy.table,
        keys=read.keys,
        include=read.include,
        where=read.where,
        method=read.method,
        unique=read.unique,
    )
