"""A batched statement as a tree that can be made for any number of turns, and its text for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from advisor.model.rewrite import BatchForm
from advisor.rewrites.statement import Node, Statement

#: The values that change from turn to turn, turn by turn.
Turns: TypeAlias = Sequence[Sequence[Node]]
#: What a key without rows is in the batch: nothing, as in the loop; a row of the loop that says 0 or NULL; a "no".
Absent: TypeAlias = Literal["nothing", "empty row", "no"]


class NotBatched(Exception):  # noqa: N818 - told to the user as a fact, it is no error of ours
    """There is no batch for this statement; the message says why, and what to do instead where there is something."""


@dataclass(frozen=True)
class Values:
    """How the turns' values are written: each by itself, or as the one array that an application sends."""

    turns: Turns
    array: Node | None = None
    """In place of a list of single values: an expression that is an array of them."""
    query: Node | None = None
    """In place of a list of single values: a SELECT that gives them."""
    more: bool = False
    """The list goes on: for people."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What takes the place of a loop."""

    statement: Statement
    """The loop's."""
    form: BatchForm
    turn: tuple[str, ...]
    """Slots whose values change from turn to turn."""
    key: tuple[str, ...] = ()
    """Names of the columns of the answer that tell turns apart."""
    make: Callable[[Values], Node]
    first: int = 0
    """Columns before those of the loop's statement."""
    last: int = 0
    """Columns behind them."""
    absent: Absent = "nothing"
    limited: bool = False
    """Each turn takes some of its rows: which ones is only certain where their order is."""
    apart: tuple[str, ...] = ()
    """Slots of which no two turns may have the same values together: writes of turns that met would add up."""
    alike: tuple[str, ...] = ()
    """Slots that have one value for all turns."""
    compared: tuple[str, ...] = ()
    """The columns that the turn's values are compared with, or written to."""
    unique: tuple[str, str] | None = None
    """A table and a column that tells its rows apart: known, or taken to (which a note says)."""
    notes: tuple[str, ...] = ()
    then: Batch | None = None
    """A second statement, for the same turns."""


def told(batch: Batch) -> tuple[str, tuple[str, ...]]:
    """The text for people with its values as the engine's drivers write them, and what each value is."""
    from sqlglot import exp

    engine = batch.statement.engine
    whole = engine == "postgresql" and len(batch.turn) == 1 and batch.form in ("list", "group", "distinct", "numbered")
    whole = whole or batch.form == "lateral"
    turns = [[exp.Placeholder(this=f"t{turn}_{name}") for name in batch.turn] for turn in range(2)]
    array = exp.Placeholder(this=f"every_{batch.turn[0]}") if whole else None
    tree = batch.make(Values(turns, array, more=not whole))
    return text(tree, batch)


def text(tree: Node, batch: Batch) -> tuple[str, tuple[str, ...]]:
    """The text of a tree with its slots as the engine's drivers write values, and what each value is."""
    from sqlglot import exp

    engine = batch.statement.engine
    tree = tree.copy()
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name:
            known = batch.statement.slots.get(node.name)
            if known is not None and known.literal is not None:
                node.replace(known.literal.copy())
            else:
                node.replace(exp.Var(this=f"advslot_{node.name}_tolsvda"))
    sql = tree.sql(dialect=batch.statement.dialect)
    mark = {"postgresql": "$", "sqlite": "?"}.get(engine, "?" if "%" in sql else "%s")
    numbers: dict[str, int] = {}
    meanings: list[str] = []

    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in numbers or mark != "$":
            numbers.setdefault(name, len(numbers) + 1)
            meaning = _meaning(name, batch)
            if meaning not in meanings:
                meanings.append(meaning)
        return f"${numbers[name]}" if mark == "$" else mark

    shown = re.sub(r"advslot_(\w+?)_tolsvda", put, sql)
    return shown, tuple(meanings)


def _meaning(name: str, batch: Batch) -> str:
    if name.startswith("every_"):
        return f"every {batch.compared[0] if batch.compared else 'key'} of the loop, as one array"
    if re.match(r"t\d+_", name):
        return f"{', '.join(batch.compared) or 'the values'} of each turn of the loop"
    if name.startswith("parent_"):
        return "a value that the parent has"
    column = beside(batch.statement.tree, name)
    return f"the value{f' for {column}' if column else ''} that every turn of the loop has"


def beside(tree: Node, name: str) -> str | None:
    """The column that a slot is compared with or assigned to."""
    from sqlglot import exp

    for node in tree.find_all(exp.Placeholder):
        if node.name != name:
            continue
        above = node.parent
        while isinstance(above, (exp.Paren, exp.Cast, exp.Tuple)):
            above = above.parent
        side = above.this if above is not None else None
        if isinstance(side, exp.Column):
            return str(side.name)
        if isinstance(above, exp.Values):
            insert = above.find_ancestor(exp.Insert)
            schema = insert.this if insert is not None else None
            row = node.find_ancestor(exp.Tuple)
            if isinstance(schema, exp.Schema) and row is not None:
                for place, item in enumerate(row.expressions):
                    if any(inner is node for inner in item.walk()) and place < len(schema.expressions):
                        return str(schema.expressions[place].name)
        return None
    return None
