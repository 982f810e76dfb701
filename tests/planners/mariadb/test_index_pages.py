"""The layout of InnoDB's secondary indexes: numbers that a server (10.11) gave for the same tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.mariadb.distribution import Column
from advisor.planners.mariadb.index_pages import basis, leaves, record, reserved, stored
from advisor.planners.mariadb.tables import Key, Table


def column(name, declared, *, nullable=False, length=None, octets=None, **statistics):
    return Column(
        name, declared.partition("(")[0], declared, nullable, length, 0, False, statistics or None, octets=octets
    )


ORDERS = Table(
    "shop",
    "orders",
    300_000.0,
    [
        column("id", "int(10) unsigned"),
        column("customer", "bigint(20)"),
        column("status", "enum('new','paid','sent','done')"),
        column("created", "datetime"),
        column("total", "decimal(10,2)"),
        column("code", "char(12)", length=12, octets=48, avg_length="9.0"),
        column("latin", "char(8)", length=8, octets=8, avg_length="8.0"),
        column("day", "date", nullable=True),
        column("note", "varchar(400)", nullable=True, length=400, octets=1600, avg_length="200", nulls_ratio="0.5"),
    ],
    keys=[Key("PRIMARY", ("id",), True, True)],
)


# What mysql.innodb_index_stats said after ALTER TABLE ... ADD INDEX and ANALYZE TABLE: n_leaf_pages and size.
@pytest.mark.parametrize(
    ("columns", "real_leaves", "size"),
    [
        (("customer",), 324, 417),
        (("status",), 194, 225),
        (("created",), 268, 353),
        (("total",), 268, 353),
        (("code",), 416, 481),
        (("latin",), 324, 417),
        (("day",), 250, 289),
        (("status", "created"), 287, 353),
        (("customer", "created"), 416, 481),
    ],
)
def test_as_the_server_says(columns, real_leaves, size):
    key = Key("i", columns, unique=False, ordinary=True)
    found = leaves(ORDERS, key, (), 300_000, 16384)
    assert found == pytest.approx(real_leaves, abs=1)
    assert reserved(real_leaves, record(ORDERS, key, ()), 16384) == size


def test_nulls_take_a_bit_only():
    note = Key("i", ("note",), unique=False, ordinary=True)
    assert record(ORDERS, note, ()) == pytest.approx(5 + 1 + (200 + 2) * 0.5 + 4 + 0.5)


def test_a_prefix_bounds_a_value():
    note = Key("i", ("note",), unique=False, ordinary=True)
    assert record(ORDERS, note, (10,)) == pytest.approx(5 + 1 + (10 + 1) * 0.5 + 4 + 0.5)


def test_without_a_primary_key_rows_have_an_id():
    bare = Table("shop", "bare", 10.0, [column("a", "int(11)", nullable=True)])
    assert record(bare, Key("i", ("a",), False, True), ()) == pytest.approx(5 + 1 + 4 + 6 + 0.5)


def test_the_first_unique_index_over_required_columns_clusters():
    table = Table(
        "shop", "t", 10.0, [column("a", "int(11)"), column("b", "bigint(20)"), column("c", "date", nullable=True)],
        keys=[Key("u", ("c",), True, True), Key("v", ("b",), True, True)],
    )  # fmt: skip
    assert record(table, Key("i", ("a",), False, True), ()) == pytest.approx(5 + 4 + 8 + 0.5)


@pytest.mark.parametrize(
    ("declared", "bytes_"),
    [("decimal(15,2)", 7), ("decimal(9,0)", 4), ("decimal(65,30)", 30), ("datetime(6)", 8), ("timestamp", 4), ("time(3)", 5),
     ("bit(9)", 2), ("set('a','b','c','d','e','f','g','h','i')", 2), ("uuid", 16), ("tinyint(1)", 1)],
)  # fmt: skip
def test_bytes_of_a_value(declared, bytes_):
    assert stored(column("x", declared)) == bytes_


def test_a_guessed_length_is_said():
    table = Table("shop", "t", 10.0, [column("a", "varchar(50)", length=50, octets=200)])
    assert "lengths of a guessed" in basis(table, Key("i", ("a",), False, True))


@given(
    st.integers(1, 10**8), st.integers(1, 10**6), st.floats(8, 3000), st.sampled_from([4096, 8192, 16384, 32768, 65536])
)
def test_more_leaves_never_take_fewer_pages(leaf_pages, more, width, page):
    size = reserved(leaf_pages, width, page)
    assert size >= leaf_pages
    assert reserved(leaf_pages + more, width, page) >= size
    upper = leaf_pages / max((page - 128) / (width + 4) - 1, 1)
    assert size <= (leaf_pages + upper) * 8 / 7 + 4 * max(64, (1 << 20) // page) + 40
