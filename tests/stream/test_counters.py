"""Repetitions from counters: conservation of rows, what else explains a statement, snapshots, and dumps as written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import build
from advisor.model.engine import Engine, EngineName
from advisor.model.shape import ShapeSummary
from advisor.model.stream import Repetition
from advisor.stream.counted import between
from advisor.stream.counters import detect
from advisor.stream.links import Links
from benchmarks.nplusone.counters import graphs_of
from benchmarks.nplusone.worlds import found_in, world

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(40));
CREATE TABLE sessions (token varchar(40) PRIMARY KEY, customer_id int REFERENCES customers (id));
CREATE TABLE authors (id int PRIMARY KEY, name varchar(40), country_id int REFERENCES countries (id));
CREATE TABLE countries (id int PRIMARY KEY, name varchar(40));
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors (id), title varchar(40));
CREATE TABLE reviews (id int PRIMARY KEY, book_id int REFERENCES books (id), rating int);
CREATE TABLE nodes (id int PRIMARY KEY, parent_id int REFERENCES nodes (id), name varchar(40));
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id), status varchar(9));
"""
BOOKS = "select id, author_id, title from books order by id limit $1"
AUTHORS = "select id, name from authors order by name limit $1"
AUTHOR = "select id, name, country_id from authors where id = $1"
BOOKS_OF = "select id, author_id, title from books where author_id = $1"
REVIEWS_OF = "select id, book_id, rating from reviews where book_id = $1"
SESSION = "select token, customer_id from sessions where token = $1"
CUSTOMER = "select id, name from customers where id = $1"
ORDERS = "select id, customer_id, status from orders order by id limit $1"

Counts = dict[str, tuple[int, int]]
"""Executions and rows by text."""


def dumped(counts: Counts, folder: Path) -> list[ShapeSummary]:
    rows = [
        {"query": sql, "calls": calls, "rows": given, "total_exec_time": calls * 0.1}
        for sql, (calls, given) in counts.items()
    ]
    file = folder / "pgss.json"
    file.write_text(json.dumps(rows))
    return digest([str(file)]).shapes()


def found(shapes: Sequence[ShapeSummary], before: Sequence[ShapeSummary] | None = None) -> list[Repetition]:
    engine: EngineName = shapes[0].engine.name
    catalogs = [read_ddl(SCHEMA, "schema.sql", engine)]
    return detect(shapes, Links(graphs_of(shapes, catalogs), catalogs), before)


def told(counts: Counts, folder: Path) -> dict[str, tuple[str, str, str | None]]:
    """Kind, tier and parent's text by the child's text, as given."""
    shapes = dumped(counts, folder)
    texts = {shape.fingerprint: shape.sql.replace("?", "$1") for shape in shapes}
    return {
        texts[one.child]: (one.kind, one.tier, texts[one.parent] if one.parent is not None else None)
        for one in found(shapes)
    }


def test_one_for_each_row(tmp_path: Path) -> None:
    counts = {BOOKS: (4, 80), AUTHOR: (80, 80), AUTHORS: (6, 72), BOOKS_OF: (72, 260)}
    assert told(counts, tmp_path) == {
        AUTHOR: ("n_plus_one", "likely", BOOKS),
        BOOKS_OF: ("n_plus_one", "likely", AUTHORS),
    }
    one = next(one for one in found(dumped(counts, tmp_path)) if one.repeats == 80)
    assert (one.instances, one.n_median, one.parent_rows, one.conservation, one.boundary) == (
        4,
        20.0,
        20.0,
        1.0,
        "counters",
    )
    assert one.link is not None
    assert (one.link.parent_column, one.link.child_column, one.link.to_one) == ("author_id", "id", True)


@pytest.mark.parametrize(
    ("child", "kind"),
    [
        ("select count(*) from reviews where book_id = $1", "count_per_row"),
        ("select avg(rating) from reviews where book_id = $1", "aggregate_per_row"),
        ("select exists (select $1 from reviews where book_id = $2)", "exists_per_row"),
        ("update books set title = $1 where id = $2", "update_per_row"),
        ("insert into reviews (book_id, rating) values ($1, $2)", "insert_per_row"),
        ("delete from reviews where book_id = $1", "delete_per_row"),
    ],
)
def test_kinds(child: str, kind: str, tmp_path: Path) -> None:
    repetitions = found(dumped({BOOKS: (3, 60), child: (60, 60)}, tmp_path))
    assert [(one.kind, one.tier) for one in repetitions] == [(kind, "likely")]


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param({SESSION: (160, 160), CUSTOMER: (160, 160), ORDERS: (20, 400)}, id="authentication"),
        pytest.param({BOOKS: (20, 400), AUTHOR: (2400, 2400)}, id="far more than rows"),
        pytest.param({BOOKS: (20, 400), AUTHOR: (12, 12)}, id="far less than rows"),
        pytest.param({BOOKS: (40, 40), AUTHOR: (40, 40)}, id="one row a list"),
        pytest.param({AUTHOR: (300, 300), BOOKS_OF: (300, 900)}, id="a page of one row with its rows below"),
        pytest.param({BOOKS: (4, 8), AUTHOR: (8, 8)}, id="hardly any"),
        pytest.param(
            {BOOKS: (4, 80), "select id, name, country_id from authors where id in ($1, $2, $3)": (80, 80)},
            id="batches",
        ),
        pytest.param(
            {BOOKS: (4, 80), "select id, name, country_id from authors where id in ($1 /*, ... */)": (80, 80)},
            id="batches as PostgreSQL 18 prints them",
        ),
        pytest.param({AUTHORS: (4, 80), "select * from orders where status = $1": (80, 80)}, id="not linked"),
        pytest.param({ORDERS: (50, 50), "update orders set status = $1 where id = $2": (50, 50)}, id="queue"),
    ],
)
def test_what_is_none(counts: Counts, tmp_path: Path) -> None:
    assert told(counts, tmp_path) == {}


