"""The shadow of a MariaDB snapshot, against the server that it was taken from."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pymysql
import pytest

from advisor.catalog.live.dsn import Address, address
from advisor.catalog.snapshot import conceal
from advisor.catalog.snapshot.mysql import capture
from advisor.model.engine import Engine
from advisor.model.planning import Configuration, Query, Scale
from advisor.model.snapshot import Header, SchemaObject, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb import binaries
from advisor.planners.mariadb.exactness import planned_by
from advisor.planners.mariadb.shadow import MariadbShadow
from advisor.planners.mysql.live import LivePlanner
from benchmarks.mariadb.agreement import access, load
from tests.conftest import StartServer
from tests.servers import Server

pytestmark = pytest.mark.server

QUERIES = [
    "SELECT * FROM parcels WHERE client_id = 5 ORDER BY created_at DESC LIMIT 20",
    "SELECT * FROM parcels WHERE status IN ('lost', 'returned') AND depot_id = 3",
    "SELECT * FROM parcels WHERE created_at >= '2025-12-30'",
    "SELECT * FROM parcels WHERE created_at >= '2024-02-01'",
    "SELECT * FROM parcels WHERE weight > 29000",
    "SELECT p.*, c.email FROM parcels p JOIN clients c ON c.id = p.client_id WHERE p.tracking = 'TRK000000000707'",
    "SELECT p.id, t.price FROM parcels p JOIN tariffs t ON t.id = p.tariff_id WHERE t.zone = 7 AND t.weight_class = 3",
    "SELECT d.code, count(*) FROM depots d JOIN parcels p ON p.depot_id = d.id WHERE d.country = 'NL' GROUP BY d.code",
    "SELECT * FROM stops WHERE route_id = 321 ORDER BY stop_no",
    "SELECT * FROM claims WHERE closed_at IS NULL ORDER BY opened_at LIMIT 40",
]


@pytest.fixture(scope="module")
def where(mariadb_with: StartServer) -> Iterator[Address]:
    running: Server = mariadb_with({"performance-schema": "ON", "userstat": "1"})
    load(running, 20)
    yield address(f"mariadb://root@{running.host}:{running.port}/parcel")
    with pymysql.connect(host=running.host, port=running.port, user="root") as connection:
        connection.cursor().execute("DROP DATABASE parcel")


@pytest.fixture(scope="module")
def snapshot(where: Address) -> Snapshot:
    return capture(where)[0]


@pytest.fixture(scope="module")
def shadow(snapshot: Snapshot) -> Iterator[MariadbShadow]:
    with MariadbShadow.open(snapshot) as opened:
        yield opened


def test_plans_mostly_as_the_source_does(where: Address, shadow: MariadbShadow) -> None:
    asked = [Query(sql) for sql in QUERIES]
    with LivePlanner.open(where) as live:
        real = live.explain(asked)
    ours = shadow.explain(asked)
    assert [answer.error for answer in ours] == [None] * len(asked)
    assert sum(access(one.plan) == access(other.plan) for one, other in zip(real, ours, strict=True)) >= 9


def test_says_what_it_is(shadow: MariadbShadow, snapshot: Snapshot) -> None:
    by = shadow.planned_by
    assert (by.planner, by.engine, by.same_major, by.statistics) == ("shadow", "mariadb", True, "snapshot")
    if binaries.find().series == (10, 11):
        assert "measured" in by.exactness
    older = Snapshot(header=msgspec.structs.replace(snapshot.header, version_number=100624))
    said = planned_by(older, binaries.find(), ())
    assert said.exactness.startswith("not measured")
    assert said.same_major is False


def test_an_index_that_does_not_exist(shadow: MariadbShadow) -> None:
    query = Query("SELECT * FROM parcels WHERE weight > 29000")
    (before,) = shadow.explain([query])
    (after,) = shadow.explain([query], Configuration(add=("ON parcels (weight)",)))
    (again,) = shadow.explain([Query(query.sql + " AND 1")])
    assert before.plan is not None
    assert after.plan is not None
    assert again.plan is not None
    assert before.plan.nodes[-1].access == "ALL"
    assert after.plan.nodes[-1].index == "whatif_parcels_weight"
    assert again.plan.nodes[-1].access == "ALL"
    (size,) = after.indexes
    assert 15 <= size.pages <= 60
    assert size.bytes == size.pages * 16384


def test_a_hidden_index(shadow: MariadbShadow) -> None:
    query = Query("SELECT * FROM claims WHERE amount > 3900")
    (before,) = shadow.explain([query])
    (after,) = shadow.explain([query], Configuration(hide=("claims.ix_amount",)))
    assert before.plan is not None
    assert after.plan is not None
    assert before.plan.nodes[-1].index == "ix_amount"
    assert after.plan.nodes[-1].index is None
    # The rows of production, not of the few that stand for it.
    assert after.plan.nodes[-1].rows_estimated == pytest.approx(1190, rel=0.1)


def test_growth(shadow: MariadbShadow) -> None:
    query = Query("SELECT * FROM parcels")
    (now,) = shadow.explain([query])
    (grown,) = shadow.explain([query], Configuration(scale=(Scale("parcels", 50),)))
    assert now.plan is not None
    assert grown.plan is not None
    assert grown.plan.nodes[-1].rows_estimated == pytest.approx(50 * (now.plan.nodes[-1].rows_estimated or 0), rel=0.01)
    assert grown.planned_by.statistics == "scaled"


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration(add=("ON parcels (nothing)",)),
        Configuration(add=("ON nothing (id)",)),
        Configuration(add=("ON parcels (weight); DROP TABLE parcels",)),
        Configuration(add=("CREATE FULLTEXT INDEX f ON parcels (note)",)),
        Configuration(hide=("nothing",)),
        Configuration(hide=("ix_place",)),
        Configuration(hide=("parcels.PRIMARY",)),
        Configuration(scale=(Scale("nothing", 2),)),
        Configuration(settings=(("general_log_file", "/tmp/x"),)),
    ],
)
def test_what_cannot_be_had_is_one_line(shadow: MariadbShadow, configuration: Configuration) -> None:
    with pytest.raises(PlannerError) as caught:
        shadow.explain([Query("SELECT 1")], configuration)
    assert "\n" not in str(caught.value)


def test_parameters_and_masked_literals(shadow: MariadbShadow, where: Address) -> None:
    query = Query("SELECT * FROM parcels WHERE tracking = ?", ("TRK000000000714",))
    (answer,) = shadow.explain([query])
    assert answer.plan is not None
    assert answer.plan.nodes[-1].access == "const"
    taken = capture(where)
    city = next(value for value in taken[1].values if value.startswith("DE-")) if taken[1] else ""
    masked = conceal(*taken, "masked")
    asked = Query(f"SELECT * FROM clients WHERE note IS NULL AND country = 'DE' AND city = '{city}'")
    (plain,) = shadow.explain([asked])
    with MariadbShadow.open(masked) as hidden:
        (ours,) = hidden.explain([asked])
        assert hidden.planned_by.values == "masked"
    assert plain.plan is not None
    assert ours.plan is not None
    assert ours.query == asked
    assert access(ours.plan) == access(plain.plan)


def test_nobody_gets_out(shadow: MariadbShadow) -> None:
    server = shadow.world.server
    for role in ("owner", "planner"):
        with server.connect(role, "parcel") as connection:  # type: ignore[arg-type]
            cursor = connection.cursor()
            for statement in (
                "SELECT * FROM parcels INTO OUTFILE '/tmp/advisor-must-not-be'",
                f"SELECT * FROM parcels INTO OUTFILE '{server.home}/files/x'",
                "LOAD DATA INFILE '/etc/passwd' INTO TABLE parcels",
                "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE parcels",
                "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
                "INSTALL SONAME 'ha_connect'",
                "SELECT * FROM mysql.global_priv",
                "SET GLOBAL general_log = 1",
                "CREATE DATABASE elsewhere",
                "SELECT 1; SELECT 2",
                "KILL 1",
            ):
                with pytest.raises(pymysql.Error):
                    cursor.execute(statement)
            cursor.execute("SELECT LOAD_FILE('/etc/hostname')")
            assert cursor.fetchone() == (None,)
    assert not Path("/tmp/advisor-must-not-be").exists()
    assert not list(server.home.glob("files/*"))
    if os.geteuid() == 0:
        assert server.data.stat().st_uid != 0


def test_hostile_definitions_are_told() -> None:
    ddl = {
        "a": "CREATE TABLE a (id int PRIMARY KEY) DATA DIRECTORY='/tmp' INDEX DIRECTORY='/tmp'",
        "b": "DROP DATABASE shop",
        "c": "CREATE TABLE c (id int); CREATE TABLE d (id int)",
        "e": "CREATE TABLE e (id int PRIMARY KEY) ENGINE=CONNECT TABLE_TYPE=DOS FILE_NAME='/etc/passwd'",
        "f": "CREATE DATABASE elsewhere",
        "g%s`x": "CREATE TABLE `g%s``x` (`i%d` int PRIMARY KEY, `%s` varchar(5))",
    }
    objects = [SchemaObject(kind="table", schema="sh_op", name=name, ddl=(text,)) for name, text in ddl.items()]
    header = Header(
        engine=Engine("mariadb", "10.11.1-MariaDB"), version_number=101101, database="sh_op", values="present"
    )
    with MariadbShadow.open(Snapshot(header=header, objects=objects)) as shadow:
        told = "\n".join(shadow.world.problems)
        assert {name for _, name in shadow.world.tables} == {"a", "g%s`x"}
        assert [f"sh_op.{name} is missing" in told for name in "bcef"] == [True] * 4
        assert not list(Path("/tmp").glob("sh_op*"))


def test_a_snapshot_without_tables_plans_what_reads_none() -> None:
    header = Header(engine=Engine("mariadb", "10.11.1-MariaDB"), version_number=101101, values="present")
    with MariadbShadow.open(Snapshot(header=header)) as shadow:
        (answer,) = shadow.explain([Query("SELECT 1")])
        assert answer.error is None
        with pytest.raises(PlannerError, match="no table"):
            shadow.explain([Query("SELECT 1")], Configuration(add=("ON nothing (id)",)))


def test_killed_it_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "from advisor.planners.mariadb.server import MariadbServer\n"
        "from advisor.planners.mariadb.binaries import find\n"
        "import time\n"
        "server = MariadbServer(find(), {})\n"
        "server.start()\n"
        "print(server.home.parent, flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    home = Path(process.stdout.readline().strip())
    assert home.is_dir()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 30
    while (home.exists() or _named(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not home.exists()
    assert not _named(home)


def _named(home: Path) -> list[Path]:
    """Processes that have the directory in their command line: the server, and who watches it."""
    return [one for one in Path("/proc").glob("[0-9]*/cmdline") if str(home).encode() in _read(one)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_other_products_and_no_server(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    header = Header(engine=Engine("mysql", "8.0.36"), values="present")
    with pytest.raises(PlannerError, match="mysql"):
        MariadbShadow.open(Snapshot(header=header))
    monkeypatch.setenv("ADVISOR_MARIADB_HOME", str(tmp_path))
    with pytest.raises(PlannerError, match="ADVISOR_MARIADB_HOME"):
        MariadbShadow.open(snapshot)
