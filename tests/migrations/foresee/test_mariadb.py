"""What MariaDB's statistics foretell against what really happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.migrations.foresee import Foresight, statistics_of
from advisor.model.migration import Change, Outcome
from tests import servers

pytestmark = pytest.mark.server

_SCHEMA = [
    "CREATE TABLE parents (id int PRIMARY KEY)",
    "INSERT INTO parents SELECT seq FROM seq_1_to_100",
    "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(30), c int NOT NULL, d date, e varchar(20))",
    "INSERT INTO t SELECT seq, IF(seq % 4 = 0, NULL, seq), concat('value ', seq), 1 + seq % 90, "
    "'2024-01-01' + INTERVAL (seq % 300) DAY, elt(1 + seq % 3, 'new', 'paid', 'sent') FROM seq_1_to_40000",
    "ANALYZE TABLE t PERSISTENT FOR ALL",
    "ANALYZE TABLE parents PERSISTENT FOR ALL",
]


def _c(action: str, **more: Any) -> Change:
    return Change(action=action, table="t", **more)  # type: ignore[arg-type]


CASES = [
    ("ALTER TABLE t MODIFY a int NOT NULL", _c("set_not_null", column="a"), True),
    ("ALTER TABLE t MODIFY c int NOT NULL", _c("set_not_null", column="c"), False),
    ("ALTER TABLE t MODIFY d date NOT NULL", _c("set_not_null", column="d"), False),
    ("ALTER TABLE t ADD UNIQUE (c)", _c("add_unique", columns=("c",)), True),
    ("ALTER TABLE t ADD UNIQUE (e)", _c("add_unique", columns=("e",)), True),
    ("ALTER TABLE t ADD UNIQUE (b)", _c("add_unique", columns=("b",)), False),
    ("ALTER TABLE t ADD UNIQUE (b(5))", _c("add_unique", columns=("b(5)",)), False),
    ("ALTER TABLE t ADD CHECK (c < 50)", _c("add_check", expression="c < 50"), True),
    ("ALTER TABLE t ADD CHECK (c BETWEEN 1 AND 90)", _c("add_check", expression="c BETWEEN 1 AND 90"), False),
    ("ALTER TABLE t ADD CHECK (d >= '2024-02-01')", _c("add_check", expression="d >= '2024-02-01'"), True),
    ("ALTER TABLE t ADD CHECK (e <> 'paid')", _c("add_check", expression="e <> 'paid'"), False),
    ("ALTER TABLE t MODIFY a smallint", _c("alter_column_type", column="a", new_type="smallint"), True),
    ("ALTER TABLE t MODIFY c tinyint", _c("alter_column_type", column="c", new_type="tinyint"), False),
    ("ALTER TABLE t MODIFY b varchar(8)", _c("alter_column_type", column="b", new_type="varchar(8)"), None),
    ("ALTER TABLE t ADD COLUMN x int NOT NULL", _c("add_column", column="x", nullable=False), False),
    (
        "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES parents (id)",
        _c("add_foreign_key", columns=("c",), parent="parents", parent_columns=("id",)),
        False,
    ),
]


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[servers.Server, dict[str, Foresight]]]:
    with servers.mariadb() as server:
        connection = pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop")
            cursor.execute("USE shop")
            for one in _SCHEMA:
                cursor.execute(one)
        connection.close()
        found = {}
        for values in ("masked", "present"):
            snapshot = capture(server.dsn + "shop", values=values)
            statistics = statistics_of(catalog_of(snapshot), snapshot)
            assert statistics is not None
            found[values] = Foresight(statistics)
        yield server, found


@pytest.mark.parametrize(("sql", "change", "foretold"), CASES, ids=[sql for sql, _, _ in CASES])
def test_a_certain_failure_happens(
    place: tuple[servers.Server, dict[str, Foresight]], sql: str, change: Change, foretold: bool | None
) -> None:
    server, foresights = place
    connection = pymysql.connect(host=server.host, port=server.port, user=server.user, database="shop")
    code = None
    with connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE copied LIKE t")
        cursor.execute("INSERT INTO copied SELECT * FROM t")
        try:
            cursor.execute(sql.replace("TABLE t", "TABLE copied"))
        except pymysql.Error as error:
            code = str(error.args[0])
        outcome = Outcome(evidence="executed", changes=(change,))
        for foresight in foresights.values():
            found = foresight.foresee(outcome)
            if found is not None and found.certain:
                assert code == found.code
            if code is not None:
                assert found is not None
            if found is not None and found.settle:
                cursor.execute(found.settle)
                assert bool(cursor.fetchall()) == (code is not None) or "b(5)" in sql
    connection.close()
    present = foresights["present"].foresee(outcome)
    if foretold is not None:
        assert bool(present and present.certain) == foretold, (present, code)
