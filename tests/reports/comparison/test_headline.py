import pytest

from advisor.reports.comparison.headline import interval, lines, q, ratio, worth_telling


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (1.0, "1.00x"), (0.034, "0.034x"), (12.345, "12.35x"), (1234.0, "1,234x")]
)
def test_ratios(value, text):
    assert ratio(value) == text


def test_intervals_and_q():
    assert interval(None, 2.0) == "-"
    assert interval(0.5, 1e9) == "0.50 to >999"
    assert (q(None), q(0.0), q(0.034)) == ("-", "<0.001", "0.034")


def test_what_limits_the_comparison_is_in_the_head(changed):
    head = lines(changed)
    assert [line.text for line in head if line.label == "note"] == list(changed.notices)
    assert next(line for line in head if line.label == "shapes").text.startswith("1 slower, 1 new, 1 gone")


def test_news_comes_first(changed):
    assert {shape.status for shape in worth_telling(changed, 3)} == {"slower", "new", "gone"}
    assert len(worth_telling(changed, 100)) == len(changed.shapes)
