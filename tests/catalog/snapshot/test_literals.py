import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.snapshot import masking
from advisor.catalog.snapshot.literals import Translation, translate, translation, untranslate
from advisor.fingerprint.lexer import STRING, tokens
from advisor.model.engine import Engine
from advisor.model.snapshot import ColumnStatistics, Header, SchemaObject, Snapshot, StatisticsRow

WORDS = ["paid", "it's", "a\\b", "2024-01-01", "1", "month", "key", "español", "x"]


def _column(table, name, type_, values):
    return ColumnStatistics(
        schema="public",
        table=table,
        column=name,
        type=type_,
        most_common_vals="{" + values + "}",
        most_common_freqs=(0.1,),
    )


def _masked():
    texts = '"paid","it\'s","a\\\\b","2024-01-01","1","month","key","español","x"'
    columns = [
        _column("orders", "status", "text", texts),
        _column("orders", "Mixed Case", "character varying(40)", texts),
        _column("orders", 'odd "name', "text", "x"),
        _column("orders", "tags", "text[]", '"{paid,x}"'),
        _column("orders", "country", "character(1)", "x"),
        _column("orders", "id", "integer", "1"),
        _column("orders", "at", "date", "2024-01-01"),
        _column("orders", "kind", "text", "x"),
        _column("other", "kind", "integer", "1"),
        _column("orders", "raw", "bytea", '"\\\\x00ff"'),
    ]
    return masking.mask(
        Snapshot(header=Header(engine=Engine("postgresql"), values="present"), columns=columns), None, "00" * 16
    )


MASKED = _masked()
T = {
    word: translate(f"SELECT 1 FROM orders WHERE status = $${word}$$", MASKED)[0].split("= ")[1].strip("'")
    for word in WORDS
}


def test_every_sampled_text_has_a_token():
    assert all(token.startswith("v") for token in T.values())
    assert len(set(T.values())) == len(WORDS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("status = 'paid'", "status = '{paid}'"),
        ("o.status <> 'paid' OR \"Mixed Case\" >= 'x'", "o.status <> '{paid}' OR \"Mixed Case\" >= '{x}'"),
        ("status IN ('paid', 'unknown', 'x')", "status IN ('{paid}', 'unknown', '{x}')"),
        ("status NOT IN ('paid'::text, 'x')", "status NOT IN ('{paid}'::text, '{x}')"),
        ("status BETWEEN 'key' AND 'x'", "status BETWEEN '{key}' AND '{x}'"),
        ("status NOT BETWEEN 'key'::text AND 'x'", "status NOT BETWEEN '{key}'::text AND '{x}'"),
        ("'paid' = o.status", "'{paid}' = o.status"),
        ("status = ANY (ARRAY['paid', 'x'])", "status = ANY (ARRAY['{paid}', '{x}'])"),
        ("tags @> ARRAY['paid']", "tags @> ARRAY['{paid}']"),
        ("lower(status) = 'paid'", "lower(status) = '{paid}'"),
        ("(o.status)::text = 'paid'::text", "(o.status)::text = '{paid}'::text"),
        ("data->>'key' = 'paid'", "data->>'key' = '{paid}'"),
        ("status = E'a\\\\b'", "status = '{a\\b}'"),
        ("status = 'it''s'", "status = '{it's}'"),
        ("status = 'paid' -- status = 'paid'", "status = '{paid}' -- status = 'paid'"),
        ("status = ('paid')", "status = ('{paid}')"),
        ("kind = 'x'", "kind = '{x}'"),
        ('"odd ""name" = \'x\'', '"odd ""name" = \'{x}\''),
        ('"o"."status" = \'paid\'', '"o"."status" = \'{paid}\''),
    ],
)
def test_literals_beside_texts_become_tokens(before, after):
    for word, token in T.items():
        after = after.replace("{" + word + "}", token)
    sql = "SELECT * FROM orders AS o WHERE "
    made, count = translate(sql + before, MASKED)
    assert made == sql + after
    assert count > 0
    done = translation(sql + before, MASKED)
    for token, literal in done.mapping.items():
        assert f"'{literal}'".replace("it's", "it''s") in untranslate(
            f"Filter: (status = '{token}'::text)", done.mapping
        )


