"""Capture honesty: evidence of what a log's settings hid, and the verdict drawn from it.

A log does not state its settings, but it shows them. A threshold (`log_min_duration_statement`, `long_query_time`,
`auto_explain.log_min_duration`) leaves a cliff: nothing below one round number and, right above it, more statements
of many shapes than anywhere else. Sampling leaves transactions torn: BEGIN without COMMIT in the same session.
Evidence is counts, so it merges in any order and grouping; the verdict is drawn last.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.model.capture import Capture
from advisor.model.limits import LIMITS

#: Histogram bins an octave of duration: a bin spans 9 %.
_PER_OCTAVE = 8
#: Sources kept apart. Past it sources share a slot: it bounds a digest of digests, and only blurs inference.
_SLOTS = 1024
#: Round numbers that people set thresholds to, times powers of ten.
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0)
_FAST_US = 1000


class Observed(msgspec.Struct):
    """Evidence from one stream of one source. Every field merges by sum, minimum, or union."""

    timed: int = 0
    """Events with a duration."""
    untimed: int = 0
    """Events without one (logged by log_statement, or by the general log)."""
    nameless: int = 0
    """Durations without a text."""
    min_us: int | None = None
    bins: dict[int, tuple[int, int]] = {}
    """Bin of log2(duration) -> (events, 64-bit mask of the shapes seen there)."""
    whole: int = 0
    """Transaction statements that follow each other in a session as they must (BEGIN then COMMIT or ROLLBACK)."""
    torn: int = 0
    """... and those that cannot: BEGIN after BEGIN, COMMIT after COMMIT."""
    truncated: int = 0
    """Texts that the server or the transport cut."""
    settings: dict[str, list[str]] = {}
    """Settings that the log itself tells: name -> distinct values, sorted."""
    rate_limits: dict[int, int] = {}
    """Percona's log_slow_rate_limit as printed -> events under it."""
    scaled: bool = False
    """The reader multiplied its rows by the printed rate limit."""

    def durations(self, duration_us: NDArray[np.int64], shape_key: NDArray[np.uint64]) -> None:
        """Take in one batch's events; a negative duration is an unknown one."""
        known = duration_us >= 0
        count = int(np.count_nonzero(known))
        self.untimed += len(duration_us) - count
        if not count:
            return
        if count != len(duration_us):
            duration_us, shape_key = duration_us[known], shape_key[known]
        self.timed += count
        lowest = int(duration_us.min())
        self.min_us = lowest if self.min_us is None else min(self.min_us, lowest)
        numbers = np.floor(np.log2(np.maximum(duration_us, 1)) * _PER_OCTAVE).astype(np.int64)
        counts = np.bincount(numbers)
        # One bit a shape, by the top bits of its key: enough to tell "one query" from "many".
        masks = np.zeros(len(counts), np.uint64)
        np.bitwise_or.at(masks, numbers, np.uint64(1) << (shape_key >> np.uint64(58)))
        bins = dict(self.bins)
        for number in np.flatnonzero(counts).tolist():
            events, mask = bins.get(number, (0, 0))
            bins[number] = (events + int(counts[number]), mask | int(masks[number]))
        self.bins = bins

    def setting(self, name: str, value: str) -> None:
        """A setting that the log tells ("parameter ... changed to ...")."""
        values = self.settings.get(name, [])
        if value not in values and len(values) < 8:
            self.settings = {**self.settings, name: sorted([*values, value])}

    def rate_limit(self, limit: int, events: int) -> None:
        """Events that the log says were picked one in ``limit``."""
        if limit > 1:
            self.rate_limits = {**self.rate_limits, limit: self.rate_limits.get(limit, 0) + events}

    def merged(self, other: Observed) -> Observed:
        """Both together; neither is changed."""
        bins = dict(self.bins)
        for number, (events, mask) in other.bins.items():
            mine = bins.get(number, (0, 0))
            bins[number] = (mine[0] + events, mine[1] | mask)
        rates = dict(self.rate_limits)
        for limit, events in other.rate_limits.items():
            rates[limit] = rates.get(limit, 0) + events
        names = sorted({*self.settings, *other.settings})
        lows = [low for low in (self.min_us, other.min_us) if low is not None]
        return Observed(
            timed=self.timed + other.timed,
            untimed=self.untimed + other.untimed,
            nameless=self.nameless + other.nameless,
            min_us=min(lows) if lows else None,
            bins=dict(sorted(bins.items())),
            whole=self.whole + other.whole,
            torn=self.torn + other.torn,
            truncated=self.truncated + other.truncated,
            settings={n: sorted({*self.settings.get(n, ()), *other.settings.get(n, ())}) for n in names},
            rate_limits=dict(sorted(rates.items())),
            scaled=self.scaled or other.scaled,
        )

    def empty(self) -> bool:
        """Nothing was observed."""
        return not (self.timed or self.untimed or self.nameless or self.settings)