def test_rows_of_a_list_that_are_opened_are_possible_at_most(tmp_path: Path) -> None:
    book = "select id, author_id, title from books where id = $1"
    assert told({BOOKS: (20, 400), book: (90, 90)}, tmp_path) == {}
    assert told({BOOKS: (20, 400), book: (400, 400)}, tmp_path) == {book: ("n_plus_one", "possible", BOOKS)}


def test_a_deferred_column_is_read_for_each_row(tmp_path: Path) -> None:
    listed, title = "select id, author_id from books order by id limit $1", "select id, title from books where id = $1"
    assert told({listed: (20, 400), title: (400, 400)}, tmp_path) == {title: ("n_plus_one", "likely", listed)}


def test_part_of_the_rows_is_likely_only_within_transactions(tmp_path: Path) -> None:
    cached = {BOOKS: (4, 160), AUTHOR: (28, 28)}
    assert told(cached, tmp_path)[AUTHOR][1] == "possible"
    assert told({**cached, "BEGIN": (4, 0), "COMMIT": (4, 0)}, tmp_path)[AUTHOR][1] == "likely"
    assert told({**cached, "BEGIN": (30, 0), "COMMIT": (30, 0)}, tmp_path)[AUTHOR][1] == "possible"


def test_nested_and_second_steps(tmp_path: Path) -> None:
    country = "select id, name from countries where id = $1"
    counts = {AUTHORS: (3, 24), BOOKS_OF: (24, 76), REVIEWS_OF: (76, 127)}
    shapes = dumped(counts, tmp_path)
    names = {shape.calls: shape.fingerprint for shape in shapes}
    assert {(one.child, one.parent, one.nested_in) for one in found(shapes)} == {
        (names[24], names[3], None),
        (names[76], names[24], names[24]),
    }
    assert told({BOOKS: (4, 80), AUTHOR: (80, 80), country: (80, 80)}, tmp_path) == {
        AUTHOR: ("n_plus_one", "likely", BOOKS),
        country: ("n_plus_one", "likely", AUTHOR),
    }


def test_a_tree_is_walked_from_one_root(tmp_path: Path) -> None:
    """Each row of each level costs one: 6 roots and the 430 rows below them."""
    root, level = "select id, name from nodes where id = $1", "select id, name from nodes where parent_id = $1"
    walked = {root: (6, 6), level: (436, 430)}
    assert told(walked, tmp_path) == {level: ("n_plus_one", "likely", root)}
    assert told({root: (6, 6), level: (436, 900)}, tmp_path) == {}


def test_pages_and_several_lists_add_up(tmp_path: Path) -> None:
    other = "select id, author_id, title from books where title like $1"
    paged = {BOOKS: (4, 80), BOOKS + " offset $2": (6, 120), AUTHOR: (200, 200)}
    assert told(paged, tmp_path)[AUTHOR][:2] == ("n_plus_one", "likely")
    assert told({BOOKS: (4, 80), other: (6, 120), AUTHOR: (200, 200)}, tmp_path)[AUTHOR][:2] == ("n_plus_one", "likely")


def test_rows_of_a_cursor_are_those_that_were_fetched(tmp_path: Path) -> None:
    declare = "DECLARE c CURSOR FOR select id, author_id, title from books"
    alone = {declare: (4, 0), AUTHOR: (400, 400)}
    assert [one.tier for one in found(dumped(alone, tmp_path))] == ["possible"]
    fetched = {**alone, "FETCH FORWARD 100 FROM c": (8, 400)}
    assert [(one.tier, one.conservation) for one in found(dumped(fetched, tmp_path))] == [("likely", 1.0)]


