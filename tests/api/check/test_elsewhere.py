"""Migrations that would do something else in production than on the copy are not called safe."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from advisor import check
from advisor.api.check import CheckWishes
from advisor.model import environment

SCHEMA = "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));\n"
INDEX = "EXECUTE 'CREATE INDEX x ON orders (total)'"
ALTER = "ALTER TABLE orders MODIFY total bigint"


def verdicts(tmp_path: Path, sql: str, *, mariadb: bool = False) -> list[str]:
    (tmp_path / "schema.sql").write_text(SCHEMA.replace("numeric", "decimal") if mariadb else SCHEMA)
    (tmp_path / "m.sql").write_text(sql)
    wishes = CheckWishes(engine="mariadb" if mariadb else "postgresql", dry_run="always", alternatives=False)
    found = check([tmp_path / "m.sql"], catalog=tmp_path / "schema.sql", wishes=wishes)
    assert all(one.rule != "MIG025" or one.severity == "medium" for one in found.findings)
    assert ("MIG025" in {one.rule for one in found.findings}) == any(
        one.verdict == "unknown" for one in found.statements
    )
    return [one.verdict for one in found.statements]


@pytest.mark.server
@pytest.mark.parametrize(
    ("block", "verdict"),
    [
        (f"IF current_user NOT LIKE 'advisor%' THEN {INDEX}; END IF;", "blocking"),
        (f"IF now() > '2020-01-01' AND current_database() <> 'shadow' THEN {INDEX}; END IF;", "blocking"),
        ("IF current_database() <> 'shadow' THEN EXECUTE chr(67) || 'REATE INDEX x ON orders (total)'; END IF;", "unknown"),
        (f"PERFORM pg_read_file('/etc/passwd'); {INDEX}; EXCEPTION WHEN insufficient_privilege THEN NULL;", "blocking"),
        ("IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'orders') THEN CREATE INDEX x ON orders (total); END IF;", "safe"),
        ("CREATE TABLE orders (id int); EXCEPTION WHEN duplicate_table THEN NULL;", "safe"),
    ],
)  # fmt: skip
def test_blocks_of_postgresql(tmp_path: Path, block: str, verdict: str) -> None:
    assert verdicts(tmp_path, f"DO $$BEGIN {block} END$$;") == [verdict]


@pytest.mark.server
@pytest.mark.long
def test_a_block_that_does_not_end_is_not_safe(tmp_path: Path) -> None:
    assert verdicts(tmp_path, "DO $$BEGIN LOOP PERFORM pg_sleep(1); END LOOP; END$$;") == ["unknown"]


@pytest.mark.server
@pytest.mark.parametrize("dry_run", ["always", "never"])
def test_a_truncate_that_is_undone_empties_nothing(tmp_path: Path, dry_run: Literal["always", "never"]) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    rewrites = "ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,1)"
    (tmp_path / "m.sql").write_text(f"BEGIN; SAVEPOINT a; TRUNCATE orders; ROLLBACK TO a; {rewrites}; COMMIT;")
    wishes = CheckWishes(engine="postgresql", dry_run=dry_run, alternatives=False)
    found = check([tmp_path / "m.sql"], catalog=tmp_path / "schema.sql", wishes=wishes)
    assert [one.verdict for one in found.statements] == ["brief_lock", "blocking"]


@pytest.mark.server
def test_a_function_that_looks_who_calls_it(tmp_path: Path) -> None:
    inner = f"CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$BEGIN IF user = 'app' THEN {INDEX}; END IF; END$$;"
    outer = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM g(); END$$;"
    assert verdicts(tmp_path, f"{inner}\n{outer}\nSELECT f();")[-1] != "safe"


@pytest.mark.server
@pytest.mark.parametrize(
    ("sql", "last"),
    [
        (
            f"DELIMITER $$\nCREATE PROCEDURE p() BEGIN IF CURRENT_USER() NOT LIKE 'advisor%' THEN {ALTER}; END IF; END$$\n"
            "CALL p()$$\n",
            "unknown",
        ),
        (f"EXECUTE IMMEDIATE IF(CURRENT_USER() LIKE 'advisor%', 'SELECT 1', '{ALTER}');", "unknown"),
        (f"SET @s = IF(@@hostname LIKE 'x', '{ALTER}', 'SELECT 1'); PREPARE p FROM @s; EXECUTE p;", "unknown"),
        (
            "SET @s = (SELECT IF(COUNT(*) > 0, 'SELECT 1', 'ALTER TABLE orders ADD COLUMN z int') "
            "FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'z');"
            "PREPARE p FROM @s; EXECUTE p;",
            "brief_lock",
        ),
    ],
)
def test_blocks_of_mariadb(tmp_path: Path, sql: str, last: str) -> None:
    assert verdicts(tmp_path, sql, mariadb=True)[-1] == last


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("IF session_user = 'a' THEN", True),
        ("IF user = 'a' THEN", True),
        ("SELECT reltuples FROM pg_class", True),
        ('SELECT "user" FROM t', False),
        ("SELECT t.user FROM t", False),
        ("CREATE USER MAPPING FOR a", False),
        ("SELECT 1 FROM pg_constraint WHERE conrelid = 'a'::regclass", False),
        ("SELECT version FROM schema_version", False),
        ("SELECT version()", True),
    ],
)
def test_words_that_ask(text: str, asks: bool) -> None:
    assert (environment.POSTGRESQL.search(text) is not None) is asks


@pytest.mark.parametrize(
    ("text", "catches"),
    [
        ("BEGIN x; EXCEPTION WHEN duplicate_object OR duplicate_table THEN NULL; END", False),
        ("BEGIN x; EXCEPTION WHEN SQLSTATE '42710' THEN NULL; END", False),
        ("BEGIN x; EXCEPTION WHEN others THEN NULL; END", True),
        ("BEGIN x; EXCEPTION WHEN duplicate_object THEN NULL; WHEN division_by_zero THEN NULL; END", True),
        ("BEGIN RAISE EXCEPTION 'no'; END", False),
    ],
)
def test_errors_that_are_caught(text: str, catches: bool) -> None:
    assert environment.handles_errors(text) is catches
