import base64
import gzip
import json
import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.snapshot import arrays, file, masking, sqlite_record
from advisor.model.engine import Engine
from advisor.model.snapshot import (
    Bounds,
    ColumnStatistics,
    ExtendedStatistics,
    Header,
    SchemaObject,
    Snapshot,
    StatisticsRow,
    TextOrder,
)

_SERVER = {"host": "127.0.0.1", "port": int(os.environ.get("PGPORT", "5432")), "user": "postgres", "dbname": "postgres"}
KEY = "0123456789abcdef" * 2
_HOSTILE = st.text(st.sampled_from("'\"\\{},() \t\nNULnul0123456789.-éß漢🙂%_$;v"), max_size=12)
#: Each value holds a marker that can come from nowhere else.
_MARK = "GEHEIM"
_value = st.builds(lambda a, b: a + _MARK + b, _HOSTILE, _HOSTILE) | st.just(_MARK * 150) | st.just("123" + _MARK)
_values = st.lists(_value, min_size=1, max_size=8, unique_by=lambda v: v.rstrip(" "))


def _column(name, type_, mcv=None, hist=None, elems=None, **more):
    shown = {
        k: None if v is None else arrays.text_of(v)
        for k, v in (("most_common_vals", mcv), ("histogram_bounds", hist), ("most_common_elems", elems))
    }
    return ColumnStatistics(
        schema="public", table="t", column=name, type=type_, null_frac=0.25, avg_width=7, n_distinct=-0.5,
        most_common_freqs=None if mcv is None else tuple(0.1 / (n + 1) for n in range(len(mcv))),
        most_common_elem_freqs=None if elems is None else tuple(0.1 + n / 100 for n in range(len(elems) + 3)),
        correlation=0.5, **shown, **more,
    )  # fmt: skip


def _snapshot(*columns, engine="postgresql", **more):
    return Snapshot(header=Header(engine=Engine(engine), values="present"), columns=list(columns), **more)


def _items(literal):
    return arrays.parse(literal)[1]


def _everything(values):
    hexed = [("\\x" + v.encode().hex()) for v in values]
    jsons = [json.dumps({"a": v}) for v in values]
    nested = [arrays.text_of([v, None, "x"]) for v in values]
    json_hb = json.dumps({"histogram_hb": [{"start": v, "size": 0.1, "ndv": 1} for v in sorted(values)]})
    packed = [["base64:type254:" + base64.b64encode(v.encode()).decode(), 0.5] for v in sorted(values)]
    mysql = {"buckets": packed, "data-type": "string", "histogram-type": "singleton"}
    rows = [
        {"db_name": "d", "table_name": "t", "column_name": c, "min_value": min(values), "max_value": max(values),
         "hist_type": "JSON_HB", "hist_size": 3, "histogram": json_hb} for c in ("a", "b", "unknown")
    ]  # fmt: skip
    return _snapshot(
        _column("a", "text", values, sorted(values)),
        _column("b", "character varying(5)", values, sorted(values)),
        _column("c", "character(1)", values, sorted(values)),
        _column("d", "text[]", nested, nested, sorted(values)),
        _column("e", "jsonb", jsons, jsons),
        _column("f", "bytea", hexed, sorted(hexed)),
        _column("g", "tsvector", elems=values),
        _column("h", "public.hstore", values, values),
        _column("i", None, values, values),
        _column("j", "public.citext", values, values),
        _column("k", "mail", values, values),
        _column("l", "integer", ["1", "2"], ["3", "4"]),
        objects=[
            SchemaObject(kind="domain", schema="public", name="mail", ddl=("CREATE DOMAIN mail AS text CHECK (VALUE ~ '@')",)),
            SchemaObject(kind="table", schema="d", name="t", ddl=("CREATE TABLE t (a varchar(20), b char(3), c int)",)),
        ],
        bounds=[Bounds(schema="public", table="t", column=c, low=min(values), high=max(values)) for c in "abcdghik"]
        + [Bounds(schema="public", table="gone", column="x", low=min(values), high=None)],
        extended=[
            ExtendedStatistics(
                schema="public", name="s", columns=("a",), mcv=_MARK.encode().hex(),
                expressions=({"type": "text", "most_common_vals": arrays.text_of(values), "most_common_freqs": [0.1], "stray": 1},
                             {"type": "tsvector", "most_common_vals": arrays.text_of(values), "n_distinct": "many"}),
            )
        ],
        rows=[StatisticsRow(source="mysql.column_stats", values=row) for row in rows]
        + [StatisticsRow(source="information_schema.column_statistics", values={"schema_name": "d", "table_name": "t", "column_name": "a", "histogram": mysql})]
        + [StatisticsRow(source="sqlite_stat4", values={"tbl": "t", "idx": "i", "neq": "1", "nlt": "1", "ndlt": "1", "sample": sqlite_record.encode([v, v.encode(), 7]).hex()}) for v in values],
    )  # fmt: skip


