"""INSERT, UPDATE, DELETE, MERGE, COPY, SELECT, and the other statements about rows."""

from __future__ import annotations

import itertools
from typing import Literal

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Token
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.cardinality import inserted, matched, number
from advisor.migrations.static.postgresql.queries import at_top, calls, reads
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.type_changes import base_of
from advisor.migrations.static.postgresql.world import Relation


def insert(c: Cursor, run: Run) -> None:
    """INSERT INTO."""
    c.expect("INSERT", "INTO")
    table = run.table(c.name())
    assert table is not None
    tokens = c.tokens[c.at :]
    rows = inserted(tokens, run)
    run.lock(table, modes.ROW_EXCLUSIVE)
    run.work("write", table, rows=rows)
    run.change("insert", table, rows=rows)
    if c.sees("("):
        _filled(run, table, c.names())
    _read(tokens, run)


def _filled(run: Run, table: Relation, named: tuple[str, ...]) -> None:
    """Raises Fails where a column that must have a value gets none."""
    if table.guessed or table.triggers or table.kind != "table" or not run.world.complete or run.maybe:
        return
    for column in table.columns.values():
        if (
            column.name not in named
            and column.nullable is False
            and column.name not in table.unproved
            and column.default is None
            and column.generated is None
            and not column.identity
            and base_of(column.type, run.world)[0] == column.type
        ):
            raise Fails(
                f'null value in column "{column.name}" of relation "{table.bare}" violates not-null constraint', "23502"
            )


def update(c: Cursor, run: Run) -> None:
    """UPDATE."""
    c.expect("UPDATE")
    _found(c, run, "update", "FROM")


def delete(c: Cursor, run: Run) -> None:
    """DELETE FROM. Rows that refer to those with ON DELETE CASCADE go too."""
    c.expect("DELETE", "FROM")
    _found(c, run, "delete", "USING")


def _found(c: Cursor, run: Run, action: Literal["update", "delete"], joins: str) -> None:
    """What writes the rows that a WHERE finds; after the word ``joins`` other tables decide which."""
    only = c.accept("ONLY")
    table = run.table(c.name())
    assert table is not None
    tokens = c.tokens[c.at :]
    where = at_top(tokens, "WHERE")
    rows = matched(tokens[where + 1 :], table) if where is not None else None
    _written(run, table, rows, only)
    run.change(action, table, rows=rows, unfiltered=where is None and at_top(tokens, joins) is None)
    _read(tokens, run)


def _written(run: Run, table: Relation, rows: float | None, only: bool) -> None:
    run.lock_family(table, modes.ROW_EXCLUSIVE, only=only)
    run.work("write", table, rows=rows)


def merge(c: Cursor, run: Run) -> None:
    """MERGE INTO."""
    c.expect("MERGE", "INTO")
    c.accept("ONLY")
    table = run.table(c.name())
    assert table is not None
    run.lock(table, modes.ROW_EXCLUSIVE)
    run.work("write", table)
    run.change("merge", table)


def with_query(c: Cursor, run: Run) -> None:
    """WITH ... of a query that reads or writes."""
    tokens = c.tokens[c.at :]
    wrote = False
    for at, token in enumerate(tokens):
        target = None
        if token.upper == "INSERT" and at + 2 < len(tokens) and tokens[at + 1].upper == "INTO":
            target, action = at + 2, "insert"
        elif token.upper == "UPDATE" and at + 1 < len(tokens) and (not at or tokens[at - 1].upper not in ("FOR", "DO")):
            target, action = at + 1, "update"
        elif token.upper == "DELETE" and at + 2 < len(tokens) and tokens[at + 1].upper == "FROM":
            target, action = at + 2, "delete"
        if target is None or tokens[target].kind not in ("word", "quoted"):
            continue
        own = Cursor.__new__(Cursor)
        own.tokens, own.text, own.dialect, own.at = tokens, c.text, c.dialect, target
        own.accept("ONLY")
        table = run.table(own.name())
        assert table is not None
        limits = [
            number(tokens[n + 1].text)
            for n, one in enumerate(tokens[:-1])
            if one.upper == "LIMIT" and tokens[n + 1].kind == "number"
        ]
        rows = limits[0] if limits else None
        run.lock(table, modes.ROW_EXCLUSIVE)
        run.work("write", table, rows=rows)
        if action == "insert":
            run.change("insert", table, rows=rows)
        elif action == "update":
            run.change("update", table, rows=rows)
        else:
            run.change("delete", table, rows=rows)
        wrote = True
    if not wrote:
        run.change("select")
    _read(tokens, run)


