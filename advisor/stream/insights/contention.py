"""Where more work at once gives less: the Universal Scalability Law fitted to windows of the log, or nothing.

X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)) (Gunther, "Guerrilla Capacity Planning", 2007): sigma is what
queues, kappa what every pair costs, and beyond N* = sqrt((1 - sigma) / kappa) throughput falls. N / X is linear in its
coefficients, so it is fitted by least squares. The fit is told only where the log has seen at least half of N* and
bootstrap samples of the windows agree; a log of light load fits anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.model.insights import Contention
from advisor.model.stream_limits import STREAM
from advisor.stream.insights.concurrency import series
from advisor.stream.material import Material

Numbers = NDArray[np.float64]
_SAMPLES = 200
_SEED = 20_071


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients of the law."""

    rate: float
    sigma: float
    kappa: float

    @property
    def peak(self) -> float:
        """N*; infinite where nothing grows with pairs."""
        return math.sqrt(max(1 - self.sigma, 0.0) / self.kappa) if self.kappa > 0 else math.inf


def fit(running: Numbers, throughput: Numbers) -> Fit | None:
    """Least squares of N / X over windows with N of at least 1; None where the coefficients have no meaning."""
    kept = (running >= 1) & (throughput > 0)
    n, x = running[kept], throughput[kept]
    if len(n) < 3:
        return None
    ratio = n / x
    # Relative errors: each window's own N / X is the scale of its noise.
    columns = np.stack([np.ones(len(n)), n - 1, n * (n - 1)], axis=1) / ratio[:, None]
    best: tuple[float, Fit] | None = None
    for used in ([0, 1, 2], [0, 2], [0, 1], [0]):  # coefficients below zero have no meaning: leave them out
        answer, *_ = np.linalg.lstsq(columns[:, used], np.ones(len(n)), rcond=None)
        values = np.zeros(3)
        values[used] = answer
        if values[0] <= 0 or (values < 0).any() or values[1] >= values[0]:
            continue
        error = float(np.square(columns @ values - 1).sum())
        if best is None or error < best[0]:
            best = error, Fit(1 / values[0], values[1] / values[0], values[2] / values[0])
    return best[1] if best is not None else None


def contention(material: Material) -> list[Contention]:
    """At most one row. Nothing of a sample, of a log that hides statements, or of a coarse clock."""
    whole = series(material)
    if whole is None or whole.most is None or material.hidden:
        return []
    kept = _alike(material, whole.row, whole.start_us, whole.width_us, len(whole.mean))
    running, throughput = whole.mean[kept], whole.begun[kept] / (whole.width_us / 1e6)
    return judged(running, throughput)


def judged(running: Numbers, throughput: Numbers) -> list[Contention]:
    """The fit, where it may be told."""
    if int(np.count_nonzero(running >= 1)) < STREAM.contention_windows:
        return []
    found = fit(running, throughput)
    seen = float(running.max())
    if found is None or not math.isfinite(found.peak) or seen < found.peak / 2:
        return []
    generator = np.random.default_rng(_SEED)
    peaks = []
    for _ in range(_SAMPLES):
        drawn = generator.integers(0, len(running), len(running))
        again = fit(running[drawn], throughput[drawn])
        peaks.append(again.peak if again is not None else math.inf)
    low, high = (float(p) for p in np.quantile(peaks, [0.1, 0.9], method="nearest"))
    if not math.isfinite(high) or low <= 0 or high / low >= STREAM.contention_spread:
        return []
    windows = int(np.count_nonzero(running >= 1))
    return [Contention(found.sigma, found.kappa, found.peak, low, high, seen, windows)]


def _alike(material: Material, row: NDArray[np.intp], start_us: int, width_us: int, windows: int) -> NDArray[np.bool_]:
    """Windows whose statements are mixed as in the whole: another mix is another curve (cosine of calls by shape)."""
    size = len(material.fingerprints)
    if size * windows > 20_000_000:
        return np.zeros(windows, np.bool_)
    window = (material.rows["start_us"][row] - start_us) // width_us
    calls = np.bincount(window * size + material.codes[row], minlength=size * windows).reshape(windows, size)
    total = calls.sum(axis=0)
    norms = np.linalg.norm(calls, axis=1) * np.linalg.norm(total)
    alike: NDArray[np.bool_] = (calls @ total) >= STREAM.contention_alike * np.maximum(norms, 1e-9)
    return alike