def _written(snapshot, factory):
    path = factory.getbasetemp() / "masked.snapshot"
    file.write(snapshot, path)
    assert file.read(path) == snapshot
    return gzip.decompress(path.read_bytes()).decode()


@settings(max_examples=40, deadline=None)
@given(values=_values)
def test_no_text_survives(values, tmp_path_factory):
    snapshot = _everything(values)
    order = TextOrder(values=tuple(sorted(values)[::2]))
    for shown in (masking.mask(snapshot, order), masking.mask(snapshot, None, KEY), masking.without_values(snapshot)):
        text = _written(shown, tmp_path_factory)
        packed = base64.b64encode(_MARK.encode()).decode()[:6]
        for hidden in (_MARK, _MARK.lower(), _MARK.encode().hex(), packed):
            assert hidden not in text
        assert shown.header.values in ("masked", "none")
        assert [c.null_frac for c in shown.columns] == [0.25] * len(snapshot.columns)
    assert _MARK in _written(snapshot, tmp_path_factory)


@given(values=_values, data=st.data())
def test_order_and_equality_stay(values, data):
    server = data.draw(st.permutations(sorted(values)))  # any order that a server might have
    histogram = [v for v in server if len(v) % 2 == 0] or server
    snapshot = _snapshot(
        _column("a", "text", values, histogram),
        _column("b", "character varying(2000)", list(reversed(values))),
        _column("d", "text[]", elems=server),
        bounds=[Bounds(schema="public", table="t", column="a", low=server[0], high=server[-1])],
    )
    masked = masking.mask(snapshot, TextOrder(values=tuple(server)), KEY)
    a, b, d = masked.columns
    token = dict(zip(values, _items(a.most_common_vals), strict=True))
    assert _items(b.most_common_vals) == [token[v] for v in reversed(values)]
    in_order = [token[v] for v in server]
    assert in_order == sorted(set(in_order))
    assert len({len(t) for t in in_order}) == 1
    assert _items(a.histogram_bounds) == [token[v] for v in histogram]
    assert _items(d.most_common_elems) == in_order
    assert d.most_common_elem_freqs == snapshot.columns[2].most_common_elem_freqs
    assert (masked.bounds[0].low, masked.bounds[0].high) == (in_order[0], in_order[-1])
    assert masked.header.missing == ()
    assert masking.mask(snapshot, TextOrder(values=tuple(server)), KEY) == masked
    other = masking.mask(snapshot, TextOrder(values=tuple(server)))
    assert other.columns == masked.columns
    assert not set(other.tokens) & set(masked.tokens)


@given(values=_values)
def test_histograms_of_other_collations_stay_sorted(values):
    snapshot = _snapshot(
        _column("a", "text", hist=sorted(values, reverse=True), elems=None),
        _column(
            "d",
            "text[]",
            hist=[arrays.text_of([v]) for v in sorted(values, reverse=True)],
            elems=sorted(values, reverse=True),
        ),
    )
    masked = masking.mask(snapshot, None, KEY)
    for literal in (
        masked.columns[0].histogram_bounds,
        masked.columns[1].histogram_bounds,
        masked.columns[1].most_common_elems,
    ):
        tokens = _items(literal)
        assert tokens == sorted(tokens)
    freqs = dict(zip(sorted(values, reverse=True), snapshot.columns[1].most_common_elem_freqs, strict=False))
    assert masked.columns[1].most_common_elem_freqs[: len(values)] == tuple(freqs[v] for v in sorted(values))
    assert "code point order" in masked.header.missing[0]


