"""One statement a message, and the only row of one."""

from __future__ import annotations

import psycopg
import pytest

from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import protocol
from tests.conftest import StartServer

pytestmark = pytest.mark.server


def test_one_statement_a_message(postgresql_with: StartServer) -> None:
    with psycopg.connect(postgresql_with({}).dsn, autocommit=True) as connection:
        assert protocol.rows(connection, "SELECT $1::int + 1", 2) == [(3,)]
        assert protocol.rows(connection, "SET work_mem = '8MB'") == []
        with pytest.raises(psycopg.errors.SyntaxError):
            protocol.rows(connection, "SELECT 1; SELECT 2")
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


@pytest.mark.parametrize(("sql", "count"), [("SELECT 1 WHERE false", "0 rows"), ("VALUES (1), (2)", "2 rows")])
def test_another_number_of_rows_is_said(postgresql_with: StartServer, sql: str, count: str) -> None:
    with psycopg.connect(postgresql_with({}).dsn, autocommit=True) as connection:
        assert protocol.row(connection, "VALUES (1, 'a')") == (1, "a")
        with pytest.raises(PlannerError, match=f"gave {count} in place of one"):
            protocol.row(connection, sql)
