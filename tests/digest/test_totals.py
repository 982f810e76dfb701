"""The workload as a whole, and what its window may claim."""

from __future__ import annotations

from advisor.digest import Digest
from advisor.model.batch import NO_TIME
from advisor.model.source import SourceSummary
from tests.digest.events import Event, batch

T = 1_700_000_000_000_000


def counters(*spans: tuple[int | None, int | None]) -> Digest:
    """A digest of dumps of pg_stat_statements that cover the spans."""
    summaries = [
        SourceSummary(path=f"{i}.csv", format="pg-stat-statements", since_us=since, until_us=until)
        for i, (since, until) in enumerate(spans)
    ]
    digest = Digest(summaries)
    for i in range(len(spans)):
        digest.add(batch([Event(time_us=NO_TIME, calls=9)], source=i, counted=True))
    return digest


def test_counters_cover_the_time_since_their_reset() -> None:
    totals = counters((T, T + 60), (T - 5, T + 50)).totals()
    assert (totals.start_us, totals.end_us) == (T - 5, T + 60)
    assert any("cumulative" in note and "not known" not in note for note in totals.notes)


def test_counters_that_do_not_say_since_when_have_no_window() -> None:
    totals = counters((T, T + 60), (None, T + 50)).totals()
    assert (totals.start_us, totals.end_us) == (None, T + 60)
    assert any("since when they count is not known" in note for note in totals.notes)


def test_pieces_of_one_server_keep_the_whole_span(tmp_path) -> None:  # type: ignore[no-untyped-def]
    one, other = counters((T, T + 60)), counters((T - 9, T + 30))
    one.merge(other).save(tmp_path / "d")
    totals = Digest.load(tmp_path / "d").totals()
    assert (totals.start_us, totals.end_us) == (T - 9, T + 60)


def test_beside_a_log_the_window_is_the_logs() -> None:
    digest = counters((T - 10**12, T))
    digest.add(batch([Event(time_us=T, duration_us=5)], source=1))
    totals = digest.totals()
    assert (totals.start_us, totals.end_us) == (T, T + 5)
    assert any("logs and counters together" in note for note in totals.notes)