def test_short_columns_get_short_tokens():
    countries = ["DE", "FR", "US"]
    many = [f"word{n:05}" for n in range(12_000)]
    wide = [chr(200 + n) for n in range(40)]
    snapshot = _snapshot(
        _column("a", "text", hist=many),
        _column("b", "character(2)", ["US", "DE", "FR"], countries),
        _column("c", "character varying(2)", ["DE "[:2], "FR"]),
        _column("e", "character(1)", list("YN")),
        _column("f", "character varying(1)", wide),
        _column("g", "character(3)", ["US "], ["DE ", "US "]),
    )
    masked = masking.mask(snapshot, None, KEY)
    tokens = {c.column: c.most_common_vals for c in masked.columns}
    assert _items(tokens["b"]) == ["02", "00", "01"]
    assert _items(tokens["c"]) == ["00", "01"]
    assert tokens["f"] is None
    assert "too many values" in " ".join(masked.header.missing)
    assert all(len(v) <= 3 for v in _items(tokens["g"]))
    assert len(_items(masked.columns[0].histogram_bounds)) == 12_000


def test_literals_of_the_schema_stay_among_common_values():
    ddl = [
        ("index", "CREATE INDEX i ON t (a) WHERE status = 'paid'"),
        ("constraint", "ALTER TABLE t ADD CHECK (status = ANY (ARRAY['new'::text, 'open']))"),
        ("function", "CREATE FUNCTION f() RETURNS text AS $$ SELECT 'inside' $$ LANGUAGE sql"),
        ("table", "CREATE TABLE p PARTITION OF q FOR VALUES IN ('eu')"),
        ("table", "CREATE TABLE r (region text) PARTITION BY HASH (region)"),
        ("type", "CREATE TYPE mood AS ENUM ('happy')"),
    ]
    snapshot = _snapshot(
        _column("status", "text", ["paid", "new"], ["new", "paid"]),
        _column("mixed", "text", ["paid", "secret", "inside", "eu", ""], ["", "paid", "secret"]),
        _column("region", "text", ["north"]),
        _column("feeling", "public.mood", ["happy"]),
        objects=[
            SchemaObject(kind=kind, schema="public", name="mood" if kind == "type" else "x", ddl=(text,))
            for kind, text in ddl
        ],
        bounds=[Bounds(schema="public", table="t", column="status", low="new", high="paid")],
    )
    masked = masking.mask(snapshot, None, KEY)
    status, mixed, region, feeling = masked.columns
    assert status.most_common_vals == "{paid,new}"
    assert status.histogram_bounds == "{new,paid}"
    assert masked.bounds == snapshot.bounds
    shown = _items(mixed.most_common_vals)
    assert (shown[0], shown[3], shown[4]) == ("paid", "eu", "")
    assert not {"secret", "inside"} & set(shown)
    assert "paid" not in _items(mixed.histogram_bounds)
    assert feeling.most_common_vals == "{happy}"
    assert region.most_common_vals != "{north}"
    query = "SELECT * FROM t WHERE status = 'paid' AND mixed = 'secret' AND region = 'north'"
    assert masking.translate(query, masked) == (query.replace("'secret'", f"'{shown[1]}'"), 1)


def test_a_masked_snapshot_is_not_masked_again():
    snapshot = masking.mask(_snapshot(_column("a", "text", ["x", "y"])), None, KEY)
    assert masking.mask(snapshot, None) == snapshot
    bare = masking.without_values(_snapshot(_column("a", "text", ["x", "y"], ["z"])))
    assert masking.mask(bare, None) == bare
    assert bare.columns[0].most_common_freqs is not None
    assert bare.columns[0].most_common_vals is bare.columns[0].histogram_bounds is None


