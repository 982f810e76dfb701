"""One SELECT level that answered for one key, made to answer for many and to say which row is whose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.rewrites.batch import NotBatched
from advisor.rewrites.numbering import numbered, ordered
from advisor.rewrites.outputs import shown, told, with_columns
from advisor.rewrites.statement import Node, Statement, slot

if TYPE_CHECKING:
    from advisor.rewrites.selecting import Level


#: Aggregates of the engines that sqlglot reads as any function.
_AGGREGATES = frozenset(
    """
    json_agg jsonb_agg json_object_agg jsonb_object_agg json_arrayagg json_objectagg bit_and bit_or bit_xor every xmlagg
    range_agg array_agg string_agg group_concat any_value mode percentile_cont percentile_disc std total
    json_group_array json_group_object st_union st_collect st_extent regr_count regr_slope regr_intercept regr_r2
    """.split()  # noqa: SIM905
)


def wrapped_exists(tree: Node) -> Node | None:
    """The inner SELECT of ``SELECT EXISTS(...)``, bare or in a CASE that gives a yes and a no; else None."""
    from sqlglot import exp

    if tree.args.get("from_") is not None or len(tree.expressions) != 1:
        return None
    item = tree.expressions[0].unalias().unnest()
    if isinstance(item, exp.Case) and len(item.args.get("ifs") or ()) == 1 and item.this is None:
        item = item.args["ifs"][0].this.unnest()
    return item.this if isinstance(item, exp.Exists) and isinstance(item.this, exp.Select) else None


def is_exists(tree: Node, limit: int | None) -> bool:
    """``SELECT 1 ... LIMIT 1``: the answer says only whether there is a row. An unknown LIMIT is taken for 1."""
    from sqlglot import exp

    rows = _bound(tree, "limit")
    if (rows if isinstance(rows, int) else limit or 1) != 1 or rows is None or _aggregates(tree):
        return False
    items = [item.unalias().unnest() for item in tree.expressions]
    return all(isinstance(item, (exp.Literal, exp.Placeholder, exp.Boolean)) for item in items)


def above(tree: Node) -> Node:
    """The SELECT that takes this one as its only relation. Raises NotBatched."""
    from sqlglot import exp

    parent = tree.parent
    source = parent.parent if isinstance(parent, exp.Subquery) else None
    outer = source.parent if isinstance(source, exp.From) else None
    if not isinstance(outer, exp.Select) or outer.args.get("joins"):
        raise NotBatched("its key stands inside a subquery")
    return outer


def level_with_key(
    level: Level, statement: Statement, limit: int | None, *, exists: bool, unique: bool, inner: bool
) -> Level:
    """The level with its key. ``exists``: only whether there are rows is asked. Raises NotBatched."""
    from sqlglot import exp

    tree = level.tree
    rows, skipped = _bound(tree, "limit"), _bound(tree, "offset")
    if limit is not None and not isinstance(rows, int) and rows is not None:
        rows = limit
    locks = tree.args.get("locks")
    grouped, aggregates = tree.args.get("group") is not None, _aggregates(tree)
    group = tree.args.get("group")
    if group is not None and (
        any(group.args.get(p) for p in ("grouping_sets", "cube", "rollup")) or "()" in group.sql()
    ):
        raise NotBatched("it groups by several sets (ROLLUP, CUBE, GROUPING SETS)")
    if exists:
        return _exists(level, locked=bool(locks), grouped=grouped or aggregates)
    if unique and rows != 0 and skipped in (None, 0) and not grouped and not aggregates and not inner:
        tree.set("limit", None)  # at most one row has the key: the first one is all
        tree.set("offset", None)
        rows = skipped = None
    if aggregates and not grouped:
        tree.set("limit", None)  # one row each
        tree.set("order", None)
        rows = None
        if skipped not in (None, 0):
            raise NotBatched("it skips the only row of an aggregate")
    if locks and (grouped or aggregates or rows is not None or tree.args.get("distinct")):
        raise NotBatched("it locks the rows that it reads, and a batch of this form cannot: lock them first by a list")
    _windows(level)
    if rows is not None or skipped not in (None, 0):
        return numbered(level, statement, rows, skipped, grouped=grouped)
    if aggregates and not grouped:
        tree.set("group", exp.Group(expressions=[key.copy() for key in level.keys]))
        for place, (key, name) in enumerate(zip(level.keys, level.names, strict=True)):
            tree.expressions.insert(place, shown(key, name))
        note = "a key without rows gives no row: its count is 0, its other aggregates are NULL"
        return replace(level, form="group", first=len(level.keys), absent="empty row", notes=told(level.notes, note))
    if grouped:
        group = tree.args["group"]
        group.set("expressions", [*(key.copy() for key in level.keys), *group.expressions])
    distinct = tree.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        on = distinct.args["on"]
        on.set("expressions", [*(key.copy() for key in level.keys), *on.expressions])
        order = tree.args.get("order")
        if order is not None:
            order.set("expressions", [*(ordered(key, statement) for key in level.keys), *order.expressions])
    level = with_columns(level)
    return replace(level, form="group" if grouped and level.form == "list" else level.form)


def _exists(level: Level, *, locked: bool, grouped: bool) -> Level:
    from sqlglot import exp

    tree = level.tree
    if locked or grouped:
        raise NotBatched("it asks whether a row is there, and locks or groups rows")
    plain = exp.Select(
        expressions=[shown(key, name) for key, name in zip(level.keys, level.names, strict=True)],
        distinct=exp.Distinct(),
    )
    for part in ("from_", "joins", "where", "laterals"):
        if tree.args.get(part) is not None:
            plain.set(part, tree.args[part])
    note = "the keys that have a row; one that is missing has none"
    return replace(level, tree=plain, form="distinct", absent="no", notes=told(level.notes, note))


def _windows(level: Level) -> None:
    """Windows of this level see one key's rows."""
    from sqlglot import exp

    if level.tree.args.get("windows"):
        raise NotBatched("it has a WINDOW clause")
    for part in (*level.tree.expressions, level.tree.args.get("order")):
        for window in part.find_all(exp.Window) if part is not None else ():
            if window.find_ancestor(exp.Select) is level.tree:
                keys = [key.copy() for key in level.keys]
                window.set("partition_by", [*keys, *(window.args.get("partition_by") or ())])


def _aggregates(tree: Node) -> bool:
    """Something in the select list adds up rows of this level."""
    from sqlglot import exp

    for item in tree.expressions:
        for found in item.find_all(exp.AggFunc, exp.Anonymous):
            if isinstance(found, exp.Anonymous) and found.name.lower() not in _AGGREGATES:
                continue
            if found.find_ancestor(exp.Select) is tree and found.find_ancestor(exp.Window) is None:
                return True
    return tree.args.get("having") is not None and tree.args.get("group") is None


def _bound(tree: Node, part: str) -> int | Node | None:
    """LIMIT or OFFSET: a number, a value of the application, or None where there is none."""
    from sqlglot import exp

    node = tree.args.get(part)
    if node is None:
        return None
    value: Node = node.args.get("count", exp.Literal.number(1)) if isinstance(node, exp.Fetch) else node.expression
    if isinstance(value, exp.Literal) and value.name.isdigit():
        return int(value.name)
    if slot(value) is None:
        raise NotBatched(f"its {part.upper()} is computed")
    return value.copy()
