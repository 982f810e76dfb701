"""The first rows of each key, where the loop took the first rows of one: numbered within the key, and cut there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.rewrites.batch import NotBatched
from advisor.rewrites.outputs import as_name, output_name, told, with_columns
from advisor.rewrites.statement import Node, Statement

if TYPE_CHECKING:
    from advisor.rewrites.selecting import Level

_NUMBER = "row_in_key"


def numbered(
    level: Level, statement: Statement, rows: int | Node | None, skipped: int | Node | None, *, grouped: bool
) -> Level:
    """The first rows of each key: numbered within the key, and cut there."""
    from sqlglot import exp

    tree = level.tree
    if tree.args.get("distinct") is not None:
        raise NotBatched("it takes the first of DISTINCT rows: number them around the DISTINCT with row_number()")
    order = tree.args.get("order")
    within = [_resolved(item, tree) for item in order.expressions] if order is not None else []
    for part in ("limit", "offset", "order"):
        tree.set(part, None)
    if grouped:
        group = tree.args["group"]
        group.set("expressions", [*(key.copy() for key in level.keys), *group.expressions])
    starred = any(item.is_star for item in tree.expressions)
    if not starred:
        _name_outputs(tree)
    level = with_columns(level)
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[key.copy() for key in level.keys],
        over="OVER",
        **({"order": exp.Order(expressions=within)} if within else {}),
    )
    outputs = [output_name(item) for item in tree.expressions]
    tree.append("expressions", exp.alias_(number, _NUMBER))
    place = exp.column(_NUMBER, table="numbered")
    outer = exp.Select(
        expressions=[exp.Star()] if starred else [exp.column(as_name(name), table="numbered") for name in outputs]
    ).from_(exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("numbered"))))
    outer.set("from_", outer.args.get("from_") or outer.args.get("from"))
    skip = 0 if skipped is None else skipped
    if rows is not None:
        bound = rows + skip if isinstance(rows, int) and isinstance(skip, int) else _sum(rows, skip)
        outer = outer.where(exp.LTE(this=place.copy(), expression=_node(bound)), copy=False)
    if skip != 0:
        outer = outer.where(exp.GT(this=place.copy(), expression=_node(skip)), copy=False)
    by = [exp.column(as_name(name), table="numbered") for name in level.names]
    outer.set("order", exp.Order(expressions=[ordered(item, statement) for item in (*by, place)]))
    notes = level.notes if within else told(level.notes, "without ORDER BY any rows of a key may come, as in the loop")
    last = level.last + (1 if starred else 0)
    return replace(level, tree=outer, form="numbered", limited=True, last=last, notes=notes)


def _resolved(sort_key: Node, tree: Node) -> Node:
    """A sort key as a window needs it: aliases and positions of the select list mean nothing there."""
    from sqlglot import exp

    copy, key = sort_key.copy(), sort_key.this
    if isinstance(key, exp.Literal) and key.name.isdigit() and 0 < int(key.name) <= len(tree.expressions):
        item = tree.expressions[int(key.name) - 1]
        if any(other.is_star for other in tree.expressions[: int(key.name)]):
            raise NotBatched("it sorts by a position in *: sort by a name")
        copy.set("this", item.unalias().copy())
    elif isinstance(key, exp.Column) and not key.table:
        for item in tree.expressions:
            if isinstance(item, exp.Alias) and item.alias.lower() == key.name.lower():
                copy.set("this", item.this.copy())
    return copy


def _name_outputs(tree: Node) -> None:
    """A name for every output, each once: a derived table has to have them."""
    from sqlglot import exp

    taken: set[str] = set()
    for place, item in enumerate(tree.expressions):
        name = output_name(item) or f"column{place + 1}"
        while name.lower() in taken:
            name = f"{name}_{place + 1}"
        taken.add(name.lower())
        if name != output_name(item):
            tree.expressions[place].replace(exp.alias_(item.unalias().copy(), name))


def ordered(key: Node, statement: Statement) -> Node:
    """A sort key in the engine's own order of NULLs, which then needs no words."""
    from sqlglot import exp

    return exp.Ordered(this=key.copy(), nulls_first=statement.engine != "postgresql")


def _node(value: int | Node) -> Node:
    from sqlglot import exp

    return exp.Literal.number(value) if isinstance(value, int) else value.copy()


def _sum(rows: int | Node, skip: int | Node) -> Node:
    from sqlglot import exp

    return _node(rows) if skip == 0 else exp.Add(this=_node(rows), expression=_node(skip))
