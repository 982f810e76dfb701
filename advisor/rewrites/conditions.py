"""Which values of a repeated statement change from turn to turn, and the conditions that they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.model.stream import KeyLink
from advisor.rewrites.batch import NotBatched, Values, beside
from advisor.rewrites.statement import Node, Statement, slot


@dataclass(frozen=True)
class Condition:
    """``column = value`` that must hold, at the top of a WHERE."""

    node: Node
    column: Node
    value: Node
    slot: str

    @property
    def name(self) -> str:
        """The column's name; of an expression, that of the first column in it."""
        from sqlglot import exp

        column = self.column if isinstance(self.column, exp.Column) else self.column.find(exp.Column)
        return str(column.name)


def conditions(where: Node | None) -> list[Condition]:
    """The conditions of a WHERE that compare a column, or an expression of one, with a value of the application.

    A list of one value is such a condition: ``IN (?)`` of a shape, ``= ANY(?)``.
    """
    from sqlglot import exp

    found: list[Condition] = []
    for node in _conjuncts(where.this) if where is not None else ():
        if isinstance(node, exp.EQ):
            for column, value in ((node.this, node.expression), (node.expression, node.this)):
                inner = value.unnest()
                if isinstance(inner, exp.Any):
                    inner = inner.this.unnest()
                name = slot(inner)
                if name is not None and column.find(exp.Column) is not None and not column.find(exp.Placeholder):
                    found.append(Condition(node, column.unnest(), inner, name))
                    break
        elif isinstance(node, exp.In) and len(node.expressions) == 1:
            name = slot(node.expressions[0])
            if name is not None and isinstance(node.this, exp.Column):
                found.append(Condition(node, node.this, node.expressions[0], name))
    return found


def _conjuncts(node: Node) -> list[Node]:
    """What must hold all together, through parentheses."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.And):
        return [*_conjuncts(node.this), *_conjuncts(node.expression)]
    return [node]


def collapse_lists(tree: Node, column: str | None) -> bool:
    """Lists of several values as lists of one, as a shape has them: a loop that asks by lists asks for all of them.

    Only those of a column, where it is named. Says whether there was one.
    """
    from sqlglot import exp

    found = False
    for node in tree.find_all(exp.In):
        many = len(node.expressions) > 1 and all(slot(item) is not None for item in node.expressions)
        if many and isinstance(node.this, exp.Column) and column in (None, node.this.name.lower()):
            node.set("expressions", node.expressions[:1])
            found = True
    return found


def turning(found: list[Condition], link: KeyLink | None, varies: Mapping[str, bool]) -> list[Condition]:
    """The conditions whose values tell turns apart. Raises NotBatched.

    Surest first: the link; values that logged executions show to change; a column that is named as a key; all.
    """
    changing = {name for name, changes in varies.items() if changes}
    linked = [c for c in found if link is not None and c.name.lower() == link.child_column.lower()]
    keys = linked[:1] if linked else []
    keys += [c for c in found if c.slot in changing and c not in keys]
    outside = changing - {c.slot for c in found}
    if outside:
        raise NotBatched("a value that changes from turn to turn is not compared with = in its WHERE")
    rest = [c for c in found if c not in keys and varies.get(c.slot) is not False]
    if not keys:
        if not found:
            raise NotBatched("no condition of its WHERE compares a column with a value of the application")
        named = [c for c in rest or found if c.name.lower() == "id" or c.name.lower().endswith("id")]
        keys = named if len(named) == 1 else (rest or found)
    return keys


def membership(keys: list[Condition], values: Values, engine: str) -> Node:
    """The condition that holds for the rows of all turns."""
    from sqlglot import exp

    if len(keys) == 1:
        key = keys[0]
        if values.query is not None:
            return exp.In(this=key.column.copy(), query=exp.Subquery(this=values.query.copy()))
        if values.array is not None:
            return exp.EQ(this=key.column.copy(), expression=exp.Any(this=exp.Paren(this=array_of(key, values.array))))
        items = [put(key.value, turn[0]) for turn in values.turns]
        return exp.In(this=key.column.copy(), expressions=items + _more(values))
    left = exp.Tuple(expressions=[key.column.copy() for key in keys])
    rows = [
        exp.Tuple(expressions=[put(key.value, value) for key, value in zip(keys, turn, strict=True)])
        for turn in values.turns
    ]
    items = rows + _more(values)
    if engine == "sqlite":  # it knows no list of rows, but VALUES
        items = [exp.Values(expressions=items)]
    return exp.In(this=left, expressions=items)


def array_of(key: Condition, array: Node) -> Node:
    """An array in the type that single values were cast to."""
    from sqlglot import exp

    if isinstance(key.value, exp.Cast):
        kind = exp.DataType(this=exp.DataType.Type.ARRAY, expressions=[key.value.to.copy()], nested=True)
        return exp.Cast(this=array.copy(), to=kind)
    return array.copy()


def put(value: Node, into: Node) -> Node:
    """A turn's value with the casts that the loop's value had."""
    from sqlglot import exp

    if isinstance(value, exp.Placeholder):
        return into.copy()
    copy = value.copy()
    copy.find(exp.Placeholder).replace(into.copy())
    return copy


def _more(values: Values) -> list[Node]:
    from sqlglot import exp

    return [exp.Var(this="...")] if values.more else []


def assumed(statement: Statement, keys: list[Condition], varies: Mapping[str, bool]) -> tuple[str, ...]:
    """What is taken to be the same in every turn, as notes. Raises NotBatched where the key stands in two places."""
    from sqlglot import exp

    turn = {key.slot for key in keys}
    places = [str(node.name) for node in statement.tree.find_all(exp.Placeholder) if node.name]
    columns: dict[str, None] = {}
    for name in places:
        if name in turn and places.count(name) > 1:
            raise NotBatched("its key stands in several places: only one of them can be a list")
        bound = [node for node in statement.tree.find_all(exp.Limit, exp.Offset, exp.Fetch) if _holds(node, name)]
        if name in turn or bound or varies.get(name) is False:
            continue
        column = beside(statement.tree, name)
        if column is not None and varies.get(name) is None and any(column.lower() == key.name.lower() for key in keys):
            raise NotBatched(
                f"{column} is compared in several places, it seems with the same key: only one can be a list"
            )
        if column is not None:
            columns[column] = None
    if not columns:
        return ()
    return (f"{', '.join(columns)}: taken to be the same in every turn; where it changes too, it belongs to the key",)


def _holds(node: Node, name: str) -> bool:
    from sqlglot import exp

    return any(inner.name == name for inner in node.find_all(exp.Placeholder))
