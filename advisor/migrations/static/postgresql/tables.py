"""CREATE TABLE in its forms."""

from __future__ import annotations

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.create_table import bound_of
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Token
from advisor.catalog.ddl.operations import Constraint, NewColumn
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql import constraints, foreign_keys, modes, naming, partitions, unique_keys
from advisor.migrations.static.postgresql.queries import at_top, reads
from advisor.migrations.static.postgresql.run import Run
from advisor.migrations.static.postgresql.world import Check, Relation
from advisor.model.catalog import Column, ForeignKey


def create(c: Cursor, run: Run, *, temporary: bool, unlogged: bool, foreign: bool) -> None:
    """CREATE TABLE, from after these words."""
    conditional = c.accept("IF", "NOT", "EXISTS")
    name = c.name()
    temporary = temporary or name.schema == "pg_temp"
    key = run.world.canonical(name)
    exists = key in run.world.relations and not temporary and not run.world.relations[key].temporary
    if exists and not (run.world.relations[key].guessed and run.world.relations[key].preexisting):
        if not conditional:
            run.exists(f'relation "{name.name}" already exists', "42P07")
        run.change(_kind(c), key, conditional=True, no_op=True)
        return
    table = Relation(
        key, run.world.schema_of(name), preexisting=False, temporary=temporary, unlogged=unlogged,
        kind="foreign" if foreign else "table",
    )  # fmt: skip
    parent: Relation | None = None
    if c.accept("PARTITION", "OF"):
        parent = run.table(c.name())
    elif c.accept("OF"):
        c.name()
    columns: list[NewColumn] = []
    keyed: list[Constraint] = []
    if c.sees("(") and c.ahead(1).upper not in ("SELECT", "WITH") and not _names_only(c):
        c.expect("(")
        _body(c, run, table, columns, keyed)
    elif c.sees("(") and _names_only(c):
        c.names()
    bound: str | None = None
    if parent is not None and not c.done:
        bound = "DEFAULT" if c.accept("DEFAULT") else bound_of(c) if c.sees("FOR", "VALUES") else None
    _options(c, run, table)
    if c.accept("AS") or c.sees("SELECT") or (c.sees("WITH") and not c.sees("WITH", "(")) or c.sees("("):
        _as_query(c, run, table, conditional)
        return
    run.change(
        "create_partition" if parent is not None else "create_table", table, conditional=conditional,
        parent=parent.name if parent is not None else None, expression=bound,
    )  # fmt: skip
    if parent is not None:
        partitions.created(run, parent, table, bound)
    for new in columns:
        table.columns[new.column.name] = new.column
    run.world.add(table)
    run.created.append(key)
    run.exclusive(table)
    for new in columns:
        for constraint in new.constraints:
            _constrain(run, table, constraint)
    for constraint in keyed:
        _constrain(run, table, constraint)


def _kind(c: Cursor) -> str:
    if c.sees("PARTITION", "OF"):
        return "create_partition"
    return "create_table_as" if c.sees("AS") else "create_table"


def _names_only(c: Cursor) -> bool:
    """CREATE TABLE t (a, b) AS SELECT."""
    at = 1
    while c.ahead(at).kind in ("word", "quoted") and c.ahead(at + 1).text in (",", ")"):
        if c.ahead(at + 1).text == ")":
            return True
        at += 2
    return False


def _body(c: Cursor, run: Run, table: Relation, columns: list[NewColumn], keyed: list[Constraint]) -> None:
    parser = Columns(c, "postgresql")
    while not c.done and not c.sees(")"):
        if c.accept("LIKE"):
            source = run.table(c.name())
            options = c.until(",").upper()
            if source is not None:
                _like(table, source, options)
        elif parser.starts_constraint():
            keyed.append(parser.constraint())
        elif c.ahead(1).text in (",", ")") or c.ahead(1).upper in ("DEFAULT", "NOT", "WITH", "PRIMARY"):
            c.until(",")  # a column of a partition, which the parent gives its type
        else:
            columns.append(parser.column())
        if not c.accept(","):
            break
    c.expect(")")


def _like(table: Relation, source: Relation, options: str) -> None:
    import msgspec

    every = "INCLUDING ALL" in options
    for column in source.columns.values():
        keeps = every or "DEFAULTS" in options
        table.columns[column.name] = column if keeps else msgspec.structs.replace(column, default=None)
    if every or "CONSTRAINTS" in options:
        table.checks.extend(Check(one.name, one.expression) for one in source.checks)
    if every or "INDEXES" in options:
        for index in source.indexes.values():
            suffix = "pkey" if index.primary else "key" if index.constraint else "idx"
            name = naming.free(naming.of_keys(table, index.keys, suffix), table.indexes)
            table.indexes[name] = msgspec.structs.replace(index, name=name, attached_to=None)


