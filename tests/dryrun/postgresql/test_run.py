"""Whole runs: base, files in order, roles, extensions, hostile statements."""

from __future__ import annotations

import time

import msgspec
import pytest

from advisor.dryrun.postgresql.run import run
from advisor.migrations.reading import script_of
from advisor.migrations.verdict import Unknown, verdict
from advisor.model import migration_limits
from advisor.model.catalog import Unread
from advisor.model.migration import Foretold, MigrationStatement, Outcome, Script
from advisor.planners.defaults import snapshot_of_ddl

pytestmark = pytest.mark.server
SCHEMA = "CREATE TABLE orders (id bigint PRIMARY KEY, state int, note text); CREATE TABLE users (id int PRIMARY KEY);"


def script(*statements: str, file: str = "m.sql", transaction: int | None = 1, first: int = 1) -> Script:
    made = tuple(
        MigrationStatement(file=file, line=number, end_line=number, sql=sql, transaction=transaction)
        for number, sql in enumerate(statements, first)
    )
    return Script(file=file, tool="sql", name=file, statements=made)


def dry(*statements: str, transaction: int | None = 1, schema: str | None = SCHEMA) -> Foretold:
    snapshot = snapshot_of_ddl(schema, "schema.sql") if schema is not None else None
    return run([script(*statements, transaction=transaction)], snapshot=snapshot)


