"""Databases, tables and views of a snapshot, in the throwaway server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from advisor.catalog.live.mysql_connection import message
from advisor.model.snapshot import SchemaObject, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.server import MariadbServer
from advisor.planners.mariadb.synthetic import quoted

if TYPE_CHECKING:
    import pymysql

_ENGINE = re.compile(r"(?<=\s)ENGINE\s*=\s*(\w+)", re.IGNORECASE)
_CREATE = re.compile(r"\s*CREATE\s", re.IGNORECASE)
#: For one statement: making an empty table takes milliseconds.
_STATEMENT_SECONDS = 20


def schemas(snapshot: Snapshot) -> list[str]:
    """Databases that have tables, in the order in which they come."""
    return list(
        dict.fromkeys(
            one.schema or snapshot.header.database or "shadow" for one in snapshot.objects if one.kind == "table"
        )
    )


def load(server: MariadbServer, admin: pymysql.Connection[Any], snapshot: Snapshot) -> list[str]:
    """Databases by us; what stands in them, which others wrote, by an account that may nothing else.

    What could not be made, one line each. Raises pymysql.Error where our own statements fail.
    """
    import pymysql

    problems: list[str] = []

    collations = {one.name: one.ddl[0] for one in snapshot.objects if one.kind == "schema" and one.ddl}
    with admin.cursor() as cursor:
        for schema in schemas(snapshot):
            words = re.search(r"CHARACTER SET (\w+) COLLATE (\w+)\s*$", collations.get(schema, ""))
            tail = f" CHARACTER SET {words[1]} COLLATE {words[2]}" if words else ""
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(schema)}{tail}")
            pattern = quoted(schema).replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
            cursor.execute(f"GRANT ALL PRIVILEGES ON {pattern}.* TO advisor_owner@localhost")
            cursor.execute(
                f"GRANT SELECT, INSERT, UPDATE, DELETE, SHOW VIEW ON {pattern}.* TO advisor_planner@localhost"
            )
    with server.connect("owner") as owner, owner.cursor() as cursor:
        cursor.execute(
            f"SET SESSION foreign_key_checks = 0, max_statement_time = {_STATEMENT_SECONDS},"
            " sql_mode = 'NO_DIR_IN_CREATE,ALLOW_INVALID_DATES'"
        )
        skipped: dict[str, int] = {}
        for one in snapshot.objects:
            if one.kind not in ("table", "view"):
                if one.kind != "schema":
                    skipped[one.kind] = skipped.get(one.kind, 0) + 1
                continue
            for text in one.ddl:
                ddl = _innodb(text, one, problems) if one.kind == "table" else text
                try:
                    if not _CREATE.match(ddl):
                        raise PlannerError("its definition is no CREATE statement")
                    cursor.execute(f"USE {quoted(one.schema or snapshot.header.database or 'shadow')}")
                    cursor.execute(ddl)
                except (pymysql.Error, PlannerError) as error:
                    problems.append(f"{one.kind} {one.schema}.{one.name} is missing: {message(error)[:200]}")
    for kind, count in sorted(skipped.items()):
        problems.append(f"{count} of kind {kind} left out: EXPLAIN does not need them")
    return problems


def _innodb(ddl: str, one: SchemaObject, problems: list[str]) -> str:
    matches = list(_ENGINE.finditer(ddl))
    engines = {match[1].lower() for match in matches}
    if engines - {"innodb"}:
        problems.append(f"table {one.schema}.{one.name} is planned as InnoDB, it is {', '.join(sorted(engines))}")
        return _ENGINE.sub("ENGINE=InnoDB", ddl)
    return ddl
