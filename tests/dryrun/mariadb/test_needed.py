"""Which tables of a large schema a migration needs."""

from __future__ import annotations

import pytest

from advisor.dryrun.mariadb.needed import needed
from advisor.migrations.reading import script_of
from advisor.model.engine import Engine
from advisor.model.snapshot import Header, SchemaObject, Snapshot


def _snapshot(tables: int = 40) -> Snapshot:
    """t1 names t0, t3 names t2 and t1; a view names t7, a trigger of t8 writes t9."""
    keys = {
        1: ", CONSTRAINT f1 FOREIGN KEY (a) REFERENCES `T0` (id)",
        3: ", FOREIGN KEY (a) REFERENCES t2 (id), FOREIGN KEY (id) REFERENCES shop.t1 (id)",
    }
    objects = [
        SchemaObject(kind="table", schema="shop", name=f"t{n}",
                     ddl=(f"CREATE TABLE `t{n}` (id int PRIMARY KEY, a int{keys.get(n, '')})",))
        for n in range(tables)
    ]  # fmt: skip
    objects.append(SchemaObject(kind="view", schema="shop", name="vv", ddl=("CREATE VIEW vv AS SELECT 1 FROM t7",)))
    body = "CREATE TRIGGER g BEFORE INSERT ON t8 FOR EACH ROW INSERT INTO t9 VALUES (1, 1)"
    objects.append(SchemaObject(kind="trigger", schema="shop", name="g", table="t8", ddl=(body,)))
    header = Header(engine=Engine("mariadb", "10.11.6"), version_number=101106, database="shop", values="masked")
    return Snapshot(header=header, objects=objects)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("ALTER TABLE t20 ADD z INT", {"t20"}),
        ("ALTER TABLE `SHOP`.`T20` ADD z INT", {"t20"}),
        ("DROP TABLE t0", {"t0", "t1"}),
        ("ALTER TABLE t2 ADD z INT", {"t2", "t3", "t1", "t0"}),
        ("ALTER TABLE t30 ADD FOREIGN KEY (a) REFERENCES t31 (id)", {"t30", "t31"}),
        ("DROP VIEW vv", {"vv", "t7"}),
        ("INSERT INTO t8 VALUES (1, 2)", {"t8", "g", "t9"}),
        ("DROP TRIGGER g", {"t8", "g", "t9"}),
        ('SET sql_mode = ANSI; ALTER TABLE "t5" ADD z INT', {"t5"}),
        ("SET @s = 'ALTER TABLE shop.t5 ADD z INT'", {"t5"}),
        ("SELECT 1", set()),
    ],
)
def test_what_the_statements_name(sql: str, names: set[str]) -> None:
    found = needed(_snapshot(), [script_of(sql, "m.sql", engine="mariadb")])
    assert {one.name for one in found} == names


@pytest.mark.parametrize("sql", ["CALL pp()", "SHOW TABLES", "SELECT table_name FROM information_schema.tables"])
def test_whoever_may_search_finds_everything(sql: str) -> None:
    assert len(needed(_snapshot(), [script_of(sql, "m.sql", engine="mariadb")])) == 42


def test_a_small_schema_is_made_whole() -> None:
    assert len(needed(_snapshot(12), [script_of("ALTER TABLE t5 ADD z INT", "m.sql", engine="mariadb")])) == 14
