"""Protections against what real servers do when the index is dropped all the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pymysql
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.live.dsn import address
from advisor.catalog.live.mysql_connection import connect
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.catalog.source import load
from advisor.model.catalog import Catalog
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.demands import Demands
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.existing.judging import judge_existing
from advisor.recommend.existing.protection import Protector
from tests.conftest import StartServer
from tests.recommend.existing.conftest import World, workload

UPSERT = "INSERT INTO sales (id, client_id, status, placed_at, total, ref, code, shop) VALUES (0, 2, 'x', now(), 3, 'r1', 1, 1) "


def _codes(catalog: Catalog, *texts: str, engine: str = "postgresql") -> dict[str, set[str]]:
    """Codes of all protections by index."""
    inventory = Inventory(catalog)
    demands = Demands(workload(*texts, engine=engine), catalog)
    protector = Protector(inventory, demands, Activity(None, inventory))
    found = {
        one.index.name: {each.code for each in (*protector.promises(one), *protector.needs(one))}
        for one in inventory.all
    }
    return {name: set(codes) for name, codes in found.items() if codes}


@pytest.mark.server
def test_postgresql_promises(world: World):
    found = _codes(world.catalog, UPSERT + "ON CONFLICT (ref) DO UPDATE SET total = excluded.total")
    assert {name: codes for name, codes in found.items() if "pkey" not in name} == {
        "sales_ref": {"unique", "on_conflict"},
        "clients_us": {"unique"},
        "sales_agent": {"foreign_key"},
        "clients_country": {"cluster"},
        "audit_id": {"unique", "replica_identity"},
        "booking_once": {"constraint"},
        "booking_slug": {"constraint"},
        "events_1_kind_idx": {"attached"},
        "events_2_kind_idx": {"attached"},
        "events_1_kind_day_idx": {"attached"},
        "events_2_kind_day_idx": {"attached"},
    }
    assert {name for name, codes in found.items() if codes == {"primary_key"}} == {"sales_pkey", "clients_pkey"}


@pytest.mark.server
@pytest.mark.parametrize("index", ["sales_pkey", "booking_once", "booking_slug", "events_1_kind_idx"])
def test_postgresql_refuses_these_drops(world: World, index: str):
    with psycopg.connect(world.dsn) as connection, pytest.raises(psycopg.errors.DependentObjectsStillExist):
        connection.execute(f'DROP INDEX "{index}"'.encode())


@pytest.mark.server
@pytest.mark.parametrize(
    ("index", "before", "fails"),
    [
        ("sales_ref", "", UPSERT + "ON CONFLICT (ref) DO NOTHING"),
        ("clients_us", "", "INSERT INTO clients VALUES (0, 'x', 'us') ON CONFLICT (email) WHERE country = 'us' DO NOTHING"),
        ("clients_country", "", "CLUSTER clients"),
        ("audit_id", "CREATE PUBLICATION p FOR TABLE audit; INSERT INTO audit VALUES (1, now())", "UPDATE audit SET at = now()"),
    ],
)  # fmt: skip
def test_what_fails_in_postgresql_without_the_index(world: World, index: str, before: str, fails: str):
    for drop in (False, True):
        with psycopg.connect(world.dsn) as connection:
            connection.execute(before.encode()) if before else None
            connection.execute(f"DROP INDEX {index}".encode()) if drop else None
            if drop:
                with pytest.raises(psycopg.Error):
                    connection.execute(fails.encode())
            else:
                connection.execute(fails.encode())
            connection.rollback()


@pytest.mark.server
def test_dropping_a_partitioned_index_takes_those_of_the_partitions(world: World):
    inventory = Inventory(world.catalog, world.snapshot)
    one = inventory.by_key["events", "events_kind"]
    family = {member.index.name for member in inventory.family(one)}
    assert family == {"events_kind", "events_1_kind_idx", "events_2_kind_idx"}
    with psycopg.connect(world.dsn) as connection:
        size = connection.execute(
            "SELECT sum(pg_relation_size(c.oid)), count(*) FROM pg_class c WHERE relname = ANY(%s)", [list(family)]
        ).fetchone()
        assert size == (inventory.bytes(one), 3)
        connection.execute("DROP INDEX events_kind")
        left = connection.execute("SELECT count(*) FROM pg_class WHERE relname = ANY(%s)", [list(family)]).fetchone()
        connection.rollback()
    assert left == (0,)


@pytest.mark.server
def test_live_catalog_knows_the_same_protections(world: World):
    assert _codes(load(world.dsn)) == _codes(world.catalog)


@pytest.mark.server
def test_an_index_stays_when_it_alone_finds_the_children_of_deleted_parents(world: World):
    inventory = Inventory(world.catalog)

    def why(*texts: str) -> str:
        demands = Demands(workload(*texts), world.catalog)
        protector = Protector(inventory, demands, Activity(None, inventory))
        found = {one.index.name: protector.needs(one) for one in inventory.all}
        assert {name for name, codes in found.items() if codes} == {"sales_agent"}  # client_id has two
        assert found["sales_agent"][0].code == "foreign_key"
        return found["sales_agent"][0].why

    none = "no deletion from clients was seen"
    assert none in why("SELECT 1 FROM sales")
    assert "the workload deletes from clients or changes its keys (q1)" in why("DELETE FROM clients WHERE id = 7")
    assert "the workload deletes" in why("UPDATE clients SET id = 5 WHERE id = 7")
    assert none in why("UPDATE clients SET email = 'x' WHERE id = 7")
    assert "nothing is known of deletions" in why()


def test_a_cascade_deletes_parents_too():
    ddl = (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a ON DELETE CASCADE);"
        "CREATE TABLE c (id int PRIMARY KEY, b_id int REFERENCES b); CREATE INDEX c_b ON c (b_id);"
    )
    catalog = read_ddl(ddl, "test", "postgresql")
    plain = read_ddl(ddl.replace(" ON DELETE CASCADE", ""), "test", "postgresql")
    statements = workload("DELETE FROM a WHERE id = 1")
    assert Demands(statements, catalog).deleted == {"a": ["q1"], "b": ["q1"]}
    assert Demands(statements, plain).deleted == {"a": ["q1"]}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("/*+ IndexScan(t t_a) */ SELECT * FROM t WHERE a = 1", {"t_a"}),
        ("/*+ BitmapScan(t \"t_A\") */ SELECT 1 FROM t", {"t_a"}),
        ("/*+ IndexScanRegexp(t t_.*) */ SELECT 1 FROM t", {"t_a", "t_b"}),
        ("/* t_a */ SELECT * FROM t WHERE a = 1", set()),
    ],
)  # fmt: skip
def test_hints_of_pg_hint_plan(text: str, named: set[str]):
    catalog = read_ddl(
        "CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a); CREATE INDEX t_b ON t (b);", "x", "postgresql"
    )
    assert {name for name, codes in _codes(catalog, text).items() if "hint" in codes} == named


MARIADB = """
CREATE TABLE buyer (id int PRIMARY KEY, email varchar(80) NOT NULL, region int NOT NULL, seq int NOT NULL,
  KEY region (region), KEY region_seq (region, seq), KEY seq (seq));
