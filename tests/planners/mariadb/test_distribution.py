"""Values out of statistics."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.planners.mariadb.distribution import Column, distribution, spread


def column(type_: str = "int", **more: Any) -> Column:
    given = {"name": "c", "declared": type_, "nullable": True, "length": 20, "scale": 2, "indexed": True, **more}
    return Column(type=type_, **given)


def histogram(*buckets: tuple[str, float, int], end: str | None = None) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [{"start": start, "size": size, "ndv": ndv} for start, size, ndv in buckets]
    if end is not None:
        entries[-1]["end"] = end
    return {"hist_type": "JSON_HB", "histogram": json.dumps({"histogram_hb": entries}), "nulls_ratio": 0.25}


def test_shares_of_a_histogram() -> None:
    known = distribution(
        column(statistics=histogram(("1", 0.5, 1), ("10", 0.3, 10), ("100", 0.2, 50), end="200")), 1000
    )
    values = [int(known.at(share) or 0) for share in spread(1000, 1)]
    assert 490 <= values.count(1) <= 510
    assert 290 <= sum(10 <= value < 100 for value in values) <= 310
    assert known.null_share == 0.25
    assert max(values) <= 200


@pytest.mark.parametrize(
    ("type_", "low", "high"),
    [("date", "2024-01-01", "2024-12-31"), ("decimal", "1.50", "99.25"), ("datetime", "2024-01-01 00:00:00", "2024-02-01 00:00:00"),
     ("time", "-10:00:00", "20:00:00"), ("double", "0.5", "1e9"), ("varchar", "apple", "pear"), ("bigint", "1", "9223372036854775807")],
)  # fmt: skip
def test_between_smallest_and_largest(type_: str, low: str, high: str) -> None:
    known = distribution(column(type_, statistics={"min_value": low, "max_value": high, "avg_frequency": 2.0}), 1000)
    assert known.distinct == 500
    first, last = known.at(0.0), known.at(0.999999)
    assert first is not None
    assert last is not None
    if type_ not in ("time", "double", "bigint", "decimal"):
        assert low <= first <= last
    elif type_ != "time":
        assert float(low) <= float(first) <= float(last) <= float(high)


def test_binary_histogram() -> None:
    known = {"min_value": "0", "max_value": "255", "hist_type": "SINGLE_PREC_HB", "histogram_hex": "0a0a0aff"}
    made = distribution(column(statistics={**known, "avg_frequency": 1.0}), 1000)
    values = [int(made.at(share) or 0) for share in spread(1000, 1)]
    assert sum(value <= 10 for value in values) >= 590  # three of five equal shares end at 10


def test_no_statistics_is_told() -> None:
    assert distribution(column("varchar"), 1000).guessed
    assert not distribution(column(statistics={"min_value": "1", "max_value": "2"}), 1000).guessed
    labels = distribution(column("enum", declared="enum('a','b''c')"), 1000)
    assert {labels.at(0.1), labels.at(0.9)} == {"a", "b'c"}


@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=50))
def test_order_is_kept(shares: list[float]) -> None:
    known = distribution(column(statistics=histogram(("-5", 0.2, 3), ("0", 0.5, 40), ("70", 0.3, 1))), 1000)
    values = [int(known.at(share) or 0) for share in sorted(shares)]
    assert values == sorted(values)


def test_hostile_statistics_are_no_traceback() -> None:
    for text in ("{", "[]", '{"histogram_hb": [1, {"start": 5}, {"start": "x", "size": 1}]}', '{"histogram_hb": 3}'):
        for type_ in ("int", "date", "varchar", "decimal", "time", "enum"):
            made = distribution(
                column(
                    type_, statistics={"hist_type": "JSON_HB", "histogram": text, "min_value": "q", "max_value": "r"}
                ),
                10,
            )
            made.at(0.5)
