"""Repeated INSERTs as one: rows in place of turns."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.rewrites.batch import Batch, NotBatched, Values, beside
from advisor.rewrites.statement import Node, Statement

#: Both servers refuse a message longer than their own limit, and PostgreSQL more than 65,535 values.
SIZE = "a few hundred rows at a time: PostgreSQL takes 65,535 values in a statement, MySQL max_allowed_packet bytes"


def insert(statement: Statement) -> Batch:
    """INSERT of one row as an INSERT of many. Raises NotBatched."""
    from sqlglot import exp

    tree = statement.tree
    rows = tree.expression
    if not isinstance(rows, exp.Values) or not rows.expressions:
        raise NotBatched("it inserts what a SELECT gives: let that SELECT give the rows of all turns")
    if len(rows.expressions) > 1:
        raise NotBatched("it already inserts several rows at once: make these batches larger")
    turn = tuple(dict.fromkeys(str(node.name) for node in rows.find_all(exp.Placeholder, bfs=False)))
    if not turn:
        raise NotBatched("its row has no value of the application")

    def make(values: Values) -> Node:
        copy = tree.copy()
        row = copy.expression.expressions[0]
        tuples = [_filled(row, turn, given) for given in values.turns]
        copy.expression.set("expressions", [*tuples, *([exp.Var(this="...")] if values.more else [])])
        return copy

    notes = [SIZE]
    if tree.args.get("returning") is not None:
        notes.append("match the rows that RETURNING gives by their values: their order is not promised")
    elif statement.engine in ("mysql", "mariadb"):
        notes.append("LAST_INSERT_ID() is then the id of the first row")
    conflict = tree.args.get("conflict")
    if conflict is not None and (conflict.args.get("expressions") or conflict.args.get("duplicate")):
        notes.append("a key that comes twice in one statement: keep the last turn's row only")
    return Batch(
        statement=statement,
        form="rows",
        turn=turn,
        make=make,
        alike=tuple(name for name in statement.slots if name not in turn),
        compared=tuple(filter(None, (beside(tree, name) for name in turn))),
        notes=tuple(notes),
    )


def _filled(row: Node, turn: tuple[str, ...], given: Sequence[Node]) -> Node:
    from sqlglot import exp

    copy = row.copy() if isinstance(row, exp.Tuple) else exp.Tuple(expressions=[row.copy()])
    by_name = dict(zip(turn, given, strict=True))
    for node in list(copy.find_all(exp.Placeholder)):
        if node.name in by_name:
            node.replace(by_name[node.name].copy())
    return copy
