"""The insights on the logs of the shop, and their cost on a full sequence."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from advisor.digest.digest import Digest
from advisor.facts import Facts
from advisor.stream.insights.relations import relations
from advisor.stream.material import material_of
from tests.stream.insights.logged import material_of_files

SHOP = Path(__file__).parents[3] / "fixtures" / "shop"


@pytest.fixture(scope="module")
def postgresql():
    return material_of_files(
        [SHOP / "postgresql" / "shop.csv.gz"], schema=(SHOP / "postgresql" / "schema.sql").read_text()
    )


@pytest.fixture(scope="module")
def mariadb():
    return material_of_files([SHOP / "mariadb" / "slow.log.gz"], engine="mariadb")


def test_the_shop_on_postgresql(postgresql):
    found = relations(postgresql)
    whole = next(row for row in found["cache_replay"] if row.fingerprint is None and row.ttl_seconds == 60)
    assert 0.1 < whole.hit_ratio < 0.3
    assert whole.row_hits > whole.hits
    orders = next(row for row in found["transaction_stream"] if row.route == "orders#create")
    assert (orders.transactions, orders.round_trips, orders.rolled_back) == (201, 804, 0)
    assert orders.wall_us >= orders.busy_us
    assert {row.route for row in found["route_cost"]} >= {"export#events", "orders#create"}
    assert sum(row.share for row in found["route_cost"]) <= 1.0
    reads = next(row for row in found["replica_share"] if row.fingerprint is None and row.seconds == 1.0)
    assert 0.3 < reads.any_writer_share < reads.share < 1.0


def test_the_shop_on_mariadb_whose_clock_is_coarse(mariadb):
    found = relations(mariadb)
    assert found["transaction_stream"]
    assert all(row.idle_us is None and row.why_unknown for row in found["transaction_stream"])
    whole = next(row for row in found["cache_replay"] if row.fingerprint is None and row.ttl_seconds is None)
    assert whole.lookups > 1000
    assert 0.0 < whole.hit_ratio < 0.5


def test_every_row_fits_its_relation(postgresql):
    facts = Facts()
    for name, rows in relations(postgresql).items():
        if not rows:
            continue
        columns = facts._columns_of(name)
        assert set(columns) <= set(rows[0].__struct_fields__), name
        facts.add_rows(name, rows)
        (count,) = facts.connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()
        assert count == len(rows)


@pytest.mark.long
def test_a_full_sequence_takes_no_longer_than_it_may(postgresql):
    many = 200_000 // len(postgresql) + 1
    rows = {name: np.tile(column, many) for name, column in postgresql.rows.items()}
    copy = np.repeat(np.arange(many), len(postgresql))
    rows["session"] = rows["session"] + copy.astype(np.uint64) * np.uint64(7919)
    rows["start_us"] = rows["start_us"] + copy * 5_000_000
    rows["offset"] = rows["offset"] + copy * 10**7
    order = np.lexsort((rows["offset"], rows["session"], rows["source"]))
    whole = dataclasses.replace(postgresql, rows={name: column[order] for name, column in rows.items()})
    started = time.process_time()
    from advisor.stream.insights.cache import cache, cache_curve
    from advisor.stream.insights.replicas import replicas
    from advisor.stream.insights.routes import routes
    from advisor.stream.insights.transactions import kinds, longest, transactions

    for insight in (cache, cache_curve, replicas, routes, transactions, kinds, longest):
        assert insight(whole)
    assert time.process_time() - started < 3.0, "1.1 s on a quiet machine"


def test_inputs_without_sessions_or_times_give_nothing(tmp_path):
    path = tmp_path / "statements.sql"
    path.write_text("SELECT a FROM t WHERE id = 1;\nUPDATE t SET a = 2;\nBEGIN;\nSELECT 1;\nCOMMIT;\n")
    assert all(rows == [] for rows in relations(material_of_files([path])).values())
    assert all(rows == [] for rows in relations(material_of(Digest(), {})).values())


def test_a_general_log_has_an_order_but_no_durations(tmp_path):
    path = tmp_path / "general.log"
    lines = ["mariadbd, Version: 10.11.6-MariaDB (Debian). started with:", "Tcp port: 3306  Unix socket: /run/x.sock"]
    lines.append("Time\t\t    Id Command\tArgument")
    for i in range(20):
        stamp = f"261101 10:00:{i:02}\t"
        lines += [
            f"{stamp}     {i} Connect\tapp@web on shop using TCP/IP",
            f"\t\t     {i} Query\tSELECT a FROM t WHERE id = 1",
        ]
        lines += [f"\t\t     {i} Query\tUPDATE other SET a = {i}", f"\t\t     {i} Query\tCOMMIT"]
    path.write_text("\n".join(lines) + "\n")
    found = relations(material_of_files([path], engine="mariadb"))
    whole = next(row for row in found["cache_replay"] if row.fingerprint is None and row.ttl_seconds is None)
    assert (whole.hits, whole.lookups, whole.mean_us, whole.saved_us, whole.saved_share) == (19, 20, None, 0, None)
    assert found["transaction_stream"] == []
    assert all(row.offload_us == 0 for row in found["replica_share"])
