"""VACUUM, ANALYZE, CLUSTER, COMMENT and CREATE STATISTICS."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation


def vacuum(c: Cursor, run: Run) -> None:
    """VACUUM [FULL]."""
    c.expect("VACUUM")
    run.outside_transaction("VACUUM")
    words: set[str] = set()
    if c.sees("("):
        words = {part.strip().upper() for part in c.parenthesised().split(",")}
    while word := c.accept_any("FULL", "FREEZE", "VERBOSE", "ANALYZE"):
        words.add(word)
    full = bool(words & {"FULL", "FULL TRUE", "FULL ON", "FULL 1"})
    tables = _tables(c, run)
    if not tables:
        tables = [one for one in run.world.relations.values() if one.kind in ("table", "materialized_view")]
        run.change("vacuum_full" if full else "vacuum")
        if not tables:
            run.doubt("every table of the database")
    else:
        for one in tables:
            run.change("vacuum_full" if full else "vacuum", one)
    for one in tables:
        for part in run.world.family(one) if one.kind == "partitioned" else (one,):
            run.lock(part, modes.ACCESS_EXCLUSIVE if full else modes.SHARE_UPDATE_EXCLUSIVE)
        run.work("rewrite" if full else "scan", one)


def _tables(c: Cursor, run: Run) -> list[Relation]:
    found = []
    while not c.done and c.token.kind in ("word", "quoted"):
        c.accept("ONLY")
        table = run.table(c.name())
        c.skip_parenthesised()
        if table is not None:
            found.append(table)
        if not c.accept(","):
            break
    return found


def analyze(c: Cursor, run: Run) -> None:
    """ANALYZE: reads a sample beside all others."""
    c.next()
    c.skip_parenthesised()
    c.accept("VERBOSE")
    for one in _tables(c, run):
        run.lock_family(one, modes.SHARE_UPDATE_EXCLUSIVE)
        run.work("scan", one, online=True)
        run.change("analyze", one)
    if not run.changes:
        run.change("analyze")


def cluster(c: Cursor, run: Run) -> None:
    """CLUSTER."""
    c.expect("CLUSTER")
    c.skip_parenthesised()
    c.accept("VERBOSE")
    if c.done:
        run.outside_transaction("CLUSTER")
        run.change("cluster")
        for one in list(run.world.relations.values()):
            if any(index.clustered for index in one.indexes.values()):
                run.exclusive(one)
                run.work("rewrite", one)
        return
    name = c.name()
    if c.accept("ON"):  # the old form: CLUSTER index ON table
        index: str | None = name.name
        name = c.name()
    else:
        index = c.identifier() if c.accept("USING") else None
    table = run.table(name)
    assert table is not None
    if index is not None and index not in table.indexes and not table.guessed and not run.maybe and run.world.complete:
        raise Fails(f'index "{index}" for table "{table.bare}" does not exist', "42704")
    if index is None and not table.guessed and not run.maybe and not any(i.clustered for i in table.indexes.values()):
        raise Fails(f'there is no previously clustered index for table "{table.bare}"', "42704")
    run.exclusive(table)
    run.work("rewrite", table)
    run.change("cluster", table, name=index)


def comment(c: Cursor, run: Run) -> None:
    """COMMENT ON."""
    c.expect("COMMENT", "ON")
    what = c.next().upper
    table = None
    if what in ("TABLE", "VIEW", "COLUMN", "MATERIALIZED", "FOREIGN"):
        c.accept_any("VIEW", "TABLE")
        if what == "COLUMN":
            parts = [c.identifier()]
            while c.accept("."):
                parts.append(c.identifier())
            table = _of_column(run, parts)
        else:
            table = run.table(c.name())
    elif what in ("CONSTRAINT", "TRIGGER", "POLICY", "RULE"):
        c.identifier()
        if c.accept("ON") and not c.accept("DOMAIN"):
            table = run.table(c.name())
    if table is not None and what not in ("CONSTRAINT", "TRIGGER", "POLICY", "RULE"):
        run.lock(table, modes.SHARE_UPDATE_EXCLUSIVE)
    run.change("comment", table)


def _of_column(run: Run, parts: list[str]) -> Relation | None:
    from advisor.catalog.ddl.operations import Name

    if len(parts) < 2:
        return None
    table = run.table(Name(parts[-2], parts[-3] if len(parts) > 2 else None))
    known = table is not None and table.columns and not table.guessed and table.kind in ("table", "partitioned")
    if known and table is not None and parts[-1] not in table.columns and not run.maybe:
        raise Fails(f'column "{parts[-1]}" of relation "{table.bare}" does not exist', "42703")
    return table


def create_statistics(c: Cursor, run: Run) -> None:
    """CREATE STATISTICS."""
    conditional = c.accept("IF", "NOT", "EXISTS")
    name = None if c.sees("ON") or c.sees("(") else c.name().name
    c.skip_parenthesised()
    c.until("FROM")
    c.expect("FROM")
    table = run.table(c.name())
    assert table is not None
    run.lock(table, modes.SHARE_UPDATE_EXCLUSIVE)
    run.change("create_statistics", table, name=name, conditional=conditional)
