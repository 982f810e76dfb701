"""Statements of another engine in SQLite's words. What SQLite has no word for is not run."""

from __future__ import annotations

import sqlite3

from advisor.rewrites.statement import Node

#: When every statement of a check runs: the loop's turns and the batch must see one clock.
_NOW = "2024-01-15 00:00:00"


class NotRun(Exception):  # noqa: N818 - told to the user as a fact
    """SQLite cannot run it; the message says why."""


def sqlite_text(tree: Node, dialect: str) -> str:
    """The statement for SQLite, its slots as ``:name``. Raises NotRun."""
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    tree = tree.copy()
    if tree.find(exp.Lateral) is not None:
        raise NotRun("SQLite has no LATERAL")
    for node in list(tree.find_all(exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime)):
        node.replace(exp.Literal.string(_NOW))
    if tree.find(exp.Rand, exp.Randn) is not None:
        raise NotRun("it draws random numbers")
    for node in list(tree.find_all(exp.Select)):
        node.set("locks", None)
    for node in list(tree.find_all(exp.Table)):
        node.set("db", None)
        node.set("catalog", None)
    for node in list(tree.find_all(exp.Column)):
        node.set("db", None)
        node.set("catalog", None)
    for node in list(tree.find_all(exp.Cast)):
        inner = node.this.unnest()
        if isinstance(inner, exp.Placeholder) or (node.find_ancestor(exp.Values) and isinstance(inner, exp.Literal)):
            node.replace(inner)
    for node in list(tree.find_all(exp.EQ)):
        _lists(node)
    tree = _upsert(tree, dialect)
    if isinstance(tree, exp.Update):
        tree = _update(tree)
    try:
        return str(tree.sql(dialect="sqlite", unsupported_level=ErrorLevel.RAISE))
    except (SqlglotError, ValueError) as error:
        raise NotRun(f"it cannot be put in SQLite's words: {str(error).splitlines()[0][:100]}") from error


def _lists(node: Node) -> None:
    """``= ANY(ARRAY[...])`` as ``IN (...)``."""
    from sqlglot import exp

    inner = node.expression.this.unnest() if isinstance(node.expression, exp.Any) else None
    while isinstance(inner, exp.Cast):
        inner = inner.this.unnest()
    if isinstance(inner, exp.Array):
        node.replace(exp.In(this=node.this.copy(), expressions=[item.copy() for item in inner.expressions]))
    elif isinstance(inner, exp.Placeholder):  # the loop's own list of one value
        node.replace(exp.EQ(this=node.this.copy(), expression=inner.copy()))


def _upsert(tree: Node, dialect: str) -> Node:
    """The engines' words for rows that are there already."""
    from sqlglot import exp

    if not isinstance(tree, exp.Insert):
        return tree
    for node in list(tree.find_all(exp.Ordered)) if isinstance(tree.expression, exp.Values) else ():
        node.replace(node.this.copy())  # a conflict's key is read as a sort key
    if dialect != "mysql":
        return tree
    if tree.args.get("ignore"):
        tree.set("ignore", None)
        tree.set("alternative", "IGNORE")
    conflict = tree.args.get("conflict")
    if conflict is not None and conflict.args.get("duplicate"):
        conflict.set("duplicate", None)
        for node in list(conflict.find_all(exp.Anonymous)):
            if node.name.upper() == "VALUES":
                node.replace(exp.column(node.expressions[0].name, table="excluded"))
    return tree


def _update(tree: Node) -> Node:
    """Updates through a list of rows: VALUES with column names, and MySQL's UPDATE ... JOIN."""
    from sqlglot import exp

    joins = tree.this.args.get("joins") or ()
    if joins:
        (join,) = joins
        tree.this.set("joins", None)
        tree.set("from_", exp.From(this=join.this.copy()))
        where = tree.args.get("where")
        on = join.args["on"].copy()
        tree.set("where", exp.Where(this=exp.and_(on, where.this.copy()) if where is not None else on))
        for item in tree.expressions:
            item.this.set("table", None)
    source = tree.args.get("from_")
    values = source.this if source is not None else None
    if isinstance(values, exp.Values):
        names = [column.name for column in values.args["alias"].columns]
        union: Node = None
        for row in values.expressions:
            one = exp.Select(
                expressions=[exp.alias_(item.copy(), name) for item, name in zip(row.expressions, names, strict=True)]
            )
            union = one if union is None else exp.Union(this=union, expression=one, distinct=False)
        alias = exp.TableAlias(this=values.args["alias"].this.copy())
        tree.set("from_", exp.From(this=exp.Subquery(this=union, alias=alias)))
    return tree


def add_functions(connection: sqlite3.Connection) -> None:
    """Functions that other engines have and this SQLite may not."""
    connection.create_function("now", 0, lambda: _NOW, deterministic=True)
    connection.create_function("concat", -1, lambda *a: "".join(str(x) for x in a if x is not None), deterministic=True)
    connection.create_function("greatest", -1, _greatest, deterministic=True)
    connection.create_function("least", -1, lambda *a: None if None in a else min(a), deterministic=True)
    connection.create_function("left", 2, lambda s, n: None if s is None else str(s)[:n], deterministic=True)
    connection.create_function("md5", 1, lambda s: None if s is None else f"md5:{s}", deterministic=True)


def _greatest(*values: float | str | None) -> float | str | None:
    return None if None in values else max(values)  # type: ignore[type-var]
