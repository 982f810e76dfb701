"""Tables for generated databases: the catalog's where it is known, else those that the statements mention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from advisor.catalog.types import Family, facts
from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName
from advisor.model.stream import KeyLink
from advisor.rewrites.statement import Node

#: What a column holds, by how it is named, where nothing declares it. Only the first that fits counts.
_NAMES: tuple[tuple[tuple[str, ...], Family], ...] = (
    (("_at", "_on", "date", "time", "created", "updated"), "temporal"),
    (("name", "title", "email", "slug", "code", "status", "type", "token", "body", "text", "label", "url"), "string"),
    (("price", "amount", "total", "cost", "balance"), "decimal"),
)


@dataclass
class MadeColumn:
    """A column to fill."""

    name: str
    family: Family
    nullable: bool = True
    distinct: bool = False
    """No value twice: rows are sorted by it, and the first of equals is anybody's guess."""
    length: int | None = None


@dataclass
class MadeTable:
    """A table to make."""

    name: str
    columns: dict[str, MadeColumn] = field(default_factory=dict)
    """By name in lower case."""
    unique: list[tuple[str, ...]] = field(default_factory=list)
    """Columns in lower case."""
    declared: bool = False


def tables_of(
    trees: Sequence[Node],
    engine: EngineName,
    catalogs: Sequence[Catalog],
    link: KeyLink | None,
    *,
    limited: bool,
    unique: tuple[str, str] | None = None,
) -> list[MadeTable]:
    """The tables that trees mention. ``limited``: what they sort by has no ties. ``unique``: table and column."""
    from sqlglot import exp

    made: dict[str, MadeTable] = {}
    defined = {str(cte.alias).lower() for tree in trees for cte in tree.find_all(exp.CTE)}
    for tree in trees:
        for node in tree.find_all(exp.Table):
            name = str(node.name)
            if not name or name.lower() in defined or name.lower() in made:
                continue
            schema = node.args.get("db")
            made[name.lower()] = _declared(name, schema.name if schema is not None else None, engine, catalogs)
    for tree in trees:
        _add_used(tree, made)
    for place in (
        () if link is None else ((link.parent_table, link.parent_column), (link.child_table, link.child_column))
    ):
        linked = made.get((place[0] or "").rpartition(".")[2].lower())
        if linked is not None and place[1]:
            _use(linked, place[1], _named(place[1]))
    if limited:
        for column in _sorted_by(trees):
            for table in made.values():
                if column in table.columns:
                    table.columns[column].distinct = True
    told = [unique] if unique is not None else []
    told += [(link.child_table.rpartition(".")[2], link.child_column)] if link is not None and link.to_one else []
    for table_name, column_name in told:
        known, key = made.get(table_name.lower()), (column_name.lower(),)
        if known is not None and key[0] in known.columns and key not in known.unique:
            known.unique.append(key)
    return list(made.values())


def _declared(name: str, schema: str | None, engine: EngineName, catalogs: Sequence[Catalog]) -> MadeTable:
    for catalog in catalogs:
        table: Table | None = catalog.find(name, schema)
        if table is None or not table.columns:
            continue
        columns = {}
        for column in table.columns:
            if column.generated is None:
                known = facts(column.type, engine, catalog.types)
                columns[column.name.lower()] = MadeColumn(
                    column.name, known.family, nullable=column.nullable is not False, length=known.length
                )
        unique = [
            tuple(str(key.column).lower() for key in index.keys)
            for index in table.indexes
            if index.unique and index.where is None and all(key.column is not None for key in index.keys)
        ]
        return MadeTable(name, columns, unique, declared=True)
    return MadeTable(name)


