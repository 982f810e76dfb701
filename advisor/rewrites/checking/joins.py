"""A join of parent and children against the parent and its loop, on generated databases in SQLite."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from advisor.model.catalog import Catalog
from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch
from advisor.rewrites.checking.check import Outcome
from advisor.rewrites.checking.drawing import Drawn
from advisor.rewrites.checking.rows import DATABASES, database
from advisor.rewrites.checking.run import Stage, not_run, rows_of
from advisor.rewrites.checking.tables import tables_of
from advisor.rewrites.checking.translating import NotRun, sqlite_text
from advisor.rewrites.comparing import Key, Turn, bag, difference, hashable, row_key, yes
from advisor.rewrites.joining import Joined


def check_join(batch: Batch, join: Joined, catalogs: Sequence[Catalog], link: KeyLink | None) -> Outcome:
    """Runs both ways on `DATABASES` generated databases. Never raises for what SQLite cannot run."""
    try:
        return _run(batch, join, catalogs, link)
    except NotRun as error:
        return Outcome("not checked", why=str(error))
    except sqlite3.Error as error:
        return Outcome("not checked", why=not_run(error))


def _run(batch: Batch, join: Joined, catalogs: Sequence[Catalog], link: KeyLink | None) -> Outcome:
    child, parent = batch.statement, join.parent
    cut = parent.tree.args.get("limit") is not None
    if cut and parent.tree.args.get("order") is None:
        return Outcome("not checked", why="the parent's LIMIT without ORDER BY takes any rows")
    trees, limited = [child.tree, parent.tree], cut or batch.limited
    tables = tables_of(trees, child.engine, catalogs, link, limited=limited, unique=batch.unique)
    first, loop = sqlite_text(parent.tree, parent.dialect), sqlite_text(child.tree, child.dialect)
    both = sqlite_text(join.tree, child.dialect)
    walked = replace(batch, statement=parent, turn=(), alike=tuple(parent.slots))
    of_parent, of_child = Drawn(walked, tables), Drawn(batch, tables)
    telling, stage = 0, Stage(tables)
    for seed in range(DATABASES):
        draw = random.Random(2000 + seed)  # noqa: S311 - test data, nothing secret
        content = database(tables, seed)
        alike, _ = of_child.draw(content, draw)
        given = {**of_parent.draw(content, draw)[0], **alike}
        connection = stage.fill(content)
        cursor = connection.execute(first, given)
        names, rows = [column[0].lower() for column in cursor.description], rows_of(cursor)
        if join.linked.lower() not in names:
            return Outcome("not checked", why="the parent's answer does not show the key")
        place = names.index(join.linked.lower())
        answers = connection.execute(loop, {**alike, **of_child.nobody()})
        width, empty = len(answers.description), rows_of(answers)
        turns = {row[place]: rows_of(connection.execute(loop, {**alike, batch.turn[0]: row[place]})) for row in rows}
        cursor = connection.execute(both, given)
        found = rows_of(cursor)
        telling += any(turns.values())
        if join.form == "after":
            asked = [Turn((hashable(key),), answer) for key, answer in turns.items()]
            wrong = difference(batch, asked, [column[0] for column in cursor.description], found, empty)
        else:
            wrong = None if bag(found) == _expected(batch, join, rows, place, turns, width) else "other rows"
        if wrong is not None:
            return Outcome("different", seed + 1, telling, wrong)
    return Outcome("same", DATABASES, telling) if telling else Outcome("not checked", why="no loop found a row")


def _expected(
    batch: Batch,
    join: Joined,
    rows: Sequence[tuple[object, ...]],
    place: int,
    turns: dict[object, list[tuple[object, ...]]],
    width: int,
) -> Counter[Key]:
    """What the join must give, put together from the parent's rows and the loop's answers."""
    expected: Counter[Key] = Counter()
    for row in rows:
        answer = turns[row[place]]
        if join.form == "subquery":
            value = int(yes(answer)) if batch.form == "distinct" else (answer[0][0] if answer else None)
            expected[row_key((*row, value))] += 1
            continue
        for child in answer or [(None,) * width]:
            expected[row_key((*row, *child))] += 1
    return expected
