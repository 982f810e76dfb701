"""A repeated SELECT as one: the key is asked for as a list, and shown, grouped or numbered by.

From the level where the key is compared up to the outermost one, every level is made to tell the keys apart: what
aggregated one key's rows groups by key, what took the first rows of one key numbers them within each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from advisor.model.catalog import Catalog
from advisor.model.rewrite import BatchForm
from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Absent, Batch, NotBatched, Values
from advisor.rewrites.conditions import Condition, assumed, collapse_lists, conditions, membership, turning
from advisor.rewrites.levels import above, is_exists, level_with_key, wrapped_exists
from advisor.rewrites.statement import Node, Statement
from advisor.rewrites.uniqueness import unique_key


@dataclass
class Level:
    """One SELECT on its way from the condition up, with the key's columns as it sees them."""

    tree: Node
    keys: list[Node]
    names: list[str] = field(default_factory=list)
    form: BatchForm = "list"
    first: int = 0
    last: int = 0
    beneath: int = 0
    """Columns that the level below has got: a ``*`` shows them."""
    absent: Absent = "nothing"
    limited: bool = False
    notes: list[str] = field(default_factory=list)


def select(
    statement: Statement,
    link: KeyLink | None,
    varies: Mapping[str, bool],
    catalogs: Sequence[Catalog] = (),
    *,
    limit: int | None = None,
    exists: bool = False,
) -> Batch:
    """The batch of a repeated SELECT. Raises NotBatched.

    ``limit``: rows that each turn takes at most, where the text does not show it. ``exists``: only whether there is a
    row matters to the application.
    """
    from sqlglot import exp

    tree = statement.tree
    if not isinstance(tree, exp.Select):
        raise NotBatched("its answer is put together from several SELECTs (UNION): batch each of them")
    if tree.args.get("with_") is not None:
        raise NotBatched("its key stands in or beside a common table expression (WITH)")
    home, found = _home(tree)
    if collapse_lists(home, None if not found else link.child_column.lower() if link is not None else ""):
        home, found = _home(tree)
    keys = turning(found, link, varies)
    same = assumed(statement, keys, varies)
    names = tuple(key.slot for key in keys)
    unique, guess = unique_key(home, keys, link, catalogs) if home is _target(tree) else (None, ())

    def build(values: Values) -> Level:
        return _built(statement, keys, values, limit=limit, exists=exists, unique=unique is not None)

    sample = build(Values([[exp.Placeholder(this=name) for name in names]]))
    return Batch(
        statement=statement,
        form=sample.form,
        turn=names,
        key=tuple(sample.names),
        make=lambda values: build(values).tree,
        first=sample.first,
        last=sample.last,
        absent=sample.absent,
        limited=sample.limited,
        alike=tuple(name for name in statement.slots if name not in names),
        compared=tuple(key.name for key in keys),
        unique=unique,
        notes=(*same, *guess, *sample.notes),
    )


def _target(tree: Node) -> Node:
    """The SELECT that the question is about: of ``SELECT EXISTS(...)`` the inner one."""
    return wrapped_exists(tree) or tree


def _home(tree: Node) -> tuple[Node, list[Condition]]:
    """The level that compares columns with values: the outermost one that does, through derived tables."""
    from sqlglot import exp

    here = _target(tree)
    while True:
        found = conditions(here.args.get("where"))
        if found:
            return here, found
        source = here.args.get("from_")
        inner = source.this if source is not None else None
        if not isinstance(inner, exp.Subquery) or not isinstance(inner.this, exp.Select):
            return here, []
        here = inner.this


def _built(
    statement: Statement, keys: list[Condition], values: Values, *, limit: int | None, exists: bool, unique: bool
) -> Level:
    from sqlglot import exp

    tree = statement.tree.copy()
    outer = wrapped_exists(tree)
    top = outer or tree
    home, found = _home(tree)
    by_slot = {condition.slot: condition for condition in found}
    keys = [by_slot[key.slot] for key in keys]
    columns = [key.column.copy() for key in keys]
    names = [key.name for key in keys]
    keys[0].node.replace(membership(keys, values, statement.engine))
    for key in keys[1:]:
        _drop(key.node)
    level = Level(home, columns, names)
    while True:
        last = level.tree is top
        asks = last and (outer is not None or exists or is_exists(level.tree, limit))
        parent = None if last else above(level.tree)
        level = level_with_key(level, statement, limit if last else None, exists=asks, unique=unique, inner=not last)
        if parent is None:
            break
        alias = parent.args["from_"].this.alias
        parent.args["from_"].this.set("this", level.tree)
        level = replace(
            level,
            tree=parent,
            keys=[exp.column(name, table=alias) for name in level.names],
            first=0,
            last=0,
            beneath=level.last,
        )
    return level


def _drop(node: Node) -> None:
    """Takes a condition out of its WHERE."""
    from sqlglot import exp

    node = node.parent if isinstance(node.parent, exp.Paren) else node
    above_it = node.parent
    if isinstance(above_it, exp.And):
        above_it.replace(above_it.expression if above_it.this is node else above_it.this)