def test_arrays_that_are_damaged_are_left_out():
    for literal in ("{a", "a", '{"a}', "{a}b", "{,}", "{" * 50):
        snapshot = _snapshot(
            ColumnStatistics(
                schema="s", table="t", column="c", type="text", most_common_vals=literal, most_common_freqs=(1.0,)
            )
        )
        masked = masking.mask(snapshot, None)
        assert masked.columns[0].most_common_vals is masked.columns[0].most_common_freqs is None
        assert "s.t.c" in masked.header.missing[-1]


_array_item = st.recursive(st.none() | _HOSTILE, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6)


@given(items=st.lists(_array_item, max_size=5), prefix=st.sampled_from(["", "[0:1]=", "[-1:0][1:2]="]))
def test_array_literals_round(items, prefix):
    assert arrays.parse(arrays.text_of(items, prefix)) == (prefix, items)


@given(text=st.text(st.sampled_from('{},"\\ ab\n'), max_size=12))
def test_what_is_no_array_is_a_value_error(text):
    try:
        arrays.parse(text)
    except ValueError:
        return


@given(
    fields=st.lists(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | _HOSTILE | st.binary(max_size=300),
        max_size=200,
    )
)
def test_records_of_sqlite_round(fields):
    assert sqlite_record.decode(sqlite_record.encode(fields)) == fields


@pytest.mark.server
def test_the_server_reads_what_is_masked():
    import psycopg

    with psycopg.connect(**_SERVER, autocommit=True) as connection:
        hostile = [
            "",
            "NULL",
            "null",
            'a"b',
            "a\\b",
            "{x}",
            "a,b",
            " a ",
            "é",
            "\t",
            "\n",
            "\u00a0",
            "1",
            "v0001",
            "'",
            "''",
        ]
        for at in range(len(hostile)):
            texts = hostile[at:]
            (printed,) = connection.execute("SELECT %s::text[]::text", (texts,)).fetchone()
            assert arrays.parse(printed) == ("", texts)
            assert connection.execute("SELECT %s::text[]", (arrays.text_of(texts),)).fetchone()[0] == texts
        nested = [arrays.text_of([text, None]) for text in hostile]
        snapshot = _snapshot(
            _column("a", "text", hostile, sorted(hostile)),
            _column("d", "text[]", nested, nested),
            _column("f", "bytea", ["\\x00ff"], ["\\x00", "\\xff"]),
            _column("e", "jsonb", ['{"a":1}'], ["{}", '{"b": 1}']),
        )
        masked = masking.mask(snapshot, None, KEY)
        assert len(masked.columns) == 4
        for column, type_ in zip(masked.columns, ("text", "text", "bytea", "jsonb"), strict=True):
            for literal in (column.most_common_vals, column.histogram_bounds):
                assert connection.execute(f"SELECT cardinality(%s::{type_}[])", (literal,)).fetchone()[0]
        for (inner,) in connection.execute(
            "SELECT unnest(%s::text[])", (masked.columns[1].most_common_vals,)
        ).fetchall():
            assert len(connection.execute("SELECT %s::text[]", (inner,)).fetchone()[0]) == 2


