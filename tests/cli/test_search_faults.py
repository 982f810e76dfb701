"""Faults of the index search's options: one line, exit code 2, before the search; and no value of the log anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli import run

SNAPSHOT = str(Path(__file__).parents[2] / "fixtures/shop/postgresql/shop.snapshot")
LOG = "2026-03-01 10:00:00.000 UTC [7] LOG:  duration: 100.000 ms  statement: SELECT * FROM orders WHERE customer_id = 5\n"


def told(capsys, tmp_path, *options):
    log = tmp_path / "slow.log"
    log.write_text(LOG * 3)
    code = run(["analyze", str(log), "-c", SNAPSHOT, *options])
    captured = capsys.readouterr()
    return code, captured


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--time-limit", "nan"), "--time-limit"),
        (("--time-limit", "inf"), "--time-limit"),
        (("--only-table", "nowhere"), "--only-table nowhere: no such table"),
        (("--exclude-table", "no.orders"), "--exclude-table no.orders: no such table"),
        (("--measure", "postgresql://me:s3cret@127.0.0.1:1/x"), "--measure postgresql://me@127.0.0.1:1/x"),
        (("--measure", "sqlite:///x.db"), "--measure"),
        (("--measure", "nonsense"), "--measure"),
    ],
)
def test_a_fault_is_one_line(capsys, tmp_path, options, why):
    code, captured = told(capsys, tmp_path, *options)
    assert code == 2
    assert captured.out == ""
    (line,) = [line for line in captured.err.splitlines() if line.startswith("advisor: ")][-1:]
    assert why in line
    assert "Traceback" not in captured.err
    assert "s3cret" not in captured.err


@pytest.mark.server
def test_a_staging_copy_of_another_engine(capsys, tmp_path, mariadb_with):
    address = f"{mariadb_with({}).dsn}mysql"
    code, captured = told(capsys, tmp_path, "--measure", address, "--measure-busy")
    assert code == 2
    assert "it runs mariadb, and the catalog is postgresql" in captured.err


@pytest.mark.server
@pytest.mark.parametrize("form", ["json", "markdown", "sarif", "terminal"])
def test_no_value_of_the_log_is_told(capsys, tmp_path, form):
    """Of statements that are planned, and of those that the server refuses with a message that quotes the value."""
    statements = [
        "SELECT * FROM orders WHERE customer_id = 'zqann@example.orgqz'",
        "SELECT * FROM orders WHERE id = 4111222233334444555566",
        "SELECT * FROM nowhere WHERE token = 'zq9f86d081884cqz'",
        "SELECT * FROM orders WHERE status = 'zqann@example.orgqz' AND customer_id > 5",
        "SELECT * FROM customers WHERE email = 'zqann@example.orgqz'",
        "SELECT 'zqsecretqz' FROM orders LIMIT 'zqsecretqz'",
        "SELECT * FROM orders ORDER BY 'zqsecretqz'::date",
    ]
    log = tmp_path / "slow.log"
    log.write_text(
        "".join(
            f"2026-03-01 10:{minute:02}:{second:02}.000 UTC [7] LOG:  duration: 900.000 ms  statement: {sql}\n"
            for minute in range(12)
            for second, sql in enumerate(statements)
        )
    )
    assert run(["analyze", str(log), "-c", SNAPSHOT, "--time-limit", "3", "--format", form]) == 0
    captured = capsys.readouterr()
    for text in (captured.out, captured.err):
        assert "zq" not in text.lower()
        assert "4111222233334444" not in text
    if form == "json":
        assert json.loads(captured.out)["index_advice"]["unplanned"]


@pytest.mark.server
def test_indexes_of_an_excluded_table_stay(capsys, tmp_path):
    """The shop has an index on products that others make superfluous."""
    dropped = []
    for more in ((), ("--exclude-table", "products")):
        code, captured = told(capsys, tmp_path, "--time-limit", "2", "--format", "json", *more)
        assert code == 0
        found = json.loads(captured.out)["recommendations"]
        dropped.append([one["name"] for one in found if one["kind"] == "drop_index" and one["table"] == "products"])
    assert dropped[0]
    assert not dropped[1]
