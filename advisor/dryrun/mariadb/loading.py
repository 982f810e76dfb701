"""The schema of a snapshot, empty, on the server that a migration is tried on: with its own storage engines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.catalog.live.mysql_connection import message
from advisor.dryrun.mariadb.host import Host
from advisor.dryrun.mariadb.names import renamed
from advisor.model.snapshot import SchemaObject, Snapshot

_CREATE = re.compile(r"\s*CREATE\s", re.IGNORECASE)
_DEFINER = re.compile(r"\sDEFINER\s*=\s*(?:`[^`]*`|'[^']*'|\w+)(?:@(?:`[^`]*`|'[^']*'|[\w.%]+))?", re.IGNORECASE)
#: Making an empty table takes milliseconds.
STATEMENT_SECONDS = 20
#: Settings of production under which a statement means or does something else.
CARRIED = (
    "sql_mode", "innodb_strict_mode", "alter_algorithm", "old_alter_table", "explicit_defaults_for_timestamp",
    "character_set_server", "collation_server", "check_constraint_checks", "system_versioning_alter_history",
)  # fmt: skip
#: ... that only a start of the server sets.
AT_START = ("lower_case_table_names", "innodb_default_row_format", "innodb_page_size", "character_set_server",
            "collation_server")  # fmt: skip


def default_database(snapshot: Snapshot | None) -> str:
    """That which a migration runs in."""
    if snapshot is None:
        return "shadow"
    if snapshot.header.database:
        return snapshot.header.database
    tables = {one.schema for one in snapshot.objects if one.kind == "table" and one.schema}
    return next(iter(sorted(tables)), "shadow")


def load(host: Host, snapshot: Snapshot, objects: Sequence[SchemaObject]) -> list[str]:
    """Tables, views and triggers; what could not be made, one line each. Raises pymysql.Error of our own statements.

    ``objects``: those of the snapshot to make.
    """
    import pymysql

    problems: list[str] = []
    default = default_database(snapshot)
    collations = {one.name: one.ddl[0] for one in snapshot.objects if one.kind == "schema" and one.ddl}
    for schema in dict.fromkeys(
        [default, *(one.schema or default for one in snapshot.objects if one.kind != "schema")]
    ):
        words = re.search(r"CHARACTER SET (\w+) COLLATE (\w+)\s*$", collations.get(schema, ""))
        host.create(schema, f" CHARACTER SET {words[1]} COLLATE {words[2]}" if words else "")
    with host.owner(host.real(default)) as owner, owner.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0, sql_mode = 'NO_DIR_IN_CREATE,ALLOW_INVALID_DATES'")
        for one in objects:
            if one.kind == "schema":
                continue
            for text in one.ddl:
                ddl = renamed(_DEFINER.sub("", text, count=1), host.databases)
                try:
                    if not _CREATE.match(ddl):
                        raise ValueError("its definition is no CREATE statement")
                    cursor.execute(f"USE `{host.real(one.schema or default).replace('`', '``')}`")
                    cursor.execute(ddl)
                except (pymysql.Error, ValueError) as error:
                    problems.append(f"{one.kind} {one.schema}.{one.name} is missing: {message(error)[:200]}")
    return problems