def said(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [verdict(one, Unknown()) for one in outcomes]


def test_locks_held_and_settings() -> None:
    found = dry(
        "SET lock_timeout = '3s'",
        "ALTER TABLE orders ADD COLUMN x int",
        "SET LOCAL statement_timeout = '1min'",
        "CREATE INDEX i ON users (id)",
    ).outcomes
    assert [one.lock_timeout_ms for one in found] == [None, 3000, 3000, 3000]
    assert [one.statement_timeout_ms for one in found] == [None, None, None, 60_000]
    held = {lock.relation: (lock.mode, lock.held_since_line) for lock in found[3].locks}
    assert held == {"orders": ("ACCESS EXCLUSIVE", 2), "users": ("SHARE", None)}
    assert [(work.kind, work.relation, work.index) for work in found[3].work] == [("build", "users", "i")]
    assert found[1].work == ()
    assert found[1].evidence == "executed"


def test_base_alone() -> None:
    base = [script("CREATE TABLE a (id int)", "ALTER TABLE a OWNER TO app", file="1.sql")]
    checked = [script("CREATE INDEX ON a (id)", "CREATE TABLE b (id int)", "CREATE INDEX ON b (id)", file="2.sql")]
    found = run(checked, snapshot=None, base=base)
    assert said(found.outcomes) == ["blocking", "brief_lock", "brief_lock"]
    assert found.outcomes[1].created == ("b",)
    assert found.notes == ()


@pytest.mark.parametrize("gap", ["unread", "extension"])
def test_base_that_is_not_whole_refuses_nothing(gap: str) -> None:
    unread = (Unread("1.sql", 1, "", "not seen"),) if gap == "unread" else ()
    first = script(
        "CREATE TABLE a (id int)", *(["CREATE EXTENSION postgis"] if gap == "extension" else []), file="1.sql"
    )
    checked = [script("ALTER TABLE b ADD COLUMN x int", "ALTER TABLE a ADD COLUMN y int", file="2.sql")]
    found = run(checked, snapshot=None, base=[msgspec.structs.replace(first, unread=unread)])
    assert [one.failure for one in found.outcomes] == [None, None]
    assert found.outcomes[0].why_not is not None
    assert run(checked, snapshot=None, base=[script("CREATE TABLE a (id int)")]).outcomes[0].failure is not None


def test_unknown_base_is_no_failure() -> None:
    (outcome,) = dry("ALTER TABLE nowhere ADD COLUMN x int", schema=None).outcomes
    assert outcome.failure is None
    assert outcome.why_not is not None
    assert "nowhere" in outcome.why_not


def test_extension() -> None:
    statements = ("CREATE EXTENSION IF NOT EXISTS citext", "CREATE EXTENSION dblink", "SELECT dblink_connect('x')")
    found = dry(*statements, transaction=None).outcomes
    assert said(found) == ["safe", "safe", "unknown"]
    assert not any(one.failure for one in found)
    assert found[1].why_not is not None


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_sleep(1000)",
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$",
        "SELECT * FROM generate_series(1, 1000000000000)",
        "INSERT INTO orders SELECT g FROM generate_series(1, 1000000000000) g",
    ],
)
def test_endless(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = migration_limits.MigrationLimits(dry_run_statement_seconds=1.0)
    monkeypatch.setattr("advisor.dryrun.postgresql.session.MIGRATION", short)
    started = time.monotonic()
    found = dry(statement, "ALTER TABLE orders ALTER state TYPE bigint").outcomes
    assert time.monotonic() - started < 40
    assert found[0].failure is None
    assert found[0].why_not is not None
    assert verdict(found[1], Unknown()) == "blocking"


def test_block_that_depends_on_rows() -> None:
    block = "DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM orders LOOP DELETE FROM users; END LOOP; END $$"
    (outcome,) = dry(block).outcomes
    assert outcome.uncertain is not None
    assert [(work.kind, work.relation) for work in outcome.work] == [("scan", "orders")]


def test_foreign_key_to_rows_that_the_copy_lacks() -> None:
    schema = SCHEMA + "CREATE TABLE items (id int, o bigint REFERENCES orders);"
    (outcome,) = dry("INSERT INTO items VALUES (1, 5)", schema=schema).outcomes
    assert outcome.failure is None
    assert [(work.kind, work.relation, work.rows) for work in outcome.work] == [("write", "items", 1)]


def test_what_the_copy_lacks_is_no_failure() -> None:
    found = dry("ALTER TABLE orders SET TABLESPACE fast", "CREATE ROLE joe", "GRANT SELECT ON orders TO joe").outcomes
    assert not any(one.failure for one in found)
    assert [one.why_not is None for one in found] == [False, False, True]


@pytest.mark.parametrize("what", ["DATABASE", "SYSTEM"])
def test_the_copy_s_database_has_another_name(what: str) -> None:
    (outcome,) = dry(f"REINDEX {what} shop", transaction=None).outcomes
    assert outcome.failure is None
    assert outcome.why_not == "the copy's database has another name"


def test_dropped_tables_stay_locked() -> None:
    found = dry("DROP TABLE users", "CREATE INDEX ON orders (state)").outcomes
    assert said(found) == ["brief_lock", "blocking"]
    assert {lock.relation: lock.held_since_line for lock in found[1].locks} == {"orders": None, "users": 1}


def test_strange_statements() -> None:
    found = dry(
        "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
        "CREATE FUNCTION public.bad(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$",
        "CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.bad)",
        "SET search_path = public, pg_catalog",
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "COPY orders FROM STDIN",
        "COPY (SELECT 1) TO STDOUT",
        "COPY orders FROM PROGRAM 'id'",
        "SET ROLE app",
        "RESET ROLE",
        "SAVEPOINT a",
        "CREATE TABLE n (id int)",
        "ROLLBACK TO SAVEPOINT a",
        "\0",
        "SELECT 1; CREATE INDEX ON orders (note)",
        "DISCARD PLANS",
        "CREATE INDEX ON orders (state)",
    ).outcomes
    assert verdict(found[-1], Unknown()) == "blocking"
    assert verdict(found[-3], Unknown()) == "blocking"
    assert {number: found[number].failure for number in (3, 5, 6, 7, 8, 9, 10, 11, 12) if found[number].failure} == {}


def test_a_block_that_asks_for_ever_more_roles_ends() -> None:
    block = """DO $$ BEGIN RAISE EXCEPTION 'role "r%" does not exist', random() USING ERRCODE = '42704'; END $$"""
    found = run([script("CREATE TABLE b (id int)", file="2.sql")], snapshot=None, base=[script(block, file="1.sql")])
    assert found.outcomes[0].created == ("b",)
    assert any(note.startswith("1.sql:1 failed on the copy") for note in found.notes)


def test_of_a_base_that_lacks_much_the_causes_are_named_and_the_rest_is_counted() -> None:
    base = (
        "create table users (id int references auth.users (id));\n"
        "create index on users (id);\nalter table users add column a int;\nselect nothing.at_all();\n"
    )
    found = run(
        [script_of("alter table users add b int", "2.sql", engine="postgresql")],
        snapshot=None,
        base=[script_of(base, "1.sql", engine="postgresql")],
    )
    assert [note.partition(":")[2][:1] for note in found.notes if note.startswith("1.sql:")] == ["1", "4"]
    assert any(note.startswith("2 statements of earlier migrations failed for want of") for note in found.notes)
    assert found.outcomes[0].failure is None


def test_the_whole_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many statements, each within its own."""
    from dataclasses import replace

    few = replace(migration_limits.MIGRATION, dry_run_seconds=2.0)
    for name in ("run", "session"):
        monkeypatch.setattr(f"advisor.dryrun.postgresql.{name}.MIGRATION", few)
    started = time.monotonic()
    found = dry(*["SELECT pg_sleep(0.3)"] * 200).outcomes
    assert time.monotonic() - started < 40
    assert found[-1].why_not == "the dry run as a whole takes longer than 2 s"


def test_after_a_domain_changes() -> None:
    schema = "CREATE DOMAIN pos AS int CONSTRAINT over CHECK (VALUE > 0); CREATE TABLE t (id pos);"
    found = dry("ALTER DOMAIN pos DROP CONSTRAINT over", "CREATE INDEX ON t (id)", schema=schema).outcomes
    assert said(found) == ["safe", "blocking"]
    assert found[1].created == ("t_id_idx",) or found[1].evidence == "executed"


def test_a_look_that_breaks_off_is_one_statement_s(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.dryrun.postgresql import effects

    whole, seen = effects.worked, []

    def broken(one: effects.Seen) -> effects.Worked:
        seen.append(one)
        if len(seen) == 2:
            raise KeyError(5)
        return whole(one)

    monkeypatch.setattr(effects, "worked", broken)
    found = dry(
        "CREATE INDEX a ON orders (note)", "CREATE INDEX b ON users (id)", "CREATE INDEX c ON orders (id)"
    ).outcomes
    assert [one.evidence for one in found] == ["executed", "text", "executed"]
    assert "KeyError" in (found[1].why_not or "")
    assert said(found)[2] == "blocking"


def test_the_server_s_words_are_whole() -> None:
    [found] = dry("ALTER TABLE orders ADD COLUM note2 text NOT").outcomes
    assert found.failure is not None
    assert found.failure.message == 'syntax error at or near "text"'
