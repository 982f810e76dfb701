"""The loop with the parent's own text in it: no keys travel to the application and back.

The parent keeps its LIMIT inside a derived table: a join of its tables with the child's would count joined rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch, NotBatched, Values
from advisor.rewrites.conditions import conditions
from advisor.rewrites.outputs import output_name
from advisor.rewrites.statement import Node, Slot, Statement

#: Name of the parent's rows.
PARENT = "parent_rows"


@dataclass(frozen=True)
class Joined:
    """One statement for parent and children, or one for all children."""

    form: Literal["join", "subquery", "after"]
    """The child's columns beside the parent's; one value of the child beside them; or all children by themselves,
    after the parent."""
    tree: Node
    parent: Statement
    """With its slots renamed, so that they do not meet the child's."""
    linked: str
    """The parent's output that holds the child's key."""
    note: str


def joined(batch: Batch, parent: Statement, link: KeyLink) -> Joined:
    """The join of a batch with its parent. Raises NotBatched, whose message says why there is none."""
    from sqlglot import exp

    child = batch.statement
    if not isinstance(child.tree, exp.Select) or batch.then is not None:
        raise NotBatched("a write follows the parent's rows: the application decides what is written")
    if len(batch.turn) != 1:
        raise NotBatched("its key has several columns")
    if link.parent_column is None:
        raise NotBatched("the parent's column that holds the key is not known")
    parent = _renamed(parent)
    if not isinstance(parent.tree, exp.Select):
        raise NotBatched("the parent is put together from several SELECTs (UNION)")
    if parent.tree.args.get("locks"):
        raise NotBatched("the parent locks the rows that it reads")
    if parent.tree.args.get("with_") is not None:
        raise NotBatched("the parent has common table expressions (WITH)")
    linked = _output(parent.tree, link.parent_column)
    usable = linked is not None and _names_apart(parent.tree)
    if usable and linked is not None and batch.form in ("group", "distinct") and _one_value(child.tree, batch):
        return _beside(batch, parent, linked)
    if usable and linked is not None and batch.form == "list" and _plain(child.tree):
        return _left_join(batch, parent, linked)
    return _after(batch, parent, link, linked)


def _left_join(batch: Batch, parent: Statement, linked: str) -> Joined:
    """Parent's rows, each with its children's columns; a parent without children once, with NULLs."""
    from sqlglot import exp

    copy = batch.statement.tree.copy()
    source = copy.args["from_"].this
    owner = exp.to_identifier(source.alias_or_name, quoted=_quoted(source))
    for column in list(copy.find_all(exp.Column)):
        if not column.table:
            column.set("table", owner.copy())
    outputs: list[Node] = []
    for item in copy.expressions:
        bare = isinstance(item, exp.Star)
        outputs.append(exp.Column(this=exp.Star(), table=owner.copy()) if bare else item.copy())
    key = next(c for c in conditions(copy.args["where"]) if c.slot == batch.turn[0])
    key.node.replace(exp.EQ(this=key.column.copy(), expression=exp.column(linked, table=PARENT, quoted=_odd(linked))))
    join = exp.Join(this=source.copy(), side="LEFT", on=copy.args["where"].this.copy())
    star = exp.Column(this=exp.Star(), table=exp.to_identifier(PARENT))
    tree = exp.Select(expressions=[star, *outputs], from_=exp.From(this=_derived(parent.tree)), joins=[join])
    note = "one statement for both: each row of the parent with its rows of the child, NULLs where it has none"
    if parent.tree.args.get("order") is not None:
        note += "; sort it as the parent is sorted where the order matters"
    return Joined("join", tree, parent, linked, note)


def _beside(batch: Batch, parent: Statement, linked: str) -> Joined:
    """Parent's rows, each with the child's one value: the child's text, its key taken from the row."""
    from sqlglot import exp

    copy = batch.statement.tree.copy()
    key = next(node for node in copy.find_all(exp.Placeholder) if node.name == batch.turn[0])
    cast = key.parent if isinstance(key.parent, exp.Cast) else key
    cast.replace(exp.column(linked, table=PARENT, quoted=_odd(linked)))
    for node in list(copy.find_all(exp.In)):
        if len(node.expressions) == 1 and getattr(node.expressions[0], "table", "") == PARENT:
            node.replace(exp.EQ(this=node.this.copy(), expression=node.expressions[0].copy()))
    for node in list(copy.find_all(exp.Any)):
        node.replace(node.this.unnest().copy())
    name = output_name(copy.expressions[0])
    if not name or name == linked:
        name = "has_rows" if batch.form == "distinct" else "answer"
    value: Node = exp.Subquery(this=copy)
    if batch.form == "distinct" and copy.args.get("from_") is not None:
        copy.set("limit", None)
        value = exp.Exists(this=copy)
    elif copy.args.get("from_") is None:
        value = copy.expressions[0].unalias().copy()
    star = exp.Column(this=exp.Star(), table=exp.to_identifier(PARENT))
    alias = exp.alias_(value, exp.to_identifier(name, quoted=_odd(name)))
    tree = exp.Select(expressions=[star, alias], from_=exp.From(this=_derived(parent.tree)))
    return Joined("subquery", tree, parent, linked, "one statement for both: each row of the parent with the answer")


