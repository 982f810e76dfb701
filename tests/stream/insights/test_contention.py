"""The scalability law: right where the log shows enough, silent where it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.stream.insights.contention import contention, fit, judged
from tests.digest.events import Event
from tests.stream.insights.made import HOUR, made

SIGMA, KAPPA, RATE = 0.05, 0.0015, 100.0
PEAK = math.sqrt((1 - SIGMA) / KAPPA)


def windows(most: float, noise: float = 0.08, count: int = 120, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    running = random.uniform(1, most, count)
    throughput = RATE * running / (1 + SIGMA * (running - 1) + KAPPA * running * (running - 1))
    return running, throughput * random.normal(1, noise, count)


def test_the_coefficients_are_found_without_noise() -> None:
    found = fit(*windows(40, noise=0.0))
    assert found is not None
    assert (found.sigma, found.kappa, found.rate) == pytest.approx((SIGMA, KAPPA, RATE), rel=1e-6)
    assert found.peak == pytest.approx(PEAK)


def test_the_peak_is_told_where_it_was_seen() -> None:
    told = [judged(*windows(32, seed=seed)) for seed in range(20)]
    assert sum(1 for found in told if found) >= 18
    for found in told:
        for row in found:
            assert row.peak == pytest.approx(PEAK, rel=0.35)
            assert row.peak_low <= row.peak_high


def test_of_a_light_load_nothing_is_told() -> None:
    wrong = [row for seed in range(50) for row in judged(*windows(4, seed=seed)) if abs(row.peak - PEAK) > PEAK / 2]
    assert len(wrong) <= 1
    assert sum(bool(judged(*windows(4, seed=seed))) for seed in range(50)) <= 2


def test_a_server_that_scales_has_no_peak() -> None:
    random = np.random.default_rng(2)
    running = random.uniform(1, 40, 200)
    told = [judged(running, 100 * running * np.random.default_rng(s).normal(1, 0.05, 200)) for s in range(20)]
    assert sum(bool(found) for found in told) == 0


def test_too_few_windows() -> None:
    assert not judged(*windows(40, count=20))
    assert not contention(made([Event("SELECT * FROM t", 500, HOUR + n * 1000, 1) for n in range(2000)]))
