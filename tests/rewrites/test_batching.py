"""Batches: each form for each engine, verified; honest refusals; nothing of a sample's values shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import redact
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.rewrites.batching import batched
from tests.rewrites.corpus import READS, TO_AUTHOR, TO_BOOKS, TO_TAGS, WRITES, Loop, catalog, link

ENGINES: tuple[EngineName, ...] = ("postgresql", "mysql", "mariadb", "sqlite")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("loop", [*READS, *WRITES], ids=lambda loop: loop.sql[:60])
def test_a_loop_has_a_verified_batch(loop: Loop, engine: EngineName) -> None:
    with_schema = batched(loop.sql, None, loop.link, engine, [catalog(engine)], limit=loop.limit)
    assert with_schema.why_not is None
    assert (with_schema.form, with_schema.verified) == (loop.form, True), with_schema.checked
    without = batched(loop.sql, None, loop.link, engine, limit=loop.limit)
    assert (without.form, without.verified) == (loop.form, True), without.checked


def test_the_texts() -> None:
    def sql(text: str, engine: str, **more: object) -> str | None:
        return batched(text, None, None, engine, **more).sql  # type: ignore[arg-type]

    by_id = "select id, name from author where id = %s"
    assert sql(by_id, "postgresql") == "SELECT id, name FROM author WHERE id = ANY($1)"
    assert sql(by_id, "mysql") == "SELECT id, name FROM author WHERE id IN (%s, %s, ...)"
    assert sql(by_id, "sqlite") == "SELECT id, name FROM author WHERE id IN (?, ?, ...)"
    count = "select count(*) from book where author_id = ? and stock > ?"
    assert (
        sql(count, "postgresql")
        == "SELECT author_id, COUNT(*) FROM book WHERE author_id = ANY($1) AND stock > $2 GROUP BY author_id"
    )
    update = "update book set price = $1 where id = $2"
    assert sql(update, "postgresql", catalogs=[catalog("postgresql")]) == (
        "UPDATE book SET price = turn.new_price FROM (VALUES (CAST($1 AS INT), CAST($2 AS DECIMAL(10, 2))), ($3, $4), ...) "
        "AS turn(id, new_price) WHERE book.id = turn.id"
    )
    assert sql(update.replace("$1", "?").replace("$2", "?"), "mariadb") == (
        "UPDATE book JOIN (SELECT %s AS id, %s AS new_price UNION ALL SELECT %s, %s UNION ALL SELECT ...) AS turn "
        "ON book.id = turn.id SET book.price = turn.new_price"
    )
    assert sql("delete from book_tag where book_id = ? and tag_id = ?", "sqlite") == (
        "DELETE FROM book_tag WHERE (book_id, tag_id) IN (VALUES (?, ?), (?, ?), ...)"
    )


def test_casts_of_values_stay() -> None:
    batch = batched("SELECT a.id FROM author a WHERE a.id = $1::uuid", None, None, "postgresql")
    assert batch.sql == "SELECT a.id FROM author AS a WHERE a.id = ANY(CAST($1 AS UUID[]))"


@pytest.mark.parametrize(
    ("creation", "engine", "expected"),
    [
        (
            "insert into tag(name) values($1) returning id",
            "postgresql",
            "INSERT INTO tag (name) VALUES ($1), ($2), ... ON CONFLICT(name) DO NOTHING",
        ),
        ("insert into tag(name) values(?)", "mysql", "INSERT IGNORE INTO tag (name) VALUES (%s), (%s), ..."),
    ],
)
def test_look_up_or_insert(creation: str, engine: EngineName, expected: str) -> None:
    lookup = "select id, name from tag where name = ?"
    batch = batched(lookup, None, None, engine, [catalog(engine)], kind="get_or_create", insert_sql=creation)
    assert batch.sql is not None
    assert batch.sql.split(";\n")[0] == expected
    assert batch.verified
    nothing_unique = "select who from audit where what = ?"
    inserts = "insert into audit(what) values (?)"
    refused = batched(nothing_unique, None, None, engine, [catalog(engine)], kind="get_or_create", insert_sql=inserts)
    assert refused.sql is None
    assert "no unique index on (what)" in (refused.why_not or "")


@pytest.mark.parametrize(
    ("sql", "catalogs", "form"),
    [
        ("select * from author where id = ? limit 21", [catalog("mysql")], "list"),
        ("select * from tag where name = ? limit 1", [catalog("mysql")], "list"),
        ("select * from author where name = ? limit 1", [catalog("mysql")], "numbered"),
        ("select * from a where id = ? limit 1", [], "list"),
        ("select * from a join b on b.a_id = a.id where a.id = ? limit 1", [], "numbered"),
        ("select * from a where other_id = ? limit 1", [], "numbered"),
    ],
)
def test_a_limit_says_nothing_where_the_key_is_unique(sql: str, catalogs: list[Catalog], form: str) -> None:
    batch = batched(sql, None, None, "mysql", catalogs)
    assert (batch.form, batch.verified) == (form, True), batch
    assert ("id is taken to be the primary key" in batch.notes) == (form == "list" and not catalogs)


def test_lists_of_several_keys_are_put_together() -> None:
    batch = batched("select * from book where author_id in (1, 2, 3)", None, None, "postgresql")
    assert batch.sql == "SELECT * FROM book WHERE author_id = ANY($1)"
    other = batched("select * from book where author_id = 4 and stock in (1, 2)", None, None, "sqlite")
    assert other.sql == "SELECT * FROM book WHERE author_id IN (?, ?, ...) AND stock IN (1, 2)"


@pytest.mark.parametrize(
    "sql",
    [
        "insert into book (id, title) values (?, ?) on conflict (id) do update set title = excluded.title",
        "insert into audit values (?, ?)",
        "select * from (select id, row_number() over (order by id) as n from book where author_id = ?) as q where n <= 2",
        "select sum(x.price) from (select price from book where author_id = ? order by price desc limit 2) as x",
    ],
)
def test_more_forms(sql: str) -> None:
    for catalogs in ([], [catalog("postgresql")]):
        batch = batched(sql, None, None, "postgresql", catalogs)
        assert batch.verified, batch


def test_aggregates_that_the_parser_does_not_know_are_grouped() -> None:
    batch = batched("select st_collect(place) from book where author_id = ?", None, None, "mysql")
    assert (batch.form, batch.verified) == ("group", False)
    assert batch.checked is not None
    assert batch.checked.startswith("not checked")


def test_text_keys_compare_by_collation_on_mysql() -> None:
    sql = "select * from author where name = ?"
    assert any("collation" in note for note in batched(sql, None, None, "mariadb", [catalog("mariadb")]).notes)
    assert not any(
        "collation" in note for note in batched(sql, None, None, "postgresql", [catalog("postgresql")]).notes
    )


def test_conditions_in_parentheses() -> None:
    batch = batched(
        'SELECT "b"."x" FROM "b" WHERE ("b"."a_id" = $1 AND ("b"."y" > 1 AND 1=1)) LIMIT 1', None, None, "postgresql"
    )
    assert (batch.form, batch.verified) == ("numbered", True)


def test_a_redundant_question_is_asked_once() -> None:
    batch = batched("select * from settings where site = ?", None, None, "mysql", kind="redundant")
    assert (batch.form, batch.verified) == ("once", False)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select a from t where x = ? union select b from u where x = ?", "UNION"),
        ("with x as (select 1) select * from t where id = ?", "WITH"),
        ("select * from t where id in (select t_id from u where u.v = ?)", "no condition"),
        ("select distinct x from t where id = ? for update", "locks"),
        ("select distinct x from t where a_id = ? limit 3", "DISTINCT"),
        ("insert into t (a) select b from u where c = ?", "SELECT"),
        ("update t set id = ? where id = ?", "finds its rows by"),
        ("update t set n = (select max(n) from t) where id = ?", "earlier turn"),
        ("delete from t where id = ? limit 1", "LIMIT"),
        ("update t set n = default where id = ?", "DEFAULT"),
        ("select t.* from t where a_id = ? order by 1 limit 1", "position"),
        ("select count(*) from t where a_id = ? group by x with rollup", "ROLLUP"),
        ("select * from t where a_id = ? and id = (select max(id) from t as u where u.a_id = ?)", "several places"),
        ("select id from t where a_id = :k and id <> :k", "several places"),
        ("truncate t", ""),
        ("select 1; select 2", "several"),
        ("select * from t where (((", "parse"),
    ],
)
def test_refusals_say_why(sql: str, reason: str) -> None:
    batch = batched(sql, None, None, "mysql")
    assert batch.sql is None
    assert batch.why_not
    assert reason in batch.why_not


def test_what_changes_is_learned_from_executions() -> None:
    shape = "select * from price where shop = ? and item = ?"
    samples = [f"select * from price where shop = 7 and item = {n}" for n in (1, 2, 3)]
    assert (
        batched(shape, None, None, "mysql").sql == "SELECT * FROM price WHERE (shop, item) IN ((%s, %s), (%s, %s), ...)"
    )
    assert (
        batched(shape, None, None, "mysql", samples=samples).sql
        == "SELECT * FROM price WHERE shop = %s AND item IN (%s, %s, ...)"
    )


def test_what_every_turn_sets_is_set_once() -> None:
    samples = [f"update book set stock = stock + 1 where author_id = {n}" for n in (1, 2)]
    batch = batched("update book set stock = stock + ? where author_id = ?", None, None, "sqlite", samples=samples)
    assert batch.sql == "UPDATE book SET stock = stock + ? WHERE author_id IN (?, ?, ...)"
    assert batch.verified


def test_samples_show_nothing_but_limits_and_constants() -> None:
    shape = "select ? as one from book where author_id = ? and title = ? limit ?"
    samples = ["select 1 as one from book where author_id = 4711 and title = 'secret' limit 1"] * 2
    batch = batched(shape, None, TO_BOOKS, "postgresql", samples=samples)
    assert batch.form == "distinct"
    assert "4711" not in str(batch)
    assert "secret" not in str(batch)


@pytest.mark.parametrize("constant", ["'secret'", "4711", "('secret') AS one", "E'secret'", "'secret'::text"])
def test_constants_of_somebody_are_not_shown(constant: str) -> None:
    sample = f"SELECT {constant}, id FROM book WHERE author_id = {{}}"
    batch = batched(
        redact(sample.format(1), "postgresql"),
        None,
        TO_BOOKS,
        "postgresql",
        samples=[sample.format(1), sample.format(2)],
    )
    assert "4711" not in str(batch)
    assert "secret" not in str(batch)


def test_a_condition_that_differs_otherwise_is_no_key() -> None:
    samples = [f"select * from book where author_id = {n} and price > {n + 1}" for n in range(3)]
    batch = batched("select * from book where author_id = ? and price > ?", None, TO_BOOKS, "mysql", samples=samples)
    assert "changes from turn to turn" in (batch.why_not or "")


JOINS = [
    ("SELECT author.id, author.name FROM author WHERE author.id = ?", "SELECT id, author_id, title FROM book WHERE stock > ? ORDER BY id LIMIT 20", TO_AUTHOR, "LEFT JOIN"),
    ("SELECT * FROM book WHERE author_id = ?", "SELECT * FROM author ORDER BY id LIMIT 5", TO_BOOKS, "LEFT JOIN"),
    ("SELECT COUNT(*) FROM book WHERE author_id = ?", "SELECT * FROM author", TO_BOOKS, "(SELECT COUNT(*)"),
    ("SELECT EXISTS(SELECT 1 FROM book WHERE author_id = ?)", "SELECT id AS author FROM author", TO_BOOKS, "EXISTS"),
    ("SELECT * FROM book WHERE author_id = ? ORDER BY id DESC LIMIT 1", "SELECT id FROM author", TO_BOOKS, "IN (SELECT"),
    ("SELECT t.id, t.name FROM tag t JOIN book_tag bt ON bt.tag_id = t.id WHERE bt.book_id = ?", "SELECT b.id, a.id, b.title FROM book b JOIN author a ON a.id = b.author_id WHERE a.country = ?", TO_TAGS, "IN (SELECT"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("child", "parent", "by", "part"), JOINS, ids=[child[:50] for child, *_ in JOINS])
def test_joins_with_the_parent(child: str, parent: str, by: object, part: str, engine: EngineName) -> None:
    batch = batched(child, parent, by, engine, [catalog(engine)])  # type: ignore[arg-type]
    assert batch.join_sql is not None, batch.join_note
    assert part in batch.join_sql
    assert batch.join_verified, batch.join_note


def test_a_parent_that_does_not_give_the_key_has_no_join() -> None:
    by = link("book", "author_id", to_one=False, parent=("author", "id"))
    batch = batched(
        "SELECT * FROM book WHERE author_id = ?", "SELECT country, COUNT(*) FROM author GROUP BY country", by, "mysql"
    )
    assert batch.sql is not None
    assert batch.join_sql is None
    assert "does not give the column" in (batch.join_note or "")


COLUMNS = ("id", "author_id", "title", "price", "stock", "version")


@st.composite
def loops(draw: st.DrawFn) -> str:
    """SELECTs on `book` that a loop may run, of all clauses together."""
    key = draw(st.sampled_from(("id", "author_id", "stock")))
    grouped = draw(st.booleans())
    if grouped:
        by = draw(st.sampled_from(COLUMNS))
        items = [by, draw(st.sampled_from(("COUNT(*)", "SUM(stock)", "MAX(title)")))]
    else:
        items = draw(
            st.lists(st.sampled_from((*COLUMNS, "COUNT(*)", "price * 2", "LOWER(title)")), min_size=1, max_size=3)
        )
    conditions = [
        f"{key} = ?",
        *draw(st.lists(st.sampled_from(("price > 1", "title IS NOT NULL", "stock <> 2 OR price < 0")), max_size=2)),
    ]
    draw_order = draw(st.permutations(conditions))
    where = " AND ".join(f"({c})" if " OR " in c else c for c in draw_order)
    distinct = "DISTINCT " if draw(st.booleans()) and not grouped else ""
    tail = f" GROUP BY {by}" if grouped else ""
    plain = not grouped and not any("COUNT" in item for item in items)
    if draw(st.booleans()):
        tail += f" ORDER BY {by if grouped else ('id' if plain and not distinct else items[0] if plain else '1')}"
    if draw(st.booleans()):
        tail += f" LIMIT {draw(st.integers(1, 3))}"
    mixed = not plain and not grouped and len(items) > 1
    return f"SELECT {distinct}{items[0] if mixed and 'COUNT' in items[0] else 'COUNT(*)' if mixed else ', '.join(items)} FROM book WHERE {where}{tail}"


@given(loops(), st.sampled_from(ENGINES))
def test_no_generated_loop_has_a_batch_that_differs(sql: str, engine: EngineName) -> None:
    batch = batched(sql, None, None, engine, [catalog(engine)])
    assert "not the same" not in (batch.checked or ""), (sql, batch.checked)
    assert (batch.sql is None) == (batch.why_not is not None)


@given(st.text(max_size=60), st.sampled_from(ENGINES))
def test_hostile_text_is_refused(text: str, engine: EngineName) -> None:
    batch = batched(text, text, TO_AUTHOR, engine)
    assert batch.sql is None or batch.why_not is None
