"""What is said of windows whose truth is known."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from advisor.comparison import compare
from advisor.digest.digest import Digest
from advisor.model.engine import Engine
from advisor.model.stream import Repetition, StreamReport, Visibility
from benchmarks.compare import Scenario
from benchmarks.compare import windows as simulated
from tests.comparison.windows import DAY, START, digest, shop, steady, thresholded

SQL = "select total from orders where id = 7"
TEXT = "select total from orders where id = ?"


def status(result, text=TEXT):
    return next(shape for shape in result.shapes if shape.sql == text)


def rules(result):
    return sorted(finding.rule for finding in result.findings)


def days(before, after, **more):
    """Compared on two days, the same hour."""
    return compare(digest(before), digest(after, start=START + DAY), **more)


def test_a_window_and_itself_are_the_same():
    one = digest(shop(1))
    result = compare(one, one)
    assert {shape.status for shape in result.shapes} <= {"same", "unclear"}
    assert all(shape.ratio == pytest.approx(1) for shape in result.shapes)
    assert result.findings == ()


def test_nothing_happened():
    result = days(shop(1), shop(2))
    assert result.findings == ()
    assert not {"slower", "faster", "new", "gone"} & {shape.status for shape in result.shapes}


@pytest.mark.parametrize(("factor", "word"), [(2.0, "slower"), (0.5, "faster")])
def test_a_change_of_one_statement(factor, word):
    result = days(shop(1) + steady(SQL, 40, 300), shop(2) + steady(SQL, 40 * factor, 300, seed=2))
    found = status(result)
    assert found.status == word
    assert found.ci_low < factor < found.ci_high
    assert found.q_value <= 0.01
    assert rules(result) == (["CMP001"] if word == "slower" else [])
    assert Counter(s.status for s in result.shapes)[word] == 1


def test_swapping_the_windows_turns_every_ratio_round():
    before, after = shop(1) + steady(SQL, 40, 300), shop(2) + steady(SQL, 80, 300, seed=2)
    one, other = days(before, after), days(after, before)
    turned = {"slower": "faster", "faster": "slower", "new": "gone", "gone": "new"}
    for shape in one.shapes:
        back = status(other, shape.sql)
        assert back.status == turned.get(shape.status, shape.status)
        assert back.ratio == pytest.approx(1 / shape.ratio)


def test_the_order_of_merging_changes_nothing():
    before, after = shop(1) + steady(SQL, 40, 300), shop(2) + steady(SQL, 80, 300, seed=2)
    half = len(after) // 2
    pieces = [digest(part, start=START + DAY, session=i + 1) for i, part in enumerate((after[:half], after[half:]))]
    one = Digest().merge(pieces[0]).merge(pieces[1])
    other = Digest().merge(pieces[1]).merge(pieces[0])
    assert compare(digest(before), one).shapes == compare(digest(before), other).shapes


def test_slow_calls_that_became_more_show_in_the_mean_alone():
    def locked(share, seed):
        calls = steady(SQL, 10, 2000, seed=seed, sigma=0.2)
        return [(sql, ms * 60 if i % 1000 < 1000 * share else ms, at) for i, (sql, ms, at) in enumerate(calls)]

    result = days(shop(1) + locked(0.0, 3), shop(2) + locked(0.05, 4))
    found = status(result)
    assert found.status == "slower"
    assert found.mean_ratio == pytest.approx(4, rel=0.2)
    assert found.ratio < 1.4
    assert rules(result) == ["CMP001"]


def test_everything_slower_is_said_once():
    result = days(shop(1, count=800), shop(2, count=800, slower=1.6))
    assert result.whole.time_ratio == pytest.approx(1.6, rel=0.1)
    assert rules(result) == ["CMP006"]
    assert all(shape.normalised_ratio == pytest.approx(1, abs=0.2) for shape in result.shapes)


def test_one_statement_beyond_everything():
    before, after = shop(1, count=800) + steady(SQL, 40, 800), shop(2, count=800, slower=1.5)
    result = days(before, after + steady(SQL, 240, 800, seed=2))
    assert rules(result) == ["CMP001", "CMP006"]
    assert (
        next(f for f in result.findings if f.rule == "CMP001").fingerprints[0].fingerprint == status(result).fingerprint
    )


def test_called_more_often_is_not_slower():
    result = days(shop(1) + steady(SQL, 40, 300), shop(2) + steady(SQL, 40, 900, seed=2))
    found = status(result)
    assert found.status in ("same", "unclear")
    assert found.calls_ratio == pytest.approx(3, rel=0.02)
    assert rules(result) == ["CMP005"]


def test_twice_the_traffic_is_nobodys_fault():
    result = days(shop(1), shop(2, count=450))
    assert result.findings == ()
    assert result.whole.calls_ratio == pytest.approx(2.25, rel=0.1)


def test_windows_of_different_length_are_compared_per_hour():
    result = days(shop(1) + steady(SQL, 40, 200), shop(2, hours=3, count=600) + steady(SQL, 40, 600, hours=3, seed=2))
    assert result.findings == ()
    assert status(result).calls_ratio == pytest.approx(1, rel=0.05)
    assert any("different length" in notice for notice in result.notices)


def test_new_gone_and_replaced():
    old = "select id, total from orders where customer_id = 7 order by id"
    new = "select id, total, note from orders where customer_id = 7 order by id limit 5"
    before = shop(1) + steady(old, 20, 100)
    result = days(before, shop(2) + steady(new, 200, 100, seed=2))
    came = next(shape for shape in result.shapes if shape.status == "new")
    went = next(shape for shape in result.shapes if shape.status == "gone")
    assert (came.replaces, went.replaced_by) == (went.fingerprint, came.fingerprint)
    assert rules(result) == ["CMP002"]
    cheaper = days(before, shop(2) + steady(new, 10, 100, seed=2))
    assert cheaper.findings == ()


def test_a_new_statement_of_other_tables_replaces_nothing():
    before = shop(1) + steady("select id, total from orders where customer_id = 7", 20, 100)
    result = days(before, shop(2) + steady("select id, total from bills where customer_id = 7", 20, 100))
    assert next(shape for shape in result.shapes if shape.status == "new").replaces is None


def test_what_runs_once_may_have_been_missed():
    result = days(shop(1), [*shop(2), (SQL, 60_000.0, 1800.0)])
    (finding,) = result.findings
    assert (finding.rule, finding.confidence) == ("CMP002", "possible")


def test_a_trifle_is_no_finding():
    result = days(shop(1) + steady(SQL, 0.01, 3000), shop(2) + steady(SQL, 0.02, 3000, seed=2))
    assert status(result).status == "slower"
    assert result.findings == ()


def test_few_calls_are_unclear():
    result = days(shop(1) + steady(SQL, 40, 5), shop(2) + steady(SQL, 60, 5, seed=2))
    found = status(result)
    assert (found.status, found.ci_low, found.q_value) == ("unclear", None, None)
    assert "no interval" in found.why


def test_a_burst_is_one_observation():
    """A thousand calls within a minute are not a thousand answers to what an hour does."""
    burst = [(SQL, 40.0, 1800 + i / 20) for i in range(1000)]
    result = days(shop(1) + burst, shop(2) + [(sql, ms * 1.5, at) for sql, ms, at in burst])
    assert status(result).status == "unclear"


def test_other_hours_of_the_day_and_weekends_are_said():
    result = compare(digest(shop(1)), digest(shop(2), start=START + 8 * 3600))
    assert any("different hours of the day" in notice for notice in result.notices)
    result = compare(digest(shop(1)), digest(shop(2), start=START + 3 * DAY))
    assert any("weekend" in notice for notice in result.notices)
    assert not any("weekend" in notice for notice in days(shop(1), shop(2)).notices)


def test_short_windows_are_said_and_doubted():
    def squeezed(calls):
        return [(sql, ms, at / 60) for sql, ms, at in calls]

    mild = days(squeezed(shop(1) + steady(SQL, 40, 500)), squeezed(shop(2) + steady(SQL, 60, 500, seed=2)))
    assert {finding.confidence for finding in mild.findings} == {"possible"}
    assert any("a cold cache" in notice for notice in mild.notices)
    grave = days(squeezed(shop(1) + steady(SQL, 40, 500)), squeezed(shop(2) + steady(SQL, 160, 500, seed=2)))
    assert {finding.confidence for finding in grave.findings} == {"likely"}


def test_overlapping_windows_are_said():
    result = compare(digest(shop(1)), digest(shop(2), start=START + 1800))
    assert any("overlap" in notice for notice in result.notices)


def test_different_thresholds_compare_what_both_logs_have():
    """The log after has only calls from 50 ms on: taken whole, every shape would look slower."""
    everything = steady(SQL, 50, 2000, sigma=0.8)
    after = [call for call in steady(SQL, 50, 2000, seed=2, sigma=0.8) if call[1] >= 50]
    naive = status(days(everything, after))
    assert naive.status == "slower"
    one, other = digest(everything), digest(after, start=START + DAY)
    result = compare(thresholded(one, 0.1), thresholded(other, 50))
    found = status(result)
    assert found.status in ("same", "unclear")
    assert found.calls_ratio == pytest.approx(1, abs=0.2)
    assert any("different thresholds" in notice for notice in result.notices)
    assert result.findings == ()


def test_new_above_a_threshold_may_have_been_faster_before():
    one, other = digest(shop(1)), digest(shop(2) + steady(SQL, 400, 300), start=START + DAY)
    result = compare(thresholded(one, 1), thresholded(other, 1))
    (finding,) = result.findings
    assert (finding.rule, finding.confidence) == ("CMP002", "possible")


def test_other_engines_match_by_text():
    one = digest(shop(1) + steady(SQL, 40, 300))
    other = digest(shop(2) + steady(SQL, 100, 300, seed=2), start=START + DAY, engine=Engine("mysql", "8.0.36"))
    result = compare(one, other)
    assert status(result).status == "slower"
    assert not {"new", "gone"} & {shape.status for shape in result.shapes}
    assert any("different engines" in notice for notice in result.notices)


def test_another_version_is_said():
    other = digest(shop(2), start=START + DAY, engine=Engine("postgresql", "16.1"))
    assert any("16.1" in notice for notice in compare(digest(shop(1)), other).notices)


def test_without_single_calls_hours_give_the_interval():
    """No session, no sequence material: sums of each hour are left."""
    before, after = shop(1, hours=24, count=600), shop(2, hours=24, count=600)
    one = digest(before + steady(SQL, 40, 600, hours=24), session=0)
    other = digest(after + steady(SQL, 100, 600, hours=24, seed=2), start=START + DAY, session=0)
    result = compare(one, other)
    found = status(result)
    assert (found.method, found.status) == ("hours", "slower")
    assert found.ci_low < 2.5 < found.ci_high
    assert {s.status for s in result.shapes if s.sql != TEXT} <= {"same", "unclear"}


def test_empty_windows():
    nothing = digest([])
    assert compare(nothing, nothing).shapes == ()
    result = compare(nothing, digest(shop(1)))
    assert {shape.status for shape in result.shapes} == {"new"}
    assert {shape.status for shape in compare(digest(shop(1)), nothing).shapes} == {"gone"}


def loop(child, parent, median=20.0, **more):
    return Repetition(
        kind="n_plus_one", engine="postgresql", child=child, parent=parent, boundary="trace", tier="confirmed", score=5.0,
        instances=50, repeats=int(50 * median), n_median=median, n_p95=median, n_max=int(median), child_us=80_000_000, **more,
    )  # fmt: skip


def detector(*answers):
    """Gives the answers in turn: before, then after."""
    left = list(answers)  # asked for once a side
    return lambda *_: left.pop(0)


def report(*found, hidden=()):
    return StreamReport(events=1000, sampled_share=1.0, units={}, repetitions=found, hidden=hidden)


def test_a_loop_that_appeared_is_one_finding():
    before, after = shop(1) + steady(SQL, 40, 50), shop(2) + steady(SQL, 40, 1000, seed=2)
    child = status(days(before, after)).fingerprint
    result = days(before, after, repetitions=detector(report(), report(loop(child, "p"))))
    assert rules(result) == ["CMP003"]  # and not: called more often
    assert [role.role for role in result.findings[0].fingerprints] == ["parent", "child"]
    assert result.n_jumps[0].n_before is None


def test_a_doubtful_loop_is_borne_out_by_the_number_of_calls():
    """Statement-level pools mix the order of statements; that the child is called twenty times as often is no guess."""
    before, after = shop(1) + steady(SQL, 40, 50), shop(2) + steady(SQL, 40, 1000, seed=2)
    child = status(days(before, after)).fingerprint
    doubtful = msgspec.structs.replace(loop(child, "p"), tier="possible")
    result = days(before, after, repetitions=detector(report(), report(doubtful)))
    assert [(one.rule, one.confidence) for one in result.findings] == [("CMP003", "likely")]
    alone = msgspec.structs.replace(doubtful, parent=None)
    assert rules(days(before, after, repetitions=detector(report(), report(alone)))) == ["CMP005"]


def test_a_loop_that_was_there_grew_or_was_hidden():
    before, after = shop(1) + steady(SQL, 40, 500), shop(2) + steady(SQL, 40, 1100, seed=2)
    child = status(days(before, after)).fingerprint
    small, large = report(loop(child, "p", 10.0)), report(loop(child, "p", 22.0))
    assert days(before, after, repetitions=detector(small, large)).n_jumps[0].n_before == 10
    assert days(before, after, repetitions=detector(large, large)).n_jumps == ()
    blind = report(hidden=(Visibility("fast statements", None, ""),))
    result = days(before, after, repetitions=detector(blind, large))
    assert result.n_jumps == ()
    assert any("hides them" in notice for notice in result.notices)


def test_a_loop_without_more_calls_was_there_before():
    before, after = shop(1) + steady(SQL, 40, 1000), shop(2) + steady(SQL, 40, 1000, seed=2)
    child = status(days(before, after)).fingerprint
    assert days(before, after, repetitions=detector(report(), report(loop(child, "p")))).findings == ()


def test_literals_stay_inside_unless_asked():
    before, after = shop(1) + steady(SQL.replace("7", "4711"), 40, 50), shop(2)
    assert "4711" not in repr(days(before, after))
    assert "4711" in repr(days(before, after, show_literals=True))


def test_the_same_input_gives_the_same_answer():
    before, after = shop(1) + steady(SQL, 40, 50), shop(2) + steady(SQL, 50, 60, seed=2)
    assert days(before, after) == days(before, after)


def test_unchanged_systems_with_memory_are_left_alone():
    """Autocorrelated durations, a busy noon, a hundred shapes: what a test of independent calls trips over."""
    wrong = shapes = 0
    for scenario in (Scenario(1, 300, shapes=60, memory_s=120), Scenario(24, 300, shapes=60, memory_s=1800)):
        for seed in range(2):
            (before, _), (after, _) = simulated(scenario, 50 + seed)
            result = compare(before, after)
            wrong += sum(shape.status in ("slower", "faster") for shape in result.shapes)
            shapes += len(result.shapes)
    assert wrong <= 0.05 * shapes


def test_planted_changes_are_seen():
    scenario = Scenario(1, 1000, shapes=40, memory_s=30)
    planted = np.where(np.arange(40) % 10 == 0, 2.0, 1.0)
    (before, _), (after, _) = simulated(scenario, 9, planted)
    words = Counter(shape.status for shape in compare(before, after).shapes)
    assert words["slower"] == 4
    assert words["faster"] == 0


def test_loops_below_the_threshold_of_the_log_before_are_not_new():
    one, other = digest(shop(1)), digest(shop(2) + steady(SQL, 40, 1000), start=START + DAY)
    child = status(compare(one, other)).fingerprint
    found = detector(report(), report(loop(child, "p")))
    result = compare(thresholded(one, 100), thresholded(other, 0.5), repetitions=found)
    assert result.n_jumps == ()
    assert any("loops are not compared" in notice for notice in result.notices)
