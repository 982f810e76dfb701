from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.stream.insights.cache import cache, cache_curve
from tests.stream.insights.logged import fingerprint, line, material, material_of_files

READ = "SELECT name FROM item WHERE id = 7"


def hits(lines, ttl=None, field="hits", **more):
    return {row.ttl_seconds: getattr(row, field) for row in cache(material(lines, **more)) if not row.fingerprint}[ttl]


def at(*texts, step=0.1, session=None):
    return [line(i * step, sql, session=500 + i if session is None else session) for i, sql in enumerate(texts, 1)]


def test_asked_twice_by_different_sessions_is_a_hit():
    rows = cache(material(at(READ, READ, "SELECT name FROM item WHERE id = 8")))
    whole = next(row for row in rows if row.fingerprint is None and row.ttl_seconds == 60)
    assert (whole.lookups, whole.distinct_keys, whole.hits, whole.shared_hits, whole.memo_hits) == (3, 2, 1, 1, 0)
    assert whole.saved_us == 1000
    assert whole.saved_share == pytest.approx(1 / 3)


def test_the_ttl_counts_from_the_first_answer():
    assert hits(at(READ, READ, READ, step=0.7), ttl=1.0) == 1
    assert hits(at(READ, READ, READ, step=0.7), ttl=10.0) == 2


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ("UPDATE item SET stock = 1 WHERE id = 9", 0),
        ("UPDATE purchase SET state = 'x' WHERE id = 7", 1),
        ("DELETE FROM item WHERE id > 100", 0),
        ("TRUNCATE item", 0),
        ("INSERT INTO item (name) VALUES ('x')", 0),
        ("COPY item FROM '/tmp/x'", 0),
        ("CALL whatever(1)", 0),
        ("WITH gone AS (DELETE FROM item RETURNING id) SELECT count(*) FROM gone", 0),
        ("SELECT id INTO item FROM other", 0),
        ("SELECT buy_everything(5)", 0),
        ("SELECT * FROM buy_everything(5)", 0),
        ("SELECT price_of(id) FROM purchase", 1),
        ("SELECT pg_is_in_recovery()", 1),
        ("VACUUM item", 1),
        ("SELECT 1 FROM purchase", 1),
    ],
)
def test_what_a_statement_in_between_leaves(between, left):
    assert hits(at(READ, between, READ)) == left


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ("UPDATE item SET stock = 3 WHERE id = 9", 1),
        ("UPDATE item SET stock = 3 WHERE id = 7", 0),
        ("UPDATE item SET id = 7 WHERE id = 9", 0),
        ("UPDATE item SET stock = 3 WHERE id = 9 OR sku = 'b'", 0),
        ("UPDATE item SET stock = 3 WHERE sku = 'b'", 0),
        ("DELETE FROM item WHERE id = 9", 1),
        ("INSERT INTO item (id, name) VALUES (9, 'x')", 1),
        ("INSERT INTO item (id, name) VALUES (7, 'x')", 0),
        ("INSERT INTO item (name) VALUES ('x')", 1),
        ("INSERT INTO item (id, name) VALUES (9, 'x') ON CONFLICT (name) DO UPDATE SET stock = 1", 0),
    ],
)
def test_what_a_write_leaves_when_rows_are_told_apart(between, left):
    assert hits(at(READ, between, READ), field="row_hits") == left


def test_values_in_another_place_of_the_statement_are_found():
    lines = at(READ, "UPDATE item SET stock = 7 WHERE sku = 'a' AND id = 9", READ)
    assert hits(lines, field="row_hits") == 1
    lines = at(READ, "UPDATE item SET stock = 9 WHERE sku = 'a' AND id = 7", READ)
    assert hits(lines, field="row_hits") == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM item WHERE id = 7 FOR UPDATE",
        "SELECT name FROM item WHERE added < now()",
        "SELECT name FROM item ORDER BY random() LIMIT 1",
        "SELECT nextval('item_id_seq')",
        "SELECT price_of(id) FROM item WHERE id = 7",
        "SELECT name FROM item WHERE owner = current_user",
        "UPDATE item SET stock = 3 WHERE id = 7 RETURNING stock",
        "SELECT 1",
    ],
)
def test_what_no_cache_may_answer(sql):
    assert cache(material(at(sql, sql, sql))) == []


def test_statements_without_their_values_have_no_key():
    lines = [text.replace("= 7", "= $1") for text in at(READ, READ)]
    assert cache(material(lines)) == []
    detail = [each for text in lines for each in (text, text.split("LOG:")[0] + "DETAIL:  parameters: $1 = '7'")]
    assert hits(detail) == 1


