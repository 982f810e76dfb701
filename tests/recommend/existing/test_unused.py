"""Unused indexes by counters of every age, and what is said where these do not tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from advisor.catalog.live.dsn import address
from advisor.catalog.live.mysql_connection import connect
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.model.snapshot import Snapshot, StatisticsRow
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.existing.judging import judge_existing
from advisor.recommend.existing.verdict import Verdict
from tests.conftest import StartServer
from tests.recommend.existing.conftest import World

pytestmark = pytest.mark.server
BIG = 4096


def _aged(
    snapshot: Snapshot, days: float | None, scans: dict[str, dict[str, Any]] | None = None, **row: Any
) -> Snapshot:
    """The snapshot with counters that began so long ago; every index large, scanned often but for those given."""
    at = datetime.fromisoformat(snapshot.header.captured_at or "")
    counted: dict[str, Any] = {"stats_reset": (at - timedelta(days=days)).isoformat()} if days is not None else {}
    relations = []
    for relation in snapshot.relations:
        if relation.kind == "index":
            given = {"idx_scan": 10**6, "idx_tup_read": 10**7} | (scans or {}).get(relation.name, {})
            relation = replace(relation, counters={**relation.counters, **given}, blocks=BIG)
        relations.append(relation)
    rows = [one for one in snapshot.rows if one.source != "pg_stat_database"]
    rows.append(StatisticsRow(source="pg_stat_database", values={**counted, **row}))
    copy = Snapshot(header=snapshot.header, objects=snapshot.objects, relations=relations, rows=rows)
    copy.settings, copy.columns = snapshot.settings, snapshot.columns
    return copy


def _unused(world: World, snapshot: Snapshot, *texts: str) -> tuple[dict[str, Verdict], list[str]]:
    judged = world.judge(*texts, snapshot=snapshot, planned=bool(texts))
    return {one.index: one for one in judged.verdicts if one.kind in ("unused", "rarely_used")}, judged.notes


NEVER = {"sales_agent": {"idx_scan": 0, "idx_tup_read": 0}}


def test_never_scanned_in_months_is_likely_unused(world: World):
    found, _ = _unused(world, _aged(world.snapshot, 90, NEVER))
    assert found.keys() == {"sales_agent"}
    one = found["sales_agent"]
    assert (one.kind, one.confidence, one.evidence["counted_days"]) == ("unused", "likely", 90.0)
    assert one.why.startswith("No statement scanned sales_agent in 90 days, since 20")
    assert any("replica" in caveat for caveat in one.caveats)


def test_counters_of_a_fortnight_have_not_seen_a_month(world: World):
    found, _ = _unused(world, _aged(world.snapshot, 14, NEVER))
    assert found["sales_agent"].confidence == "possible"
    assert any("monthly job" in caveat for caveat in found["sales_agent"].caveats)


@pytest.mark.parametrize("days", [3.0, 0.01])
def test_young_counters_say_nothing_but_that(world: World, days: float):
    found, notes = _unused(world, _aged(world.snapshot, days, NEVER))
    assert found == {}
    assert any(note.startswith("Unused indexes were not looked for: the counters are") for note in notes)


def test_counters_without_an_age_say_nothing(world: World):
    found, notes = _unused(world, _aged(world.snapshot, None, NEVER))
    assert found == {}
    assert any("not known since when the server counts" in note for note in notes)
    # A server that runs for long without a reset has counted for at least so long.
    at = datetime.fromisoformat(world.snapshot.header.captured_at or "")
    start = (at - timedelta(days=50)).isoformat()
    found, _ = _unused(world, _aged(world.snapshot, None, NEVER, pg_postmaster_start_time=start))
    assert found["sales_agent"].evidence["age_basis"].startswith("at least")


def test_a_crash_made_the_counters_younger_than_their_own_reset_says(world: World):
    at = datetime.fromisoformat(world.snapshot.header.captured_at or "")
    crashed = (at - timedelta(days=2)).isoformat()
    found, _ = _unused(world, _aged(world.snapshot, 90, NEVER, bgwriter_stats_reset=crashed))
    assert found == {}


def test_the_probes_of_a_snapshot_are_no_use(world: World):
    probed = {"sales_agent": {"idx_scan": 2, "idx_tup_read": 2}}
    found, _ = _unused(world, _aged(world.snapshot, 90, probed))
    assert found["sales_agent"].kind == "unused"
    assert "2 times" in found["sales_agent"].why
    read = {"sales_agent": {"idx_scan": 2, "idx_tup_read": 4000}}
    found, _ = _unused(world, _aged(world.snapshot, 90, read))
    assert found["sales_agent"].kind == "rarely_used"


def test_taking_a_snapshot_scans_an_index_as_often_as_is_allowed_for(made: str):
    def scans() -> tuple[int, int]:
        with psycopg.connect(made) as connection:
            connection.execute("SELECT pg_stat_clear_snapshot()")
            row = connection.execute(
                "SELECT idx_scan, idx_tup_read FROM pg_stat_all_indexes WHERE indexrelname = 'sales_shop_total'"
            ).fetchone()
        assert row is not None
        return row

    before = scans()
    capture(made, values="present")
    after = scans()
    assert after[0] - before[0] <= 2
    assert after[1] - before[1] <= after[0] - before[0]


def test_a_monthly_job_is_named_and_never_dropped(world: World):
    rare = {"sales_agent": {"idx_scan": 3, "idx_tup_read": 90000, "last_idx_scan": "2026-01-31T23:10:00+00:00"}}
    snapshot = _aged(world.snapshot, 90, rare)
    found, _ = _unused(world, snapshot)
    assert found["sales_agent"].kind == "rarely_used"
    assert "The last time was 2026-01-31." in found["sales_agent"].why
    assert "sales_agent" not in {one.index for one in world.judge(snapshot=snapshot, planned=False).drops}


def test_what_a_plan_of_the_workload_uses_is_not_unused(world: World):
    assert _unused(world, _aged(world.snapshot, 90, NEVER), "SELECT * FROM sales WHERE agent = 3")[0] == {}
    assert _unused(world, _aged(world.snapshot, 90, NEVER), "SELECT * FROM sales WHERE id = 3")[0].keys() == {
        "sales_agent"
    }


def test_an_unused_index_goes_unless_a_foreign_key_has_no_other(world: World):
    snapshot = _aged(world.snapshot, 90, NEVER | {"sales_shop_total": {"idx_scan": 0, "idx_tup_read": 0}})
    judged = world.judge("SELECT * FROM sales WHERE id = 3", snapshot=snapshot)
    (drop,) = [one for one in judged.drops if one.index == "sales_shop_total"]
    assert drop.kinds == ("unused",)
    assert drop.proof == "planned"
    (kept,) = [one for one in judged.kept if one.index == "sales_agent"]
    assert kept.protections[0].code == "foreign_key"
    assert "no deletion from clients was seen" in kept.because


def test_unused_unique_and_primary_indexes_stay(world: World):
    names = ("sales_ref", "clients_pkey", "booking_once", "audit_id", "clients_country")
    snapshot = _aged(world.snapshot, 90, {name: {"idx_scan": 0, "idx_tup_read": 0} for name in names})
    judged = world.judge(snapshot=snapshot, planned=False)
    assert {one.index for one in judged.drops if "unused" in one.kinds} == set()
    codes = {one.index: {each.code for each in one.protections} for one in judged.kept}
    assert codes["sales_ref"] == {"unique"}
    assert codes["clients_country"] == {"cluster"}


def test_scans_of_partitions_are_those_of_the_partitioned_index(world: World):
    nothing = {"idx_scan": 0, "idx_tup_read": 0}
    one = _aged(world.snapshot, 90, {"events_1_kind_idx": nothing})
    assert _unused(world, one)[0] == {}
    both = _aged(world.snapshot, 90, {"events_1_kind_idx": nothing, "events_2_kind_idx": nothing})
    found = _unused(world, both)[0]
    assert found.keys() == {"events_kind"}
    assert found["events_kind"].bytes == 2 * BIG * 8192


def test_small_indexes_are_not_worth_a_word(world: World):
    aged = _aged(world.snapshot, 90, NEVER)
    aged.relations[:] = [replace(one, blocks=20) if one.kind == "index" else one for one in aged.relations]
    assert _unused(world, aged)[0] == {}


def test_the_counters_of_the_server_itself(world: World):
    """A fresh server: too young. As it was captured, with the age and the standby told."""
    inventory = Inventory(world.catalog, world.snapshot)
    activity = Activity(world.snapshot, inventory)
    assert activity.days is not None
    assert activity.days < 1
    assert not activity.replica
    writes = activity.writes(world.catalog.tables["sales"])
    assert writes is not None
    assert writes.inserted == 60_000
    events = activity.writes(world.catalog.tables["events"])
    assert events is not None
    assert events.inserted == 20_000


def test_mariadb_counts_by_userstat(mariadb_with: StartServer):
    server = mariadb_with({"userstat": "ON"})
    with connect(address(server.dsn + "mysql"), read_seconds=60) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE adv_e_used")
        cursor.execute("USE adv_e_used")
        cursor.execute(
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, pad char(200) DEFAULT 'x', KEY a (a), KEY b (b))"
        )
        cursor.execute("INSERT INTO t (id, a, b) SELECT seq, seq % 500, seq % 700 FROM seq_1_to_80000")
        connection.commit()
        cursor.execute("ANALYZE TABLE t")
        cursor.execute("SELECT max(id) FROM t WHERE a = 7")
    snapshot = capture(server.dsn.rstrip("/") + "/adv_e_used", values="present")
    status = [one for one in snapshot.rows if one.source == "global_status"]
    assert any(one.values["variable_name"].lower() == "uptime" for one in status)
    for one in status:
        if one.values["variable_name"].lower().startswith("uptime"):
            one.values["variable_value"] = str(86400 * 60)
    judged = judge_existing(catalog_of(snapshot), snapshot=snapshot)
    assert [(one.kind, one.index) for one in judged.verdicts] == [("unused", "b")]
    assert [one.index for one in judged.drops] == ["b"]
    off = Snapshot(header=snapshot.header, objects=snapshot.objects, relations=snapshot.relations, rows=snapshot.rows)
    off.settings = [replace(one, value="OFF") if one.name == "userstat" else one for one in snapshot.settings]
    judged = judge_existing(catalog_of(off), snapshot=off)
    assert judged.verdicts == []
    assert "does not count uses of indexes" in judged.notes[0]
