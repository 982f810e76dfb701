"""Runs one algorithm of hyrise/index_selection_evaluation in a process of its own; the answer is JSON on standard output.

    python -m benchmarks.indexes.peers.hyrise_run < request.json

Their code is used as it is, from the directory in the request. What is put in its place here: the connector keeps existing
indexes (theirs drops every index first, primary keys included), passes any statement on (theirs sends only what contains
"select"), and multiplies costs by the statement's weight (theirs has none). Columns of a query are found as theirs are: by
name in the text.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import time
from typing import Any

from benchmarks.indexes.peers.answer import cpu_of

ALGORITHMS = {
    "Extend": ("extend_algorithm", "ExtendAlgorithm"),
    "DB2Advis": ("db2advis_algorithm", "DB2AdvisAlgorithm"),
    "AutoAdmin": ("auto_admin_algorithm", "AutoAdminAlgorithm"),
    "Relaxation": ("relaxation_algorithm", "RelaxationAlgorithm"),
    "Anytime": ("anytime_algorithm", "AnytimeAlgorithm"),
}


def connector(request: dict[str, Any]) -> Any:
    """Theirs, over this database, with the three differences named above."""
    import psycopg2
    from selection.dbms.postgres_dbms import PostgresDatabaseConnector

    class Connector(PostgresDatabaseConnector):  # type: ignore[misc]
        def __init__(self) -> None:
            self.plans = 0
            super().__init__(request["dsn"], autocommit=True)

        def create_connection(self) -> None:
            self._connection = psycopg2.connect(request["dsn"])
            self._connection.autocommit = True
            self._cursor = self._connection.cursor()

        def drop_indexes(self) -> None:
            """Kept."""

        def _prepare_query(self, query: Any) -> str:
            return str(query.text)

        def _cleanup_query(self, query: Any) -> None:
            """Nothing was made."""

        def _get_plan(self, query: Any) -> Any:
            self.plans += 1
            plan = super()._get_plan(query)
            plan["Total Cost"] *= request["weights"].get(str(query.nr), 1.0)
            return plan

    return Connector()


def workload(request: dict[str, Any], found: Any) -> Any:
    """The statements with the columns that their names bring."""
    from selection.workload import Column, Query, Table, Workload

    tables: dict[str, Any] = {}
    rows = found.exec_fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "ORDER BY table_name, ordinal_position",
        one=False,
    )
    for table, column in rows:
        tables.setdefault(table, Table(table)).add_column(Column(column))
    queries = []
    for number, text in request["queries"]:
        lowered = text.lower()
        named = [table for name, table in tables.items() if re.search(rf"\b{re.escape(name)}\b", lowered)]
        # Theirs looks in every table for the name: with the same names in many tables (id, name) that finds columns of
        # tables that the statement does not have. Only its tables are looked at here, which can only help.
        columns = [column for table in named for column in table.columns if column.name in lowered]
        queries.append(Query(number, text, columns))
    return Workload(queries)


def main() -> None:
    """One request, one answer."""
    request = json.load(sys.stdin)
    sys.path.insert(0, request["directory"])
    logging.disable(logging.CRITICAL)
    module, name = ALGORITHMS[request["algorithm"]]
    with contextlib.redirect_stdout(sys.stderr):
        kind = getattr(__import__(f"selection.algorithms.{module}", fromlist=[name]), name)
        found = connector(request)
        backend = found.exec_fetch("SELECT pg_backend_pid()")[0]
        before, began = cpu_of(backend), time.process_time()
        asked = workload(request, found)
        indexes = kind(found, dict(request["parameters"])).calculate_best_indexes(asked)
    answer = {
        "indexes": [f"ON {index.table()} ({', '.join(c.name for c in index.columns)})" for index in indexes],
        "bytes": sum(index.estimated_size or 0 for index in indexes),
        "calls": found.plans,
        "client_cpu": time.process_time() - began,
        "server_cpu": cpu_of(backend) - before,
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
