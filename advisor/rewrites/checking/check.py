"""A batch against its loop on generated databases in SQLite.

A difference is a proof that the batch is wrong. No difference is evidence, not proof: the databases are small, their
values few, and SQLite stands in for the engine; what was done is said in words.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.model.catalog import Catalog
from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch, Values, beside
from advisor.rewrites.checking.drawing import TURNS, Drawn
from advisor.rewrites.checking.rows import DATABASES, Row, Value, database
from advisor.rewrites.checking.run import Stage, contents, not_run, rows_of
from advisor.rewrites.checking.tables import tables_of
from advisor.rewrites.checking.translating import NotRun, sqlite_text
from advisor.rewrites.comparing import Turn, bag, difference, hashable
from advisor.rewrites.statement import Node


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    status: Literal["same", "different", "not checked"]
    databases: int = 0
    telling: int = 0
    """Databases where the loop found or changed something."""
    why: str = ""

    @property
    def words(self) -> str:
        """For people."""
        if self.status == "not checked":
            return f"not checked: {self.why}"
        if self.status == "different":
            return f"not the same as the loop on a generated database (SQLite {sqlite3.sqlite_version}): {self.why}"
        return (
            f"the same as the loop on {self.databases} generated databases, in {self.telling} of which the loop found "
            f"or changed rows (SQLite {sqlite3.sqlite_version})"
        )


def check(batch: Batch, catalogs: Sequence[Catalog] = (), link: KeyLink | None = None) -> Outcome:
    """Runs a batch and its loop on `DATABASES` generated databases. Never raises for what SQLite cannot run."""
    try:
        return _Check(batch, catalogs, link).run()
    except NotRun as error:
        return Outcome("not checked", why=str(error))
    except sqlite3.Error as error:
        return Outcome("not checked", why=not_run(error))


class _Check:
    def __init__(self, batch: Batch, catalogs: Sequence[Catalog], link: KeyLink | None) -> None:
        from sqlglot import exp

        self.batch = batch
        statement = batch.statement
        parts = [batch] + ([batch.then] if batch.then is not None else [])
        trees = [part.statement.tree for part in parts]
        self.writes = not isinstance(statement.tree, exp.Query)
        self.tables = tables_of(trees, statement.engine, catalogs, link, limited=batch.limited, unique=batch.unique)
        self._needed_keys()
        self.engine = statement.dialect
        turns = [[exp.Placeholder(this=f"t{turn}_{name}") for name in batch.turn] for turn in range(TURNS)]
        self.loop = sqlite_text(statement.tree, self.engine)
        self.whole = sqlite_text(_unlimited(statement.tree), self.engine) if batch.limited else None
        self.batched = sqlite_text(batch.make(Values(turns)), self.engine)
        self.lookup = sqlite_text(batch.then.statement.tree, self.engine) if batch.then is not None else None
        self.values = Drawn(batch, self.tables)

    def run(self) -> Outcome:
        self.stages = [Stage(self.tables) for _ in range(2 if self.writes else 1)]
        try:
            return self._outcome()
        finally:
            for stage in self.stages:
                stage.close()

    def _outcome(self) -> Outcome:
        done = telling = 0
        for seed in range(DATABASES):
            draw = random.Random(1000 + seed)  # noqa: S311 - test data, nothing secret
            content = database(self.tables, seed)
            alike, turns = self.values.draw(content, draw)
            try:
                found, told = self._compare(content, alike, turns)
            except sqlite3.IntegrityError:
                continue  # the loop itself fails on this database: nothing to compare
            done, telling = done + 1, telling + told
            if found is not None:
                return Outcome("different", done, telling, found)
        if not telling:
            return Outcome("not checked", done, why="on no generated database the loop found or changed a row")
        return Outcome("same", done, telling)

    # ------------------------------------------------------------------ one database
    def _compare(
        self, content: Mapping[str, Sequence[Row]], alike: dict[str, Value], turns: list[dict[str, Value]]
    ) -> tuple[str | None, bool]:
        together = dict(alike)
        for number, turn in enumerate(turns):
            together |= {f"t{number}_{name}": value for name, value in turn.items()}
        if self.writes:
            return self._compare_writes(content, alike, turns, together)
        connection = self.stages[0].fill(content)
        answers = [
            Turn(
                tuple(hashable(turn[name]) for name in self.batch.turn),
                rows_of(connection.execute(self.loop, {**alike, **turn})),
                rows_of(connection.execute(self.whole, {**alike, **turn})) if self.whole is not None else None,
            )
            for turn in turns
        ]
        empty = rows_of(connection.execute(self.loop, {**alike, **self.values.nobody()}))
        cursor = connection.execute(self.batched, together)
        names, rows = [column[0] for column in cursor.description], rows_of(cursor)
        told = any(turn.rows and bag(turn.rows) != bag(empty) for turn in answers)
        return difference(self.batch, answers, names, rows, empty), told

    def _compare_writes(
        self,
        content: Mapping[str, Sequence[Row]],
        alike: dict[str, Value],
        turns: list[dict[str, Value]],
        together: dict[str, Value],
    ) -> tuple[str | None, bool]:
        by_loop, by_batch = (stage.fill(content) for stage in self.stages)
        before = contents(by_loop, self.tables)
        for turn in turns:
            if self.lookup is not None and self._there(by_loop, turn):
                continue
            by_loop.execute(self.loop, {**alike, **turn})
        by_batch.execute(self.batched, together)
        after, batched = contents(by_loop, self.tables), contents(by_batch, self.tables)
        return (None if after == batched else "it leaves other rows in a table"), after != before

    def _there(self, connection: sqlite3.Connection, turn: dict[str, Value]) -> bool:
        """What a look-up-or-insert sees when it looks."""
        then = self.batch.then
        assert then is not None
        assert self.lookup is not None
        inserted = {beside(self.batch.statement.tree, name): value for name, value in turn.items()}
        values = {name: inserted.get(beside(then.statement.tree, name)) for name in then.statement.slots}
        return connection.execute(self.lookup, values).fetchone() is not None

    def _needed_keys(self) -> None:
        """The unique index that a look-up-or-insert says it needs, where no catalog tells of one."""
        then = self.batch.then
        for table in self.tables if then is not None and then.compared else ():
            wanted = tuple(column.lower() for column in then.compared) if then is not None else ()
            if not table.declared and all(column in table.columns for column in wanted):
                table.unique.append(wanted)


def _unlimited(tree: Node) -> Node:
    copy = tree.copy()
    copy.set("limit", None)
    copy.set("offset", None)
    return copy