def test_a_write_counts_again_when_it_is_committed():
    lines = [
        line(1.0, READ, session=1),
        line(1.1, "BEGIN", session=2),
        line(1.2, "UPDATE item SET stock = 3 WHERE id = 9", session=2),
        line(1.3, READ, session=3),
        line(1.4, "COMMIT", session=2),
        line(1.5, READ, session=4),
        line(1.6, READ, session=5),
    ]
    assert hits(lines) == 1
    assert hits([text.replace("COMMIT", "ROLLBACK") for text in lines]) == 2


def test_what_a_transaction_has_changed_is_nobody_elses():
    lines = [
        line(1.0, "BEGIN", session=2),
        line(1.1, "UPDATE item SET stock = 3 WHERE id = 7", session=2),
        line(1.2, READ, session=2),
        line(1.3, "SELECT name FROM shop WHERE id = 1", session=2),
        line(1.4, "COMMIT", session=2),
    ]
    rows = cache(material(lines))
    assert {row.lookups for row in rows if row.fingerprint is None} == {1}


def test_a_memo_is_told_from_a_shared_cache():
    lines = [
        line(1 + i / 10, sql, session=s) for s in (1, 2) for i, sql in enumerate(["BEGIN", READ, READ, READ, "COMMIT"])
    ]
    row = next(row for row in cache(material(lines)) if row.fingerprint and row.ttl_seconds == 60)
    assert (row.lookups, row.hits, row.shared_hits, row.memo_hits) == (6, 5, 1, 4)


def test_answers_still_being_made_are_told():
    lines = [line(10.0, READ, session=1, ms=5000), line(10.1, READ, session=2, ms=4000), line(12.0, READ, session=3)]
    row = next(row for row in cache(material(lines)) if row.ttl_seconds == 60)
    assert (row.hits, row.in_flight) == (2, 1)


def test_databases_do_not_share():
    lines = [line(1, READ, session=1, who="app@one"), line(2, READ, session=2, who="app@two")]
    assert hits(lines) == 0
    lines = [line(1, READ), line(2, "UPDATE item SET stock = 1", session=2, who="app@two"), line(3, READ, session=3)]
    assert hits(lines) == 1


def test_keys_that_cascade_and_partitions_are_followed():
    schema = """
        CREATE TABLE shop (id int PRIMARY KEY);
        CREATE TABLE item (id int, shop_id int REFERENCES shop ON DELETE CASCADE, day date, name text) PARTITION BY RANGE (day);
        CREATE TABLE item_2026 PARTITION OF item FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    """
    assert hits(at(READ, "DELETE FROM shop WHERE id = 1", READ), schema=schema) == 0
    assert hits(at(READ, "INSERT INTO shop VALUES (1)", READ), schema=schema) == 1
    assert hits(at(READ, "UPDATE item_2026 SET name = 'x'", READ), schema=schema) == 0


