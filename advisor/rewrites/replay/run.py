"""One replay: the parent's rows, where the keys come from, the children one by one, their batch, and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from advisor.graphs.graph import NotAnalysed
from advisor.model.replay import Provenance, Replay
from advisor.model.stream import Repetition
from advisor.rewrites.batch import Batch, NotBatched, Values
from advisor.rewrites.batching import batch_of
from advisor.rewrites.comparing import Turn, difference, hashable
from advisor.rewrites.replay.provenance import as_text, provenances, standing_out
from advisor.rewrites.replay.safety import check
from advisor.rewrites.replay.sessions import Refused, Session, opened
from advisor.rewrites.statement import Node, Statement, read

ROWS = 2000
"""Rows fetched of any statement. A page of a list has tens; what has more is shown by its first rows."""
KEYS = 200
"""Children run in a round: enough to see what a loop costs, few enough for a server that has other work."""
POPULATION = 5000
"""Keys of the child's table that the null model draws from."""


def replay(
    dsn: str,
    repetition: Repetition,
    parents: Sequence[str],
    children: Sequence[str],
    *,
    rounds: int = 5,
    seconds: float = 10.0,
    limit: int | None = None,
) -> Replay:
    """Runs a repetition again on a live server, reading only. Never raises for what the server or the texts do.

    ``parents`` and ``children`` are logged executions with their values in the text (`ShapeSummary.samples`). The first
    parent is walked; all of them are looked through for the children's logged keys. ``seconds`` bounds each statement.
    Nothing that is returned holds a value of the log or of the database.
    """
    from sqlglot import exp

    if repetition.kind in ("update_per_row", "insert_per_row", "delete_per_row", "get_or_create"):
        return Replay(refused="it writes: a write is never replayed")
    if not parents or repetition.parent is None:
        return Replay(refused="no execution of its parent was logged with its values")
    if not children:
        return Replay(refused="no execution of the child was logged with its values")
    try:
        batch = batch_of(
            children[0],
            repetition.link,
            repetition.engine,
            limit=limit,
            samples=children,
            kind=repetition.kind,
        )
        if not isinstance(batch.statement.tree, exp.Query):
            return Replay(refused="only a SELECT is replayed: a write never is")
        if len(batch.turn) != 1:
            return Replay(refused="its key has several columns")
        walked = [read(text, repetition.engine) for text in parents]
        for statement in (batch.statement, *walked):
            _complete(statement, batch.turn if statement is batch.statement else ())
        with opened(dsn, repetition.engine, seconds, ROWS) as session:
            for statement, text in zip((batch.statement, *walked), (children[0], *parents), strict=True):
                check(statement, text, session)
            return _Run(session, batch, repetition).run(walked, children, rounds)
    except (Refused, NotBatched, NotAnalysed) as error:
        return Replay(refused=str(error))


def _complete(statement: Statement, but: Sequence[str]) -> None:
    """Raises Refused for a statement whose values are not in its text."""
    if any(slot.literal is None for name, slot in statement.slots.items() if name not in but):
        raise Refused("its values were not logged (log_parameter_max_length, or the text of a prepared statement)")