def _options(c: Cursor, run: Run, table: Relation) -> None:
    while not c.done:
        if c.accept("INHERITS"):
            c.expect("(")
            while True:
                parent = run.table(c.name())
                if parent is not None:
                    table.inherits.append(parent.name)
                    table.columns.update({**parent.columns, **table.columns})
                    table.checks.extend(parent.checks)
                    run.lock(parent, modes.SHARE_UPDATE_EXCLUSIVE)
                if not c.accept(","):
                    break
            c.expect(")")
        elif c.sees("PARTITION", "BY"):
            c.at += 2
            start = c.at
            c.next()
            c.skip_parenthesised()
            table.partition_key = c.source(start, c.at)
            table.kind = "partitioned"
        elif c.accept("USING") or c.accept("TABLESPACE") or c.accept("SERVER"):
            c.identifier()
        elif c.sees("WITH", "(") or c.sees("OPTIONS", "("):
            c.next()
            c.parenthesised()
        elif c.accept("WITHOUT", "OIDS"):
            continue
        elif c.accept("ON", "COMMIT"):
            c.next()
            c.accept_any("ROWS")
        else:
            return


def _as_query(c: Cursor, run: Run, table: Relation, conditional: bool) -> None:
    tokens = c.tokens[c.at :]
    run.change("create_table_as", table, conditional=conditional)
    run.world.add(table)
    table.guessed = True  # its columns are the query's, which nobody works out here
    run.created.append(table.name)
    run.exclusive(table)
    empty = "NO" in [token.upper for token in tokens[-3:]] and tokens[-1].upper == "DATA"
    if not empty:
        _scans(run, tokens)


def _scans(run: Run, tokens: list[Token]) -> None:
    if at_top(tokens, "LIMIT") is not None:
        return
    for one in reads(tokens):
        source = run.world.find(one.name) or (None if run.world.is_system(one.name) else run.table(one.name))
        if source is not None:
            run.work("scan", source)


def select_into(c: Cursor, run: Run, at: int) -> None:
    """SELECT ... INTO table."""
    own = Cursor.__new__(Cursor)
    own.tokens, own.text, own.dialect, own.at = c.tokens, c.text, c.dialect, c.at + at + 1
    temporary = own.accept_any("TEMPORARY", "TEMP") is not None
    own.accept_any("UNLOGGED")
    own.accept("TABLE")
    name = own.name()
    table = Relation(
        run.world.canonical(name), run.world.schema_of(name), preexisting=False, temporary=temporary, guessed=True
    )
    if table.name in run.world.relations:
        run.exists(f'relation "{name.name}" already exists', "42P07")
    run.change("create_table_as", table)
    run.world.add(table)
    run.created.append(table.name)
    run.exclusive(table)
    _scans(run, c.tokens[c.at :])


def _constrain(run: Run, table: Relation, constraint: Constraint) -> None:
    """A constraint of a new table: nothing to read; what it refers to is locked."""
    if constraint.kind == "check":
        text = strip_parentheses(constraint.expression or "")
        found = constraints.constraint_columns(table, text)[:1]
        name = constraint.name or naming.free(
            naming.of_keys(table, tuple(found), "check"), naming.constraint_names(table)
        )
        table.checks.append(Check(name, text))
    elif constraint.kind == "foreign_key":
        _refer(run, table, constraint)
    elif constraint.kind != "not_null":
        suffix = {"primary_key": "pkey", "unique": "key"}.get(constraint.kind, "excl")
        taken = naming.names_in_schema(run.world, table.schema)
        name = constraint.name or naming.free(naming.of_keys(table, constraint.keys, suffix), taken)
        if constraint.name is not None and constraint.name in taken and run.world.complete and not table.temporary:
            run.exists(f'relation "{constraint.name}" already exists', "42P07")
        table.indexes[name] = unique_keys.as_index(constraint, name)
    for key in constraint.keys:
        known: Column | None = table.columns.get(key.column or "")
        if known is not None and constraint.kind in ("primary_key", "not_null"):
            import msgspec

            table.columns[known.name] = msgspec.structs.replace(known, nullable=False)


def _refer(run: Run, table: Relation, constraint: Constraint) -> None:
    assert constraint.parent is not None
    itself = run.world.canonical(constraint.parent) == table.name
    parent = table if itself else run.table(constraint.parent)
    assert parent is not None
    columns = tuple(key.column or "" for key in constraint.keys)
    parent_columns = constraint.parent_columns
    if not parent_columns and parent.primary is not None:
        parent_columns = tuple(key.column or "" for key in parent.primary.keys)
    if not itself:
        foreign_keys.referable(run, parent, parent_columns, columns)
        run.lock(run.world.family(parent) if parent.kind == "partitioned" else parent, modes.SHARE_ROW_EXCLUSIVE)
    name = constraint.name or naming.free(naming.of_keys(table, columns, "fkey"), naming.constraint_names(table))
    table.foreign_keys.append(
        ForeignKey(
            name, columns, parent.name, parent_columns, on_delete=constraint.on_delete, on_update=constraint.on_update
        )
    )
    run.change(
        "add_foreign_key", table, name=name, columns=columns, parent=parent.name, parent_columns=parent_columns
    )  # fmt: skip
