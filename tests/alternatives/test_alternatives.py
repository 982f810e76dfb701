"""What to run instead: written out whole, and itself not blocking."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.api.check import CheckWishes, check
from advisor.model.check import Alternative

SCHEMA = """
CREATE TABLE customer (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint, state varchar(20) NOT NULL DEFAULT 'new',
  amount numeric(10,2), "Note" text, placed timestamp);
CREATE INDEX orders_state ON orders (state);
CREATE INDEX orders_amount ON orders (amount);
CREATE TABLE ev (id bigint NOT NULL, at date NOT NULL, kind int) PARTITION BY RANGE (at);
CREATE TABLE ev_25 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE ev_26 PARTITION OF ev FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
"""

CASES = {
    "CREATE INDEX i ON orders (customer_id)": ["CREATE INDEX CONCURRENTLY i ON orders (customer_id)"],
    "CREATE UNIQUE INDEX j ON customer (lower(email))": ["CREATE UNIQUE INDEX CONCURRENTLY j"],
    "CREATE INDEX ev_kind ON ev (kind)": [
        "ON ONLY ev (kind)",
        "CONCURRENTLY ev_25_kind_idx ON ev_25",
        "ATTACH PARTITION",
    ],
    "REINDEX TABLE orders": ["REINDEX TABLE CONCURRENTLY orders"],
    "REINDEX INDEX orders_state": ["REINDEX INDEX CONCURRENTLY orders_state"],
    "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE": [
        "ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE NOT VALID",
        "VALIDATE CONSTRAINT fk",
    ],
    "ALTER TABLE orders ADD CHECK (amount > 0), ADD COLUMN extra text": [
        "ALTER TABLE orders ADD COLUMN extra text",
        "ADD CONSTRAINT orders_amount_check CHECK (amount > 0) NOT VALID",
        "VALIDATE CONSTRAINT orders_amount_check",
    ],
    "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL": [
        "CHECK (customer_id IS NOT NULL) NOT VALID",
        "SET NOT NULL",
    ],
    'ALTER TABLE orders ALTER COLUMN "Note" SET NOT NULL': ['CHECK ("Note" IS NOT NULL) NOT VALID'],
    "ALTER TABLE customer ADD CONSTRAINT customer_email UNIQUE (email)": [
        "CREATE UNIQUE INDEX CONCURRENTLY customer_email ON customer (email)",
        "ADD CONSTRAINT customer_email UNIQUE USING INDEX customer_email",
    ],
    "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()": [
        "ADD COLUMN token uuid",
        "SET DEFAULT gen_random_uuid()",
        "AND (token IS NULL)",
        "SET NOT NULL",
    ],
    "ALTER TABLE orders ADD COLUMN number bigserial": ["CREATE SEQUENCE", "nextval", "OWNED BY orders.number"],
    "ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12,4)": [
        "ADD COLUMN amount_new numeric(12,4)",
        "CREATE TRIGGER",
        "CREATE INDEX CONCURRENTLY orders_amount_new",
        "RENAME COLUMN amount_new TO amount",
        "ALTER INDEX orders_amount_new RENAME TO orders_amount",
    ],
    "ALTER TABLE orders ALTER COLUMN id TYPE bigint": [
        "CREATE UNIQUE INDEX CONCURRENTLY orders_pkey_new",
        "ANALYZE orders (id_new)",
        "DROP CONSTRAINT orders_pkey",
        "ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey_new",
    ],
    "ALTER TABLE orders ADD COLUMN twice numeric GENERATED ALWAYS AS (amount * 2) STORED NOT NULL": [
        "NEW.twice := NEW.amount * 2",
        "CHECK (NOT (twice IS DISTINCT FROM CAST((amount * 2) AS numeric))) NOT VALID",
        "VALIDATE CONSTRAINT orders_twice_is_kept",
        "SET NOT NULL",
    ],
    "ALTER TABLE orders ADD COLUMN parent bigint DEFAULT 0 REFERENCES customer (id)": ["NOT VALID", "VALIDATE"],
    "ALTER TABLE orders ADD COLUMN code text UNIQUE": ["CREATE UNIQUE INDEX CONCURRENTLY", "UNIQUE USING INDEX"],
}


def instead(sql: str, tmp_path: Path, version: str = "15", dry_run: str = "never") -> Alternative | None:
    (tmp_path / "schema.ddl").write_text(SCHEMA)
    migration = tmp_path / "m" / "1.sql"
    migration.parent.mkdir(exist_ok=True)
    migration.write_text(sql + ";\n")
    wishes = CheckWishes(server_version=version, dry_run=dry_run, engine="postgresql")  # type: ignore[arg-type]
    return check(migration, catalog=tmp_path / "schema.ddl", wishes=wishes).statements[-1].alternative


@pytest.mark.parametrize(
    ("sql", "parts"), CASES.items(), ids=lambda value: value[:50] if isinstance(value, str) else ""
)
def test_postgresql(sql: str, parts: list[str], tmp_path: Path) -> None:
    found = instead(sql, tmp_path)
    assert found is not None
    text = "\n".join(statement for step in found.steps for statement in step.sql)
    place = 0
    for part in parts:
        assert part in text[place:], text
        place = text.index(part, place)
    assert found.passes is True, found.why


@pytest.mark.server
def test_alternatives_pass_where_they_are_tried(tmp_path: Path) -> None:
    sql = ";\n".join(CASES)
    (tmp_path / "schema.ddl").write_text(SCHEMA)
    (tmp_path / "1.sql").write_text(sql + ";\n")
    wishes = CheckWishes(server_version="15", dry_run="always", engine="postgresql")
    result = check(tmp_path / "1.sql", catalog=tmp_path / "schema.ddl", wishes=wishes)
    assert {
        one.sql[:60]: one.alternative.why for one in result.statements if one.alternative and not one.alternative.passes
    } == {}
    assert sum(one.alternative is not None for one in result.statements) >= len(CASES) - 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders SET id = id + 1",  # it would meet rows again
        "UPDATE orders SET amount = (SELECT max(amount) FROM orders)",
        "DELETE FROM orders WHERE random() < 0.5",
        "ALTER TABLE orders SET UNLOGGED",
    ],
)
def test_what_cannot_be_written_out_is_not(sql: str, tmp_path: Path) -> None:
    assert instead(sql, tmp_path) is None


def test_by_itself_after_the_lock_is_gone(tmp_path: Path) -> None:
    sql = "BEGIN;\nALTER TABLE orders ADD CONSTRAINT c CHECK (amount > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT c;\nCOMMIT"
    found = instead(sql, tmp_path)
    assert found is not None
    assert found.steps[0].sql == ("ALTER TABLE orders VALIDATE CONSTRAINT c",)
    assert not found.steps[0].transaction


def test_outside_of_the_transaction(tmp_path: Path) -> None:
    found = instead("BEGIN;\nCREATE INDEX CONCURRENTLY i ON orders (customer_id);\nCOMMIT", tmp_path)
    assert found is not None
    assert found.passes is True


@pytest.mark.parametrize("major", ["14", "18"])
def test_not_null_by_the_versions_means(major: str, tmp_path: Path) -> None:
    found = instead("ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL", tmp_path, major)
    assert found is not None
    text = " ".join(statement for step in found.steps for statement in step.sql)
    assert ("NOT NULL customer_id NOT VALID" in text) == (major == "18")


def test_commands_for_mysql(tmp_path: Path) -> None:
    (tmp_path / "s.sql").write_text("CREATE TABLE score (id int NOT NULL PRIMARY KEY, name varchar(9)) ENGINE=InnoDB;")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.sql").write_text(
        "ALTER TABLE score MODIFY name varchar(9) NOT NULL DEFAULT 'it''s', MODIFY id bigint;"
    )
    wishes = CheckWishes(server_version="8.0.36", dry_run="never", engine="mysql")
    (one,) = check(tmp_path / "m", catalog=tmp_path / "s.sql", wishes=wishes).statements
    assert one.verdict == "blocking"
    assert one.alternative is not None
    assert [command.split()[0] for command in one.alternative.commands] == ["gh-ost", "pt-online-schema-change"]
    assert re.search(r"--alter=.*it'\"'\"''\"'\"'s", one.alternative.commands[0])


MYSQL = """CREATE TABLE score (id int unsigned NOT NULL PRIMARY KEY, name varchar(9), n int) ENGINE=InnoDB;
CREATE TABLE keyless (id int, n int) ENGINE=InnoDB;"""


def commands(sql: str, tmp_path: Path) -> Alternative | None:
    (tmp_path / "s.sql").write_text(MYSQL)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.sql").write_text(sql + ";")
    wishes = CheckWishes(server_version="8.0.36", dry_run="never", engine="mysql")
    return check(tmp_path / "m", catalog=tmp_path / "s.sql", wishes=wishes).statements[-1].alternative


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE score MODIFY name int, ADD UNIQUE (n)",  # copied with INSERT IGNORE
        "ALTER TABLE score MODIFY n bigint, RENAME TO points",
        "ALTER TABLE keyless MODIFY n bigint",
        "UPDATE score SET id = id + 1",
    ],
)
def test_what_the_tools_would_change_is_not_given_to_them(sql: str, tmp_path: Path) -> None:
    found = commands(sql, tmp_path)
    assert found is None or not (found.commands or found.steps)


def test_clauses_of_the_server_are_not_the_tools(tmp_path: Path) -> None:
    found = commands("ALTER TABLE score MODIFY n bigint, ALGORITHM=COPY, LOCK=SHARED", tmp_path)
    assert found is not None
    assert "--alter=MODIFY n bigint'" in found.commands[0]


def test_batches_of_mysql_begin_at_the_smallest_key(tmp_path: Path) -> None:
    found = commands("UPDATE score SET n = n + 1", tmp_path)
    assert found is not None
    assert [sql for step in found.steps for sql in step.sql] == [
        "SELECT MIN(id), MAX(id) INTO @at, @upto FROM score",
        "UPDATE score SET n = n + 1 WHERE id >= @at AND id < @at + 1000 AND id <= @upto",
        "SET @at = @at + 1000",
    ]


def test_rows_that_refuse_it_come_first() -> None:
    """While duplicates are there, the index that is built concurrently fails as well."""
    from advisor.alternatives.alternative import alternative
    from advisor.model.engine import Engine
    from advisor.model.migration import Change, Failure, Outcome

    sql = "CREATE UNIQUE INDEX i ON orders (state)"
    outcome = Outcome(
        evidence="schema",
        changes=(Change(action="create_index", table="orders", name="i", columns=("state",), unique=True),),
        failure=Failure(message="duplicates", foreseen=True, settle="SELECT state FROM orders"),
    )
    found = alternative(
        sql, outcome, "fails", Engine(name="postgresql", version="15"), None, lambda _: ((), "blocking")
    )
    assert found is not None
    assert [step.sql[-1].split()[0] for step in found.steps] == ["SELECT", "CREATE"]
    assert "fails while" in found.steps[0].note