CREATE TABLE tag (n int AUTO_INCREMENT, name varchar(20) PRIMARY KEY, body text, UNIQUE KEY n (n), FULLTEXT KEY body (body));
CREATE TABLE counter (n int NOT NULL AUTO_INCREMENT, name varchar(20) PRIMARY KEY, KEY n_plain (n));
CREATE TABLE purchase (id int PRIMARY KEY, buyer_id int NOT NULL, region int NOT NULL, status int NOT NULL, seq int NOT NULL,
  KEY buyer (buyer_id), KEY buyer_id2 (buyer_id, id), KEY status (status), KEY region_only (region), KEY seq_only (seq),
  CONSTRAINT f1 FOREIGN KEY (buyer_id) REFERENCES buyer (id), CONSTRAINT f2 FOREIGN KEY (region) REFERENCES buyer (region),
  CONSTRAINT f3 FOREIGN KEY (seq) REFERENCES buyer (seq));
INSERT INTO buyer SELECT seq, concat('u', seq), seq % 10, seq FROM seq_1_to_500;
INSERT INTO purchase SELECT seq, 1 + seq % 500, seq % 10, seq % 5, 1 + seq % 500 FROM seq_1_to_3000;
ANALYZE TABLE buyer, purchase;
"""


@pytest.mark.server
def test_mariadb_refuses_what_is_protected_and_takes_the_rest(mariadb_with: StartServer):
    server = mariadb_with({"userstat": "ON"})
    with connect(address(server.dsn + "mysql"), read_seconds=60) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE adv_e_protected")
        cursor.execute("USE adv_e_protected")
        for statement in MARIADB.split(";\n"):
            cursor.execute(statement) if statement.strip() else None
        connection.commit()
        dsn = server.dsn.rstrip("/") + "/adv_e_protected"
        snapshot = capture(dsn, values="present")
        catalog = catalog_of(snapshot)
        forced = "SELECT * FROM purchase FORCE INDEX (status) WHERE status = 3"
        found = _codes(catalog, forced, engine="mariadb")
        assert {name: codes for name, codes in found.items() if name != "PRIMARY"} == {
            "n": {"constraint", "auto_increment"},
            "n_plain": {"auto_increment"},
            "body": {"full_text"},
            "status": {"hint"},
            "region_only": {"foreign_key"},
            "seq_only": {"foreign_key"},
            "seq": {"referenced_key"},
        }
        for table, index, code in (
            ("purchase", "region_only", 1553),
            ("purchase", "seq_only", 1553),
            ("buyer", "seq", 1553),
            ("counter", "n_plain", 1075),
        ):
            with pytest.raises(pymysql.Error) as refused:
                cursor.execute(f"ALTER TABLE {table} DROP INDEX {index}")
            assert refused.value.args[0] == code
        judged = judge_existing(catalog, snapshot=snapshot, statements=workload(forced, engine="mariadb"))
        drops = {(one.table, one.index) for one in judged.drops}
        # The one that stays does the work for the foreign keys too: the server agrees to all drops together.
        assert drops in ({("purchase", "buyer"), ("buyer", "region")}, {("purchase", "buyer_id2"), ("buyer", "region")})
        for table, index in drops:
            cursor.execute(f"ALTER TABLE {table} DROP INDEX {index}")
        for table, index, code in (("purchase", "buyer", 1553), ("buyer", "region_seq", 1553)):
            name = index if (table, index) not in drops else "buyer_id2"
            with pytest.raises(pymysql.Error) as refused:
                cursor.execute(f"ALTER TABLE {table} DROP INDEX {name}")
            assert refused.value.args[0] == code
        cursor.execute("ALTER TABLE purchase DROP INDEX status")
        with pytest.raises(pymysql.Error):
            cursor.execute(forced)
        cursor.execute("ALTER TABLE tag DROP INDEX body")
        with pytest.raises(pymysql.Error):
            cursor.execute("SELECT * FROM tag WHERE MATCH (body) AGAINST ('x')")


def test_sqlite(tmp_path: Path):
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, email TEXT NOT NULL);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INT REFERENCES p (id), k TEXT UNIQUE, s INT);"
        "CREATE UNIQUE INDEX p_email ON p (email); CREATE INDEX c_p ON c (p_id); CREATE INDEX c_s ON c (s);"
    )
    upsert = "INSERT INTO p (id, email) VALUES (1, 'x') ON CONFLICT (email) DO NOTHING"
    hinted = "SELECT * FROM c INDEXED BY c_s WHERE s = 1"
    found = _codes(load(f"sqlite:///{path}"), upsert, hinted, "DELETE FROM p WHERE id = 2", engine="sqlite")
    assert found == {
        "rowid": {"primary_key"},
        "p_email": {"unique", "on_conflict"},
        "sqlite_autoindex_c_1": {"constraint"},
        "c_p": {"foreign_key"},
        "c_s": {"hint"},
    }
    with pytest.raises(sqlite3.Error):
        connection.execute("DROP INDEX sqlite_autoindex_c_1")
    for index, statement in (("p_email", upsert), ("c_s", hinted)):
        connection.execute(statement)
        connection.execute(f"DROP INDEX {index}")
        with pytest.raises(sqlite3.Error):
            connection.execute(statement)
    connection.close()


def test_a_hint_that_never_ends_names_nothing_and_the_next_one_is_found():
    catalog = read_ddl("CREATE TABLE t (a int, b int); CREATE INDEX t_a ON t (a);", "x", "postgresql")
    assert _codes(catalog, "SELECT 1 /*+ IndexScan(t t_a)" + "/*+" * 40_000) == {}
    assert _codes(catalog, "SELECT /*+ x */ 1 /*+ IndexScan(t t_a) */ FROM t") == {"t_a": {"hint"}}
