"""What a log's settings hid is told on evidence, and never guessed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.capture import Capture
from advisor.sources.capture import CaptureEvidence, Observed, Transactions, milliseconds


def latencies(n: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """A workload of 40 shapes: lognormal around 2 ms."""
    random = np.random.default_rng(seed)
    shapes = random.integers(0, 40, n)
    durations = np.exp(random.normal(np.log(2000) + (shapes % 7) * 0.4, 1.2)).astype(np.int64) + 20
    return durations, (shapes.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def verdict(*observed: Observed, engine: str = "postgresql") -> Capture:
    evidence = CaptureEvidence()
    for number, one in enumerate(observed):
        evidence.put(engine, f"source {number}", one)
    return evidence.verdict()


def seen(durations: np.ndarray, shapes: np.ndarray) -> Observed:
    one = Observed()
    one.durations(durations, shapes)
    return one


@pytest.mark.parametrize("threshold_ms", [5, 10, 20, 50, 100, 250])
@pytest.mark.parametrize("seed", range(5))
def test_a_threshold_shows_as_a_cliff(threshold_ms: int, seed: int) -> None:
    durations, shapes = latencies(200_000, seed)
    kept = durations >= threshold_ms * 1000
    result = verdict(seen(durations[kept], shapes[kept]))
    assert result.threshold_ms == threshold_ms
    assert result.complete is False
    assert "log_min_duration_statement" in result.why


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_long_query_time_is_named_for_mysql(engine: str) -> None:
    durations, shapes = latencies(50_000)
    kept = durations >= 10_000
    result = verdict(seen(durations[kept], shapes[kept]), engine=engine)
    assert result.threshold_ms == 10
    assert "long_query_time" in result.why


@pytest.mark.parametrize("seed", range(10))
def test_a_whole_workload_has_no_cliff(seed: int) -> None:
    durations, shapes = latencies(5_000, seed)
    result = verdict(seen(durations, shapes))
    assert result.threshold_ms == 0
    assert result.complete is None, "without transaction statements nothing rules sampling out"
    slow = verdict(seen(durations + 900, shapes))  # a far server: everything takes a millisecond, with a soft edge
    assert slow.threshold_ms is None
    assert slow.complete is None


def test_one_query_of_constant_duration_is_no_threshold() -> None:
    durations = 1_000_100 + np.arange(500) % 700
    result = verdict(seen(durations, np.full(500, 77, np.uint64)))
    assert result.threshold_ms is None
    assert result.complete is None


def test_few_events_say_nothing() -> None:
    durations, shapes = latencies(20)
    assert verdict(seen(durations, shapes)) == Capture(
        None, None, None, False, "20 durations do not show whether log_min_duration_statement hides faster statements"
    )
    assert verdict() == Capture()


def test_transactions_tell_a_whole_log_from_a_sampled_one() -> None:
    durations, shapes = latencies(2_000)
    random = np.random.default_rng(3)
    sessions = np.repeat(np.arange(1, 101, dtype=np.uint64), 20)
    kinds = np.tile(np.array([1, 2], np.uint64), 1000)

    def watched(keep: np.ndarray) -> Capture:
        one = seen(durations, shapes)
        Transactions([1], [2]).watch(kinds[keep], sessions[keep], one)
        return verdict(one)

    assert watched(np.ones(2000, bool)).complete is True
    sampled = watched(random.random(2000) < 0.2)
    assert sampled.complete is False
    assert sampled.sample_rate is None
    assert "sampled" in sampled.why


@given(st.lists(st.integers(0, 5), max_size=6), st.integers(0, 2**32))
def test_transactions_do_not_depend_on_blocks(cuts: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    kinds = random.integers(1, 4, 60).astype(np.uint64)
    sessions = random.integers(0, 4, 60).astype(np.uint64)
    whole, pieces = Observed(), Observed()
    Transactions([1], [2]).watch(kinds, sessions, whole)
    watcher = Transactions([1], [2])
    edges = sorted({0, 60, *(cut * 10 for cut in cuts)})
    for start, end in itertools.pairwise(edges):
        watcher.watch(kinds[start:end], sessions[start:end], pieces)
    assert (pieces.whole, pieces.torn) == (whole.whole, whole.torn)


def test_a_complete_source_does_not_make_up_for_a_thresholded_one() -> None:
    durations, shapes = latencies(20_000)
    full, cut = seen(durations, shapes), seen(durations[durations >= 50_000], shapes[durations >= 50_000])
    full.whole = 100
    assert verdict(full).complete is True
    both = verdict(full, cut)
    assert both.complete is False
    assert both.threshold_ms == 50


def test_settings_that_the_log_tells_are_believed() -> None:
    durations, shapes = latencies(2_000)
    one = seen(durations, shapes)
    one.setting("log_min_duration_statement", "250ms")
    one.setting("log_min_duration_statement", "0")
    result = verdict(one)
    assert (result.complete, result.threshold_ms) == (False, 250)
    one = seen(durations, shapes)
    one.setting("log_statement_sample_rate", "0.1")
    result = verdict(one)
    assert (result.complete, result.sample_rate) == (False, 0.1)


def test_a_rate_limit_printed_in_every_record_is_the_sample_rate() -> None:
    durations, shapes = latencies(500)
    one = seen(durations, shapes)
    one.rate_limit(10, 500)
    one.scaled = True
    result = verdict(one, engine="mysql")
    assert (result.sample_rate, result.scaled, result.complete) == (0.1, True, False)
    one.rate_limit(5, 100)
    assert verdict(one, engine="mysql").sample_rate is None


def test_what_is_given_is_believed_before_what_is_inferred() -> None:
    durations, shapes = latencies(500)
    evidence = CaptureEvidence(given_threshold_ms=100.0, given_sample_rate=0.5)
    evidence.put("postgresql", "a", seen(durations, shapes))
    result = evidence.verdict()
    assert (result.complete, result.threshold_ms, result.sample_rate) == (False, 100, 0.5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250ms", 250),
        ("1min", 60_000),
        ("0", 0),
        ("-1", -1),
        ("1.5s", 1500),
        ("default", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_durations_as_settings_print_them(text: str, value: float | None) -> None:
    assert milliseconds(text) == value


observations = st.builds(
    Observed,
    timed=st.integers(0, 10**6),
    untimed=st.integers(0, 10**6),
    nameless=st.integers(0, 100),
    min_us=st.none() | st.integers(0, 10**9),
    bins=st.dictionaries(st.integers(0, 300), st.tuples(st.integers(1, 10**6), st.integers(0, 2**64 - 1)), max_size=5),
    whole=st.integers(0, 100),
    torn=st.integers(0, 100),
    settings=st.dictionaries(st.sampled_from(["log_min_duration_statement", "x"]), st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(sorted)),
    rate_limits=st.dictionaries(st.integers(2, 9), st.integers(1, 100), max_size=2),
    scaled=st.booleans(),
)  # fmt: skip
evidences = st.lists(
    st.tuples(st.sampled_from(["postgresql", "mysql"]), st.sampled_from(["a", "b", "c"]), observations), max_size=4
)


def collected(items: list[tuple[str, str, Observed]]) -> CaptureEvidence:
    evidence = CaptureEvidence()
    for engine, source, observed in items:
        evidence.put(engine, source, observed)
    return evidence.merged(CaptureEvidence())


@given(evidences, evidences, evidences)
@settings(deadline=None)
def test_merging_is_associative_and_commutative(
    a: list[tuple[str, str, Observed]], b: list[tuple[str, str, Observed]], c: list[tuple[str, str, Observed]]
) -> None:
    one, two, three = collected(a), collected(b), collected(c)
    assert one.merged(two).merged(three) == one.merged(two.merged(three))
    assert one.merged(two) == two.merged(one)
    assert one.merged(CaptureEvidence()) == one
    assert one.merged(two).merged(three) == collected([*c, *a, *b])
    assert isinstance(one.merged(two).verdict(), Capture)


@given(st.lists(st.integers(-1, 10**8), max_size=200), st.integers(0, 200))
def test_batches_may_be_cut_anywhere(values: list[int], cut: int) -> None:
    durations = np.array(values, np.int64)
    shapes = np.arange(len(values), dtype=np.uint64) << np.uint64(58)
    whole, pieces = seen(durations, shapes), Observed()
    pieces.durations(durations[:cut], shapes[:cut])
    pieces.durations(durations[cut:], shapes[cut:])
    assert pieces.merged(Observed()) == whole.merged(Observed())
