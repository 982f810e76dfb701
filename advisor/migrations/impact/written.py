"""How many rows an UPDATE or DELETE of a migration writes, where neither a planner nor the text tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.graphs.graph import NotAnalysed
from advisor.model.migration import MigrationStatement, Outcome, Work
from advisor.model.migration_limits import MIGRATION

if TYPE_CHECKING:
    from advisor.migrations.foresee.known import Known
    from advisor.migrations.foresee.statistics import Statistics


def with_rows(
    statements: Sequence[MigrationStatement], outcomes: Sequence[Outcome], statistics: Statistics | None
) -> list[Outcome]:
    """The outcomes with the rows of each write that is not known, as far as the statistics tell."""
    found = []
    for statement, outcome in zip(statements, outcomes, strict=True):
        if statistics is not None and any(one.kind == "write" and one.rows is None for one in outcome.work):
            work = tuple(_with(one, statement, outcome, statistics) for one in outcome.work)
            found.append(msgspec.structs.replace(outcome, work=work))
        else:
            found.append(outcome)
    return found


def _with(work: Work, statement: MigrationStatement, outcome: Outcome, statistics: Statistics) -> Work:
    if work.kind != "write" or work.rows is not None:
        return work
    own = [one for one in outcome.changes if one.table == work.relation and one.action in ("update", "delete")]
    if len(own) != 1 or outcome.hidden:
        return work
    rows = statistics.sizes.rows(work.relation)
    if rows is not None and not own[0].unfiltered:
        share = selectivity(statement.sql, work.relation, statistics)
        rows = None if share is None else rows * share
    return work if rows is None else msgspec.structs.replace(work, rows=rows)


def selectivity(sql: str, table: str, statistics: Statistics) -> float | None:
    """The share of a table's rows that the WHERE of an UPDATE or DELETE leaves; None: not known.

    Conditions on one column each, joined by AND, as if they were independent (so does a planner). One that the
    statistics do not tell makes all unknown, unless the others leave few rows already.
    """
    from sqlglot import exp

    from advisor.graphs.parse import parse

    try:
        tree = parse(sql, statistics.engine)
    except NotAnalysed:
        return None
    if not isinstance(tree, exp.Update | exp.Delete) or tree.args.get("limit") is not None:
        return None
    if tree.find(exp.Join) or tree.args.get("from_") or tree.args.get("from") or tree.args.get("using"):
        return None
    where = tree.args.get("where")
    if where is None:
        return 1.0
    share, unknown = 1.0, False
    for one in _conjuncts(where.this):
        found = _share(one, table, statistics)
        unknown = unknown or found is None
        share *= 1.0 if found is None else found
    rows = statistics.sizes.rows(table)
    return None if unknown and (rows is None or share * rows > MIGRATION.few_rows) else share


def _conjuncts(node: Any) -> list[Any]:
    from sqlglot import exp

    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.Paren):
            waiting.append(one.this)
        elif isinstance(one, exp.And):
            waiting += [one.this, one.expression]
        else:
            found.append(one)
    return found


def _share(node: Any, table: str, statistics: Statistics) -> float | None:
    from sqlglot import exp

    from advisor.migrations.foresee.conditions import Condition

    columns = {one.name for one in node.find_all(exp.Column)}
    if len(columns) != 1 or node.find(exp.Subquery, exp.Select) is not None:
        return None
    column = columns.pop()
    known = statistics.column(table, column)
    owner = statistics.table(table)
    if _pinned(node, column) and owner is not None and (known is None or known.rows):
        keys = [one for one in owner.indexes if one.unique and one.where is None and len(one.keys) == 1]
        rows = statistics.sizes.rows(table)
        if rows and any((one.keys[0].column or "").lower() == column.lower() for one in keys):
            return min(1.0, 1.0 / rows)
    if known is None or known.nulls is None:
        return None
    try:
        condition = Condition(node.sql(dialect=_DIALECTS[statistics.engine]), statistics.engine)
    except NotAnalysed:
        return None
    return _holding(condition, node, known, statistics)


_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}


def _pinned(node: Any, column: str) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.EQ) and any(
        isinstance(one, exp.Column) and one.name == column for one in (node.this, node.expression)
    )


def _holding(condition: Any, node: Any, known: Known, statistics: Statistics) -> float | None:
    """The share of the common values that fulfil it, and of the bounds of the rest."""
    from advisor.migrations.foresee.checks import tokens, value_of
    from advisor.migrations.foresee.values import Unclear

    token_of = tokens(statistics, known)
    null = condition.holds(known.column, None, token_of)
    if isinstance(null, Unclear):
        return None
    nulls = known.nulls or 0.0
    found = nulls if null is True else 0.0
    if condition.tree.find(*_null_tests()) is not None and _only_null_test(node):
        return found if null is True else 1.0 - nulls
    common = [one for one in known.values if one.share is not None and not one.now]
    rest = [one for one in known.values if one.share is None and not one.now]
    exact = bool(_pinned(node, known.column))
    shares = 0.0
    told = 0
    for one in (*common, *rest):
        value = value_of(statistics, known, one)
        outcome = Unclear.UNCLEAR if isinstance(value, Unclear) else condition.holds(known.column, value, token_of)
        if isinstance(outcome, Unclear):
            return None
        shares += one.share or 0.0 if outcome is True else 0.0
        told += 1
    if exact and shares == 0.0:
        return min(1.0, (1.0 - nulls) / known.distinct) if known.distinct else None
    return min(1.0, found + shares) if told else None


def _null_tests() -> tuple[Any, ...]:
    from sqlglot import exp

    return (exp.Is,)


def _only_null_test(node: Any) -> bool:
    from sqlglot import exp

    inner = node.this if isinstance(node, exp.Not) else node
    return isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)
