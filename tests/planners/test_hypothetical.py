"""Index definitions as people write them: what is understood, what is refused, and that nothing slips through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("ON t (a, b DESC)", "CREATE INDEX whatif_t_a_b_desc ON t USING btree (a, b DESC)"),
        ("on T ( A,b   desc nulls last ) ;", "ON t USING btree (a, b DESC NULLS LAST)"),
        ("ON t USING gin (x gin_trgm_ops)", "ON t USING gin (x gin_trgm_ops)"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t (a)", "CREATE UNIQUE INDEX i ON ONLY s.t USING"),
        ('CREATE INDEX "My Index" ON "S"."T" ("Col")', 'CREATE INDEX "My Index" ON "S"."T" USING btree ("Col")'),
        ("ON t (lower(Email)) INCLUDE (c, \"D\")", '(lower(email)) INCLUDE (c, "D")'),
        ("ON t ((data->>'Key')) WHERE Deleted_At IS NULL", "((data->>'Key')) WHERE deleted_at IS NULL"),
        ("ON t (a) NULLS NOT DISTINCT WITH (fillfactor = 70)", "(a) NULLS NOT DISTINCT WITH (fillfactor = 70)"),
        ("ON t USING gist (x gist_trgm_ops(siglen=32))", "USING gist (x gist_trgm_ops(siglen=32))"),
        ("ON t (a) WHERE b = 'x;y' -- a remark", "WHERE b = 'x;y'"),
        ("ON t (a) /* one */ WHERE /* two; */ b = $$;$$", "(a) WHERE b = $$;$$"),
        ('ON t (a COLLATE "C" text_pattern_ops)', '(a COLLATE "C" text_pattern_ops)'),
        ('ON "order" ("user")', 'ON "order" USING btree ("user")'),
        ("ON t (a) TABLESPACE fast", "ON t USING btree (a)"),
    ],
)  # fmt: skip
def test_definitions_are_understood(text, statement):
    made = parse(text)
    assert made.statement().endswith(statement) or statement in made.statement()
    again = parse(made.statement())
    assert again.statement() == made.statement()


@pytest.mark.parametrize(
    ("engine", "text", "statement"),
    [
        ("mysql", "ON t (a(10), b DESC)", "CREATE INDEX whatif_t_a10_b_desc ON t (a(10), b DESC)"),
        ("mysql", "CREATE INDEX i USING BTREE ON `My t` (`a b`)", "CREATE INDEX i ON `My t` (`a b`)"),
        ("mariadb", "CREATE FULLTEXT INDEX f ON t (a, b)", "CREATE FULLTEXT INDEX f ON t (a, b)"),
        ("mysql", "ON t (a) USING HASH", "CREATE INDEX whatif_hash_t_a ON t (a) USING HASH"),
        ("sqlite", "create index i on t(a collate nocase) where b > 1", "CREATE INDEX i ON t (a COLLATE nocase) WHERE b > 1"),
    ],
)  # fmt: skip
def test_other_engines_have_their_own_words(engine, text, statement):
    assert parse(text, engine).statement() == statement


@pytest.mark.parametrize(
    "text",
    [
        "ON t (a); DROP TABLE t",
        "ON t (a) WHERE b > 1) ; DELETE FROM t WHERE (true",
        "ON t (a) /* /* */ DROP TABLE t */",
        "ON t (a) WHERE b = 'x' ; --\n SELECT 1",
        "DROP INDEX i",
        "INSERT INTO t VALUES (1); CREATE INDEX ON t (a)",
        "\\! rm -rf /",
        "CREATE TABLE t (a int)",
        "CREATE INDEX i ON t",
        "ON t (a",
        "ON t (a))",
        "ON t ()",
        "ON t (a) WHERE",
        "ON t (a) FROM x",
        "ON t (a) WHERE b = 'never closed",
        "ON t (a)\0",
        "ON t (" + "(" * 5000 + "a" + ")" * 5000 + ")",
        "ON t (" + "a, " * 5000 + "a)",
        "",
        "   ",
        "-- nothing",
    ],
)
def test_anything_else_is_refused_in_one_line(text):
    with pytest.raises(PlannerError) as error:
        parse(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_names_are_stable_and_tell_definitions_apart():
    texts = [
        "ON t (a)", "ON t (a DESC)", "ON t USING hash (a)", "ON t (a) WHERE b", "ON t (a) WHERE c", "ON t (a, b)",
        "ON t (a) INCLUDE (b)", "CREATE UNIQUE INDEX ON t (a)", "ON t (lower(a))", "ON t (upper(a))",
        "ON t (a text_pattern_ops)", 'ON t ("A")', "ON t (a) WITH (fillfactor=50)", f"ON t ({'a' * 63})",
        f"ON t ({'a' * 62}b)",
    ]  # fmt: skip
    names = [parse(text).name for text in texts]
    assert len(set(names)) == len(texts)
    assert names == [parse(text).name for text in texts]
    assert all(len(name.encode()) <= 63 for name in names)


@given(st.text(alphabet=st.sampled_from("ONt (a),;'\"$-*/\\`[]x1=\n\0ABé"), max_size=40), st.sampled_from(
    ["postgresql", "mysql", "mariadb", "sqlite"]))  # fmt: skip
def test_no_text_gives_anything_but_an_index_or_an_error(tail, engine):
    for text in (f"ON t (a) {tail}", tail, f"CREATE INDEX {tail}", f"ON t ({tail})"):
        try:
            made = parse(text, engine)
        except PlannerError:
            continue
        assert made.statement().startswith("CREATE ")
        assert parse(made.statement(), engine).statement() == made.statement()
