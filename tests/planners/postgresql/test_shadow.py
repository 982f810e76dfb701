"""A shadow plans as the loaded database it was captured from does: the same trees at the same costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import servers

pytestmark = pytest.mark.server

_HERE = Path(__file__).parent
QUERIES = (_HERE / "loaded_queries.sql").read_text().splitlines()


def load(server: servers.Server) -> str:
    """Makes the database `source` of loaded.sql; its address."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE source")
    dsn = server.dsn.rpartition("/")[0] + "/source"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in (_HERE / "loaded.sql").read_text().split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    return dsn


def plans(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """The plan of each query, as JSON, or the server's words."""
    found: dict[str, Any] = {}
    for query in QUERIES:
        try:
            found[query] = connection.execute(b"EXPLAIN (FORMAT JSON) " + query.encode()).fetchone()[0]
        except psycopg.Error as error:
            found[query] = str(error)
    return found
