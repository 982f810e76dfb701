"""Partial indexes, other methods, and what statistics and existing indexes rule out."""

from __future__ import annotations

import msgspec
import pytest

from advisor.model.snapshot import ColumnStatistics, Extension, Header, Relation, Snapshot
from advisor.recommend import definition
from advisor.recommend.candidates import CandidateLimits, candidates
from tests.recommend.candidates.shapes import catalog, proposed, statement, texts

DDL = """
CREATE TABLE jobs (id bigint PRIMARY KEY, status text NOT NULL, active boolean NOT NULL, gone timestamp, owner integer,
  made timestamp NOT NULL, note text, tags text[], doc jsonb, words tsvector, span tsrange, serial bigint);
"""
SCHEMA = catalog(DDL)


def snapshot(*columns: ColumnStatistics, extensions: tuple[str, ...] = (), **relation: object) -> Snapshot:
    """A captured database of one table."""
    size = {"pages": 50_000, "tuples": 5e6, **relation}
    return Snapshot(
        header=Header(engine=SCHEMA.engine, values="present", collate="de_DE.UTF-8"),
        columns=list(columns),
        relations=[Relation(schema="public", name="jobs", kind="table", **size)],  # type: ignore[arg-type]
        extensions=[Extension(name=name, schema="public") for name in extensions],
    )


