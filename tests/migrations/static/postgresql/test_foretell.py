"""Rules that no server needs to be asked for, and texts that are no SQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading.script import script_of
from advisor.migrations.static.postgresql import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine
from advisor.model.migration import MigrationStatement, Outcome, Script

HERE = Path(__file__).parent
SCHEMA = (HERE / "base.sql").read_text()
CATALOG = read_ddl(SCHEMA, "schema", "postgresql")
CASES = [line.split(";;")[-1].strip() for line in (HERE / "cases.txt").read_text().splitlines() if line.strip()]
WORDS = sorted({word for case in CASES for word in re.findall(r"\w+|'[^']*'|\S", case)} | {"$$", "'", ";", '"'})


def outcomes(text: str, *, version: str | None = "15.4", known: bool = True) -> list[Outcome]:
    script = script_of(text, "m.sql", engine="postgresql")
    return list(foretell([script], CATALOG if known else None, Engine("postgresql", version)).outcomes)


def words(text: str, **more: object) -> list[str]:
    return [verdict(one, Unknown()) for one in outcomes(text, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "older", "newer", "since"),
    [
        ("ALTER TABLE orders ADD COLUMN a int DEFAULT 5", "blocking", "brief_lock", 11),
        ("ALTER TABLE orders ADD COLUMN a timestamptz DEFAULT now()", "blocking", "brief_lock", 11),
        ("ALTER TABLE orders ALTER COLUMN qty SET NOT NULL", "blocking", "brief_lock", 12),
        ("SET timezone = 'UTC'; ALTER TABLE orders ALTER COLUMN updated TYPE timestamp", "blocking", "brief_lock", 12),
        ("REINDEX INDEX CONCURRENTLY orders_note", "fails", "online", 12),
        ("ALTER TABLE orders ADD COLUMN a int GENERATED ALWAYS AS (qty + 1)", "blocking", "brief_lock", 18),
        ("ALTER TABLE orders ADD CONSTRAINT nn NOT NULL note NOT VALID", "fails", "brief_lock", 18),
    ],
)
def test_versions(statement: str, older: str, newer: str, since: int):
    assert words(statement, version=f"{since - 1}.3")[-1] == older
    assert words(statement, version=f"{since}.1")[-1] == newer


def test_an_unknown_version_is_said():
    script = script_of("SELECT 1", "m.sql", engine="postgresql")
    assert "PostgreSQL 18" in foretell([script], None, Engine("postgresql")).notes[0]


def test_locks_are_held_until_the_transaction_ends():
    text = """BEGIN;
ALTER TABLE lone ADD CONSTRAINT c CHECK (b > 0) NOT VALID;
ALTER TABLE lone VALIDATE CONSTRAINT c;
COMMIT;
ALTER TABLE orders VALIDATE CONSTRAINT q2n;
"""
    first, second, third = outcomes(text)
    assert [verdict(one, Unknown()) for one in (first, second, third)] == ["brief_lock", "blocking", "online"]
    assert [(lock.relation, lock.mode, lock.held_since_line) for lock in second.locks] == [
        ("lone", "ACCESS EXCLUSIVE", 2)
    ]


def test_timeouts_and_their_scope():
    text = """SET lock_timeout = '2s';
