"""Redundancy by definition: against what sorting rows shows, and the cases that people know."""

from __future__ import annotations

import itertools
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.existing.redundancy import coverers, serves

COLUMNS = ("a", "b", "c")
keys = st.lists(
    st.builds(
        IndexKey,
        column=st.sampled_from(COLUMNS),
        descending=st.booleans(),
        nulls_first=st.sampled_from([None, True, False]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda key: key.column,
).map(tuple)
rows = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(0, 2))] * 3), min_size=2, max_size=8)


def _before(left: Any, right: Any, keys: tuple[IndexKey, ...]) -> int:
    for key in keys:
        place = COLUMNS.index(key.column or "")
        x, y = left[place], right[place]
        first = key.descending if key.nulls_first is None else key.nulls_first
        if x == y:
            continue
        if x is None or y is None:
            return -1 if (x is None) == first else 1
        return -1 if (x < y) != key.descending else 1
    return 0


@settings(max_examples=400, deadline=None)
@given(keys, keys, rows)
def test_what_serves_reads_rows_in_the_order_of_the_other(
    narrow: tuple[IndexKey, ...], wide: tuple[IndexKey, ...], found: list[Any]
):
    one = IndexDefinition(engine="postgresql", table="t", keys=narrow)
    other = IndexDefinition(engine="postgresql", table="t", keys=wide)
    if serves(one, other) is None:
        assert narrow != wide[: len(narrow)]
        return
    ordered = sorted(found, key=cmp_to_key(lambda x, y: _before(x, y, wide)))

    def in_order(sequence: list[Any]) -> bool:
        return all(_before(x, y, narrow) <= 0 for x, y in itertools.pairwise(sequence))

    assert in_order(ordered) or in_order(ordered[::-1])


def _covered(ddl: str, engine: str = "postgresql") -> dict[str, set[str]]:
    inventory = Inventory(read_ddl(ddl, "test", engine))  # type: ignore[arg-type]
    found = {one.index.name: {other.index.name for other, _ in coverers(one, inventory)} for one in inventory.all}
    return {name: by for name, by in found.items() if by}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("CREATE INDEX y ON t (a, b)", {"x": {"y"}}),
        ("CREATE INDEX y ON t (b, a)", {}),
        ("CREATE INDEX y ON t (a) INCLUDE (b)", {"x": {"y"}}),
        ("CREATE INDEX y ON t (a DESC)", {"x": {"y"}, "y": {"x"}}),
        ("CREATE INDEX y ON t (a DESC NULLS LAST)", {}),
        ("CREATE INDEX y ON t (a NULLS FIRST, b)", {}),
        ('CREATE INDEX y ON t (a COLLATE "C")', {}),
        ("CREATE INDEX y ON t (a text_pattern_ops, b)", {}),
        ("CREATE INDEX y ON t (a) WHERE b > 0", {}),
        ("CREATE INDEX y ON t USING hash (a)", {}),
        ("CREATE UNIQUE INDEX y ON t (a)", {"x": {"y"}}),
        ("CREATE INDEX y ON t (lower(a))", {}),
    ],
)
def test_postgresql(second: str, expected: dict[str, set[str]]):
    assert _covered(f"CREATE TABLE t (a text, b int, c int); CREATE INDEX x ON t (a); {second};") == expected


def test_include_must_hold_the_columns():
    base = "CREATE TABLE t (a int, b int, c int); CREATE INDEX x ON t (a) INCLUDE (b);"
    assert _covered(base + "CREATE INDEX y ON t (a, c);") == {}
    assert _covered(base + "CREATE INDEX y ON t (a, b);") == {"x": {"y"}}
    assert _covered(base + "CREATE INDEX y ON t (a) INCLUDE (c, b);") == {"x": {"y"}}


def test_expressions_and_predicates_are_equal_by_text():
    ddl = (
        "CREATE TABLE t (a text, b int); CREATE INDEX x ON t (lower(a)) WHERE b > 0;"
        "CREATE INDEX y ON t (lower(a), b) WHERE b > 0; CREATE INDEX z ON t (upper(a), b) WHERE b > 0;"
    )
    assert _covered(ddl) == {"x": {"y"}}


def test_methods_without_an_order_need_all_keys():
    ddl = "CREATE TABLE t (a tsvector, b tsvector); CREATE INDEX x ON t USING gin (a);"
    assert _covered(ddl + "CREATE INDEX y ON t USING gin (a, b);") == {}
    assert _covered(ddl + "CREATE INDEX y ON t USING gin (a);") == {"x": {"y"}, "y": {"x"}}


def test_innodb_appends_the_primary_key():
    ddl = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY x (a), KEY y (a, id), KEY z (a(10)));"
    found = _covered(ddl.replace(", KEY z (a(10))", ""), "mysql")
    assert found == {"x": {"y"}, "y": {"x"}}
    assert _covered(ddl.replace("a int", "a varchar(50)"), "mysql") == {"x": {"y"}, "y": {"x"}}
    assert _covered("CREATE TABLE t (id int PRIMARY KEY, a int, KEY x (a), KEY y (a, id)) ENGINE=MyISAM;", "mysql") == {
        "x": {"y"}
    }


def test_sqlite_appends_the_rowid():
    ddl = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); CREATE INDEX x ON t (A); CREATE INDEX y ON t (a, id);"
    assert _covered(ddl, "sqlite") == {"x": {"y"}, "y": {"x"}}
    assert _covered(ddl.replace("INTEGER PRIMARY KEY", "TEXT PRIMARY KEY"), "sqlite") == {"x": {"y"}}