class CaptureEvidence(msgspec.Struct):
    """Evidence of all sources, each apart: a complete log does not make up for a thresholded one beside it."""

    observed: dict[str, Observed] = {}
    given_threshold_ms: float | None = None
    """What the user says the threshold was: believed over any inference."""
    given_sample_rate: float | None = None

    def put(self, engine: str, source: str, observed: Observed, stream: str = "") -> None:
        """Add the evidence of one source. ``stream`` keeps apart what has a threshold of its own (``auto_explain``)."""
        if observed.empty():
            return
        slot = (
            int.from_bytes(hashlib.blake2b(source.encode("utf-8", "replace"), digest_size=4).digest(), "big") % _SLOTS
        )
        key = f"{engine}/{stream}/{slot}"
        before = self.observed.get(key)
        self.observed = {**self.observed, key: observed.merged(before or Observed())}

    def merged(self, other: CaptureEvidence) -> CaptureEvidence:
        """Both together. Associative and commutative; neither is changed."""
        keys = sorted({*self.observed, *other.observed})
        empty = Observed()
        rates = [rate for rate in (self.given_sample_rate, other.given_sample_rate) if rate is not None]
        thresholds = [low for low in (self.given_threshold_ms, other.given_threshold_ms) if low is not None]
        return CaptureEvidence(
            {key: self.observed.get(key, empty).merged(other.observed.get(key, empty)) for key in keys},
            max(thresholds) if thresholds else None,
            min(rates) if rates else None,
        )

    def uniform_rate(self) -> float | None:
        """The one share of statements that was logged throughout, where scaling counts by it is sound; else None.

        That is a rate the user states, or one `log_slow_rate_limit` that every record of every source carries. A
        setting that the log mentions in passing held for a part of it only.
        """
        if self.given_sample_rate is not None:
            return self.given_sample_rate if 0 < self.given_sample_rate < 1 else None
        limits: set[int] = set()
        for seen in self.observed.values():
            if list(seen.rate_limits.values()) != [seen.timed]:
                return None
            limits.update(seen.rate_limits)
        return 1 / limits.pop() if len(limits) == 1 else None

    def verdict(self) -> Capture:
        """What can be said of the whole input."""
        opinions = []
        for key, seen in sorted(self.observed.items()):
            engine, stream, _ = key.split("/")
            opinions.append(_opinion(engine, stream, seen))
        sentences: list[str] = []
        for opinion in opinions:
            sentences += [sentence for sentence in opinion.why if sentence not in sentences]
        complete: bool | None = None
        if any(opinion.complete is False for opinion in opinions):
            complete = False
        elif opinions and all(opinion.complete for opinion in opinions):
            complete = True
        thresholds = [opinion.threshold_ms for opinion in opinions]
        known = [threshold for threshold in thresholds if threshold is not None]
        # A known zero says nothing for a source whose threshold is unknown.
        threshold = max(known) if known and (len(known) == len(thresholds) or max(known) > 0) else None
        rates = {opinion.sample_rate for opinion in opinions}
        rate = rates.pop() if len(rates) == 1 else None
        if self.given_threshold_ms is not None:
            threshold = self.given_threshold_ms
            sentences.insert(0, f"the threshold of {_ms(threshold)} was given")
            complete = False if threshold > 0 else complete
        if self.given_sample_rate is not None:
            rate = self.given_sample_rate
            sentences.insert(0, f"the sample rate of {rate:g} was given")
            complete = False if rate < 1 else complete
        scaled = any(opinion.scaled for opinion in opinions)
        return Capture(complete, threshold, rate, scaled, "; ".join(sentences[:12]))


