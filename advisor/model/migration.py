"""Migrations: what files say, what each statement changes, and what it was seen (or is known) to do to a server."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.catalog import Unread
from advisor.model.engine import Engine, EngineName

#: What wrote a migration, and so in which transactions its statements run. ``sql``: nobody known, read as psql or
#: mysql would run it; ``run``: statements seen on the wire of a command.
Tool = Literal[
    "sql",
    "flyway",
    "golang-migrate",
    "dbmate",
    "sqitch",
    "goose",
    "diesel",
    "prisma",
    "drizzle",
    "liquibase",
    "alembic",
    "django",
    "run",
]

#: How statements of a plain file run: one by one as the client sends them, or all in one transaction.
TransactionMode = Literal["statement", "file"]


class MigrationStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a migration, in the order it runs."""

    file: str
    line: int
    """Of its first character that is no comment or space, from 1."""
    end_line: int
    sql: str
    """Without the semicolon and the comments around it."""
    transaction: int | None
    """Statements of one script with the same number run in one transaction; None: it commits by itself. BEGIN and
    COMMIT themselves are not among the statements."""
    open_ended: bool = False
    """Its transaction is not the script's: a ROLLBACK ended it, or nobody did. Or a ROLLBACK TO undid it."""
    undone_before: int = 0
    """So many statements of its transaction, those just before it, a ROLLBACK TO has undone when it runs."""


class Ignore(msgspec.Struct, frozen=True, kw_only=True):
    """``-- advisor: ignore RULE[, RULE] reason`` in a migration."""

    file: str
    line: int
    rules: tuple[str, ...]
    """Ids of rules; ``*`` is none of them: everything must be named."""
    reason: str
    """Empty: none was given, which is a fault of its own."""
    statement_line: int | None
    """`MigrationStatement.line` that it is about; None: the whole file (``ignore-file``)."""


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One migration: a file, or one revision of a tool."""

    file: str
    """As reports print it."""
    tool: Tool
    name: str
    """Its revision or version, else the file's name."""
    statements: tuple[MigrationStatement, ...]
    ignores: tuple[Ignore, ...] = ()
    unread: tuple[Unread, ...] = ()
    """What could not be read."""
    notes: tuple[str, ...] = ()
    """What was passed over or assumed, one line each."""
    edited: bool = False
    """It stands in the base revision with another text: merged migrations have run somewhere."""


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """Migrations of one tool that were found, not yet read."""

    tool: Tool
    root: str
    """The tool's folder: that of ``alembic.ini``, ``manage.py``, or of the files."""
    files: tuple[str, ...]
    """To check, in the tool's order."""
    base: tuple[str, ...] = ()
    """That come before, in the tool's order."""
    edited: frozenset[str] = frozenset()
    """Of ``files``: they stand in the base revision with another text."""
    revision: str | None = None
    """Commit whose text ``base`` is read from; None: the work tree's."""
    notes: tuple[str, ...] = ()
    """What was passed over while looking, one line each."""

    @property
    def python(self) -> bool:
        """Only running its code tells its statements."""
        return self.tool in ("alembic", "django", "run") or any(one.endswith(".py") for one in self.files)


class History(msgspec.Struct, kw_only=True):
    """The migrations of a run: what is checked, and what came before."""

    scripts: tuple[Script, ...]
    """To check, in order."""
    engine: EngineName | None = None
    """Whose dialect they are written in; None: nothing tells."""
    base: tuple[Script, ...] = ()
    """Earlier ones, in order: replayed they make the schema, where no catalog gives it."""
    notices: list[str] = []


