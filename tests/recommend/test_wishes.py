from __future__ import annotations

import pytest

from advisor.model.errors import UserError
from advisor.recommend.wishes import Amount, saving, share, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("2GB", 2e9), ("500 MB", 5e8), ("1.5GiB", 1.5 * 2**30), ("1024", 1024), ("3k", 3000), ("0", 0), ("1tb", 1e12)],
)
def test_a_size_is_read_in_the_units_that_reports_print(text: str, value: float) -> None:
    assert size(text, "--budget") == Amount(value, "absolute")


def test_a_share_of_the_tables_is_a_budget_too() -> None:
    assert size("20 %", "--budget").of(1_000) == 200


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "2 parsecs", "20%%", "1e9"])
def test_what_is_no_size_is_refused_with_the_option_that_held_it(text: str) -> None:
    with pytest.raises(UserError, match="--budget"):
        size(text, "--budget")


def test_a_saving_is_a_share_or_time_per_hour() -> None:
    assert saving("2%", "--min-benefit").of(300) == 6
    assert saving("2min", "--min-benefit").of(300) == 120
    assert saving("30", "--min-benefit").of(300) == 30
    with pytest.raises(UserError):
        saving("soon", "--min-benefit")


def test_an_overhead_is_a_share() -> None:
    assert share("5%", "--max-write-overhead") == 0.05
    with pytest.raises(UserError):
        share("5", "--max-write-overhead")