def _add_used(tree: Node, made: dict[str, MadeTable]) -> None:
    """Columns that a tree uses and no catalog declares."""
    from sqlglot import exp

    aliases: dict[str, set[str]] = {}
    for node in tree.find_all(exp.Table):
        if node.name.lower() in made:
            aliases.setdefault(node.alias_or_name.lower(), set()).add(node.name.lower())
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        owners = aliases.get(column.table.lower(), set()) if column.table else _near(column, made)
        for owner in owners:
            _use(made[owner], column.name, _family(column))
    for insert in tree.find_all(exp.Insert):
        if isinstance(insert.this, exp.Schema) and insert.this.this.name.lower() in made:
            for item in insert.this.expressions:
                _use(made[insert.this.this.name.lower()], item.name, _named(item.name))
        into = made.get((insert.this.this if isinstance(insert.this, exp.Schema) else insert.this).name.lower())
        rows = insert.expression
        if into is not None and isinstance(insert.this, exp.Table) and isinstance(rows, exp.Values):
            for place, _ in enumerate(rows.expressions[0].expressions):
                _use(into, f"column{place + 1}", "string")
        conflict = insert.args.get("conflict")
        keys = tuple(key.name.lower() for key in (conflict.args.get("conflict_keys") or ())) if conflict else ()
        if into is not None and keys and not into.declared and all(key in into.columns for key in keys):
            into.unique.append(keys)
    for select in tree.find_all(exp.Select):
        if any(item.is_star for item in select.expressions):
            for node in select.find_all(exp.Table):
                if node.name.lower() in made:
                    _use(made[node.name.lower()], f"rest_of_{node.name}", "string")


def _use(table: MadeTable, name: str, family: Family) -> None:
    if table.declared or not name:
        return
    table.columns.setdefault(name.lower(), MadeColumn(name, family))


def _near(column: Node, made: dict[str, MadeTable]) -> set[str]:
    """The table that an unqualified column belongs to: the only one of its level, else the first that may own it."""
    from sqlglot import exp

    above = column.parent
    while above is not None:
        if isinstance(above, (exp.Select, exp.Update, exp.Delete, exp.Insert)):
            sources = [above.this] if not isinstance(above, exp.Select) else []
            source = above.args.get("from_")
            sources += [source.this] if source is not None else []
            sources += [join.this for join in above.args.get("joins") or ()]
            outputs = {item.alias for item in getattr(above, "expressions", ()) if isinstance(item, exp.Alias)}
            if isinstance(above, exp.Select) and column.name in outputs and column.find_ancestor(exp.Order, exp.Having):
                return set()
            names = [
                s.this.name.lower() if isinstance(s, exp.Schema) else s.name.lower() for s in sources if s is not None
            ]
            known = [name for name in names if name in made]
            owning = [name for name in known if made[name].declared and column.name.lower() in made[name].columns]
            if owning:
                return {owning[0]}
            free = [name for name in known if not made[name].declared]
            if free:
                return {free[0]}
            if any(isinstance(s, exp.Subquery) for s in sources):
                return set()
        above = above.parent
    return set()


def _family(column: Node) -> Family:
    """What a column holds, by what is done with it, then by its name."""
    from sqlglot import exp

    parent = column.parent
    if isinstance(parent, (exp.Like, exp.ILike, exp.Lower, exp.Upper)):
        return "string"
    if isinstance(parent, (exp.Sum, exp.Avg)):
        return "decimal"
    if isinstance(parent, (exp.And, exp.Or, exp.Not, exp.Where)):
        return "boolean"
    if isinstance(parent, (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)):
        other = parent.expression if parent.this is column else parent.this
        if isinstance(other, exp.Literal):
            return "string" if other.is_string else "integer"
        if isinstance(other, exp.Boolean):
            return "boolean"
        if isinstance(other, exp.Cast) and other.to.this == exp.DataType.Type.UUID:
            return "uuid"
    return _named(column.name)


def _named(name: str) -> Family:
    lowered = name.lower()
    if lowered == "id" or lowered.endswith("id"):
        return "integer"
    return next((family for words, family in _NAMES if any(word in lowered for word in words)), "integer")


def _sorted_by(trees: Iterable[Node]) -> set[str]:
    from sqlglot import exp

    return {
        column.name.lower()
        for tree in trees
        for ordered in tree.find_all(exp.Ordered)
        for column in ordered.find_all(exp.Column)
    }
