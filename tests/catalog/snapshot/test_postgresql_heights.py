"""Heights of B-trees that a role without pageinspect learns from the planner."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.postgresql import capture
from tests import servers

pytestmark = pytest.mark.server
SOURCE = """
CREATE TABLE t (id int PRIMARY KEY, word text COLLATE "C", n int, "Odd ""name" text);
INSERT INTO t SELECT n, md5(n::text), n % 100, repeat('x', 300) || n FROM generate_series(1, 20000) n;
CREATE INDEX low ON t (n);
CREATE INDEX pair ON t (n DESC NULLS LAST, word);
CREATE INDEX wide ON t ("Odd ""name");
CREATE INDEX expression ON t (lower(word), (n + 1));
CREATE INDEX partial ON t (word) INCLUDE (n) WHERE n > 5 AND word <> 'it''s';
CREATE INDEX other ON t (word COLLATE "POSIX");
CREATE INDEX pattern ON t (word text_pattern_ops);
CREATE INDEX again ON t (id) WITH (fillfactor = 10);
CREATE TABLE secured (id int PRIMARY KEY);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE EXTENSION pageinspect;
CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
CREATE ROLE nobody_here LOGIN;
VACUUM ANALYZE
"""


@pytest.mark.parametrize("major", [14, 18])
def test_heights_are_those_of_pageinspect(major):
    with servers.postgresql(major=major) as server:
        with psycopg.connect(server.dsn, autocommit=True) as source:
            for statement in SOURCE.split(";\n"):
                source.execute(statement.encode())
        heights = {}
        for role in ("postgres", "reader", "nobody_here"):
            snapshot, _ = capture(address(server.dsn.replace("postgres@", f"{role}@", 1)))
            heights[role] = {one.name: one.height for one in snapshot.relations if one.method == "btree"}
            assert not [row for row in snapshot.rows if row.source == "index_height"]
    true = heights["postgres"]
    assert {height for height in true.values() if height} >= {1, 2, 3}
    unknown = {"pattern", "secured_pkey"}
    told = {name: height for name, height in heights["reader"].items() if name not in unknown}
    # An index that another one makes superfluous is in no plan.
    assert told.pop("again") is None
    assert told == {name: true[name] for name in told}
    assert {heights["reader"][name] for name in unknown} == {None}
    assert set(heights["nobody_here"].values()) == {None}
