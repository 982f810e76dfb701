"""How often a driver goes to the server for one call."""

from __future__ import annotations

from typing import Any


def one_trip_each(driver: str, sql: Any) -> bool:
    """Whether `executemany` asks the server once for each set of parameters.

    psycopg 3 sends all in a pipeline; pymysql and mysqlclient write the rows of INSERT and REPLACE ... VALUES into one
    statement; SQLite has no server. psycopg2 and the rest of MySQL's wait for each answer.
    """
    if driver in ("pymysql", "mysqldb", "mysqlclient"):
        return not str(sql).lstrip()[:7].lower().startswith(("insert", "replace"))
    return driver == "psycopg2"