def statistics(column: str, **values: object) -> ColumnStatistics:
    """What is known of one column."""
    return ColumnStatistics(schema="public", table="jobs", column=column, **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- partial
def test_a_literal_makes_a_partial_index_only_where_every_call_has_it():
    sql = "SELECT * FROM jobs WHERE status = 'open' AND owner = 4"
    assert not any("WHERE" in text for text in proposed(sql, SCHEMA))
    found = proposed(sql, SCHEMA, constants={("jobs", "status"): "'open'"})
    assert "ON jobs (owner) WHERE status = 'open'" in found


def test_a_parameter_proves_no_condition_to_a_generic_plan():
    sql = "SELECT * FROM jobs WHERE status = $1 AND owner = $2"
    assert not any("WHERE" in text for text in proposed(sql, SCHEMA, constants={("jobs", "status"): "'open'"}))


@pytest.mark.parametrize(
    ("literal", "taken"),
    [
        ("'o''pen'", True),
        ("5", True),
        ("'x'::text", True),
        ("now()", False),
        ("'a' OR true --'", False),
        ("E'\\x'", False),
    ],
)
def test_only_a_plain_literal_is_printed(literal: str, taken: bool):
    sql = "SELECT * FROM jobs WHERE status = 'x' AND owner = 4"
    few = snapshot(statistics("status", n_distinct=7))
    found = proposed(sql, SCHEMA, constants={("jobs", "status"): literal}, statistics=few)
    assert (f"ON jobs (owner) WHERE status = {literal}" in found) is taken
    assert any("WHERE" in text for text in found) is taken


@pytest.mark.parametrize(
    ("literal", "distinct", "rows", "taken"),
    [
        # One customer, or one nightly job, made all the calls: the value recurs, and is still somebody's own.
        ("'ann@example.org'", -1.0, 5e6, False),
        ("'ann@example.org'", 5_000.0, 5e6, False),
        ("'ann'", -1.0, 500.0, False),
        ("'ann@example.org'", 60.0, 300.0, False),
        ("'re-opened, 2'", 60.0, 3000.0, True),
        # Nothing is known of the column: only what looks like a code.
        ("'ann@example.org'", None, 5e6, False),
        ("'9f86d081884c7d65'", None, 5e6, False),
        ("'4111111111111111'", None, 5e6, False),
        ("4711", None, 5e6, False),
        ("'in progress'", None, 5e6, True),
        ("3", None, 5e6, True),
    ],
)
def test_a_value_of_somebody_is_no_condition(literal: str, distinct: float | None, rows: float, taken: bool):
    sql = "SELECT * FROM jobs WHERE status = 'x' AND owner = 4"
    told = [] if distinct is None else [statistics("status", n_distinct=distinct)]
    found = proposed(
        sql, SCHEMA, constants={("jobs", "status"): literal}, statistics=snapshot(*told, tuples=rows), calls=1000
    )
    assert any("WHERE" in text for text in found) is taken


@pytest.mark.parametrize(
    ("expression", "taken"),
    [
        ("doc ->> 'state'", True),
        ("doc ->> 'ann@example.org'", False),
        ("doc ->> '9f86d081884c7d659a2feaa0c55ad015'", False),
        ("coalesce(note, 'ann@example.org')", False),
        ("lower(note)", True),
        ("owner + 4111111111", False),
    ],
)
def test_a_value_of_somebody_is_no_part_of_a_key(expression: str, taken: bool):
    """One sample cannot tell what belongs to the shape."""
    found = proposed(f"SELECT * FROM jobs WHERE {expression} = 'x'", SCHEMA)
    assert bool(found) is taken


def test_conditions_that_the_shape_itself_holds():
    found = proposed("SELECT * FROM jobs WHERE owner = 4 AND active AND gone IS NULL", SCHEMA)
    assert {
        "ON jobs (owner) WHERE active AND gone IS NULL",
        "ON jobs (owner, active) WHERE gone IS NULL",
        "ON jobs (owner, gone) WHERE active",
    } <= set(found)
    assert "ON jobs (owner) WHERE NOT active" in proposed("SELECT * FROM jobs WHERE owner = 4 AND NOT active", SCHEMA)


def test_a_condition_that_most_rows_meet_makes_no_partial_index():
    common = snapshot(statistics("status", n_distinct=3, most_common_vals="{done,open}", most_common_freqs=(0.9, 0.05)))
    sql = "SELECT * FROM jobs WHERE status = '{}' AND owner = 4"
    for word, taken in (("done", False), ("open", True)):
        one = statement(sql.format(word), SCHEMA, constants={("jobs", "status"): f"'{word}'"})
        found = texts(candidates([one], SCHEMA, common, CandidateLimits(pairs=False)))
        assert (f"ON jobs (owner) WHERE status = '{word}'" in found) is taken


def test_is_null_on_a_column_that_is_never_null_is_no_condition():
    assert proposed("SELECT * FROM jobs WHERE owner = 4 AND made IS NULL", SCHEMA) == proposed(
        "SELECT * FROM jobs WHERE owner = 4 AND made IS NULL", SCHEMA, constants={}
    )
    assert not any("WHERE" in text for text in proposed("SELECT * FROM jobs WHERE owner = 4 AND made IS NULL", SCHEMA))


def test_rows_of_a_rare_condition_alone():
    rare = snapshot(statistics("gone", null_frac=0.01, n_distinct=-0.9))
    found = proposed("SELECT * FROM jobs WHERE gone IS NULL ORDER BY made LIMIT 9", SCHEMA, statistics=rare)
    assert "ON jobs (made) WHERE gone IS NULL" in found


def test_nulls_that_nobody_asks_for_need_not_be_there():
    empty = snapshot(statistics("owner", null_frac=0.95, n_distinct=1000))
    assert "ON jobs (owner) WHERE owner IS NOT NULL" in proposed(
        "SELECT * FROM jobs WHERE owner = 4", SCHEMA, statistics=empty
    )
    assert not any(
        "IS NOT NULL" in text
        for text in proposed("SELECT * FROM jobs WHERE owner IS NULL AND made = '2025-01-01'", SCHEMA, statistics=empty)
    )


# ---------------------------------------------------------------------- other methods
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("""doc @> '{"a": 1}'""", "gin (doc jsonb_path_ops)"),
        ("doc ? 'k'", "gin (doc)"),
        ("doc -> 'a' @> '[1]'", "gin ((doc -> 'a') jsonb_path_ops)"),
        ("tags @> ARRAY['a']", "gin (tags)"),
        ("tags && ARRAY['a']", "gin (tags)"),
        ("words @@ to_tsquery('x')", "gin (words)"),
        ("to_tsvector('english', note) @@ to_tsquery('x')", "gin ((to_tsvector('english', note)))"),
        ("span && tsrange('2025-01-01', '2025-02-01')", "gist (span)"),
    ],
)
def test_other_methods(condition: str, expected: str):
    assert f"ON jobs USING {expected}" in proposed(f"SELECT id FROM jobs WHERE {condition}", SCHEMA)


@pytest.mark.parametrize(
    "condition",
    [
        "'a' = ANY(tags)",
        "to_tsvector(note) @@ to_tsquery('x')",  # depends on default_text_search_config
        "doc <@ '{}'",
        "note @@ to_tsquery('x')",
        "NOT tags @> ARRAY['a']",
    ],
)
def test_what_no_other_method_serves(condition: str):
    assert proposed(f"SELECT id FROM jobs WHERE {condition}", SCHEMA) == []


def test_trigrams_only_where_the_extension_is_known_to_be_there():
    sql = "SELECT * FROM jobs WHERE note {} '{}'"
    known = snapshot(extensions=("pg_trgm",))
    for operator in ("LIKE", "ILIKE"):
        assert proposed(sql.format(operator, "%abc%"), SCHEMA) == []
        assert proposed(sql.format(operator, "%abc%"), SCHEMA, statistics=known) == [
            "ON jobs USING gin (note gin_trgm_ops)"
        ]
        assert proposed(sql.format(operator, "%ab%"), SCHEMA, statistics=known) == []
    elsewhere = msgspec.structs.replace(known, extensions=[Extension(name="pg_trgm", schema="tools")])
    assert "gin (note tools.gin_trgm_ops)" in proposed(sql.format("LIKE", "%abc%"), SCHEMA, statistics=elsewhere)[0]


