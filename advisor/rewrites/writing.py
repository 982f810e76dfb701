"""Repeated UPDATEs and DELETEs as one: a list of keys, or rows of new values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch, NotBatched, Values, beside
from advisor.rewrites.conditions import Condition, conditions, membership, turning
from advisor.rewrites.inserting import SIZE
from advisor.rewrites.statement import Node, Statement

_ALIAS = "turn"


def delete(statement: Statement, link: KeyLink | None, varies: Mapping[str, bool]) -> Batch:
    """DELETE by key as a DELETE by a list of keys. Raises NotBatched."""
    keys, assumed = _keys(statement, link, varies)
    if statement.tree.args.get("limit") is not None:
        raise NotBatched("it deletes some of the rows of a key only (LIMIT)")

    def make(values: Values) -> Node:
        copy = statement.tree.copy()
        _replace(copy, keys, membership(_same(copy, keys), values, statement.engine))
        return copy

    return Batch(
        statement=statement,
        form="list",
        turn=tuple(key.slot for key in keys),
        make=make,
        alike=tuple(name for name in statement.slots if name not in {key.slot for key in keys}),
        compared=tuple(key.name for key in keys),
        notes=assumed,
    )


def update(
    statement: Statement, link: KeyLink | None, varies: Mapping[str, bool], types: Mapping[str, str] | None = None
) -> Batch:
    """UPDATE by key: with a list of keys where every turn sets the same, else joined with rows of new values.

    ``types`` of the table's columns, where known: PostgreSQL takes untyped values of a VALUES list for text. Raises
    NotBatched.
    """
    from sqlglot import exp

    tree = statement.tree
    keys, assumed = _keys(statement, link, varies)
    if any(tree.args.get(part) is not None for part in ("limit", "order", "from_")) or _joined(tree):
        raise NotBatched("it updates through a join, an ORDER BY or a LIMIT")
    if tree.find(exp.Select) is not None:
        raise NotBatched("a subquery in it may read what an earlier turn has changed")
    written = {_bare(item.this) for item in tree.expressions if isinstance(item, exp.EQ)}
    fixed = [key for key in keys if key.name.lower() not in written]
    if not fixed:
        raise NotBatched("it changes the column that it finds its rows by: a later turn may find them again")
    if any(column.name.lower() == "default" and not column.table for column in tree.find_all(exp.Column)):
        raise NotBatched("it sets a column to DEFAULT: write the value")
    inside = [
        str(node.name)
        for item in tree.expressions
        for node in item.expression.find_all(exp.Placeholder, bfs=False)
        if varies.get(str(node.name)) is not False
    ]
    slots = tuple(dict.fromkeys((*(key.slot for key in keys), *inside)))
    if not inside:
        batch = delete(statement, link, varies)
        once = () if len(fixed) == len(keys) else (f"every {', '.join(key.name for key in fixed)} once",)
        return replace(batch, apart=tuple(key.slot for key in fixed), notes=(*batch.notes, *once))
    names = _value_names(tree, keys, slots)
    by = ", ".join(key.name for key in fixed)
    notes = (
        *assumed,
        f"every {by} once: what two turns do to the same row, the application puts together first",
        SIZE,
    )
    if any(varies.get(slot) is None for slot in inside):
        notes = (*notes, "where every turn sets the same values, SET them once and ask for the keys as a list")
    if statement.engine == "postgresql" and not types:
        notes = (*notes, "cast the first row's values to the columns' types ($1::bigint): VALUES takes them for text")

    def make(values: Values) -> Node:
        return _joined_update(statement, keys, slots, names, values, types or {})

    return Batch(
        statement=statement,
        form="values",
        turn=slots,
        make=make,
        apart=tuple(key.slot for key in fixed),
        alike=tuple(name for name in statement.slots if name not in slots),
        compared=tuple(names),
        notes=notes,
    )


def _joined_update(
    statement: Statement,
    keys: list[Condition],
    slots: tuple[str, ...],
    names: tuple[str, ...],
    values: Values,
    types: Mapping[str, str],
) -> Node:
    from sqlglot import exp

    copy = statement.tree.copy()
    table = copy.this.alias_or_name
    quoted = bool(copy.this.args.get("alias") is None and copy.this.this.args.get("quoted"))
    owner = exp.to_identifier(table, quoted=quoted)
    for column in list(copy.find_all(exp.Column)):
        if not column.table and column.find_ancestor(exp.Returning) is None:
            column.set("table", owner.copy())
    place = dict(zip(slots, names, strict=True))
    for item in copy.expressions:
        if statement.engine in ("postgresql", "sqlite"):  # what is set takes no table's name there
            item.this.set("table", None)
        for node in list(item.expression.find_all(exp.Placeholder)):
            if node.name in place:
                node.replace(exp.column(place[node.name], table=_ALIAS))
    for key in _same(copy, keys):
        for node in list(key.node.find_all(exp.Placeholder)):
            cast = node.parent if isinstance(node.parent, exp.Cast) else node
            cast.replace(exp.column(place[key.slot], table=_ALIAS))
        if isinstance(key.node, exp.In):
            key.node.replace(exp.EQ(this=key.node.this.copy(), expression=key.node.expressions[0].copy()))
    if statement.engine == "postgresql":
        rows = [exp.Tuple(expressions=list(turn)) for turn in values.turns]
        declared = [types.get(_column_of(statement, slot)) for slot in slots]
        first = [_cast(value, kind) for value, kind in zip(rows[0].expressions, declared, strict=True)]
        rows[0].set("expressions", first)
        columns = [exp.to_identifier(name) for name in names]
        source: Node = exp.Values(
            expressions=[*rows, *([exp.Var(this="...")] if values.more else [])],
            alias=exp.TableAlias(this=exp.to_identifier(_ALIAS), columns=columns),
        )
        copy.set("from_", exp.From(this=source))
        return copy
    source = exp.Subquery(this=_union(values, names), alias=exp.TableAlias(this=exp.to_identifier(_ALIAS)))
    if statement.engine == "sqlite":
        copy.set("from_", exp.From(this=source))
        return copy
    where = copy.args["where"].this
    parts = list(where.flatten()) if isinstance(where, exp.And) else [where]
    on = [part for part in parts if any(column.table == _ALIAS for column in part.find_all(exp.Column))]
    rest = [part for part in parts if not any(part is one for one in on)]
    copy.this.append("joins", exp.Join(this=source, on=exp.and_(*on, copy=True)))
    copy.set("where", exp.Where(this=exp.and_(*rest, copy=True)) if rest else None)
    return copy


def _union(values: Values, names: tuple[str, ...]) -> Node:
    """Rows of values as SELECTs: what every version of MySQL, MariaDB and SQLite has names for."""
    from sqlglot import exp

    selects = [exp.Select(expressions=list(turn)) for turn in values.turns]
    selects[0].set("expressions", [exp.alias_(value, name) for value, name in zip(values.turns[0], names, strict=True)])
    tree: Node = selects[0]
    for one in (*selects[1:], *([exp.Select(expressions=[exp.Var(this="...")])] if values.more else [])):
        tree = exp.Union(this=tree, expression=one, distinct=False)
    return tree


def _keys(
    statement: Statement, link: KeyLink | None, varies: Mapping[str, bool]
) -> tuple[list[Condition], tuple[str, ...]]:
    """The conditions of a write that tell turns apart: all of them, unless executions show that a value never changes.

    A condition that is wrongly taken for the same in every turn would write to other rows than the loop did.
    """
    from sqlglot import exp

    where = statement.tree.args.get("where")
    found = conditions(where)
    keys = turning(found, link, varies)
    keys = [c for c in found if c in keys or varies.get(c.slot) is not False]
    inside = {c.slot for c in keys}
    others = [
        str(node.name)
        for node in (where.find_all(exp.Placeholder) if where is not None else ())
        if node.name not in inside and varies.get(str(node.name)) is not False
    ]
    if others:
        columns = ", ".join(dict.fromkeys(beside(statement.tree, name) or "a value" for name in others))
        return keys, (f"{columns}: taken to be the same in every turn",)
    return keys, ()


def _same(copy: Node, keys: list[Condition]) -> list[Condition]:
    """The conditions of a copy of the tree."""
    found = {condition.slot: condition for condition in conditions(copy.args.get("where"))}
    return [found[key.slot] for key in keys]


def _replace(copy: Node, keys: list[Condition], by: Node) -> None:
    """One condition in place of several."""
    from sqlglot import exp

    first, *rest = _same(copy, keys)
    for key in rest:
        key.node.replace(exp.true())
    first.node.replace(by)
    if rest:
        where = copy.args["where"].this
        parts = [part for part in where.flatten() if part.unnest() != exp.true()]
        copy.set("where", exp.Where(this=exp.and_(*parts, copy=False)))


def _value_names(tree: Node, keys: list[Condition], slots: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns of new values: as the key's, and ``new_price`` for what is set."""
    compared = {key.slot: key.name for key in keys}
    written = {_bare(item.this) for item in tree.expressions}
    names: list[str] = []
    for slot in slots:
        column = compared.get(slot)
        if column is not None:
            name = f"old_{column}" if column.lower() in written else column
        else:
            name = f"new_{beside(tree, slot) or _assigned(tree, slot) or 'value'}"
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)


def _assigned(tree: Node, slot: str) -> str | None:
    from sqlglot import exp

    for item in tree.expressions:
        if any(node.name == slot for node in item.expression.find_all(exp.Placeholder)):
            return _bare(item.this)
    return None


def _column_of(statement: Statement, slot: str) -> str:
    return (_assigned(statement.tree, slot) or beside(statement.tree, slot) or "").lower()


def _bare(node: Node) -> str:
    return str(node.name).lower()


def _cast(value: Node, kind: str | None) -> Node:
    from sqlglot import exp

    return value if kind is None else exp.cast(value, kind, dialect="postgres")


def _joined(tree: Node) -> bool:
    return bool(tree.this.args.get("joins")) or bool(tree.args.get("joins"))
