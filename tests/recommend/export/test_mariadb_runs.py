"""The SQL files run on MariaDB: up, down, up."""

from __future__ import annotations

import msgspec
import pytest

from advisor.catalog.source import load
from advisor.model.catalog import IndexKey
from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition
from advisor.recommend.definition import of_existing
from advisor.recommend.export import Change, Options, export, files, prepared
from tests.recommend.export.servers import mariadb_run

pytestmark = pytest.mark.server

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, `order` varchar(40), note text, wide varchar(1000),
  place point NOT NULL, KEY idx_orders_customer_id (customer_id), KEY idx_orders_order (`order`));
CREATE TABLE `odd ``table %s;` (id int PRIMARY KEY, `a ``quoted`` %d` int, `größe` varchar(20));
CREATE TABLE old (id int PRIMARY KEY, a int, b varchar(300)) ENGINE=MyISAM;
CREATE TABLE parts (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)
  (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
"""


def definition(table, *keys, **more):
    told = tuple(IndexKey(column=key) if isinstance(key, str) else key for key in keys)
    return IndexDefinition(engine="mariadb", table=table, keys=told, **more)


def create(table, *keys, **more):
    return Change(kind="create", index=definition(table, *keys, **more))


CREATES = [
    create("orders", "customer_id", IndexKey(column="order", descending=True)),
    create("orders", IndexKey(column="note", prefix=40)),
    create("orders", IndexKey(column="wide", prefix=768)),
    create("orders", "note", method="fulltext"),
    create("orders", "place", method="spatial"),
    create("odd `table %s;", "a `quoted` %d", "größe"),
    create("old", "a"),
    create("parts", "at"),
]


@pytest.fixture
def catalog(mariadb):
    mariadb_run(mariadb, SCHEMA)
    return load(mariadb)


def indexes(dsn):
    return {
        (name, index.name): (index.keys, index.method, index.visible)
        for name, table in load(dsn).tables.items()
        for index in table.indexes
    }


def drop(catalog):
    table = catalog.tables["orders"]
    index = next(each for each in table.indexes if each.name == "idx_orders_order")
    return Change(kind="drop", index=of_existing(index, table, "mariadb"), name=index.name)


def test_up_down_up(mariadb, catalog):
    before = indexes(mariadb)
    both = files([*CREATES, drop(catalog)], catalog, "sql")
    assert "Left out" not in both["advised_indexes.sql"]
    mariadb_run(mariadb, both["advised_indexes.sql"])
    after = indexes(mariadb)
    assert len(after.keys() - before.keys()) == len(CREATES)
    assert before.keys() - after.keys() == {("orders", "idx_orders_order")}
    mariadb_run(mariadb, both["advised_indexes.down.sql"])
    assert indexes(mariadb) == before
    mariadb_run(mariadb, both["advised_indexes.sql"])
    assert indexes(mariadb) == after


def test_a_drop_can_be_tried(mariadb, catalog):
    both = files([drop(catalog)], catalog, "sql", Options(try_drops=True))
    mariadb_run(mariadb, both["advised_indexes.sql"])
    assert indexes(mariadb)["orders", "idx_orders_order"][2] is False
    mariadb_run(mariadb, both["advised_indexes.down.sql"])
    assert indexes(mariadb)["orders", "idx_orders_order"][2] is True


def test_the_drop_that_is_proposed_as_a_trial_runs(mariadb, catalog):
    (one,) = prepared([drop(catalog)], catalog)
    mariadb_run(mariadb, one.notes[0].partition(": ")[2].partition(";")[0] + ";")
    assert indexes(mariadb)["orders", "idx_orders_order"][2] is False


def test_the_index_that_the_server_made_for_a_foreign_key_comes_back(mariadb, catalog):
    mariadb_run(
        mariadb,
        "CREATE TABLE items (id int PRIMARY KEY, order_id int, n int, CONSTRAINT of_order FOREIGN KEY (order_id) "
        "REFERENCES orders (id)); CREATE TABLE told (id int PRIMARY KEY, order_id int, n int, KEY to_order (order_id), "
        "CONSTRAINT to_order FOREIGN KEY (order_id) REFERENCES orders (id));",
    )
    before = indexes(mariadb)
    seen = load(mariadb)
    both = files([create("items", "order_id", "n"), create("told", "order_id", "n")], seen, "sql")
    mariadb_run(mariadb, both["advised_indexes.sql"])
    assert ("items", "of_order") not in indexes(mariadb)
    assert ("told", "to_order") in indexes(mariadb)
    mariadb_run(mariadb, both["advised_indexes.down.sql"])
    assert indexes(mariadb) == before


def test_reindex(mariadb, catalog):
    index = definition("parts", "at")
    mariadb_run(mariadb, export([Change(kind="reindex", index=index, name="PRIMARY")], catalog, "sql"))


def test_names_follow_the_schema(catalog):
    assert prepared([create("orders", "id", "customer_id")], catalog)[0].name == "idx_orders_id_customer_id"


def test_the_primary_key_is_said_to_be_there(catalog):
    assert "primary key (id)" in prepared([create("orders", "order")], catalog)[0].notes[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (create("orders", "wide"), "at most wide(768)"),
        (create("orders", "note"), "give a prefix length"),
        (create("orders", IndexKey(column="wide", prefix=700), IndexKey(column="note", prefix=100)), "shorten"),
        (create("old", "b"), "at most b(250)"),
        (create("orders", "id", where="id > 0"), "partial indexes"),
        (create("orders", "id", include=("order",)), "INCLUDE"),
        (create("orders", IndexKey(expression="lower(note)")), "generated column"),
    ],
)
def test_what_the_server_would_cut_or_refuse(mariadb, catalog, change, why):
    (one,) = prepared([change], catalog)
    assert one.refused is not None
    assert why in one.refused


def test_what_the_server_takes_at_the_limit_is_not_refused(mariadb, catalog):
    whole = create("orders", IndexKey(column="wide", prefix=700), IndexKey(column="note", prefix=68))
    mariadb_run(mariadb, export([whole], catalog, "sql"))
    assert any(
        [key.prefix for key in keys] == [700, 68]
        for (table, _), (keys, *_) in indexes(mariadb).items()
        if table == "orders"
    )


def test_mysql_has_no_if_exists_and_its_own_word_for_hiding(catalog):
    """MySQL is not installed here: its words are read, not run."""
    catalog.engine = Engine("mysql", "8.0.36")
    index = msgspec.structs.replace(definition("orders", "order"), engine="mysql")
    change = Change(kind="drop", index=index, name="idx_orders_order")
    (one,) = prepared([change], catalog)
    assert one.up[0].sql == "ALTER TABLE orders DROP INDEX idx_orders_order, ALGORITHM=INPLACE, LOCK=NONE"
    (one,) = prepared([change], catalog, Options(try_drops=True))
    assert one.up[0].sql == "ALTER TABLE orders ALTER INDEX idx_orders_order INVISIBLE"
    assert one.down[0].sql == "ALTER TABLE orders ALTER INDEX idx_orders_order VISIBLE"
