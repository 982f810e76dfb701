"""Makes the databases of the applications, runs their statements and keeps the plans.

    .venv/bin/python -m tests.rules.labelled.plans.record [NAME...]

A statement runs twice and the second run is kept, unless `-- cold` asks for the first; what a statement writes is rolled back.
Where a label names a fix, it is applied and the statement's time with it is kept too.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
import time
from typing import Any

from tests import servers
from tests.rules.labelled.plans.cases import HERE, Application, Case, read

_POSTGRESQL = {
    "shared_buffers": "512MB", "max_parallel_workers_per_gather": "0", "jit": "off", "work_mem": "4MB",
    "max_wal_size": "4GB", "autovacuum": "off", "TimeZone": "UTC", "lc_messages": "C",
}  # fmt: skip
_FORMS = {"": "ANALYZE, BUFFERS", "json": "ANALYZE, BUFFERS, FORMAT JSON", "plain": "", "nobuffers": "ANALYZE",
          "verbose": "ANALYZE, BUFFERS, VERBOSE", "wal": "ANALYZE, BUFFERS, WAL", "serialize": "ANALYZE, BUFFERS, SERIALIZE",
          "yaml": "ANALYZE, BUFFERS, FORMAT YAML"}  # fmt: skip


def postgresql(application: Application) -> dict[str, dict[str, Any]]:
    import psycopg

    found: dict[str, dict[str, Any]] = {}
    with (
        servers.postgresql(_POSTGRESQL, major=application.major) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
    ):
        for statement in application.setup.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        for case in application.cases:
            found[case.key] = _postgresql_case(connection, case)
    return found


def _postgresql_case(connection: Any, case: Case) -> dict[str, Any]:
    import yaml

    options = _FORMS[case.directives.get("form", "")]
    explain = f"EXPLAIN ({options}) {case.statement}" if options else f"EXPLAIN {case.statement}"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for one in filter(None, case.directives.get("set", "").split(";")):
            cursor.execute(f"SET LOCAL {one}")
        for one in filter(None, case.directives.get("before", "").split(";")):
            cursor.execute(one)

        def run() -> str:
            cursor.execute("SAVEPOINT once")
            cursor.execute(explain)
            rows = [row[0] for row in cursor.fetchall()]
            cursor.execute("ROLLBACK TO SAVEPOINT once")
            return "\n".join(row if isinstance(row, str) else json.dumps(row, indent=1) for row in rows)

        if "cold" not in case.directives:
            run()
        kept: dict[str, Any] = {"plan": run()}
        if "fix" in case.directives and options:
            for one in filter(None, case.directives["fix"].split(";")):
                cursor.execute(one)
            for one in filter(None, case.directives.get("set", "").split(";")):
                if one.strip().startswith("enable_"):  # what was switched off to get the bad plan
                    cursor.execute(f"SET LOCAL {one.split('=')[0]} = DEFAULT")
            options, explain = "", f"EXPLAIN (ANALYZE, FORMAT YAML) {case.statement}"
            run()
            kept["fixed_ms"] = yaml.safe_load(run())[0]["Execution Time"]
        cursor.execute("ROLLBACK")
    return kept


def mariadb(application: Application) -> dict[str, dict[str, Any]]:
    import pymysql

    found: dict[str, dict[str, Any]] = {}
    with servers.mariadb({"innodb-buffer-pool-size": "512M"}) as server:
        connection = pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE app")
            cursor.execute("USE app")
            for statement in application.setup.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
            for case in application.cases:
                for one in filter(None, case.directives.get("set", "").split(";")):
                    cursor.execute(f"SET SESSION {one}")
                found[case.key] = _mariadb_case(cursor, case)
                for one in filter(None, case.directives.get("set", "").split(";")):
                    cursor.execute(f"SET SESSION {one.split('=')[0]} = DEFAULT")
        connection.close()
    return found


def _mariadb_case(cursor: Any, case: Case) -> dict[str, Any]:
    def table(prefix: str) -> list[list[str]]:
        cursor.execute(f"{prefix} {case.statement}")
        heads = [column[0] for column in cursor.description]
        return [heads, *(["NULL" if cell is None else str(cell) for cell in row] for row in cursor.fetchall())]

    kept: dict[str, Any] = {"explain": table("EXPLAIN")}
    cursor.execute(f"ANALYZE FORMAT=JSON {case.statement}")
    cursor.fetchall()
    cursor.execute(f"ANALYZE FORMAT=JSON {case.statement}")
    kept["json"] = cursor.fetchall()[0][0]
    kept["analyze"] = table("ANALYZE")
    cursor.execute("FLUSH STATUS")
    started = time.perf_counter()
    cursor.execute(case.statement)
    kept["rows_sent"] = len(cursor.fetchall())
    kept["ms"] = round((time.perf_counter() - started) * 1000, 3)
    cursor.execute("SHOW SESSION STATUS LIKE 'Rows_read'")
    kept["rows_examined"] = int(cursor.fetchall()[0][1])
    if "fix" in case.directives:
        cursor.execute(case.directives["fix"])
        cursor.execute(case.statement)
        cursor.fetchall()
        started = time.perf_counter()
        cursor.execute(case.statement)
        cursor.fetchall()
        kept["fixed_ms"] = round((time.perf_counter() - started) * 1000, 3)
        words = case.directives["fix"].split()
        cursor.execute(f"DROP INDEX {words[2]} ON {words[4]}")
    return kept


def sqlite(application: Application) -> dict[str, dict[str, Any]]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(application.setup)
    found: dict[str, dict[str, Any]] = {}
    for case in application.cases:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {case.statement}").fetchall()
        found[case.key] = {"plan": _tree(rows)}
    return found


def _tree(rows: list[tuple[int, int, int, str]]) -> str:
    """As the shell draws it."""
    lines = ["QUERY PLAN"]

    def draw(parent: int, indent: str) -> None:
        own = [row for row in rows if row[1] == parent]
        for row in own:
            last = row is own[-1]
            lines.append(f"{indent}{'`--' if last else '|--'}{row[3]}")
            draw(row[0], indent + ("   " if last else "|  "))

    draw(0, "")
    return "\n".join(lines)


def main(names: list[str]) -> None:
    for path in sorted(HERE.glob("*.sql")):
        if names and path.stem not in names:
            continue
        application = read(path)
        record = {"postgresql": postgresql, "mariadb": mariadb, "sqlite": sqlite}[application.engine]
        plans = record(application)
        text = json.dumps(plans, indent=0).encode()
        path.with_suffix(".plans.gz").write_bytes(gzip.compress(text, 9, mtime=0))
        print(path.stem, len(application.cases), len(text), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