def _after(batch: Batch, parent: Statement, link: KeyLink, linked: str | None) -> Joined:
    """All children after the parent, the keys asked for by the parent's own text."""
    from sqlglot import exp

    inner, column = parent.tree.copy(), str(link.parent_column)
    if inner.args.get("limit") is None and inner.args.get("distinct") is None:
        inner.set("order", None)
    if linked is None or not _names_apart(parent.tree):
        if any(inner.args.get(part) is not None for part in ("distinct", "group", "having")):
            raise NotBatched("the parent does not give the column that holds the key")
        owner = _owner(inner, link.parent_table)
        if owner is None:
            raise NotBatched("the parent does not give the column that holds the key")
        inner.set("expressions", [exp.column(column, table=owner)])
        linked = column
    keys = exp.Select(
        expressions=[exp.column(linked, table=PARENT, quoted=_odd(linked))], from_=exp.From(this=_derived(inner))
    )
    tree = batch.make(Values([[exp.Placeholder(this=batch.turn[0])]], query=keys))
    note = "the parent as before, then this one statement for all of its rows"
    if parent.tree.args.get("limit") is not None:
        note += "; its LIMIT must take the same rows both times: sort by something unique"
    return Joined("after", tree, parent, linked, note)


def _derived(tree: Node) -> Node:
    from sqlglot import exp

    return exp.Subquery(this=tree.copy(), alias=exp.TableAlias(this=exp.to_identifier(PARENT)))


def _renamed(parent: Statement) -> Statement:
    """The parent with names of slots that no child has."""
    from sqlglot import exp

    tree = parent.tree.copy()
    for node in tree.find_all(exp.Placeholder):
        if node.name:
            node.set("this", f"parent_{node.name}")
    slots = {f"parent_{name}": Slot(f"parent_{name}", slot.literal) for name, slot in parent.slots.items()}
    return Statement(tree, parent.engine, slots)


def _output(tree: Node, column: str) -> str | None:
    """The name under which a SELECT shows a column, None where it does not."""
    from sqlglot import exp

    for item in tree.expressions:
        inner = item.unalias()
        if isinstance(inner, exp.Column) and not inner.is_star and inner.name.lower() == column.lower():
            return str(item.alias_or_name)
    return column if any(item.is_star for item in tree.expressions) else None


def _names_apart(tree: Node) -> bool:
    """Its outputs have different names: MySQL takes no derived table where they have not."""
    from sqlglot import exp

    names = [output_name(item).lower() for item in tree.expressions if not item.is_star]
    stars = sum(bool(item.is_star) for item in tree.expressions)
    if stars and (len(tree.expressions) > 1 or (tree.args.get("joins") and isinstance(tree.expressions[0], exp.Star))):
        return False
    return len(set(names)) == len(names) and "" not in names


def _owner(tree: Node, table: str | None) -> str | None:
    """The alias of the parent's table in its text, where it stands there once. No table known: of the only relation."""
    from sqlglot import exp

    source = tree.args.get("from_")
    relations = [source.this] if source is not None else []
    relations += [join.this for join in tree.args.get("joins") or ()]
    name = (table or "").rpartition(".")[2].lower()
    named = [r for r in relations if isinstance(r, exp.Table) and r.name.lower() == name]
    found = named if table is not None else relations
    return str(found[0].alias_or_name) if len(found) == 1 else None


def _plain(tree: Node) -> bool:
    """Rows of one table, nothing grouped, cut, sorted or locked."""
    from sqlglot import exp

    source = tree.args.get("from_")
    busy = ("group", "having", "distinct", "offset", "joins", "locks", "windows", "with_", "order")
    return (
        source is not None
        and isinstance(source.this, exp.Table)
        and not any(tree.args.get(part) for part in busy)
        and tree.find(exp.Subquery, exp.Window, exp.Exists) is None
    )


def _one_value(tree: Node, batch: Batch) -> bool:
    """The child answers with one value."""
    return (len(tree.expressions) == 1 or batch.form == "distinct") and tree.args.get("group") is None


def _quoted(table: Node) -> bool:
    return bool(table.this.args.get("quoted")) if not table.alias else False


def _odd(name: str) -> bool:
    return name != name.lower() or not name.isidentifier()
