"""Ways whose end is another than the statement's, in what they say they leave; and reasons why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.api.check import CheckWishes, check
from advisor.model.check import CheckedStatement
from advisor.reports.check import markdown, terminal
from tests.alternatives.copies import Copies, rows, run, shape

SCHEMA = """
CREATE TABLE ready (id int PRIMARY KEY, a int, b int, c numeric, words text);
INSERT INTO ready SELECT i, i, i, i, 'w' || i FROM generate_series(1, 50) i;
CREATE UNIQUE INDEX ready_ab ON ready (a, b);
CREATE TABLE keyless (a int, b int);
INSERT INTO keyless SELECT i, i FROM generate_series(1, 50) i;
CREATE UNIQUE INDEX keyless_ab ON keyless (a, b);
CREATE TABLE ev (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE ev_24 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE ev_25 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO ev SELECT i, date '2024-06-01' + i * 10 FROM generate_series(1, 40) i;
"""

#: What the end has that the statement's has not, and the other way round: part of the schema and name.
LEFT: dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]] = {
    "ALTER TABLE keyless ADD CONSTRAINT keyless_pk PRIMARY KEY USING INDEX keyless_ab": (set(), set()),
    "ALTER TABLE ready ADD t numeric(9,1) GENERATED ALWAYS AS (c * 2 + a) STORED NOT NULL CHECK (t > 0)": (
        {("columns", "t"), ("constraints", "ready_t_is_kept"), ("rest", "ready_t_kept"), ("rest", "ready")},
        {("columns", "t")},
    ),
    "ALTER TABLE ready ADD COLUMN t text GENERATED ALWAYS AS (words || 'x') STORED UNIQUE": (
        {("columns", "t"), ("constraints", "ready_t_is_kept"), ("rest", "ready_t_kept"), ("rest", "ready")},
        {("columns", "t")},
    ),
    "ALTER TABLE ev DETACH PARTITION ev_24": ({("constraints", "ev_24_at_check")}, set()),
}
NEXT = "UPDATE ready SET c = -c, words = NULL WHERE id = 7"


@pytest.fixture(scope="module", params=[14, 15, 16, 17, 18])
def copies(request: pytest.FixtureRequest) -> Iterator[Copies]:
    made = Copies(request.param, SCHEMA)
    yield made
    made.close()


@pytest.mark.server
@pytest.mark.long
@pytest.mark.parametrize("sql", LEFT)
def test_what_is_left(copies: Copies, sql: str) -> None:
    found = copies.instead(sql)
    assert found is not None
    assert bool(LEFT[sql][0]) == found.why.startswith("afterwards")
    assert {text: word for text, word in copies.words(found).items() if word in ("blocking", "fails", "unknown")} == {}
    (first, straight), (second, stepped) = copies.fresh(), copies.fresh()
    try:
        straight.execute(sql.encode())
        run(stepped, found)
        ours, theirs = shape(stepped), shape(straight)
        assert _names(ours, theirs) == LEFT[sql][0]
        assert _names(theirs, ours) == LEFT[sql][1]
        assert rows(stepped) == rows(straight)
        if "CHECK (t > 0)" not in sql:
            straight.execute(NEXT.encode())
            stepped.execute(NEXT.encode())
            assert rows(stepped) == rows(straight)
    finally:
        copies.drop(first, straight)
        copies.drop(second, stepped)


def _names(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> set[tuple[str, str]]:
    return {(part, row[1]) for part, found in one.items() for row in found if row not in other[part]}


TOLD = """
CREATE TABLE orders (id int PRIMARY KEY, v int, at tsrange);
CREATE TABLE kept (id int PRIMARY KEY, v int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER watch BEFORE UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE seen (id int PRIMARY KEY, v int);
CREATE VIEW seen_view AS SELECT id, v FROM seen;
CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS n FROM orders;
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
"""


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE orders SET UNLOGGED", "change names"),
        ("ALTER TABLE orders ADD EXCLUDE USING gist (at WITH &&)", "exclusion constraint"),
        ("ALTER TABLE kept ALTER v TYPE bigint", "its triggers (watch)"),
        ("ALTER TABLE kept ADD w int GENERATED ALWAYS AS (v * 2) STORED", "watch"),
        ("REFRESH MATERIALIZED VIEW sums", "UNIQUE index"),
        ("ALTER TABLE orders ADD e even DEFAULT 2", "domain even"),
    ],
)
def test_why_there_is_none(sql: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(TOLD)
    (tmp_path / "1.sql").write_text(f"BEGIN;\nLOCK TABLE orders;\n{sql.rstrip('; ')};\nCOMMIT;\n")
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    result = check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes)
    one = result.statements[-1]
    assert one.alternative is None
    assert one.no_alternative is not None
    assert words in one.no_alternative
    assert "other way is known" in markdown(result)
    assert "other way is known" in terminal(result, width=400)


def _last(schema: str, sql: str, tmp_path: Path) -> CheckedStatement:
    (tmp_path / "schema.sql").write_text(schema)
    (tmp_path / "1.sql").write_text(sql)
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    return check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes).statements[-1]


def test_rows_that_no_update_may_touch_are_shown_before_the_batches(tmp_path: Path) -> None:
    """A CHECK that was never validated refuses every UPDATE of a row that breaks it."""
    schema = "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 3) NOT VALID;"
    found = _last(schema, "ALTER TABLE t ADD COLUMN n serial;\n", tmp_path).alternative
    assert found is not None
    shown = next(n for n, step in enumerate(found.steps) if "WHERE NOT (a > 3)" in step.sql[0])
    assert "not validated" in found.steps[shown].note
    assert found.steps[shown + 1].sql[0].startswith("UPDATE t SET n = DEFAULT")


def test_names_that_hang_on_the_search_path_are_not_split_up(tmp_path: Path) -> None:
    schema = "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, a int);"
    one = _last(schema, "SET search_path = s;\nCREATE INDEX i ON t (a);\n", tmp_path)
    assert one.alternative is None
    assert "write s. before them" in (one.no_alternative or "")
    other = _last(schema, "SET search_path = s;\nCREATE INDEX i ON s.t (a);\n", tmp_path)
    assert other.alternative is not None


def test_a_column_of_a_constrained_domain_has_no_quiet_way(tmp_path: Path) -> None:
    schema = "CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0); CREATE TABLE t (id int PRIMARY KEY, a int);"
    one = _last(schema, "ALTER TABLE t ALTER a TYPE even;\n", tmp_path)
    assert one.alternative is None
    assert "CHECKs of its own" in (one.no_alternative or "")
    one = _last(schema, "CREATE DOMAIN odd AS int CHECK (VALUE > 1);\nALTER TABLE t ADD b odd;\n", tmp_path)
    assert one.alternative is None
    assert "domain odd" in (one.no_alternative or "")


def test_what_blocks_outside_of_a_transaction_too_gets_another_way(tmp_path: Path) -> None:
    schema = "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (a int);"
    found = _last(schema, "BEGIN;\nVACUUM FULL t;\nCOMMIT;\n", tmp_path).alternative
    assert found is not None
    assert found.commands[0].startswith("pg_repack")
    found = _last(schema, "BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;\n", tmp_path).alternative
    assert found is not None
    assert found.steps[0].sql == ("CREATE INDEX CONCURRENTLY i ON t (a)",)


def test_the_validation_of_a_domain_is_told(tmp_path: Path) -> None:
    schema = (
        "CREATE DOMAIN even AS int; CREATE TABLE t (id int PRIMARY KEY, a even);"
        "ALTER DOMAIN even ADD CONSTRAINT c CHECK (VALUE % 2 = 0) NOT VALID;"
    )
    one = _last(schema, "ALTER DOMAIN even VALIDATE CONSTRAINT c;\n", tmp_path)
    assert one.verdict == "blocking"
    assert "keeps writers" in (one.no_alternative or "")


def test_a_column_that_every_insert_must_name_goes_in_two_steps(tmp_path: Path) -> None:
    """Code that leaves it out, and code that names it, run at the same time for a while."""
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id int PRIMARY KEY, v int NOT NULL, w int);")
    (tmp_path / "1.sql").write_text("ALTER TABLE orders DROP COLUMN v;\nALTER TABLE orders DROP COLUMN w;\n")
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    one, other = check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes).statements
    assert one.alternative is not None
    assert [step.sql[-1] for step in one.alternative.steps] == [
        "ALTER TABLE orders ALTER COLUMN v DROP NOT NULL",
        "ALTER TABLE orders DROP COLUMN v",
    ]
    assert one.alternative.passes is True
    assert other.alternative is None or len(other.alternative.steps) == 1


def test_a_block_that_writes_too_much_is_told_to_be_written_out(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id int PRIMARY KEY, v int);")
    (tmp_path / "1.sql").write_text("DO $$ BEGIN UPDATE orders SET v = 1; END $$;\n")
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    (one,) = check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes).statements
    assert "write its statements out" in (one.no_alternative or "")


def test_what_earlier_statements_changed_is_not_guessed(tmp_path: Path) -> None:
    """The schema given is older than they: an index made in the run would be left behind."""
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id int PRIMARY KEY, v int DEFAULT 0, w int);")
    (tmp_path / "1.sql").write_text(
        "CREATE INDEX CONCURRENTLY i ON orders (w);\nALTER TABLE orders ALTER v TYPE bigint;\n"
        "ALTER TABLE orders ALTER v DROP DEFAULT;\nALTER TABLE orders ALTER v TYPE numeric;\n"
        "ALTER TABLE orders ALTER w TYPE bigint;\n"
    )
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    _, first, _, second, third = check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes).statements
    assert first.alternative is not None
    for one in (second, third):
        assert one.alternative is None
        assert "earlier statement" in (one.no_alternative or "")


@pytest.mark.parametrize(
    ("clauses", "wanted"),
    [
        ("ALTER v SET DEFAULT 5, ALTER v TYPE bigint", "ALTER COLUMN v SET DEFAULT 5"),
        ("ALTER v DROP DEFAULT, ALTER v TYPE bigint", None),
        (
            "ALTER v DROP DEFAULT, ALTER v TYPE boolean USING v > 0, ALTER v SET DEFAULT true",
            "ALTER COLUMN v SET DEFAULT true",
        ),
        ("ALTER v TYPE bigint", "ALTER COLUMN v SET DEFAULT 7"),
    ],
)
def test_the_default_is_the_statements(clauses: str, wanted: str | None, tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (id int PRIMARY KEY, v int DEFAULT 7);")
    (tmp_path / "1.sql").write_text(f"ALTER TABLE orders {clauses};\n")
    wishes = CheckWishes(server_version="15", dry_run="never", engine="postgresql")
    (one,) = check(tmp_path / "1.sql", catalog=tmp_path / "schema.sql", wishes=wishes).statements
    assert one.alternative is not None
    set_ = [text for step in one.alternative.steps for text in step.sql if "SET DEFAULT" in text]
    assert [text.removeprefix("ALTER TABLE orders ") for text in set_] == ([wanted] if wanted else [])
    assert one.alternative.passes is True