class _Run:
    def __init__(self, session: Session, batch: Batch, repetition: Repetition) -> None:
        self.session, self.batch, self.link = session, batch, repetition.link
        self.notes: list[str] = []

    def run(self, parents: Sequence[Statement], children: Sequence[str], rounds: int) -> Replay:
        """The whole replay. Raises Refused."""
        names, rows = self._rows(parents[0].tree, parents[0])
        if len(rows) >= ROWS:
            self.notes.append(f"the parent gave more than {ROWS} rows: the first ones were walked")
        everything = list(rows)
        for other in parents[1:]:
            other_names, more = self._rows(other.tree, other)
            if len(other_names) == len(names):
                everything += more
        logged = self._logged(children)
        columns = provenances(names, everything, logged, self._population())
        best = standing_out(columns)
        place = best if best is not None else self._by_name(columns)
        if place is None:
            self.notes.append("no column of the parent's answer stands out as the source of the keys")
            return Replay(others=tuple(columns), parent_rows=len(rows), notes=tuple(self.notes))
        if best is None:
            self.notes.append(
                "the logged keys prove no column (too few, too common, or of other executions than the logged "
                "parents): keys were taken from the column that the schema or the names link"
            )
        keys = list(
            {as_text(row[place.position]): row[place.position] for row in rows if row[place.position] is not None}
        )
        values = {as_text(row[place.position]): row[place.position] for row in rows}
        chosen = [values[key] for key in keys[:KEYS]]
        if len(keys) > KEYS:
            self.notes.append(f"{len(keys)} different keys: the first {KEYS} were run")
        found = Replay(
            provenance=place,
            others=tuple(column for column in columns if column is not place),
            claim="confirmed" if best is not None else "consistent",
            parent_rows=len(rows),
            keys=len(chosen),
        )
        if not chosen:
            self.notes.append("the parent gave no keys now")
            return msgspec.structs.replace(found, notes=tuple(self.notes))
        return self._timed(found, chosen, rounds)

    # ------------------------------------------------------------------ keys
    def _logged(self, children: Sequence[str]) -> set[str]:
        """The keys of logged children, as text."""
        keys = set()
        for text in children:
            try:
                slot = read(text, self.session.engine).slots.get(self.batch.turn[0])
            except NotAnalysed:
                continue
            if slot is not None and slot.literal is not None:
                keys.add(slot.literal.name if getattr(slot.literal, "is_string", False) else slot.literal.sql())
        return keys

    def _population(self) -> set[str]:
        """Keys that the child's table has: what a random key is drawn from."""
        from sqlglot import exp

        if self.link is None:
            return set()
        dialect = self.batch.statement.dialect
        tables = [
            node
            for node in self.batch.statement.tree.find_all(exp.Table)
            if node.name.lower() == self.link.child_table.rpartition(".")[2].lower()
        ]
        columns = [
            c
            for c in self.batch.statement.tree.find_all(exp.Column)
            if c.name.lower() == self.link.child_column.lower()
        ]
        if not tables or not columns:
            return set()
        table = tables[0].copy()
        table.set("alias", None)
        table.set("joins", None)
        column = exp.Column(this=columns[0].this.copy())
        tree = exp.Select(expressions=[column], from_=exp.From(this=table)).limit(POPULATION)
        return {as_text(row[0]) for row in self.session.rows(tree.sql(dialect=dialect))[1] if row[0] is not None}

    def _by_name(self, columns: Sequence[Provenance]) -> Provenance | None:
        wanted = (self.link.parent_column or "").lower() if self.link is not None else ""
        named = [column for column in columns if column.column.lower() == wanted]
        return named[0] if len(named) == 1 else None

    # ------------------------------------------------------------------ running
    def _timed(self, found: Replay, keys: Sequence[Any], rounds: int) -> Replay:
        literals = [self._node(key) for key in keys]
        child, name = self.batch.statement, self.batch.turn[0]
        texts = [self._text(child.tree, {name: node}) for node in literals]
        together = self._text(self._batched(literals), {})
        answers = [self.session.rows(text)[1] for text in texts]
        names, rows = self.session.rows(together)
        wrong = self._difference(keys, literals, answers, names, rows)
        one_by_one: list[float] = []
        at_once: list[float] = []
        for number in range(rounds):
            ways = [(texts, one_by_one), ([together], at_once)]
            for statements, times in ways if number % 2 else reversed(ways):
                started = time.perf_counter()
                for text in statements:
                    self.session.rows(text)
                times.append((time.perf_counter() - started) * 1e6)
        return msgspec.structs.replace(
            found,
            same_rows=wrong is None,
            difference=wrong,
            children_us=statistics.median(one_by_one) if one_by_one else None,
            batch_us=statistics.median(at_once) if at_once else None,
            rounds=rounds,
            notes=tuple(self.notes),
        )

    def _difference(
        self,
        keys: Sequence[Any],
        literals: Sequence[Node],
        answers: Sequence[list[tuple[Any, ...]]],
        names: list[str],
        rows: list[tuple[Any, ...]],
    ) -> str | None:
        from sqlglot import exp

        if len(rows) >= ROWS:
            self.notes.append(f"the batch gave more than {ROWS} rows: they were not compared")
            return "not compared: too many rows"
        child, name = self.batch.statement, self.batch.turn[0]
        empty = self.session.rows(self._text(child.tree, {name: exp.null()}))[1]
        whole: list[list[tuple[Any, ...]] | None] = [None] * len(keys)
        if self.batch.limited:
            tree = child.tree.copy()
            tree.set("limit", None)
            tree.set("offset", None)
            whole = [self.session.rows(self._text(tree, {name: node}))[1] for node in literals]
        turns = [Turn((hashable(key),), answer, every) for key, answer, every in zip(keys, answers, whole, strict=True)]
        wrong = difference(self.batch, turns, names, rows, empty)
        if wrong is None or child.tree.args.get("order") is None:
            return wrong
        # Rows that sort alike come in any order, and the first of them may be any: a difference, but no wrong answer.
        tree = child.tree.copy()
        tree.set("order", None)
        if difference(_without_order(self.batch, tree), turns, names, rows, empty) is None:
            self.notes.append("rows that sort alike came in another order: sort by something unique as well")
            return None
        return wrong

    def _batched(self, literals: Sequence[Node]) -> Node:
        from sqlglot import exp

        array = exp.Array(expressions=list(literals)) if self.session.engine == "postgresql" else None
        if self.batch.form not in ("list", "group", "distinct", "numbered"):
            array = None
        return self.batch.make(Values([[node] for node in literals], array))

    def _rows(self, tree: Node, statement: Statement) -> tuple[list[str], list[tuple[Any, ...]]]:
        return self.session.rows(_bound(tree, statement, {}).sql(dialect=statement.dialect))

    def _text(self, tree: Node, values: dict[str, Node]) -> str:
        statement = self.batch.statement
        return str(_bound(tree, statement, values).sql(dialect=statement.dialect))

    def _node(self, value: Any) -> Node:
        from sqlglot import exp

        return exp.Var(this=self.session.literal(value))


def _without_order(batch: Batch, tree: Node) -> Batch:
    return replace(batch, statement=Statement(tree, batch.statement.engine, batch.statement.slots))


def _bound(tree: Node, statement: Statement, values: dict[str, Node]) -> Node:
    """A tree with values in all of its slots."""
    from sqlglot import exp

    tree = tree.copy()
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name:
            value: Node = values.get(node.name) or statement.slots[node.name].literal
            node.replace(value.copy())
    return tree