BEGIN; SET LOCAL lock_timeout = '500ms'; SELECT 1; COMMIT;
SELECT 1; RESET lock_timeout; SELECT 1;
"""
    assert [one.lock_timeout_ms for one in outcomes(text)] == [2000, 500, 500, 2000, None, None]


def test_what_the_migration_makes_is_not_there_before():
    text = "CREATE TABLE fresh (id int); CREATE INDEX ON fresh (id); ALTER TABLE fresh ADD COLUMN a serial;"
    assert words(text) == ["safe", "safe", "safe"]
    assert words(text, known=False) == ["safe", "safe", "safe"]


def test_a_table_that_no_schema_gives_counts_as_there():
    assert words("CREATE INDEX ON elsewhere (id)", known=False) == ["blocking"]
    assert words("CREATE INDEX ON elsewhere (id)") == ["fails"]


def test_what_cannot_run_in_a_transaction():
    text = "BEGIN; CREATE INDEX CONCURRENTLY i ON orders (u); VACUUM orders; COMMIT; VACUUM FULL orders"
    assert words(text) == ["fails", "fails", "blocking"]


def test_blocks_are_read_as_far_as_they_are_plain():
    plain = "DO $$ BEGIN IF 1 = 1 THEN ALTER TABLE orders ADD COLUMN z serial; END IF; END $$"
    text = "DO $$ BEGIN EXECUTE 'ALTER TABLE orders ' || 'ADD COLUMN y serial'; END $$"
    dynamic = "DO $$ DECLARE t text; BEGIN FOR t IN SELECT 1 LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$"
    there = "DO $$ BEGIN CREATE TYPE mood AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    assert words(f"{plain};{text};{dynamic};{there}") == ["blocking", "blocking", "unknown", "safe"]
    assert outcomes(plain)[0].hidden == ("ALTER TABLE orders ADD COLUMN z serial",)


def test_no_ops():
    text = "ALTER TABLE orders ADD COLUMN IF NOT EXISTS qty int; DROP TABLE IF EXISTS nosuch"
    assert [one.changes[0].no_op for one in outcomes(text)] == [True, True]


@given(
    st.sampled_from(CASES), st.lists(st.tuples(st.integers(0, 30), st.sampled_from(WORDS)), max_size=4), st.booleans()
)
@settings(max_examples=400, deadline=None)
def test_no_text_makes_it_raise(case: str, edits: list[tuple[int, str]], known: bool):
    parts = re.findall(r"\s+|\w+|'[^']*'|\S", case)
    for at, word in edits:
        parts[at : at + 1] = [f" {word} "]
    statement = MigrationStatement(file="m.sql", line=1, end_line=1, sql="".join(parts), transaction=None)
    script = Script(file="m.sql", tool="sql", name="m", statements=(statement,))
    (outcome,) = foretell([script], CATALOG if known else None, Engine("postgresql", "16.2")).outcomes
    assert outcome.changes or outcome.failure or outcome.uncertain or not "".join(parts).strip()


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("BEGIN; DROP INDEX CONCURRENTLY orders_total; COMMIT", ["drop_index"]),
        ("BEGIN; CREATE INDEX CONCURRENTLY orders_total ON orders (total); COMMIT", ["create_index"]),
        ("CREATE TABLE orders (id int)", ["create_table"]),
        ("ALTER TABLE orders ADD COLUMN a int, ADD COLUMN qty int, DROP COLUMN nowhere", None),
        ("ALTER TABLE nowhere ADD COLUMN a int", ["add_column"]),
        ("ALTER TABLE orders ALTER COLUMN m TYPE int", ["alter_column_type"]),
        ("DROP TABLE customers", ["drop_table"]),
    ],
)
def test_a_statement_that_fails_tells_what_it_asks_for(text: str, actions: list[str] | None):
    [found] = outcomes(text)
    assert found.failure is not None
    assert (found.locks, found.work) == ((), ())
    assert [one.action for one in found.changes] == (actions or ["add_column", "add_column", "drop_column"])
    assert not any(one.no_op or one.conditional for one in found.changes)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE nt PARTITION OF rg FOR VALUES FROM (50) TO (150)",
        "CREATE TABLE nt PARTITION OF ls FOR VALUES IN ('z', 'a')",
        "ALTER TABLE ev ATTACH PARTITION ev_new FOR VALUES FROM ('2026-01-15') TO ('2026-03-01')",
        "ALTER TABLE ev_1 RENAME COLUMN k TO kk",
        "ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES customers (id)",
        "ALTER TABLE customers ALTER COLUMN ref TYPE timestamp USING ref::timestamp",
        "CREATE UNIQUE INDEX ON rg (x)",
        "CREATE TABLE elder (a int); CREATE TABLE younger () INHERITS (elder); ALTER TABLE ONLY elder ADD COLUMN b int",
        "INSERT INTO lone2 (a) VALUES ('x')",
        "DROP SEQUENCE orders_id_seq",
    ],
)
def test_what_the_schema_forbids(text: str):
    assert words(text)[-1] == "fails"


def test_table_is_a_query_too():
    assert words("CREATE TABLE orders_too AS TABLE orders") == ["online"]
    assert words("CREATE TABLE orders_too AS (TABLE orders UNION ALL TABLE orders)") == ["online"]


@pytest.mark.parametrize("what", ["SCHEMA public", "DATABASE shop"])
def test_many_tables_that_nobody_knows(what: str):
    assert words(f"REINDEX {what}", known=False) == ["blocking"]
    assert words(f"REINDEX {what.replace(' ', ' CONCURRENTLY ')}", known=False) == ["online"]


def test_what_only_running_tells():
    assert words("SELECT rebuild('x')") == ["unknown"]
    assert words("DO $$ BEGIN PERFORM rebuild('x'); END $$") == ["unknown"]
    assert words("SELECT pg_catalog.setval('orders_id_seq', 5)") == ["safe"]
    assert words("ALTER DOMAIN mark ADD CHECK (VALUE > 1)", known=False) == ["blocking"]
    assert words("CREATE DOMAIN mark AS int; ALTER DOMAIN mark ADD CHECK (VALUE > 1)", known=False) == ["safe", "safe"]