@pytest.mark.parametrize(
    "condition",
    [
        "id = '1'",
        "id IN ('1', '2')",
        "at = '2024-01-01'",
        "at > date '2024-01-01'",
        "status = '2024-01-01'::date",
        "date_trunc('month', at) = '2024-01-01'",
        "data->>'key' IS NOT NULL",
        "data->'key' = '1'",
        "status LIKE 'paid'",
        "status ~ 'paid'",
        "status = 'unknown'",
        "nowhere = 'paid'",
        "status = B'1'",
        "status = U&'paid'",
        "other.kind = 'x'",
        "status = 'paid",
        '"paid" = 1',
        "length('paid') = 4",
        "to_char(at, 'month') = 'month'",
        "status = lower('paid')",
        "interval '1' = '1'",
        "/* status = 'paid' */ true",
    ],
)
def test_other_literals_stay(condition):
    sql = f"SELECT 'paid' FROM orders, other WHERE {condition}"
    assert translate(sql, MASKED) == (sql, 0)


def test_short_columns_and_arrays_and_bytes():
    made, count = translate("SELECT 1 FROM orders WHERE country = 'x' AND status = 'x' AND raw = '\\x00FF'", MASKED)
    assert count == 3
    assert "country = '0'" in made
    assert "\\x00000000" in made
    made, count = translate("SELECT 1 FROM orders WHERE tags && '{paid,unknown}' AND status = ANY ('{x,paid}')", MASKED)
    assert count == 3
    assert f"'{{{T['paid']},unknown}}'" in made


def test_parameters():
    sql = "SELECT 1 FROM orders WHERE status = $2 AND id = $1 AND status IN ($3, $4)"
    done = translation(sql, MASKED, ("1", "paid", None, "x"))
    assert done.sql == sql
    assert done.parameters == ("1", T["paid"], None, T["x"])
    assert done.mapping == {T["paid"]: "paid", T["x"]: "x"}
    assert translation("SELECT 1 FROM orders WHERE status = ?", MASKED, ("paid",)).parameters == (T["paid"],)
    assert translation(sql, MASKED, ("1",)).parameters == ("1",)


def test_nothing_is_done_to_other_snapshots():
    plain = Snapshot(header=Header(engine=Engine("postgresql"), values="present"))
    sql = "SELECT 1 FROM orders WHERE status = 'paid'"
    assert translate(sql, plain) == (sql, 0)
    assert translate(sql, masking.without_values(MASKED)) == (sql, 0)
    assert untranslate("x", {}) == "x"


def test_the_other_engines_statements():
    table = SchemaObject(kind="table", name="orders", ddl=("CREATE TABLE orders (id INT, status VARCHAR(20))",))
    values = {
        "db_name": "d",
        "table_name": "orders",
        "column_name": "status",
        "min_value": "a\\b",
        "max_value": "paid",
        "hist_type": None,
    }
    snapshot = Snapshot(
        header=Header(engine=Engine("mariadb"), values="present"),
        objects=[table],
        rows=[StatisticsRow(source="mysql.column_stats", values=values)],
    )
    masked = masking.mask(snapshot, None, "00" * 16)
    assert masked.rows[0].values["max_value"] == "v1"
    made, count = translate(
        "SELECT 1 FROM `orders` WHERE `orders`.`status` IN (\"paid\", 'a\\\\b') AND id = 'paid'", masked
    )
    assert (made, count) == ("SELECT 1 FROM `orders` WHERE `orders`.`status` IN ('v1', 'v0') AND id = 'paid'", 2)


_pieces = st.lists(st.sampled_from(["status", "=", "'paid'", "IN", "(", ")", ",", "'x'", "::text", "::", "text", "--", "\n", "$1", "'", "AND", "BETWEEN", "ANY", "ARRAY[", "]", "E'\\''", "->>", "orders", "as", ".", "$$", "/*", "é"]), max_size=25).map(" ".join)  # fmt: skip


@given(sql=_pieces)
def test_any_text_is_translated_and_keeps_its_shape(sql):
    done = translation(sql, MASKED, ("paid",))

    def shape(text):
        raw = text.encode()
        return [(t.kind, None if t.kind == STRING else raw[t.start : t.end]) for t in tokens(raw, "postgresql")]

    assert shape(done.sql) == shape(sql)
    assert translation(done.sql, MASKED, ("paid",)).sql == done.sql or done.count


def test_what_is_not_known_is_said_in_grammar():
    assert Translation("").notes == ()
    assert Translation("", hidden=1).notes == ("1 text of the query is not among the masked values: planned as rare",)
    assert Translation("", hidden=2).notes == ("2 texts of the query are not among the masked values: planned as rare",)