ChangeAction = Literal[
    # tables
    "create_table", "create_table_as", "create_partition", "drop_table", "rename_table", "set_schema", "truncate",
    # columns
    "add_column", "drop_column", "rename_column", "alter_column_type", "set_default", "drop_default", "set_not_null",
    "drop_not_null", "add_identity", "set_statistics", "set_storage", "set_compression",
    # constraints
    "add_check", "add_not_null", "add_foreign_key", "add_unique", "add_primary_key", "add_exclusion",
    "validate_constraint", "drop_constraint", "rename_constraint",
    # indexes
    "create_index", "drop_index", "rename_index", "reindex", "alter_index", "create_statistics",
    # partitions
    "attach_partition", "detach_partition", "partition_by", "drop_partition", "truncate_partition",
    "reorganize_partition", "exchange_partition",
    # whole tables
    "vacuum_full", "vacuum", "analyze", "cluster", "set_logged", "set_unlogged", "set_tablespace",
    "set_access_method", "set_options", "convert_charset", "set_engine", "rebuild", "row_format", "inherit",
    # views and the rest of a schema
    "create_view", "drop_view", "create_materialized_view", "refresh_materialized_view", "create_trigger",
    "drop_trigger", "switch_trigger", "row_security", "policy", "rule", "create_type", "add_enum_value",
    "alter_type_other", "create_domain", "alter_domain_check", "alter_domain_not_null", "create_function",
    "create_sequence", "alter_sequence", "create_extension", "create_schema", "drop_schema", "drop_other", "owner",
    "privileges", "comment",
    # rows
    "insert", "update", "delete", "merge", "copy", "select",
    # the session
    "lock_table", "set", "call", "do", "other",
]  # fmt: skip


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a statement does, as its text and the schema before it tell. A statement has one a clause."""

    action: ChangeAction
    table: str | None = None
    """Canonical name (`Table.name`); of an index or trigger its table, where the schema tells."""
    column: str | None = None
    columns: tuple[str, ...] = ()
    """Keys of an index or constraint, in order; an expression as SQL."""
    name: str | None = None
    """Of the index, constraint, trigger, type, setting..."""
    new_name: str | None = None
    old_type: str | None = None
    new_type: str | None = None
    """Of a column: as written."""
    expression: str | None = None
    """A default, a check, a USING, a predicate, the value of a setting."""
    default_kind: (
        Literal["none", "constant", "stable", "volatile", "serial", "identity", "stored", "virtual"] | None
    ) = None
    """Of a new column."""
    nullable: bool | None = None
    parent: str | None = None
    """Referenced table, partitioned table, or the index that ATTACH and USING INDEX name."""
    parent_columns: tuple[str, ...] = ()
    unique: bool = False
    method: str | None = None
    not_valid: bool = False
    concurrently: bool = False
    only: bool = False
    """ON ONLY: not its partitions."""
    conditional: bool = False
    """IF EXISTS, IF NOT EXISTS."""
    no_op: bool = False
    """By the schema before it, it does nothing."""
    unfiltered: bool = False
    """An UPDATE or DELETE of every row."""
    rows: float | None = None
    """Of an INSERT, UPDATE or DELETE: how many it writes, as a planner or the text tells; None not known."""
    cascade: bool = False


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A lock on a table, partition, index or view while a statement works."""

    relation: str
    """Canonical name."""
    mode: str
    """PostgreSQL: ``ACCESS EXCLUSIVE``... MySQL and MariaDB: the LOCK clause that the server accepts (``NONE``,
    ``SHARED``, ``EXCLUSIVE``), or ``METADATA`` for the moment's lock that every ALTER takes."""
    blocks_reads: bool
    blocks_writes: bool
    preexisting: bool
    """It stood there before the migration."""
    held_since_line: int | None = None
    """Line of the earlier statement of the transaction that took it; None: this one."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Work that grows with a table."""

    kind: Literal["rewrite", "scan", "build", "write"]
    """``rewrite``: a new copy of the table; ``scan``: every row is read to check it; ``build``: an index is made;
    ``write``: rows are inserted, updated or deleted."""
    relation: str
    """The table; of a build too."""
    preexisting: bool
    index: str | None = None
    """Of a build."""
    rows: float | None = None
    """Of a write: how many; None: not known."""
    online: bool = False
    """Others read and write meanwhile, whatever the locks listed say (CONCURRENTLY, LOCK=NONE)."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The statement fails, or will on production's rows."""

    message: str
    """The server's words (values left out), or what the statistics tell."""
    code: str | None = None
    """SQLSTATE, or the number of a MySQL error."""
    certain: bool = True
    """False: rows may be there that make it fail; the finding then says what query would tell."""
    foreseen: bool = False
    """By statistics, not seen in a dry run."""
    settle: str | None = None
    """The query that would tell."""


#: How an outcome is known: the statement ran on an empty copy; the server was asked which ALGORITHM it accepts; from
#: the schema and the text; from the text alone; from the manual, for a server that nobody could ask.
Evidence = Literal["executed", "probed", "schema", "text", "documentation"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement does to a server."""

    evidence: Evidence
    why_not: str | None = None
    """Why it was not executed."""
    locks: tuple[Lock, ...] = ()
    """Held while it works, those of earlier statements of the transaction among them; only ``ACCESS SHARE`` of reads is
    left out."""
    work: tuple[Work, ...] = ()
    created: tuple[str, ...] = ()
    """Relations that it makes."""
    changes: tuple[Change, ...] = ()
    """What it is, by its text."""
    failure: Failure | None = None
    waits_for_transactions: bool = False
    """It waits for every transaction that began before it (CONCURRENTLY)."""
    algorithm: str | None = None
    """MySQL and MariaDB: INSTANT, NOCOPY, INPLACE, COPY."""
    lock_timeout_ms: float | None = None
    """In force while it waits for its locks; None: none is set by the migration. 0: no limit."""
    statement_timeout_ms: float | None = None
    hidden: tuple[str, ...] = ()
    """Statements that a DO block or a function ran inside it."""
    uncertain: str | None = None
    """What the text leaves open: a name that no schema gives, a block that only a dry run sees through."""


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes of all statements of a run, in their order."""

    engine: Engine
    """Whose behaviour it is."""
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()
    """What could not be carried over or be tried."""
