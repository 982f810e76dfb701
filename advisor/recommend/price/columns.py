"""Which columns an index depends on, and which of them updates set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.model.catalog import Catalog, Index, Table
from advisor.model.indexing import IndexDefinition
from advisor.recommend.workload import Statement


@dataclass(frozen=True, slots=True)
class Updates:
    """Statements that set the same columns of a table."""

    columns: frozenset[str]
    """Folded to lower case."""
    rate: float
    """Rows an hour, or calls an hour where rows are not known: only shares are taken of it."""


def updates(statements: Iterable[Statement], catalog: Catalog) -> dict[str, list[Updates]]:
    """By table: what UPDATE and upserts of the workload set, each shape weighed with its rate."""
    found: dict[str, list[Updates]] = {}
    for statement in statements:
        if statement.graph is None:
            continue
        each: dict[str, set[str]] = {}
        for change in statement.graph.set_columns:
            table = catalog.find(change.table_name)
            each.setdefault(table.name if table else change.table_name, set()).add(change.column_name.lower())
        for name, columns in each.items():
            rate = (statement.calls_per_hour or 1.0) * max(statement.rows_affected or 1.0, 1e-6)
            found.setdefault(name, []).append(Updates(frozenset(columns), rate))
    return found


def share(among: Sequence[Updates], columns: frozenset[str]) -> float | None:
    """Share of the updated rows of which a statement sets one of the columns; None: no statement is known."""
    total = sum(one.rate for one in among)
    return sum(one.rate for one in among if one.columns & columns) / total if total else None


def depends_on(index: IndexDefinition | Index, table: Table | None) -> frozenset[str]:
    """Columns whose change an index notices: keys, INCLUDE, and those that expressions and the predicate mention."""
    found = {key.column.lower() for key in index.keys if key.column is not None}
    found |= {name.lower() for name in index.include}
    texts = [key.expression for key in index.keys if key.expression is not None]
    texts += [index.where] if index.where else []
    if texts and table is not None:
        words = {word.lower() for text in texts for word in re.findall(r'"[^"]+"|`[^`]+`|[^\W\d]\w*', text)}
        bare = {word.strip('"`') for word in words}
        found |= {column.name.lower() for column in table.columns if column.name.lower() in bare}
    return frozenset(found)