@dataclass(slots=True)
class _Opinion:
    complete: bool | None
    threshold_ms: float | None
    sample_rate: float | None
    scaled: bool
    why: list[str]


#: Settings that hide statements, by what they say.
_THRESHOLDS = {
    "log_min_duration_statement": "statements",
    "log_min_duration_sample": "sampled statements",
    "auto_explain.log_min_duration": "plans",
    "long_query_time": "statements",
}
_RATES = ("log_statement_sample_rate", "log_transaction_sample_rate", "auto_explain.sample_rate")


def _opinion(engine: str, stream: str, seen: Observed) -> _Opinion:
    setting = "auto_explain.log_min_duration" if stream == "auto_explain" else "log_min_duration_statement"
    if engine in ("mysql", "mariadb"):
        setting = "long_query_time"
    opinion = _Opinion(None, None, None, seen.scaled, [])
    why = opinion.why
    edge = _edge(seen)
    fast = sum(events for number, (events, _) in seen.bins.items() if 2 ** (number / _PER_OCTAVE) < _FAST_US)
    if edge is not None:
        opinion.complete, opinion.threshold_ms = False, edge
        why.append(
            f"no statement is faster than {_ms((seen.min_us or 0) / 1000)} and they crowd right above it: "
            f"{setting} seems to be {_ms(edge)}; faster ones are not in the log"
        )
    elif _many_fast(seen, fast):
        opinion.threshold_ms = 0.0
        transactions = seen.whole + seen.torn
        if transactions < LIMITS.capture_transactions:
            why.append(
                f"{fast:,} of {seen.timed:,} durations are under 1 ms: no threshold; too few transaction "
                "statements to tell whether statements were sampled"
            )
        elif seen.torn > transactions * LIMITS.capture_torn_share:
            opinion.complete = False
            why.append(
                f"{seen.torn:,} of {transactions:,} transaction statements lack their other half: the log looks "
                "sampled; its rate is not known"
            )
        else:
            opinion.complete = True
            why.append(
                f"{fast:,} of {seen.timed:,} durations are under 1 ms and {seen.whole:,} transaction statements "
                "are whole: nothing seems to be hidden"
            )
    elif seen.timed:
        why.append(f"{seen.timed:,} durations do not show whether {setting} hides faster statements")
    _told(seen, opinion)
    if seen.untimed:
        if seen.untimed and not seen.timed:
            why.append("no statement has a duration: counts only (log_statement without durations)")
            if seen.whole >= LIMITS.capture_transactions and seen.torn <= seen.whole * LIMITS.capture_torn_share:
                opinion.complete = True if opinion.complete is None else opinion.complete
        else:
            opinion.complete = False
            why.append(f"{seen.untimed:,} statements have no duration: total times are lower bounds")
    if seen.nameless:
        opinion.complete = False
        why.append(f"{seen.nameless:,} durations have no text (log_duration without log_statement)")
    if seen.truncated:
        why.append(f"{seen.truncated:,} texts are cut")
    return opinion


def _told(seen: Observed, opinion: _Opinion) -> None:
    """What the log states outright: it is believed before what was inferred."""
    for name, values in sorted(seen.settings.items()):
        if name in _THRESHOLDS:
            numbers = [number for value in values if (number := milliseconds(value)) is not None]
            hiding = [number for number in numbers if number != 0]
            if not hiding:
                continue
            opinion.complete = False
            opinion.threshold_ms = max(opinion.threshold_ms or 0.0, *hiding)
            if min(hiding) < 0:
                opinion.why.append(f"the log says that {name} was switched off for a part of it")
            shown = ", ".join(_ms(number) for number in sorted(hiding) if number > 0)
            if shown:
                opinion.why.append(f"the log says that {name} was set to {shown} for a part of it")
        elif name in _RATES:
            rates = [rate for value in values if (rate := _number(value)) is not None and 0 <= rate < 1]
            if rates:
                opinion.complete = False
                opinion.sample_rate = rates[0] if len(values) == 1 else None
                opinion.why.append(
                    f"the log says that {name} was {', '.join(f'{rate:g}' for rate in rates)} for a part of it"
                )
    if seen.rate_limits:
        opinion.complete = False
        limits = sorted(seen.rate_limits)
        if len(limits) == 1 and seen.rate_limits[limits[0]] == seen.timed:
            opinion.sample_rate = 1 / limits[0]
        opinion.why.append(
            f"log_slow_rate_limit is {', '.join(map(str, limits))}: one in so many was logged"
            + (", and counts are scaled by it" if seen.scaled else "")
        )


