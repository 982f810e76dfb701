"""What became of a table's trees: rows written anew have a new table's number, a built index a new one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.dryrun.mariadb.host import Host

if TYPE_CHECKING:
    from pymysql.cursors import Cursor


@dataclass(frozen=True, slots=True)
class Trees:
    """InnoDB's numbers of a table, its partitions and their indexes."""

    tables: frozenset[int]
    indexes: dict[int, str]


def views(host: Host) -> tuple[str, str]:
    """Where the server lists them."""
    old = host.product == "mariadb" or host.version.startswith(("5.6", "5.7"))
    return ("INNODB_SYS_TABLES", "INNODB_SYS_INDEXES") if old else ("INNODB_TABLES", "INNODB_INDEXES")


def trees(host: Host, database: str, table: str) -> Trees:
    """Of one table; empty for one that is not InnoDB's."""
    tables, _ = views(host)
    with host.admin.cursor() as cursor:
        if host.product == "mysql" and tables == "INNODB_TABLES":
            cursor.execute("SELECT %s, %s", (database, table))
        else:
            cursor.execute("SELECT CONVERT(%s USING filename), CONVERT(%s USING filename)", (database, table))
        parts = [part.decode() if isinstance(part, bytes) else str(part) for part in cursor.fetchone()]
        name = "/".join(parts)
        pattern = f"{name}#p#".replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
        cursor.execute(
            f"SELECT table_id FROM information_schema.{tables}"
            " WHERE LOWER(name) = LOWER(%s) OR LOWER(name) LIKE LOWER(%s)",
            (name, pattern + "%"),
        )
        found = frozenset(int(row[0]) for row in cursor.fetchall())
        return Trees(found, _indexes(host, cursor, found))


def _indexes(host: Host, cursor: Cursor | Any, tables: frozenset[int]) -> dict[int, str]:
    if not tables:
        return {}
    _, view = views(host)
    marks = ", ".join(["%s"] * len(tables))
    cursor.execute(
        f"SELECT index_id, name FROM information_schema.{view} WHERE table_id IN ({marks})", tuple(sorted(tables))
    )
    return {int(number): str(name) for number, name in cursor.fetchall()}


def later(host: Host, before: Trees) -> tuple[bool, tuple[str, ...]]:
    """Was the table written anew, and which indexes were built in the one that stayed?"""
    if not before.tables:
        return False, ()
    tables, _ = views(host)
    marks = ", ".join(["%s"] * len(before.tables))
    with host.admin.cursor() as cursor:
        cursor.execute(
            f"SELECT table_id FROM information_schema.{tables} WHERE table_id IN ({marks})",
            tuple(sorted(before.tables)),
        )
        left = frozenset(int(row[0]) for row in cursor.fetchall())
        if left != before.tables:
            return True, ()
        now = _indexes(host, cursor, left)
    built = dict.fromkeys(name for number, name in now.items() if number not in before.indexes)
    return False, tuple(name for name in built if not name.startswith("FTS_DOC_ID"))