def test_redacted_values_of_different_sources_are_not_compared(tmp_path):
    paths = []
    for number in (1, 2):
        path = tmp_path / f"{number}.log"
        path.write_text("\n".join(line(number * 10 + i, READ.replace("7", str(i // 2))) for i in range(4)) + "\n")
        paths.append(path)
    whole = material_of_files(paths)
    count = {row.ttl_seconds: row.hits for row in cache(whole) if row.fingerprint is None}[None]
    apart = dataclasses.replace(whole, values_comparable=False)
    assert count == 6
    assert {row.ttl_seconds: row.hits for row in cache(apart) if row.fingerprint is None}[None] == 4


STATEMENTS = st.sampled_from(
    [
        READ,
        "SELECT name FROM item WHERE id = 8",
        "SELECT name FROM item WHERE shop_id = 2",
        "SELECT i.name FROM item i JOIN shop s ON s.id = i.shop_id WHERE s.id = 3",
        "UPDATE item SET stock = 3 WHERE id = 7",
        "UPDATE shop SET name = 'x' WHERE id = 3",
        "INSERT INTO item (id, name) VALUES (8, 'x')",
    ]
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(STATEMENTS, st.integers(1, 5)), min_size=2, max_size=25), st.randoms(use_true_random=False))
def test_who_asks_changes_nothing_for_a_shared_cache(events, random):
    lines = [line(i / 10, sql, session=s) for i, (sql, s) in enumerate(events, 1)]
    names = list(range(1, 6))
    random.shuffle(names)
    others = [line(i / 10, sql, session=names[s - 1]) for i, (sql, s) in enumerate(events, 1)]
    figures = [
        [(r.fingerprint, r.ttl_seconds, r.hits, r.row_hits) for r in cache(material(x))] for x in (lines, others)
    ]
    assert figures[0] == figures[1]


@settings(max_examples=25, deadline=None)
@given(st.lists(STATEMENTS, min_size=2, max_size=25))
def test_hits_grow_with_the_ttl_and_when_rows_are_told_apart_and_shapes_add_up(events):
    rows = cache(material(at(*events, step=0.4)))
    whole = [row for row in rows if row.fingerprint is None]
    assert [row.hits for row in whole] == sorted(row.hits for row in whole)
    for row in whole:
        assert row.row_hits >= row.hits
        parts = [part for part in rows if part.fingerprint is not None and part.ttl_seconds == row.ttl_seconds]
        for name in ("lookups", "distinct_keys", "hits", "shared_hits", "memo_hits", "row_hits", "saved_us"):
            assert sum(getattr(part, name) for part in parts) == getattr(row, name)


def test_writes_that_the_sample_lacks_wear_hits_away():
    whole = material([line(i, READ, session=i) for i in range(1, 60)] + [line(0.5, "UPDATE item SET stock = 1")])
    write = fingerprint(whole, "update item")
    shapes = [
        type(shape)(
            **{
                **{f: getattr(shape, f) for f in shape.__struct_fields__},
                "calls": 60 if shape.fingerprint == write else shape.calls,
            }
        )
        for shape in whole.shapes
    ]
    fewer = dataclasses.replace(whole, shapes=shapes)
    before = {row.ttl_seconds: row.hits for row in cache(whole) if row.fingerprint is None}
    after = {row.ttl_seconds: row.hits for row in cache(fewer) if row.fingerprint is None}
    assert before[10.0] == 53
    assert after[None] < after[10.0] < before[10.0] * 0.5


def test_the_curve_ends_where_everything_fits():
    rows = cache_curve(material(at(*[READ.replace("7", str(i % 5)) for i in range(40)])))
    assert rows[-1].share_of_hits == 1.0
    assert rows[-1].hit_ratio == 35 / 40
    assert [row.hit_ratio for row in rows] == sorted(row.hit_ratio for row in rows)


@pytest.mark.server
@pytest.mark.long
def test_the_replay_tells_what_a_real_cache_did(tmp_path):
    from benchmarks.stream.cache_replay import compared, record

    log, caches = record(tmp_path, seconds=6)
    for cache_, real, replayed in compared(log, caches):
        assert cache_.lookups > 500
        assert abs(real - replayed) < 0.02, (cache_.ttl, cache_.capacity, real, replayed)


@pytest.mark.parametrize("share", [2, 4])
def test_a_sample_of_the_sessions_tells_about_the_same_ratio(share):
    random = np.random.default_rng(5)
    popular = random.zipf(1.5, 4000) % 400
    lines = [
        line(
            i / 50,
            f"UPDATE item SET a = 1 WHERE id = {key}" if i % 37 == 0 else READ.replace("7", str(key)),
            session=i % 160,
        )
        for i, key in enumerate(popular.tolist())
    ]
    whole = material(lines)
    sessions = np.unique(whole.rows["session"])
    kept = np.isin(whole.rows["session"], random.permutation(sessions)[: len(sessions) // share])
    rows = {name: column[kept] for name, column in whole.rows.items()}
    sampled = dataclasses.replace(whole, rows=rows, scale=len(whole) / kept.sum())
    figures = [{r.ttl_seconds: r for r in cache(x) if r.fingerprint is None} for x in (whole, sampled)]
    for ttl in (1.0, 10.0, None):
        assert abs(figures[0][ttl].hit_ratio - figures[1][ttl].hit_ratio) < 0.08, ttl
        assert figures[1][ttl].hits == pytest.approx(figures[0][ttl].hits, rel=0.25)
    assert figures[1][1.0].estimated
    assert not figures[0][1.0].estimated


def test_evicted_statements_may_do_what_their_first_word_says():
    whole = material(at(READ, "SELECT a FROM other", READ, "UPDATE other SET a = 1", READ))
    kept = [shape for shape in whole.shapes if "item" in shape.sql]
    rows = cache(dataclasses.replace(whole, shapes=kept))
    assert {row.ttl_seconds: row.hits for row in rows if row.fingerprint is None}[None] == 1


def test_nothing_is_said_without_times():
    empty = material([line(1, "BEGIN")])
    assert cache(empty) == []
    assert cache_curve(empty) == []
    assert np.array(empty.completed[1]).tolist() == sorted(empty.completed[1].tolist())
