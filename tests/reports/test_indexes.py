"""The section on the index search, for a terminal and in Markdown."""

from __future__ import annotations

import msgspec
import pytest

from advisor.model.advice import (
    CalibrationReport,
    CurveReport,
    IndexAdvice,
    LeftOut,
    MeasuredReport,
    RegressionReport,
    UnplannedStatement,
)
from advisor.model.planning import PlannedBy
from advisor.reports import indexes
from advisor.reports.console import to_text

BY = PlannedBy(planner="shadow", engine="postgresql", version="15.4", statistics="snapshot")


def _point(size: int, cost: float, *texts: str) -> CurveReport:
    return CurveReport(budget_bytes=size, bytes=size, indexes=texts, cost=cost, saved_share=1 - cost / 1000)


ADVICE = IndexAdvice(
    planned_by=BY,
    proof="planned",
    unit="seconds_per_hour",
    statements=12,
    candidates=40,
    planner_calls=300,
    seconds=2.0,
    baseline=1000.0,
    curve=(_point(0, 1000), _point(10**6, 600, "ON a (x)"), _point(10**9, 250, "ON a (x)", "ON b (y)")),
    chosen=2,
    chosen_because="No set that was found saves more.",
)


def _text(advice: IndexAdvice, width: int = 100) -> str:
    return to_text(lambda console: indexes.draw(console, advice), width, colour=False)


def test_it_says_what_is_saved_of_what_and_marks_the_choice() -> None:
    text = _text(ADVICE)
    assert "2 new indexes, 1 GB, save 75.0 % of the time" in text
    assert "12.5 min of" not in text
    (marked,) = [line for line in text.splitlines() if line.startswith("  > ")]
    assert marked.split()[1:3] == ["1", "GB"]
    assert marked.endswith("2")


def test_nothing_is_called_saved_where_no_index_pays_or_nothing_was_planned() -> None:
    none = msgspec.structs.replace(ADVICE, chosen=None, curve=(_point(0, 1000),))
    assert "No new index pays" in _text(none)
    blind = msgspec.structs.replace(none, statements=0, unplanned=(UnplannedStatement("ab", "no sample"),))
    text = _text(blind)
    assert "nothing is known" in text
    assert "[planned]" not in text
    assert "Gets worse" not in text
    assert "1 statement could not be planned" in text


def test_limits_of_the_advice_are_said() -> None:
    text = _text(
        msgspec.structs.replace(
            ADVICE,
            complete=False,
            regressions=(
                RegressionReport(
                    fingerprint="feed", values="slowest", cost_before=10, cost_after=20, indexes=("i",), why="so"
                ),
            ),
            calibration=CalibrationReport(statements=9, median_factor=1.5, p90_factor=4.0, basis="logged times"),
            left_out=tuple(LeftOut(f"ON t (c{n})", "small") for n in range(9)),
            measured=MeasuredReport(server="db", repeats=5, statements=3, ms_before=10.0, ms_after=5.0),
            notes=("something else",),
        ),
        width=200,
    )
    for part in (
        "best so far",
        "Gets worse: 1 statement.",
        "feed (slowest values): cost 10 to 20, by i; so",
        "half within a factor of 1.5, nine in ten within 4.",
        "and 4 more that rules asked for",
        "Measured on db: 3 statements, 5 runs each: 10 ms before, 5 ms after, each once.",
        "Something else.",
    ):
        assert part in text


def test_a_long_curve_is_thinned_out_and_keeps_the_choice_and_the_end() -> None:
    points = tuple(_point(10**6 * (n + 1), 900 - n, *(f"ON t (c{k})" for k in range(n + 1))) for n in range(60))
    text = _text(msgspec.structs.replace(ADVICE, curve=points, chosen=31))
    shown = [line for line in text.splitlines() if " MB " in line and "%" in line and "new" not in line]
    assert len(shown) <= indexes.CURVE_LINES + 1
    assert any(line.startswith("  > ") and line.endswith(" 32") for line in shown)
    assert shown[-1].endswith(" 60")


@pytest.mark.parametrize("hostile", ["ON t (a) \x1b[31m", "ON `t` | <script>", "ON t\n(a)"])
def test_definitions_of_a_hostile_schema_stay_text(hostile: str) -> None:
    advice = msgspec.structs.replace(
        ADVICE, curve=(_point(10, 10, hostile),), chosen=0, left_out=(LeftOut(hostile, "x"),)
    )
    assert "\x1b" not in _text(advice)
    rows = [line for line in indexes.markdown_lines(advice) if line.startswith("| **10 B")]
    assert len(rows) == 1
    assert "<script>" not in rows[0].replace("`ON ", "") or "`" in rows[0]