def test_performance_schema_of_columns_that_people_rename(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {
            "query": "SELECT `id` , `author_id` FROM `books` ORDER BY `id` LIMIT ?",
            "calls": 4,
            "rows": 80,
            "total_ps": 1e9,
        },
        {"query": "SELECT `id` , NAME FROM `authors` WHERE `id` = ?", "calls": 79, "rows": 79, "total_ps": 8e9},
        {"query": "SELECT `id` FROM `reviews` WHERE `book_id` IN (...)", "calls": 80, "rows": 400, "total_ps": 1e9},
    ]
    file = tmp_path / "digest.json"
    file.write_text(json.dumps(rows))
    repetitions = found(digest([str(file)]).shapes())
    assert [(one.kind, one.repeats, one.child_us) for one in repetitions] == [("n_plus_one", 79, 8000)]


def shape(fingerprint: str, calls: int, rows: int, micros: int) -> ShapeSummary:
    values: dict[str, Any] = dict.fromkeys(ShapeSummary.__struct_fields__)
    values |= {"fingerprint": fingerprint, "engine": Engine("postgresql"), "sql": fingerprint, "kind": "select"}
    values |= {"calls": calls, "total_us": micros, "timed_calls": calls, "rows_sent": rows}
    values |= {"in_count_max": 0, "samples": [], "measured_calls": {"rows_sent": calls}}
    return ShapeSummary(**values)


def test_two_snapshots_show_what_a_life_hides(tmp_path: Path) -> None:
    """The counters of years before the loop was written drown it; the last hour shows it."""
    early = dumped({BOOKS: (5000, 100_000), AUTHOR: (3000, 3000)}, tmp_path)
    late = dumped({BOOKS: (5010, 100_200), AUTHOR: (3200, 3200)}, tmp_path)
    assert found(late) == []
    one = found(late, early)[0]
    assert (one.instances, one.repeats, one.conservation, one.child_us) == (10, 200, 1.0, 20_000)
    assert not any("two snapshots" in reason for reason in one.reasons)


def test_a_counter_that_went_down_is_dropped_and_told() -> None:
    window = between([shape("a", 100, 10, 900), shape("b", 5, 5, 5)], [shape("a", 7, 70, 60), shape("b", 5, 5, 5)])
    assert window.shapes == []
    assert window.dropped == ("a",)
    assert window.hidden is not None
    assert window.hidden.what.startswith("1 statement counts less")
    assert window.hidden.setting == "pg_stat_statements.max"
    assert between([], [shape("a", 1, 1, 1)]).hidden is None


COUNTS = st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=8)


@given(COUNTS, COUNTS)
def test_what_was_before_does_not_matter(
    before: list[tuple[int, int, int]], during: list[tuple[int, int, int]]
) -> None:
    """(before + during) - before = during."""
    size = min(len(before), len(during))
    first = [shape(f"{n}", *before[n]) for n in range(size)]
    ran = [shape(f"{n}", *during[n]) for n in range(size) if during[n][0]]
    both = [shape(f"{n}", *(one + other for one, other in zip(before[n], during[n], strict=True))) for n in range(size)]
    window = between(first, both)
    assert window.dropped == ()
    assert window.shapes == ran


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 50), st.integers(2, 60), st.integers(1, 40), st.randoms(use_true_random=False))
def test_scale_and_order_do_not_matter(size: int, lists: int, factor: int, random: Any) -> None:
    rows = size * lists

    def shapes(times: int) -> list[ShapeSummary]:
        texts = {BOOKS: (lists, rows), AUTHOR: (rows, rows), CUSTOMER: (17, 17)}
        return [
            msgspec.structs.replace(shape(sql, calls * times, given * times, calls * times), sql=sql)
            for sql, (calls, given) in texts.items()
        ]

    catalogs = [read_ddl(SCHEMA, "schema.sql", "postgresql")]
    links = Links({sql: build(sql, "postgresql", catalogs) for sql in (BOOKS, AUTHOR, CUSTOMER)}, catalogs)
    once, scaled = shapes(1), shapes(factor)
    random.shuffle(scaled)
    one, other = detect(once, links), detect(scaled, links)
    if rows < 10:
        return  # fewer than anybody's rows
    assert [(x.child, x.parent, x.tier, x.n_median, x.conservation) for x in one] == [
        (x.child, x.parent, x.tier, x.n_median, x.conservation) for x in other
    ]
    assert [x.child for x in one] == [AUTHOR]


def test_few_agree_by_chance() -> None:
    """Made-up applications: likely ones are right in 95 of 100, and more than half of all are found."""
    hits = false = repeated = 0
    for seed in range(40):
        one = world(seed)
        repetitions, texts = found_in(one)
        right = [texts[r.child] in one.repeated for r in repetitions if r.tier == "likely"]
        hits, false, repeated = hits + sum(right), false + len(right) - sum(right), repeated + len(one.repeated)
    assert hits / (hits + false) >= 0.95
    assert hits / repeated >= 0.5