def test_a_plain_btree_serves_a_prefix_where_text_sorts_by_bytes():
    sql = "SELECT * FROM jobs WHERE note LIKE 'abc%'"
    plain = snapshot()
    plain.header = msgspec.structs.replace(plain.header, collate="C")
    assert proposed(sql, SCHEMA, statistics=plain) == ["ON jobs (note)"]
    assert proposed(sql, SCHEMA, statistics=snapshot()) == ["ON jobs (note text_pattern_ops)"]


def test_brin_for_what_grows_with_a_large_table():
    sql = "SELECT count(*) FROM jobs WHERE made > '2025-01-01'"
    brin = "ON jobs USING brin (made)"
    assert brin in proposed(sql, SCHEMA, statistics=snapshot(statistics("made", n_distinct=-1, correlation=0.999)))
    assert brin not in proposed(sql, SCHEMA, statistics=snapshot(statistics("made", n_distinct=-1, correlation=0.5)))
    small = snapshot(statistics("made", n_distinct=-1, correlation=0.999), pages=100)
    assert brin not in proposed(sql, SCHEMA, statistics=small)
    assert brin not in proposed(sql, SCHEMA)


# ---------------------------------------------------------------------- what statistics rule out
def test_text_too_wide_for_a_key():
    wide = snapshot(statistics("note", n_distinct=-1, avg_width=900))
    assert proposed("SELECT * FROM jobs WHERE note = 'x'", SCHEMA, statistics=wide) == []
    found = proposed("SELECT note FROM jobs WHERE owner = 4", SCHEMA, statistics=wide)
    assert found == ["ON jobs (owner)"]


def test_an_equality_that_keeps_most_rows_gets_no_index_of_its_own():
    few = snapshot(statistics("owner", n_distinct=2), statistics("made", n_distinct=-1))
    sql = "SELECT * FROM jobs WHERE owner = 4"
    assert proposed(sql, SCHEMA, statistics=few) == []
    assert "ON jobs (owner, made)" in proposed(f"{sql} ORDER BY made LIMIT 4", SCHEMA, statistics=few)
    assert proposed("SELECT * FROM jobs WHERE active", SCHEMA) == []


def test_a_table_of_a_page_needs_no_index():
    assert proposed("SELECT * FROM jobs WHERE owner = 4", SCHEMA, statistics=snapshot(pages=1, tuples=40.0)) == []


def test_the_most_distinct_key_may_lead():
    known = snapshot(statistics("owner", n_distinct=9), statistics("serial", n_distinct=-0.9))
    found = proposed("SELECT * FROM jobs WHERE owner = 4 AND serial = 5", SCHEMA, statistics=known)
    assert found[0] == "ON jobs (serial, owner)"


def test_partitions_are_counted_together():
    schema = catalog(
        "CREATE TABLE big (at timestamp, kind integer) PARTITION BY RANGE (at);"
        "CREATE TABLE big_1 PARTITION OF big FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE big_2 PARTITION OF big FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
    )
    parts = [
        Relation(schema="public", name=name, kind="table", pages=9_000, tuples=60.0) for name in ("big_1", "big_2")
    ]
    column = ColumnStatistics(
        schema="public", table="big", column="at", inherited=True, n_distinct=-1, correlation=0.99
    )
    known = Snapshot(header=Header(engine=schema.engine, values="present"), relations=parts, columns=[column])
    found = proposed("SELECT kind FROM big WHERE at > '2025-01-01'", schema, statistics=known)
    assert "ON big USING brin (at)" in found
    known.relations = parts[:1]
    assert proposed("SELECT kind FROM big WHERE at > '2025-01-01'", schema, statistics=known) == []


def test_a_candidate_equals_the_same_index_of_a_catalog():
    schema = catalog(DDL + "CREATE INDEX one ON jobs (owner, made); CREATE INDEX two ON jobs USING gin (tags);")
    existing = {
        definition.of_existing(index, schema.tables["jobs"], "postgresql") for index in schema.tables["jobs"].indexes
    }
    sql = "SELECT * FROM jobs WHERE owner = 4 AND tags && '{a}' ORDER BY made LIMIT 4"
    made = {one.index for one in candidates([statement(sql, SCHEMA)], SCHEMA)}
    assert len(made & existing) == 2


