"""One SELECT level that answered for one key, made to answer for many and to say which row is whose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.rewrites.batch import NotBatched
from advisor.rewrites.statement import Node, Statement, slot

if TYPE_CHECKING:
    from advisor.rewrites.selecting import Level

_NUMBER = "row_in_key"


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
    """``SELECT 1 ... LIMIT 1``: the answer says only whether there is a row."""
    from sqlglot import exp

    rows = _bound(tree, "limit")
    if (rows if isinstance(rows, int) else limit) != 1 or _aggregates(tree):
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
        return _numbered(level, statement, rows, skipped, grouped=grouped)
    if aggregates and not grouped:
        tree.set("group", exp.Group(expressions=[key.copy() for key in level.keys]))
        for place, (key, name) in enumerate(zip(level.keys, level.names, strict=True)):
            tree.expressions.insert(place, _shown(key, name))
        note = "a key without rows gives no row: its count is 0, its other aggregates are NULL"
        return replace(level, form="group", first=len(level.keys), absent="empty row", notes=_add(level.notes, note))
    if grouped:
        group = tree.args["group"]
        group.set("expressions", [*(key.copy() for key in level.keys), *group.expressions])
    distinct = tree.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        on = distinct.args["on"]
        on.set("expressions", [*(key.copy() for key in level.keys), *on.expressions])
        order = tree.args.get("order")
        if order is not None:
            order.set("expressions", [*(_ordered(key, statement) for key in level.keys), *order.expressions])
    level = _with_columns(level)
    return replace(level, form="group" if grouped and level.form == "list" else level.form)


def _exists(level: Level, *, locked: bool, grouped: bool) -> Level:
    from sqlglot import exp

    tree = level.tree
    if locked or grouped:
        raise NotBatched("it asks whether a row is there, and locks or groups rows")
    plain = exp.Select(
        expressions=[_shown(key, name) for key, name in zip(level.keys, level.names, strict=True)],
        distinct=exp.Distinct(),
    )
    for part in ("from_", "joins", "where", "laterals"):
        if tree.args.get(part) is not None:
            plain.set(part, tree.args[part])
    note = "the keys that have a row; one that is missing has none"
    return replace(level, tree=plain, form="distinct", absent="no", notes=_add(level.notes, note))


def _numbered(
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
    level = _with_columns(level)
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
        expressions=[exp.Star()] if starred else [exp.column(_as(name), table="numbered") for name in outputs]
    ).from_(exp.Subquery(this=tree, alias=exp.TableAlias(this=exp.to_identifier("numbered"))))
    outer.set("from_", outer.args.get("from_") or outer.args.get("from"))
    skip = 0 if skipped is None else skipped
    if rows is not None:
        bound = rows + skip if isinstance(rows, int) and isinstance(skip, int) else _sum(rows, skip)
        outer = outer.where(exp.LTE(this=place.copy(), expression=_node(bound)), copy=False)
    if skip != 0:
        outer = outer.where(exp.GT(this=place.copy(), expression=_node(skip)), copy=False)
    by = [exp.column(_as(name), table="numbered") for name in level.names]
    outer.set("order", exp.Order(expressions=[_ordered(item, statement) for item in (*by, place)]))
    notes = level.notes if within else _add(level.notes, "without ORDER BY any rows of a key may come, as in the loop")
    last = level.last + (1 if starred else 0)
    return replace(level, tree=outer, form="numbered", limited=True, last=last, notes=notes)


def _with_columns(level: Level) -> Level:
    """The key in the select list, where it does not stand there under a name of its own."""
    from sqlglot import exp

    tree, names, added = level.tree, [], 0
    sources = 1 + len(tree.args.get("joins") or ())
    outputs = [output_name(item).lower() for item in tree.expressions]
    stars = [item for item in tree.expressions if item.is_star]
    for key, wanted in zip(level.keys, level.names, strict=True):
        own = [
            item
            for item in tree.expressions
            if item.unalias() == key and outputs.count(output_name(item).lower()) == 1 and not stars
        ]
        covering = len(stars) == 1 and len(tree.expressions) == 1 and isinstance(key, exp.Column) and sources == 1
        if own:
            names.append(output_name(own[0]))
        elif covering:
            names.append(wanted)
        else:
            free = wanted if wanted.lower() not in outputs and not stars else f"key_{wanted}"
            while free.lower() in outputs:
                free += "_"
            tree.append("expressions", _shown(key, free))
            outputs.append(free.lower())
            names.append(free)
            added += 1
    return replace(level, names=names, last=level.last + added)


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
        for found in item.find_all(exp.AggFunc):
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


def _resolved(ordered: Node, tree: Node) -> Node:
    """A sort key as a window needs it: aliases and positions of the select list mean nothing there."""
    from sqlglot import exp

    copy, key = ordered.copy(), ordered.this
    if isinstance(key, exp.Literal) and key.name.isdigit() and 0 < int(key.name) <= len(tree.expressions):
        copy.set("this", tree.expressions[int(key.name) - 1].unalias().copy())
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


def output_name(item: Node) -> str:
    """The name that an item of a select list has by itself; empty where each engine makes up its own."""
    from sqlglot import exp

    return str(item.alias_or_name) if isinstance(item, (exp.Alias, exp.Column)) else ""


def _shown(key: Node, name: str) -> Node:
    from sqlglot import exp

    copy = key.copy()
    return copy if isinstance(copy, exp.Column) and copy.name == name else exp.alias_(copy, _as(name))


def _as(name: str) -> Node:
    """A name of an output; quoted where it needs to be."""
    from sqlglot import exp

    return exp.to_identifier(name, quoted=name != name.lower() or not name.isidentifier())


def _ordered(key: Node, statement: Statement) -> Node:
    """A sort key in the engine's own order of NULLs, which then needs no words."""
    from sqlglot import exp

    return exp.Ordered(this=key.copy(), nulls_first=statement.engine != "postgresql")


def _node(value: int | Node) -> Node:
    from sqlglot import exp

    return exp.Literal.number(value) if isinstance(value, int) else value.copy()


def _sum(rows: int | Node, skip: int | Node) -> Node:
    from sqlglot import exp

    return _node(rows) if skip == 0 else exp.Add(this=_node(rows), expression=_node(skip))


def _add(notes: list[str], note: str) -> list[str]:
    return notes if note in notes else [*notes, note]
