import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.reports import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0 s"),
        (0.000412, "412 us"),
        (0.0032, "3.2 ms"),
        (0.9996, "1 s"),
        (14.13, "14.1 s"),
        (119.9, "2 min"),
        (200, "3.3 min"),
        (7500, "2 h 05 min"),
        (3600 * 100, "4.2 days"),
        (-0.5, "-500 ms"),
    ],
)
def test_seconds(value, text):
    assert figures.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0.0 %"), (1e-9, "<0.1 %"), (0.41, "41.0 %"), (0.99999, ">99.9 %"), (1, "100 %")],
)
def test_share_never_rounds_something_to_nothing_or_to_all(value, text):
    assert figures.share(value) == text


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_seconds_keeps_three_digits_of_what_it_was_given(value):
    units = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "days": 86400.0}
    text = figures.seconds(value)
    if " h " in text:
        hours, minutes = re.fullmatch(r"(\d+) h (\d\d) min", text).groups()
        back = int(hours) * 3600 + int(minutes) * 60
    else:
        number, unit = text.split(" ")
        back = float(number) * units[unit]
    assert abs(back - value) <= max(value * 0.026, 0.5e-6)


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=1e-3, max_value=1e6))
def test_a_bar_is_never_wider_than_its_cells_and_never_empty_for_something(value, largest):
    bar = figures.bar(value, largest, 12)
    assert len(bar) <= 12
    assert bool(bar) == (value > 0)


@given(st.integers(0, 10**15))
def test_size_is_decimal(value):
    number, unit = figures.size(value).split(" ")
    factor = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}[unit]
    assert float(number) * factor == pytest.approx(value, rel=0.006, abs=0.5)


@pytest.mark.parametrize(("value", "told"), [(1.043, "1.04"), (1.7, "1.7"), (17.3, "17"), (1058.2, "1,058")])
def test_ratio(value: float, told: str) -> None:
    assert figures.ratio(value) == told