@pytest.mark.server
def test_tokens_sort_alike_under_every_collation():
    import psycopg

    values = [f"{w}{n}" for n in range(60) for w in ("Ab", "zé", "ch", "LL", "_x")]
    snapshot = _snapshot(
        _column("a", "text", hist=sorted(values)),
        _column("b", "character(2)", hist=[f"{n:02}" for n in range(99)] + ["Zé", "ch"]),
    )
    masked = masking.mask(snapshot, None, KEY)
    with psycopg.connect(**_SERVER) as connection:
        wanted = (
            "C",
            "POSIX",
            "C.utf8",
            "C.UTF-8",
            "en_US.utf8",
            "ucs_basic",
            "en-x-icu",
            "de-x-icu",
            "et-x-icu",
            "hu-x-icu",
            "da-x-icu",
            "cs-x-icu",
            "und-x-icu",
            "lt-x-icu",
            "sv-x-icu",
            "cy-x-icu",
            "sq-x-icu",
            "hr-x-icu",
            "mt-x-icu",
            "es-x-icu",
            "lv-x-icu",
            "tr-x-icu",
            "az-x-icu",
            "nb-x-icu",
            "vi-x-icu",
            "sk-x-icu",
            "pl-x-icu",
        )
        there = [
            c
            for (c,) in connection.execute(
                "SELECT DISTINCT collname FROM pg_collation WHERE collname = ANY (%s)", (list(wanted),)
            )
        ]
        assert "C" in there
        for collation in there:
            for column in masked.columns:
                tokens = _items(column.histogram_bounds)
                sql = f'SELECT array_agg(v ORDER BY v COLLATE "{collation}") FROM unnest(%s::text[]) AS v'
                assert connection.execute(sql, (tokens,)).fetchone()[0] == tokens
                assert all(a < b for a, b in pairwise(tokens))


@pytest.mark.server
def test_lists_of_common_combinations_are_rebuilt():
    import psycopg

    from advisor.catalog.snapshot.mcv_list import McvError, masked_list
    from advisor.catalog.snapshot.value_types import ValueType

    with psycopg.connect(**_SERVER, autocommit=False) as connection:
        connection.execute(
            "CREATE TEMP TABLE combined (a text, b char(3), n int, c varchar, d name, u uuid, f float8, x bytea, ok bool)"
        )
        connection.execute(
            "INSERT INTO combined SELECT 'GEHEIM' || i % 7, 'G' || i % 3, i % 5, NULLIF('GEHEIM' || i % 7, 'GEHEIM3'), 'GEHEIM' || i % 2,"
            " md5((i % 4)::text)::uuid, i % 2, 'GEHEIM', i % 2 = 0 FROM generate_series(0, 4999) AS i"
        )
        connection.execute("CREATE STATISTICS combined_s (mcv) ON a, b, n, c, d, u, f, x FROM combined")
        connection.execute("ANALYZE combined")
        sql = "SELECT stxdmcv::bytea FROM pg_statistic_ext_data JOIN pg_statistic_ext ON oid = stxoid WHERE stxname = 'combined_s'"
        (content,) = connection.execute(sql).fetchone()
        items = "SELECT values::text[], nulls, frequency, base_frequency FROM pg_statistic_ext_data, pg_mcv_list_items({}) WHERE stxoid = (SELECT oid FROM pg_statistic_ext WHERE stxname = 'combined_s')"
        before = connection.execute(items.format("stxdmcv")).fetchall()
        assert masked_list(content, [], lambda value, of: value) == content
        made = masked_list(
            content,
            [ValueType("text", limit=None)],
            lambda value, of: f"\\x{len(value):08x}" if of.kind == "bytes" else "t" + value.strip()[-1],
        )
        assert b"GEHEIM" not in made
        connection.execute("CREATE CAST (bytea AS pg_mcv_list) WITHOUT FUNCTION")
        connection.execute(
            "UPDATE pg_statistic_ext_data SET stxdmcv = %s::bytea::pg_mcv_list WHERE stxoid = (SELECT oid FROM pg_statistic_ext WHERE stxname = 'combined_s')",
            (made,),
        )
        after = connection.execute(items.format("stxdmcv")).fetchall()
        connection.rollback()
    assert len(before) == len(after) > 50
    for (values, *rest), (tokens, *same) in zip(before, after, strict=True):
        assert rest == same
        assert [tokens[2], tokens[5], tokens[6]] == [values[2], values[5], values[6]]
        assert tokens[0] == "t" + values[0][-1]
        assert (tokens[3] is None) == (values[3] is None)
    for cut in (b"", content[:10], content[:100], content[:-1], content + b"x", b"\0" * 200):
        with pytest.raises(McvError):
            masked_list(cut, [], lambda value, of: value)
