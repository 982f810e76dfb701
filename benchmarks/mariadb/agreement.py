"""How often MariaDB's shadow plans as a loaded server does: access plans of queries, indexes that do not exist, growth.

    python -m benchmarks.mariadb.agreement [--thousands 400] [--statistics full|innodb] [-o results.json] [--show]

A throwaway server is loaded with a parcel service (source.sql: 400,000 parcels, 280,000 stops, 400,000 scans...),
analysed and captured; the shadow of that snapshot then plans the same queries (queries.sql). Same plan: the same tables
in the same order, by the same access with the same key and key parts, sorts and temporary tables included.
``--statistics innodb``: the source has no engine-independent statistics, as most servers have none.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.mysql import capture
from advisor.model.plan import Plan
from advisor.model.planning import Configuration, Query, Scale
from advisor.model.snapshot import Snapshot
from advisor.planners.mariadb.shadow import MariadbShadow
from advisor.planners.mysql.live import LivePlanner
from tests import servers

HERE = Path(__file__).parent
#: Indexes that the source does not have, and queries that might use them.
CANDIDATES = {
    "ON parcels (status, created_at)": "SELECT * FROM parcels WHERE status = 'lost' AND created_at > '2025-06-01'",
    "ON parcels (weight)": "SELECT * FROM parcels WHERE weight > 29000",
    "ON parcels (weight DESC)": "SELECT * FROM parcels ORDER BY weight DESC LIMIT 30",
    "ON parcels (depot_id, created_at)": "SELECT * FROM parcels WHERE depot_id = 1 ORDER BY created_at LIMIT 50",
    "ON parcels (insured)": "SELECT * FROM parcels WHERE insured > 850",
    "ON parcels (courier_id, created_at)": "SELECT * FROM parcels WHERE courier_id IN (1, 2, 3) AND created_at > '2025-09-01'",
    "ON parcels (courier_id, status)": "SELECT p.tracking FROM parcels p WHERE p.status = 'lost' AND p.courier_id = 5",
    "ON clients (kind, registered)": "SELECT * FROM clients WHERE kind = 'firm' AND registered >= '2025-08-01'",
    "ON clients (country, registered)": "SELECT * FROM clients WHERE country = 'DE' ORDER BY registered DESC LIMIT 25",
    "ON clients (discount)": "SELECT * FROM clients WHERE discount > 19.5",
    "ON stops (done_at)": "SELECT * FROM stops WHERE done_at IS NULL AND planned_at > '2025-12-01'",
    "ON claims (reason, amount)": "SELECT * FROM claims WHERE reason = 'lost' AND amount > 1000",
    "ON claims (opened_at)": "SELECT * FROM claims WHERE opened_at > '2025-12-20'",
    "ON couriers (grade, depot_id)": "SELECT * FROM couriers WHERE grade = 'lead' AND depot_id < 5",
    "ON depots (city)": "SELECT p.id FROM depots d JOIN parcels p ON p.depot_id = d.id WHERE d.city = 'city39'",
}
HIDDEN = {
    "parcels.ix_client": "SELECT * FROM parcels WHERE client_id = 25001 AND created_at >= '2025-06-01'",
    "parcels.ix_created": "SELECT * FROM parcels WHERE created_at >= '2025-12-30'",
    "parcels.ix_depot_status": "SELECT * FROM parcels WHERE status IN ('lost', 'returned') AND depot_id = 3",
    "stops.ix_parcel": "SELECT p.tracking, s.planned_at FROM parcels p JOIN stops s ON s.parcel_id = p.id WHERE p.client_id = 77",
    "claims.ix_open": "SELECT * FROM claims WHERE closed_at IS NULL ORDER BY opened_at LIMIT 40",
}


@contextmanager
def source(thousands: int, statistics: str = "full") -> Iterator[servers.Server]:
    """A loaded and analysed server; its database is ``parcel``."""
    with servers.mariadb({"innodb-buffer-pool-size": "256M", "innodb-flush-method": "nosync"}) as server:
        load(server, thousands, statistics)
        yield server


def load(server: servers.Server, thousands: int, statistics: str = "full", name: str = "parcel") -> None:
    """Makes the database in a server that runs."""
    with pymysql.connect(host=server.host, port=server.port, user=server.user) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        cursor.execute(f"USE {name}")
        cursor.execute(
            "SET SESSION histogram_type = 'JSON_HB', histogram_size = 254, foreign_key_checks = 0, autocommit = 1"
        )
        cursor.execute("SET SESSION rand_seed1 = 1, rand_seed2 = 2")
        for line in (HERE / "source.sql").read_text("utf-8").splitlines():
            if line and not line.startswith("--"):
                cursor.execute(line.rstrip(";").replace("{n}", str(thousands)))
        cursor.execute("SHOW TABLES")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE TABLE {table} {'PERSISTENT FOR ALL' if statistics == 'full' else ''}")
            cursor.fetchall()


def queries() -> list[str]:
    """Written for 400 thousand parcels: of a smaller source they name some keys that it does not hold."""
    return [line.rstrip(";") for line in (HERE / "queries.sql").read_text("utf-8").splitlines() if line]


def access(plan: Plan | None) -> list[tuple[Any, ...]]:
    """What is compared: each operator with its table, access, key and key parts, in the order printed."""
    if plan is None:
        return [("no plan",)]
    return [(one.operator, one.alias or one.relation, one.access, one.index, one.index_columns) for one in plan.nodes]


def compare(live: LivePlanner, shadow: MariadbShadow, asked: list[str], show: bool = False) -> dict[str, Any]:
    """Plans of the same queries, side by side."""
    real = live.explain([Query(sql) for sql in asked])
    ours = shadow.explain([Query(sql) for sql in asked])
    different = []
    same_order = 0
    for sql, one, other in zip(asked, real, ours, strict=True):
        first, second = access(one.plan), access(other.plan)
        same_order += [node[1] for node in first if node[1]] == [node[1] for node in second if node[1]]
        if first != second:
            different.append(sql)
            if show:
                print(f"\n{sql}\n  real   {brief(one.plan)}\n  shadow {other.error or brief(other.plan)}")
    return {
        "queries": len(asked),
        "same": len(asked) - len(different),
        "same_order": same_order,
        "different": different,
    }


def brief(plan: Plan | None) -> str:
    """A plan in a line."""
    if plan is None:
        return "none"
    return " | ".join(
        f"{one.operator} {one.alias or one.relation or ''} {one.access or ''} {one.index or ''}{list(one.index_columns) or ''}"
        f" {one.rows_estimated or ''}" for one in plan.nodes
    )  # fmt: skip


def what_if(server: servers.Server, live: LivePlanner, shadow: MariadbShadow, show: bool) -> dict[str, Any]:
    """Each candidate really built (or hidden) on the source, planned, and taken away again."""
    same, sizes, different = 0, [], []
    cases = [
        *((one, sql, True) for one, sql in CANDIDATES.items()),
        *((one, sql, False) for one, sql in HIDDEN.items()),
    ]
    shadow.explain([Query("SELECT 1")], Configuration(add=tuple(CANDIDATES)))  # one restart for all
    with pymysql.connect(host=server.host, port=server.port, user=server.user, database="parcel") as connection:
        cursor = connection.cursor()
        for index, sql, added in cases:
            configuration = Configuration(add=(index,)) if added else Configuration(hide=(index,))
            (ours,) = shadow.explain([Query(sql)], configuration)
            if added:
                name, table = ours.indexes[0].name, ours.indexes[0].table
                cursor.execute(f"CREATE INDEX {name} {index}")
                cursor.execute(
                    "SELECT stat_value FROM mysql.innodb_index_stats WHERE database_name = 'parcel' AND stat_name = 'size'"
                    " AND table_name = %s AND index_name = %s", (table, name),
                )  # fmt: skip
                sizes.append(ours.indexes[0].pages / int(cursor.fetchone()[0]))
            else:
                table, name = index.split(".")
                cursor.execute(f"ALTER TABLE {table} ALTER INDEX {name} IGNORED")
            with LivePlanner.open(live.where) as fresh:
                (real,) = fresh.explain([Query(sql)])
            cursor.execute(
                f"DROP INDEX {name} ON {table}" if added else f"ALTER TABLE {table} ALTER INDEX {name} NOT IGNORED"
            )
            if access(real.plan) == access(ours.plan):
                same += 1
            else:
                different.append(f"{index}: {sql}")
                if show:
                    print(f"\n{index}: {sql}\n  real   {brief(real.plan)}\n  shadow {ours.error or brief(ours.plan)}")
    sizes.sort()
    return {"cases": len(cases), "same": same, "different": different, "size_ratio_median": sizes[len(sizes) // 2],
            "size_ratio_worst": [sizes[0], sizes[-1]]}  # fmt: skip


def growth(server: servers.Server, snapshot: Snapshot, thousands: int, show: bool) -> dict[str, Any]:
    """The shadow scaled by ten against a database that was loaded ten times as big."""
    load(server, thousands * 10, name="grown")
    asked = queries()
    with LivePlanner.open(address(f"mariadb://{server.user}@{server.host}:{server.port}/grown")) as live:
        real = live.explain([Query(sql) for sql in asked])
    scale = tuple(Scale(name, 10) for name in ("clients", "parcels", "stops", "claims", "scans"))
    with MariadbShadow.open(snapshot) as shadow:
        ours = shadow.explain([Query(sql) for sql in asked], Configuration(scale=scale))
        now = shadow.explain([Query(sql) for sql in asked])
    same = sum(access(one.plan) == access(other.plan) for one, other in zip(real, ours, strict=True))
    if show:
        for one, other in zip(real, ours, strict=True):
            if access(one.plan) != access(other.plan):
                print(f"\nx10 {one.query.sql}\n  real   {brief(one.plan)}\n  shadow {brief(other.plan)}")
    return {"queries": len(asked), "same": same,
            "flagged": sum(access(a.plan) != access(b.plan) for a, b in zip(ours, now, strict=True))}  # fmt: skip


def main() -> None:
    """Prints the agreement, and writes it where asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--thousands", type=int, default=400)
    parser.add_argument("--statistics", choices=("full", "innodb"), default="full")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    began = time.monotonic()
    with source(given.thousands, given.statistics) as server:
        loaded = time.monotonic() - began
        where = address(f"mariadb://{server.user}@{server.host}:{server.port}/parcel")
        began = time.monotonic()
        snapshot, _ = capture(where)
        captured = time.monotonic() - began
        asked = queries()
        began = time.monotonic()
        with LivePlanner.open(where) as live, MariadbShadow.open(snapshot) as shadow:
            cold = time.monotonic() - began
            result: dict[str, Any] = {
                "version": shadow.planned_by.version,
                "source_seconds": round(loaded, 1),
                "capture_seconds": round(captured, 2),
                "cold_seconds": round(cold, 2),
                "steps": shadow.world.seconds,
            }
            result["plans"] = compare(live, shadow, asked, given.show)
            began = time.monotonic()
            shadow.explain([Query(f"{asked[number % len(asked)]} -- {number}") for number in range(1000)])
            result["explains_per_second"] = round(1000 / (time.monotonic() - began))
            result["what_if"] = what_if(server, live, shadow, given.show)
        if given.growth:
            result["growth"] = growth(server, snapshot, given.thousands, given.show)
    text = json.dumps(result, indent=2)
    print(text)
    if given.output:
        given.output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