# ---------------------------------------------------------------------- what exists
@pytest.mark.parametrize(
    ("existing", "sql", "kept"),
    [
        ("(owner)", "SELECT * FROM jobs WHERE owner = 4", []),
        ("(owner, made)", "SELECT * FROM jobs WHERE owner = 4", []),
        ("(owner, made DESC)", "SELECT * FROM jobs WHERE owner = 4 ORDER BY made LIMIT 4", []),
        ("(owner DESC, made)", "SELECT * FROM jobs WHERE owner = 4 ORDER BY made DESC LIMIT 4", []),
        ("(owner, made DESC)", "SELECT * FROM jobs ORDER BY owner DESC, made LIMIT 4", []),
        ("(owner, made)", "SELECT * FROM jobs ORDER BY owner, made DESC LIMIT 4", ["ON jobs (owner, made DESC)"]),
        ("(made)", "SELECT * FROM jobs ORDER BY made DESC NULLS LAST LIMIT 4", ["ON jobs (made DESC NULLS LAST)"]),
        ("(made, owner)", "SELECT * FROM jobs WHERE owner = 4", ["ON jobs (owner)"]),
        ("(owner) WHERE active", "SELECT * FROM jobs WHERE owner = 4", ["ON jobs (owner)"]),
        ("USING hash (owner)", "SELECT * FROM jobs WHERE owner = 4", []),
        ("(owner) INCLUDE (made)", "SELECT made FROM jobs WHERE owner = 4", []),
        ("((lower(note)))", "SELECT * FROM jobs WHERE lower(note) = 'x'", []),
        ("USING gin (tags)", "SELECT * FROM jobs WHERE tags @> '{a}'", []),
        ("(owner) WHERE (gone IS NULL)", "SELECT id FROM jobs WHERE owner = 4 AND gone IS NULL FOR UPDATE",
         ["ON jobs (owner, gone)", "ON jobs (gone, owner)", "ON jobs (owner)", "ON jobs (gone)"]),
    ],
)  # fmt: skip
def test_what_an_existing_index_serves_is_not_proposed(existing: str, sql: str, kept: list[str]):
    found = proposed(sql, catalog(f"{DDL} CREATE INDEX one ON jobs {existing};"))
    assert found == kept


def test_an_index_that_is_not_valid_serves_nothing():
    schema = catalog(f"{DDL} CREATE INDEX one ON jobs (owner);")
    table = schema.tables["jobs"]
    broken = [msgspec.structs.replace(index, valid=index.name != "one") for index in table.indexes]
    schema.tables["jobs"] = msgspec.structs.replace(table, indexes=tuple(broken))
    assert proposed("SELECT * FROM jobs WHERE owner = 4", schema) == ["ON jobs (owner)"]


def test_a_column_that_mostly_is_null_is_no_key_for_is_null():
    usual = snapshot(statistics("gone", null_frac=0.95, n_distinct=900.0), statistics("owner", n_distinct=-0.5))
    sql = "SELECT id FROM jobs WHERE lower(note) = 'x' AND gone IS NULL"
    assert not any("gone" in text.partition(" WHERE ")[0] for text in proposed(sql, SCHEMA, statistics=usual))
    rare = snapshot(statistics("gone", null_frac=0.01, n_distinct=900.0))
    assert any("gone" in text for text in proposed(sql, SCHEMA, statistics=rare))


@pytest.mark.parametrize(("values", "leads"), [(5.0, False), (90_000.0, True)])
def test_a_coarse_list_leads_no_equality(values: float, leads: bool):
    known = snapshot(statistics("status", n_distinct=values), statistics("owner", n_distinct=60_000.0))
    found = proposed("SELECT * FROM jobs WHERE owner = 4 AND status IN ('a', 'b')", SCHEMA, statistics=known)
    assert "ON jobs (owner, status)" in found
    assert ("ON jobs (status, owner)" in found) is leads


def test_a_partial_index_has_a_key_that_somebody_asks_for():
    known = snapshot(
        statistics("status", n_distinct=3.0, most_common_vals="{done,open}", most_common_freqs=(0.9, 0.05))
    )
    constants = {("jobs", "status"): "'open'"}
    alone = statement("SELECT note FROM jobs WHERE status = 'open' AND tags && ARRAY['x']", SCHEMA, constants=constants)
    sorted_ = statement(
        "SELECT note FROM jobs WHERE status = 'open' AND made > '2026-01-01'", SCHEMA, constants=constants
    )
    assert "ON jobs (id) WHERE status = 'open'" in texts(candidates([alone], SCHEMA, statistics=known))
    both = texts(candidates([alone, sorted_], SCHEMA, statistics=known))
    assert "ON jobs (id) WHERE status = 'open'" not in both
    assert "ON jobs (made) WHERE status = 'open'" in both
