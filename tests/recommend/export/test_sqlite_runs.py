"""The SQL files run on SQLite: up, down, up; names of every kind."""

from __future__ import annotations

import ast
import json
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.handbook.ddl import quoted
from advisor.model.catalog import Catalog, Column, Index, IndexKey, Table
from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition
from advisor.recommend.export import FORMATS, Change, Options, export, files
from advisor.recommend.export.naming import convention_of, index_name

SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INT, note TEXT);
CREATE INDEX i_note ON orders (note COLLATE NOCASE) WHERE note <> 'a;b' /* why */;
"""


def define(table, *keys, **more):
    told = tuple(IndexKey(column=key) if isinstance(key, str) else key for key in keys)
    return IndexDefinition(engine="sqlite", table=table, keys=told, **more)


def state(connection):
    return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'").fetchall())


def test_up_down_up():
    catalog = read_ddl(SCHEMA, "s.sql", "sqlite")
    index = catalog.tables["orders"].indexes[0]
    standing = define("orders", IndexKey(column="note", collation="NOCASE"), where="note <> 'a;b'")
    changes = [
        Change(kind="create", index=define("orders", "customer_id", IndexKey(column="id", descending=True))),
        Change(kind="create", index=define("orders", IndexKey(expression="lower(note)"), where="note LIKE '5%'")),
        Change(kind="drop", index=standing, name="i_note", ddl=index.ddl),
    ]
    both = files(changes, catalog, "sql")
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    before = state(connection)
    connection.executescript(both["advised_indexes.sql"])
    after = state(connection)
    assert {name for name, _ in after} == {"orders_customer_id_id_idx", "orders_lower_note_partial_idx"}
    connection.executescript(both["advised_indexes.down.sql"])
    assert {name for name, _ in state(connection)} == {name for name, _ in before}
    connection.executescript(both["advised_indexes.sql"])
    assert state(connection) == after


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=12),
        min_size=3, max_size=3, unique_by=lambda name: name.lower(),
    ),
    why=st.text(max_size=60),
    descending=st.booleans(),
)  # fmt: skip
def test_any_name_in_every_form(names, why, descending):
    """The SQL runs, the Python is valid, the JSON is JSON; a comment never becomes code."""
    table, first, second = names
    if any(name.lower().startswith("sqlite_") for name in names):
        return
    columns = (Column(name=first, type="int"), Column(name=second, type="text"))
    catalog = Catalog(engine=Engine("sqlite"), tables={table: Table(name=table, schema=None, columns=columns)})
    change = Change(
        kind="create",
        index=define(table, IndexKey(column=first, descending=descending), second),
        why=why, statements=(why,),
    )  # fmt: skip
    connection = sqlite3.connect(":memory:")
    connection.execute(
        f"CREATE TABLE {quoted(table, 'sqlite')} ({quoted(first, 'sqlite')}, {quoted(second, 'sqlite')})"
    )
    for text in files([change], catalog, "sql").values():
        connection.executescript(text)
        connection.execute("SELECT 1")
    assert state(connection) == set()
    for form in FORMATS:
        text = export([change], catalog, form, Options(app="shop"))
        if form == "json":
            for step in json.loads(text)["changes"][0]["up"]:
                connection.execute(step["sql"])
        elif form != "sql":
            calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
            assert calls
    assert len(state(connection)) == 1


@given(
    table=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=80),
    columns=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), min_size=1, max_size=12),
    engine=st.sampled_from(["postgresql", "mariadb", "sqlite"]),
    longest=st.sampled_from([None, 30]),
)
def test_names_fit_and_are_free(table, columns, engine, longest):
    index = IndexDefinition(
        engine=engine, table=table or "t", keys=tuple(IndexKey(column=each or "c") for each in columns)
    )
    convention = convention_of(Catalog(engine=Engine(engine), tables={}))
    taken: set[str] = set()
    for _ in range(12):
        name = index_name(index, table, convention, taken, longest)
        assert 0 < len(name.encode()) <= (longest or 64)
        assert name.lower() not in {each.lower() for each in taken}
        taken.add(name)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["idx_t_a", "idx_t_b", "other"], "idx_t_c"),
        (["ix_t_a", "ix_t_b"], "ix_t_c"),
        (["index_t_on_a", "index_t_on_b"], "index_t_on_c"),
        (["t_a_index", "t_b_index"], "t_c_index"),
        (["idx_t_a", "ix_t_b"], "t_c_idx"),
        (["idx_t_a"], "t_c_idx"),
        ([], "t_c_idx"),
    ],
)
def test_the_majority_names(names, expected):
    indexes = [Index(name=name, keys=(IndexKey(column="ab"[place % 2]),)) for place, name in enumerate(names)]
    catalog = Catalog(engine=Engine("sqlite"), tables={"t": Table(name="t", schema=None, indexes=tuple(indexes))})
    assert index_name(define("t", "c"), "t", convention_of(catalog), names) == expected