def copy(c: Cursor, run: Run) -> None:
    """COPY: FROM writes, TO reads."""
    c.expect("COPY")
    if c.sees("("):
        run.change("copy")
        return
    table = run.table(c.name())
    assert table is not None
    c.skip_parenthesised()
    if c.accept("FROM"):
        run.lock(table, modes.ROW_EXCLUSIVE)
        run.work("write", table)
    run.change("copy", table)


def select(c: Cursor, run: Run) -> None:
    """SELECT, VALUES, TABLE: reads, unless it locks rows or calls what does more."""
    from advisor.migrations.static.postgresql.routines import called

    tokens = c.tokens[c.at :]
    words = [token.upper for token in tokens]
    into = at_top(tokens, "INTO")
    if into is not None:
        from advisor.migrations.static.postgresql.tables import select_into

        select_into(c, run, into)
        return
    run.change("select")
    if any(a == "FOR" and b in ("UPDATE", "SHARE", "NO", "KEY") for a, b in itertools.pairwise(words)):
        for one in reads(tokens):
            table = run.world.find(one.name)
            if table is not None:
                run.lock(table, modes.ROW_SHARE)
    for name in calls(tokens):
        called(name, run, tokens, c.text)
    if not {"MAX", "MIN"} & set(words):
        _read(tokens, run)


def _read(tokens: list[Token], run: Run) -> None:
    """What a query reads; a table counts as scanned unless a WHERE compares the first column of an index."""
    limited = at_top(tokens, "LIMIT") is not None
    compared, equal = _compared(tokens), _compared(tokens, ("=", "IN"))
    for one in reads(tokens):
        table = run.world.find(one.name)
        if table is None and not run.world.is_system(one.name):
            table = run.table(one.name)
        if table is None or limited:
            continue
        leading = {index.keys[0].column for index in table.indexes.values() if index.keys and index.where is None}
        if not (leading & compared) and not (table.guessed and equal):
            run.work("scan", table)


def _compared(
    tokens: list[Token], signs: tuple[str, ...] = ("=", "<", ">", "<=", ">=", "IN", "BETWEEN")
) -> set[str | None]:
    """Columns that the WHERE compares with something."""
    where = at_top(tokens, "WHERE")
    found: set[str | None] = set()
    for at in range(where + 1 if where is not None else len(tokens), len(tokens) - 1):
        token = tokens[at]
        after = tokens[at + 1].upper or tokens[at + 1].text
        if token.kind in ("word", "quoted") and after in signs:
            found.add(token.text.lower() if token.kind == "word" else token.text)
    return found


def lock_table(c: Cursor, run: Run) -> None:
    """LOCK TABLE."""
    c.expect("LOCK")
    if not run.in_transaction and not run.wording:
        raise Fails("LOCK TABLE can only be used in transaction blocks", "25P01")
    c.accept("TABLE")
    targets = []
    while True:
        only = c.accept("ONLY")
        name = c.name()
        c.accept("*")
        targets.append((name, only))
        if not c.accept(","):
            break
    mode = modes.ACCESS_EXCLUSIVE
    if c.accept("IN"):
        words = []
        while not c.done and not c.sees("MODE"):
            words.append(c.next().upper)
        mode = " ".join(words) if " ".join(words) in modes.MODES else mode
    for name, only in targets:
        table = run.table(name)
        assert table is not None
        run.lock_family(table, mode, only=only)
        run.change("lock_table", table, name=mode)
