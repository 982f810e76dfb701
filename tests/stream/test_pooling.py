"""Sessions shared statement by statement, and sessions that only look so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from advisor.stream.pooling import poolings, predictability, successor
from advisor.stream.steps import steps
from advisor.stream.units import units
from tests.stream.reading import written
from tests.stream.simulated import Log
from tests.stream.worlds import WORLDS


def test_a_cycle_is_predictable_and_dice_are_not() -> None:
    cycle = np.tile(np.arange(4), 100)
    assert predictability(cycle[:-1], cycle[1:])[0] == pytest.approx(1.0, abs=0.03)
    dice = np.random.default_rng(3).integers(0, 6, 2000)
    score, bits = predictability(dice[:-1], dice[1:])
    assert score < 0.02
    assert bits == pytest.approx(np.log2(6), abs=0.02)


def test_few_statements_do_not_look_predictable_by_chance() -> None:
    """Without its correction the measure gives 0.2 for eighty throws of a die."""
    generator = np.random.default_rng(5)
    scores = [predictability(*(lambda d: (d[:-1], d[1:]))(generator.integers(0, 6, 80)))[0] for _ in range(50)]
    assert float(np.mean(scores)) < 0.05


def test_what_follows_everything_predicts_nothing() -> None:
    before = np.array([0, 1, 2, 3] * 20)
    assert successor(before, np.full(80, 7)) == 0
    assert successor(before, np.array([1, 2, 3, 0] * 20)) == 1.0


@pytest.mark.parametrize(
    ("name", "shared"),
    [("sessions_shared_by_statement", True), ("browsing_over_a_pool", False), ("one_insert_a_request", False)],
)
def test_simulated_pools(name: str, shared: bool, tmp_path: Path) -> None:
    log = Log(11)
    WORLDS[name].play(log, log.random)
    found, pooled = poolings(steps(written(log, "postgresql", tmp_path).sequence_rows()))
    assert [pool.statement_level for pool in found] == [shared]
    assert bool(pooled.all()) == shared


def test_statements_dealt_out_to_sessions_are_seen(tmp_path: Path) -> None:
    """The same traffic, first in sessions of its own, then dealt out as a pool in statement mode does."""
    log = Log(11)
    WORLDS["browsing_over_a_pool"].play(log, log.random)
    own = units(written(log, "postgresql", tmp_path).sequence_rows()).poolings
    log.events = [(t, log.random.randint(1, 4), d, q, n) for t, _, d, q, n in log.events]
    dealt = units(written(log, "postgresql", tmp_path).sequence_rows()).poolings
    assert [pool.statement_level for pool in own] == [False]
    assert [pool.statement_level for pool in dealt] == [True]
