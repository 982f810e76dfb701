"""What is reported of logs with known contents: simulated applications, and the recorded development set."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.digest.digest import merge
from advisor.stream.detection import candidates
from benchmarks.nplusone.score import Tally, canon, log_of, ours, score
from tests.stream.reading import detected, said, schema, written
from tests.stream.simulated import Log
from tests.stream.worlds import WORLDS

DEV = Path("fixtures/nplusone/dev.tar.xz")
SHOP = Path("fixtures/shop")


@pytest.mark.parametrize("server", ["postgresql", "mariadb", "general"])
@pytest.mark.parametrize("known", [True, False], ids=["schema", "names"])
@pytest.mark.parametrize("name", sorted(WORLDS))
def test_what_is_repeated_is_said_and_nothing_else(name: str, known: bool, server: str, tmp_path: Path) -> None:
    world = WORLDS[name]
    if server not in world.servers:
        pytest.skip("not of this server")
    log = Log(7)
    world.play(log, log.random)
    whole = written(log, server, tmp_path)
    found = said(whole, detected(whole, schema("postgresql" if server == "postgresql" else "mariadb") if known else []))
    for wanted in world.repeated:
        assert any(text.startswith(wanted) for text in found), (wanted, found)
    assert all(text.startswith(world.repeated) for text in found if world.repeated), found
    assert world.repeated or not found


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dev")
    with tarfile.open(DEV) as packed:
        packed.extractall(folder, filter="data")
    return folder


def test_the_development_set(dev: Path) -> None:
    """No forecast: thresholds were chosen while looking at it. It shows when a change breaks something."""
    tally = Tally()
    catalogs = {e: [read_ddl((dev / f"schema_{e}.sql").read_text(), "schema.sql")] for e in ("pg", "my")}
    for scenario in json.loads((dev / "truth.json").read_text())["scenarios"]:
        log = log_of(scenario, None)
        if scenario["label"] == "hard" or log is None:
            continue
        whole = digest([dev / log])
        texts = {shape.fingerprint: canon(shape.sql) for shape in whole.shapes()}
        found = ours(whole.sequence_rows(), whole.shapes(), catalogs[scenario["engine"]])
        score(tally, scenario, {texts[name] for name in found})
    assert tally.hit + tally.missed == 60, "every label is scored"
    assert tally.hit >= 0.92 * 60, tally.notes
    assert tally.hit >= 0.95 * (tally.hit + tally.false), tally.notes
    assert tally.clean >= 0.97 * tally.negatives, tally.notes


@pytest.mark.parametrize(("log", "ddl"), [("postgresql/shop.csv.gz", "postgresql"), ("mariadb/slow.log.gz", "mariadb")])
def test_the_shop_has_one_loop_of_queries(log: str, ddl: str) -> None:
    whole = digest([SHOP / log])
    report = detected(whole, [read_ddl((SHOP / ddl / "schema.sql").read_text(), "schema.sql")])
    assert said(whole, report) == {"select method, amount from payments where order_id = ?"}
    assert not any(pool.statement_level for pool in report.pooling)
    loop = report.repetitions[0]
    assert loop.n_median == 15
    assert loop.repeats == 15 * loop.instances
    assert loop.conservation == pytest.approx(1.0, abs=0.02)


def test_parts_of_a_log_give_what_the_whole_gives(tmp_path: Path) -> None:
    log = Log(3)
    WORLDS["lists_of_signed_in_users"].play(log, log.random)
    whole = written(log, "postgresql", tmp_path)
    again = merge([digest([tmp_path / "postgresql.log"])])
    assert detected(again, schema("postgresql")) == detected(whole, schema("postgresql"))


def test_times_and_sessions_have_no_meaning_of_their_own(tmp_path: Path) -> None:
    """Another day, other process ids: the same report."""
    reports = []
    for shift, first in ((0, 1), (86_400_000_000, 4711)):
        log = Log(5)
        WORLDS["browsing_over_a_pool"].play(log, log.random)
        WORLDS["lists_in_autocommit"].play(log, log.random)
        log.events = [(t + shift, s + first, d, q, n) for t, s, d, q, n in log.events]
        whole = written(log, "postgresql", tmp_path)
        reports.append(
            [(r.child, r.parent, r.tier, r.repeats) for r in detected(whole, schema("postgresql")).repetitions]
        )
    assert reports[0] == reports[1]
    assert reports[0]


def test_no_times_at_all(tmp_path: Path) -> None:
    """A capture without a clock still has an order."""
    log = Log(2)
    WORLDS["lists_in_autocommit"].play(log, log.random)
    whole = written(log, "postgresql", tmp_path)
    whole.sequence_rows()["start_us"][:] = -(2**63)
    whole.sequence_rows()["duration_us"][:] = -1
    report = detected(whole, schema("postgresql"))
    assert said(whole, report)
    assert report.round_trip_us is None
    assert report.repetitions[0].gap_us is None


def test_the_round_trip_is_near_the_truth(tmp_path: Path) -> None:
    """Clients of the simulation wait 800 us on average, evenly between 320 and 1280."""
    log = Log(2)
    WORLDS["lists_in_autocommit"].play(log, log.random)
    trip = detected(written(log, "postgresql", tmp_path), schema("postgresql")).round_trip_us
    assert trip is not None
    assert 320 <= trip <= 1000


def test_nothing_gives_nothing(tmp_path: Path) -> None:
    log = Log(1)
    log.client(1).run("SELECT 1")
    whole = written(log, "postgresql", tmp_path)
    empty = {name: column[:0] for name, column in whole.sequence_rows().items()}
    assert candidates(empty) == set()
    assert detected(whole, []).repetitions == ()


def test_candidates_hold_parents_and_children_and_are_few(tmp_path: Path) -> None:
    log = Log(9)
    WORLDS["lists_in_autocommit"].play(log, log.random)
    for i in range(300):
        log.client(50 + i).run(f"SELECT a{i} FROM t{i} WHERE b = 1")
    whole = written(log, "postgresql", tmp_path)
    texts = {shape.fingerprint: shape.sql for shape in whole.shapes()}
    wanted = {texts[name].split(" from ")[1].split()[0] for name in candidates(whole.sequence_rows())}
    assert {"books", "authors"} <= wanted
    assert len(wanted) < 10


def test_hostile_material_is_bounded(tmp_path: Path) -> None:
    """Twenty thousand statements of one session, each of another shape or key: seconds, not minutes."""
    import time

    log = Log(4)
    c = log.client(1)
    for _ in range(6000):
        c.run(
            f"SELECT id FROM t{log.random.randint(0, 60)} WHERE x{log.random.randint(0, 60)}_id = {log.random.randint(1, 9)}"
        )
    whole = written(log, "postgresql", tmp_path)
    before = time.process_time()
    report = detected(whole, [])
    assert time.process_time() - before < 15
    assert not said(whole, report)
    assert np.isfinite([each.score for each in report.repetitions]).all()
