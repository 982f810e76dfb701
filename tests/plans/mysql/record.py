"""Records what a MariaDB server prints for one set of statements in its four forms: `python tests/plans/mysql/record.py`."""

from __future__ import annotations

import json
from pathlib import Path

import pymysql

HERE = Path(__file__).parent
DATABASE = "advisor_mysql_plans"
FORMS = {
    "explain": "EXPLAIN EXTENDED ",
    "explain_json": "EXPLAIN FORMAT=JSON ",
    "analyze": "ANALYZE ",
    "analyze_json": "ANALYZE FORMAT=JSON ",
}


def statements() -> list[str]:
    return [line for line in (HERE / "statements.sql").read_text().splitlines() if line and not line.startswith("--")]


def tsv(columns: list[str], rows: list[list[object]]) -> str:
    """As `mysql --batch` prints rows."""
    return "\n".join("\t".join(cell_text(cell) for cell in row) for row in [columns, *rows])


def cell_text(cell: object) -> str:
    if cell is None:
        return "NULL"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def record(cursor: pymysql.cursors.Cursor, statement: str) -> dict[str, str]:
    printed = {}
    for form, words in FORMS.items():
        cursor.execute("START TRANSACTION")
        try:
            cursor.execute(words + statement)
            heads = [column[0] for column in cursor.description]
            rows = [list(row) for row in cursor.fetchall()]
        finally:
            cursor.execute("ROLLBACK")
        printed[form] = str(rows[0][0]) if form.endswith("json") else tsv(heads, rows)
    return printed


def prepare(cursor: pymysql.cursors.Cursor) -> None:
    for statement in (HERE / "schema.sql").read_text().split(";\n"):
        if statement.strip():
            cursor.execute(statement)
            cursor.fetchall()


def main() -> None:
    connection = pymysql.connect(host="127.0.0.1", user="root", autocommit=True)
    cursor = connection.cursor()
    prepare(cursor)
    cursor.execute("SELECT version()")
    recorded = {"version": cursor.fetchone()[0], "plans": {one: record(cursor, one) for one in statements()}}
    (HERE / "mariadb.json").write_text(json.dumps(recorded, indent=1))
    cursor.execute(f"DROP DATABASE {DATABASE}")


if __name__ == "__main__":
    main()
