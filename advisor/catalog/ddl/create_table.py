"""CREATE TABLE: columns, constraints, what it is like, its partition, its options."""

from __future__ import annotations

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.operations import Constraint, CreateTable, Name, NewColumn, Operation


def create_table(c: Cursor, columns_of: Columns, *, temporary: bool, foreign: bool, unlogged: bool) -> Operation:
    """Everything behind CREATE TABLE. Raises Unexpected for an option that is not known."""
    if_not_exists = c.accept("IF", "NOT", "EXISTS")
    table = c.name()
    columns: list[NewColumn] = []
    constraints: list[Constraint] = []
    like: list[Name] = []
    options_of: list[str] = []
    parent: Name | None = None
    query: str | None = None
    if c.accept("PARTITION", "OF"):
        parent = c.name()
    elif c.accept("OF"):
        c.name()
    if c.accept("LIKE"):
        like.append(c.name())
    if c.sees("(") and c.ahead(1).upper in ("SELECT", "WITH"):
        query = c.parenthesised()
    elif c.accept("(", "LIKE"):
        like.append(c.name())
        options_of.append(c.until(",").upper())
        if c.accept(","):
            _table_body(c, columns_of, columns, constraints, like, options_of)
        c.expect(")")
    elif c.accept("("):
        _table_body(c, columns_of, columns, constraints, like, options_of)
        c.expect(")")
    bound: str | None = None
    if parent is not None and (c.sees("FOR", "VALUES") or c.sees("DEFAULT")):
        bound = "DEFAULT" if c.accept("DEFAULT") else bound_of(c)
        c.until("PARTITION", "WITH", "TABLESPACE", "USING", "SERVER")
    options = _table_options(c, columns_of)
    if query is None and (c.sees("SELECT") or c.sees("WITH") or c.sees("VALUES") or c.sees("(") or c.sees("TABLE")):
        query = c.rest()
    if not c.done:
        raise Unexpected(f"unknown table option at {c.token.text[:40]!r}")
    return CreateTable(
        table,
        tuple(columns),
        tuple(constraints),
        tuple(like),
        tuple(options_of),
        inherits=options.inherits,
        partition_of=parent,
        partition_bound=bound,
        partition_key=options.partition_key,
        storage_engine=options.storage_engine,
        charset=options.charset,
        collation=options.collation,
        row_format=options.row_format,
        versioned=options.versioned,
        without_rowid=options.without_rowid,
        foreign=foreign,
        temporary=temporary,
        unlogged=unlogged,
        if_not_exists=if_not_exists,
        query=query,
    )


def bound_of(c: Cursor) -> str:
    """The bound of a partition that comes next: ``FOR VALUES`` and what follows in parentheses."""
    start = c.at
    c.expect("FOR", "VALUES")
    if c.accept("FROM"):
        c.parenthesised()
        c.expect("TO")
        c.parenthesised()
    else:
        c.accept_any("IN", "WITH")
        c.parenthesised()
    return c.source(start, c.at)


def _table_body(
    c: Cursor,
    columns_of: Columns,
    columns: list[NewColumn],
    constraints: list[Constraint],
    like: list[Name],
    options_of: list[str],
) -> None:
    if c.sees(")"):
        return
    while True:
        if c.accept("LIKE"):
            like.append(c.name())
            options_of.append(c.until(",").upper())
        elif columns_of.starts_constraint():
            constraints.append(columns_of.constraint())
        elif c.accept("PERIOD", "FOR"):
            c.until(",")
        else:
            columns.append(columns_of.column())
        if not c.accept(","):
            return


def _table_options(c: Cursor, columns_of: Columns) -> _Options:
    found = _Options()
    while not c.done:
        if c.accept("PARTITION", "BY"):
            start = c.at
            c.accept("LINEAR")
            c.next()
            if c.accept("COLUMNS"):
                pass
            c.accept("ALGORITHM", "=") and c.next()
            c.skip_parenthesised()
            found.partition_key = c.source(start, c.at)
            while not c.done and not c.sees("AS"):
                if c.accept_any("WITH", "TABLESPACE", "USING"):
                    c.next() if not c.sees("(") else c.parenthesised()
                elif c.sees("("):
                    c.parenthesised()
                else:
                    c.next()
        elif c.accept("INHERITS", "("):
            names = [c.name()]
            while c.accept(","):
                names.append(c.name())
            c.expect(")")
            found.inherits = tuple(names)
        elif c.accept("WITHOUT", "ROWID"):
            found.without_rowid = True
        elif c.accept("ON", "COMMIT"):
            c.accept_any("PRESERVE", "DELETE")
            c.accept("ROWS")
            c.accept("DROP")
        elif (
            c.accept("WITH", "NO", "DATA")
            or c.accept("WITH", "DATA")
            or c.accept("WITHOUT", "OIDS")
            or c.accept("STRICT")
        ) or c.accept(","):
            continue
        elif c.accept("WITH", "SYSTEM", "VERSIONING"):
            found.versioned = True
        elif c.sees("WITH", "("):
            c.at += 1
            c.parenthesised()
        elif c.accept("USING") or c.accept("TABLESPACE") or c.accept("SERVER"):
            c.identifier()
        elif c.accept("OPTIONS"):
            c.skip_parenthesised()
        elif c.accept("AS") or (
            c.sees("SELECT")
            or c.sees("(")
            or (c.sees("WITH") and c.ahead(1).kind in ("word", "quoted") and c.ahead(2).upper == "AS")
        ):
            return found
        elif c.accept("DEFAULT") or c.accept_any("IGNORE", "REPLACE"):
            continue
        elif c.accept("CHARACTER", "SET") or c.accept_any("CHARSET"):
            c.accept("=")
            found.charset = c.identifier().lower()
        elif c.accept("COLLATE"):
            c.accept("=")
            found.collation = c.identifier().lower()
        elif c.accept_any("ENGINE", "TYPE"):
            c.accept("=")
            found.storage_engine = c.identifier()
        elif columns_of.mysql and c.accept("ROW_FORMAT"):
            c.accept("=")
            found.row_format = c.identifier().lower()
        elif columns_of.mysql and c.token.kind in ("word", "quoted"):
            c.next()
            c.accept_any("DIRECTORY")
            c.accept("=")
            if c.sees("("):
                c.parenthesised()
            elif not c.done and not c.sees(","):
                c.next()
        else:
            return found
    return found


class _Options:
    """What follows the parentheses of CREATE TABLE."""

    def __init__(self) -> None:
        self.inherits: tuple[Name, ...] = ()
        self.partition_key: str | None = None
        self.storage_engine: str | None = None
        self.charset: str | None = None
        self.collation: str | None = None
        self.row_format: str | None = None
        self.versioned = False
        self.without_rowid = False
