"""A clause of ALTER TABLE of MySQL and MariaDB: what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.operations import Constraint, Name, NewColumn

Kind = Literal[
    "add_column", "drop_column", "change_column", "set_default", "rename_column", "add_constraint", "drop_index",
    "drop_primary_key", "drop_foreign_key", "drop_constraint", "drop_check", "rename_index", "index_visibility",
    "alter_check", "rename_table", "convert_charset", "option", "force", "order_by", "keys", "versioning", "period",
    "partition_by", "remove_partitioning", "partition", "tablespace", "validation",
]  # fmt: skip


@dataclass(slots=True)
class Clause:
    """One clause."""

    kind: Kind
    column: str | None = None
    """The old name of a column."""
    new: NewColumn | None = None
    constraint: Constraint | None = None
    name: str | None = None
    """Of an index, constraint or option; of ``partition`` the verb (ADD, DROP...)."""
    new_name: str | None = None
    table: Name | None = None
    """The new name, or the table that is exchanged or converted."""
    value: str | None = None
    conditional: bool = False
    """IF EXISTS, IF NOT EXISTS."""
    partitions: tuple[str, ...] = ()
    moved: bool = False
    """FIRST or AFTER says where a column stands."""
    after: str | None = None


_CONSTRAINT = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "KEY", "INDEX", "FULLTEXT", "SPATIAL"})
_PARTITION = frozenset(
    """
    ADD DROP COALESCE REORGANIZE REBUILD OPTIMIZE ANALYZE CHECK REPAIR TRUNCATE EXCHANGE CONVERT DISCARD IMPORT
    """.split()  # noqa: SIM905
)
#: Options of a table without a value.
_OPTION = frozenset(
    """
    ENGINE TYPE AUTO_INCREMENT AVG_ROW_LENGTH CHARACTER CHARSET DEFAULT CHECKSUM TABLE_CHECKSUM COLLATE COMMENT
    COMPRESSION CONNECTION DATA DELAY_KEY_WRITE ENCRYPTION ENCRYPTED ENCRYPTION_KEY_ID ENGINE_ATTRIBUTE
    IETF_QUOTES INDEX INSERT_METHOD KEY_BLOCK_SIZE MAX_ROWS MIN_ROWS PACK_KEYS PAGE_CHECKSUM PAGE_COMPRESSED
    PAGE_COMPRESSION_LEVEL PASSWORD ROW_FORMAT SECONDARY_ENGINE SECONDARY_ENGINE_ATTRIBUTE SEQUENCE
    STATS_AUTO_RECALC STATS_PERSISTENT STATS_SAMPLE_PAGES STORAGE TABLESPACE TRANSACTIONAL UNION AUTOEXTEND_SIZE
    """.split()  # noqa: SIM905
)


def clauses_at(c: Cursor, columns: Columns) -> list[Clause]:
    """The clause that begins here: several where ADD has a list in parentheses. Raises Unexpected for another form."""
    if (c.token.upper in _PARTITION and c.ahead(1).upper == "PARTITION") or c.sees("CONVERT", "TABLE"):
        return [_partition(c)]
    if c.accept_any("DISCARD", "IMPORT"):
        c.expect("TABLESPACE")
        return [Clause("tablespace")]
    if c.accept("ADD"):
        return _add(c, columns)
    if c.accept("DROP"):
        return [_drop(c)]
    if c.accept("MODIFY"):
        c.accept("COLUMN")
        conditional = c.accept("IF", "EXISTS")
        new = columns.column()
        return [Clause("change_column", new.column.name, new, conditional=conditional)]
    if c.accept("CHANGE"):
        c.accept("COLUMN")
        conditional = c.accept("IF", "EXISTS")
        old = c.identifier()
        return [Clause("change_column", old, columns.column(), conditional=conditional)]
    if c.accept("ALTER"):
        return [_alter(c)]
    if c.accept("RENAME"):
        return [_rename(c)]
    if c.accept("CONVERT", "TO"):
        c.accept("CHARACTER", "SET") or c.accept("CHARSET")
        c.accept("=")
        charset = c.next().text.lower()
        collation = c.next().text.lower() if c.accept("COLLATE") else None
        return [Clause("convert_charset", name=charset, value=collation)]
    if c.accept("FORCE"):
        return [Clause("force")]
    if c.accept("ORDER", "BY"):
        c.rest()
        return [Clause("order_by")]
    if c.accept_any("ENABLE", "DISABLE"):
        c.expect("KEYS")
        return [Clause("keys")]
    if c.accept_any("WITH", "WITHOUT") and c.accept("VALIDATION"):
        return [Clause("validation")]
    if c.accept("PARTITION", "BY"):
        start = c.at
        c.accept("LINEAR")
        c.next()
        c.accept("COLUMNS")
        c.skip_parenthesised()
        key = c.source(start, c.at)
        c.rest()
        return [Clause("partition_by", value=key)]
    if c.accept("REMOVE", "PARTITIONING"):
        return [Clause("remove_partitioning")]
    if c.token.upper in _OPTION or (c.token.kind in ("word", "quoted") and c.ahead(1).text == "="):
        return [_option(c)]
    raise Unexpected(f"unknown clause at {c.token.text[:40]!r}")


def _option(c: Cursor) -> Clause:
    c.accept("DEFAULT")
    if c.accept("CHARACTER", "SET") or c.accept("CHARSET"):
        name = "CHARSET"
    elif c.accept_any("DATA", "INDEX"):
        c.expect("DIRECTORY")
        name = "DIRECTORY"
    else:
        name = c.next().text.upper()
    c.accept("=")
    if c.sees("("):
        value = c.parenthesised()
    else:
        value = c.next().text if not c.done and not c.sees(",") else ""
    return Clause("option", name="ENGINE" if name == "TYPE" else name, value=value)


def _add(c: Cursor, columns: Columns) -> list[Clause]:
    if c.accept("SYSTEM", "VERSIONING"):
        return [Clause("versioning", value="add")]
    if c.accept("PERIOD", "FOR"):
        c.until(",")
        return [Clause("period", value="add")]
    if not c.sees("COLUMN") and c.token.upper in _CONSTRAINT:
        return [_constraint(c, columns)]
    c.accept("COLUMN")
    conditional = c.accept("IF", "NOT", "EXISTS")
    if not c.accept("("):
        new = columns.column()
        return [Clause("add_column", new.column.name, new, conditional=conditional)]
    found: list[Clause] = []
    while True:
        if c.token.upper in _CONSTRAINT:
            found.append(_constraint(c, columns))
        else:
            new = columns.column()
            found.append(Clause("add_column", new.column.name, new))
        if not c.accept(","):
            break
    c.expect(")")
    return found


def _constraint(c: Cursor, columns: Columns) -> Clause:
    # MariaDB: ADD INDEX IF NOT EXISTS, ADD CONSTRAINT IF NOT EXISTS, ADD FOREIGN KEY IF NOT EXISTS
    conditional = False
    for ahead in range(4):
        if c.ahead(ahead).upper == "IF" and c.ahead(ahead + 1).upper == "NOT":
            del c.tokens[c.at + ahead : c.at + ahead + 3]
            conditional = True
            break
        if c.ahead(ahead).text == "(":
            break
    constraint = columns.constraint()
    return Clause("add_constraint", constraint=constraint, name=constraint.name, conditional=conditional)


def _drop(c: Cursor) -> Clause:
    if c.accept("PRIMARY", "KEY"):
        return Clause("drop_primary_key")
    if c.accept("SYSTEM", "VERSIONING"):
        return Clause("versioning", value="drop")
    if c.accept("PERIOD", "FOR"):
        c.until(",")
        return Clause("period", value="drop")
    kind: Kind = "drop_column"
    if c.accept_any("INDEX", "KEY"):
        kind = "drop_index"
    elif c.accept("FOREIGN", "KEY"):
        kind = "drop_foreign_key"
    elif c.accept("CONSTRAINT"):
        kind = "drop_constraint"
    elif c.accept("CHECK"):
        kind = "drop_check"
    else:
        c.accept("COLUMN")
    conditional = c.accept("IF", "EXISTS")
    name = c.identifier()
    c.accept_any("CASCADE", "RESTRICT")
    if kind == "drop_column":
        return Clause(kind, name, conditional=conditional)
    return Clause(kind, name=name, conditional=conditional)


def _alter(c: Cursor) -> Clause:
    if c.accept_any("INDEX", "KEY"):
        conditional = c.accept("IF", "EXISTS")
        name = c.identifier()
        word = c.accept_any("VISIBLE", "INVISIBLE", "IGNORED", "NOT")
        c.accept("IGNORED")
        visible = "on" if word in ("VISIBLE", "NOT") else "off"
        return Clause("index_visibility", name=name, value=visible, conditional=conditional)
    if c.accept("CHECK") or c.accept("CONSTRAINT"):
        name = c.identifier()
        enforced = not c.accept("NOT")
        c.expect("ENFORCED")
        return Clause("alter_check", name=name, value="on" if enforced else "off")
    c.accept("COLUMN")
    conditional = c.accept("IF", "EXISTS")
    column = c.identifier()
    if c.accept("SET", "DEFAULT"):
        return Clause("set_default", column, value=c.until(","), conditional=conditional)
    if c.accept("DROP", "DEFAULT"):
        return Clause("set_default", column, conditional=conditional)
    if c.accept("SET", "VISIBLE") or c.accept("SET", "INVISIBLE"):
        return Clause("set_default", column, name="visibility", conditional=conditional)
    raise Unexpected(f"unknown column clause at {c.token.text[:40]!r}")


def _rename(c: Cursor) -> Clause:
    if c.accept_any("INDEX", "KEY"):
        conditional = c.accept("IF", "EXISTS")
        old = c.identifier()
        c.expect("TO")
        return Clause("rename_index", name=old, new_name=c.identifier(), conditional=conditional)
    if c.accept("COLUMN"):
        conditional = c.accept("IF", "EXISTS")
        old = c.identifier()
        c.expect("TO")
        return Clause("rename_column", old, new_name=c.identifier(), conditional=conditional)
    c.accept_any("TO", "AS", "=")
    return Clause("rename_table", table=c.name())


def _partition(c: Cursor) -> Clause:
    """Management of partitions: no ALGORITHM stands beside it."""
    verb = c.next().upper
    if verb == "CONVERT" and c.accept("TABLE"):
        clause = Clause("partition", name="CONVERT TABLE", table=c.name())
        clause.value = c.rest()
        return clause
    c.expect("PARTITION")
    conditional = c.accept("IF", "NOT", "EXISTS") or c.accept("IF", "EXISTS")
    c.accept_any("NO_WRITE_TO_BINLOG", "LOCAL")
    clause = Clause("partition", name=verb, conditional=conditional)
    if verb in ("ADD", "COALESCE"):
        clause.value = c.rest()
        if clause.value.upper().startswith("PARTITIONS") or verb == "COALESCE":
            clause.value = "hash"
        return clause
    names = [c.identifier()] if not c.done and c.token.kind in ("word", "quoted", "string") else []
    while c.accept(","):
        names.append(c.identifier())
    clause.partitions = tuple(names)
    if verb == "EXCHANGE":
        c.expect("WITH", "TABLE")
        clause.table = c.name()
    elif verb == "CONVERT":
        c.expect("TO", "TABLE")
        clause.table = c.name()
    clause.value = c.rest()
    return clause
