"""A piece of condition as a sqlglot tree, within the bounds that a recursive parser needs."""

from __future__ import annotations

from advisor.graphs.names import Node
from advisor.model.engine import EngineName


def expression(sql: str, engine: EngineName) -> Node | None:
    """The tree of one expression; None where it cannot be read. Each call gives a tree of its own."""
    select = _select(f"SELECT 1 WHERE {sql}", engine)
    where = select.args.get("where") if select is not None else None
    return where.this if where is not None and _only(select, "where") else None


def key(sql: str, engine: EngineName) -> Node | None:
    """The tree (Ordered) of one sort key."""
    select = _select(f"SELECT 1 ORDER BY {sql}", engine)
    order = select.args.get("order") if select is not None else None
    if order is None or len(order.expressions) != 1 or not _only(select, "order"):
        return None
    return order.expressions[0]


def _only(select: Node, clause: str) -> bool:
    """Whether the text was no more than the clause."""
    given = {name for name, value in select.args.items() if value}
    return given <= {"expressions", clause} and len(select.expressions) == 1


def _select(sql: str, engine: EngineName) -> Node | None:
    import sqlglot
    from sqlglot import exp

    from advisor.graphs.graph import NotAnalysed
    from advisor.graphs.parse import check_size, dialect

    try:
        check_size(sql)
        trees = sqlglot.parse(sql, read=dialect(engine))
    except (NotAnalysed, RecursionError):
        return None
    except Exception:  # sqlglot raises more than its own errors on text that is no SQL
        return None
    return trees[0] if len(trees) == 1 and isinstance(trees[0], exp.Select) else None


def item(sql: str, engine: EngineName) -> Node | None:
    """The tree of one item of a select list."""
    select = _select(f"SELECT {sql}", engine)
    if (
        select is None
        or len(select.expressions) != 1
        or {name for name, value in select.args.items() if value} != {"expressions"}
    ):
        return None
    return select.expressions[0]