def _many_fast(seen: Observed, fast: int) -> bool:
    return seen.timed >= LIMITS.capture_events and fast >= seen.timed * LIMITS.capture_fast_share


def _edge(seen: Observed) -> float | None:
    """The threshold in ms that the lower edge of the durations shows, None when there is no cliff.

    A latency distribution rises gently from its minimum; one that was cut is densest at the cut. So the first octave
    above the minimum must hold many events, of several shapes (one query of constant duration makes a cliff of its
    own), more than the octave after it; and the minimum must lie just above a round number, as near as that many
    events come to a real edge.
    """
    if seen.min_us is None or seen.min_us < _FAST_US or seen.timed < LIMITS.capture_events:
        return None
    first = math.floor(math.log2(seen.min_us) * _PER_OCTAVE)

    def octave(start: int) -> tuple[int, int]:
        events, mask = 0, 0
        for number in range(start, start + _PER_OCTAVE):
            here = seen.bins.get(number, (0, 0))
            events, mask = events + here[0], mask | here[1]
        return events, mask

    (near, shapes), (far, _) = octave(first), octave(first + _PER_OCTAVE)
    if near < LIMITS.capture_events // 2 or near < far or shapes.bit_count() < LIMITS.capture_shapes:
        return None
    low = seen.min_us / 1000
    power = 10.0 ** math.floor(math.log10(low))
    edge = max(digit * power for digit in _ROUND if digit * power <= low)
    # The smallest of `near` values spread over an octave lies about low / near above the edge; allow ten times that.
    return edge if low - edge <= low * min(0.05, 10 / near) else None


_QUANTITY = re.compile(r"\s*(-?\d{1,18}(?:\.\d{1,9})?)\s*(us|ms|s|min|h|d)?\s*", re.ASCII)
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}


def milliseconds(value: str) -> float | None:
    """A duration setting as PostgreSQL prints it (``250ms``, ``1min``; bare: ms) in ms; None if it is none."""
    match = _QUANTITY.fullmatch(value)
    return float(match[1]) * _UNITS[match[2] or "ms"] if match else None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


class Transactions:
    """Watches that BEGIN and COMMIT alternate in each session. Memory is bounded by the sessions remembered."""

    def __init__(self, opens: list[int], closes: list[int]) -> None:
        self._opens = np.array(opens, np.uint64)
        self._closes = np.array(closes, np.uint64)
        self._last: dict[int, bool] = {}

    def watch(self, shape_key: NDArray[np.uint64], session: NDArray[np.uint64], observed: Observed) -> None:
        """Take in one batch in the order of the source; session 0 is unknown and not counted."""
        opens = np.isin(shape_key, self._opens)
        picked = np.flatnonzero((opens | np.isin(shape_key, self._closes)) & (session != 0))
        if not len(picked):
            return
        order = picked[np.argsort(session[picked], kind="stable")]
        sessions, kinds = session[order], opens[order]
        same = sessions[1:] == sessions[:-1]
        alternate = kinds[1:] != kinds[:-1]
        observed.whole += int(np.count_nonzero(same & alternate))
        observed.torn += int(np.count_nonzero(same & ~alternate))
        firsts = np.flatnonzero(np.concatenate(([True], ~same)))
        lasts = np.concatenate((firsts[1:], [len(order)])) - 1
        for name, first, last in zip(
            sessions[firsts].tolist(), kinds[firsts].tolist(), kinds[lasts].tolist(), strict=True
        ):
            before = self._last.pop(name, None)
            if before is not None:
                if before != first:
                    observed.whole += 1
                else:
                    observed.torn += 1
            self._last[name] = last
        while len(self._last) > LIMITS.sessions_open:
            del self._last[next(iter(self._last))]
