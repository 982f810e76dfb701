"""A live MariaDB prints what the readers expect: the statements of `record.py`, run now."""

from __future__ import annotations

from collections.abc import Iterator

import pymysql
import pytest

from advisor.model.plan import Plan
from advisor.plans.read import read
from tests.plans.mysql import record

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def cursor() -> Iterator[pymysql.cursors.Cursor]:
    connection = pymysql.connect(host="127.0.0.1", user="root", autocommit=True)
    cursor = connection.cursor()
    record.prepare(cursor)
    yield cursor
    cursor.execute(f"DROP DATABASE {record.DATABASE}")
    connection.close()


def tables(plan: Plan) -> list[tuple[str | None, ...]]:
    return sorted(((node.alias, node.operator, node.index) for node in plan.nodes if node.access is not None), key=str)


def test_rows_and_json_of_a_live_server(cursor: pymysql.cursors.Cursor) -> None:
    for statement in record.statements():
        printed = record.record(cursor, statement)
        rows, document = (read(printed[form]).plans for form in ("analyze", "analyze_json"))
        assert len(rows) == len(document) == 1, statement
        assert tables(rows[0]) == tables(document[0]), statement
        assert rows[0].analyzed, statement
        assert document[0].analyzed, statement
        unknown = [w.text for w in (*rows[0].warnings, *document[0].warnings) if "not understood" in w.text]
        assert unknown == [], statement
