"""Foreign keys without an index: which, how urgent, and that each is recommended once."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.model.remedy import Remedy
from advisor.recommend.existing.foreign_keys import already_asked, candidates
from advisor.recommend.existing.judging import judge_existing
from advisor.recommend.existing.verdict import UnindexedForeignKey
from tests.recommend.existing.conftest import workload

DDL = """
CREATE TABLE p (id int PRIMARY KEY, x int, UNIQUE (id, x));
CREATE TABLE c (id int PRIMARY KEY, p_id int REFERENCES p, x int, FOREIGN KEY (p_id, x) REFERENCES p (id, x));
"""


def _keys(ddl: str, *texts: str, engine: str = "postgresql") -> list[UnindexedForeignKey]:
    catalog = read_ddl(ddl, "x", engine)  # type: ignore[arg-type]
    return judge_existing(catalog, statements=workload(*texts, engine=engine)).foreign_keys


@pytest.mark.parametrize(
    ("index", "left"),
    [
        ("", {("p_id",), ("p_id", "x")}),
        ("CREATE INDEX i ON c (p_id);", {("p_id", "x")}),
        ("CREATE INDEX i ON c (x, p_id);", {("p_id",)}),
        ("CREATE INDEX i ON c (p_id, x, id);", set()),
        ("CREATE INDEX i ON c (p_id) WHERE p_id IS NOT NULL;", {("p_id", "x")}),
        ("CREATE INDEX i ON c (p_id) WHERE x > 3;", {("p_id",), ("p_id", "x")}),
        ("CREATE INDEX i ON c USING brin (p_id);", {("p_id",), ("p_id", "x")}),
        ("CREATE INDEX i ON c USING hash (p_id);", {("p_id", "x")}),
    ],
)
def test_which_keys_lack_an_index(index: str, left: set[tuple[str, ...]]):
    assert {one.columns for one in _keys(DDL + index)} == left


def test_deleted_parents_make_it_urgent():
    assert {one.severity for one in _keys(DDL, "SELECT * FROM p WHERE id = 2")} == {"low"}
    found = _keys(DDL, "SELECT * FROM p", "DELETE FROM p WHERE id = 2")
    assert {one.severity for one in found} == {"medium"}
    assert {reason.fingerprint for one in found for reason in one.reasons} == {"q2"}
    assert {one.severity for one in _keys(DDL, "UPDATE p SET x = 2 WHERE id = 1") if len(one.columns) == 2} == {
        "medium"
    }
    assert [one.index for one in candidates(found)] == [one.definition for one in found]


def test_innodb_makes_its_own_and_partitions_are_asked_once():
    ddl = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p_id int, FOREIGN KEY (p_id) REFERENCES p (id));"
    assert _keys(ddl, engine="mysql") == []
    assert len(_keys(ddl, engine="sqlite")) == 1
    parts = (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (d int, p_id int REFERENCES p) PARTITION BY RANGE (d);"
        "CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (1) TO (2);"
    )
    assert [one.table for one in _keys(parts)] == ["c"]


def test_a_remedy_of_a_page_for_the_same_key_is_found():
    (one, _) = _keys(DDL)
    wide = Remedy(kind="create_index", table="c", columns=("p_id", "id"))
    other = Remedy(kind="create_index", table="c", columns=("id", "p_id"))
    partial = Remedy(kind="create_index", table="c", columns=("p_id",), where="x > 1")
    assert already_asked(one, [other, partial, wide]) == wide
    assert already_asked(one, [other, partial]) is None
