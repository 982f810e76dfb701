"""A histogram of MySQL 8, as the values and figures that it shows of its column."""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.migrations.foresee.known import Known, Seen
from advisor.model.catalog import Column
from advisor.model.migration_limits import MIGRATION


def of_histogram(table: str, column: Column, rows: float | None, histogram: object, token: bool) -> Known | None:
    """MySQL 8: buckets of single values ``[value, cumulative]`` or of ranges ``[low, high, cumulative, distinct]``."""
    if isinstance(histogram, str):
        try:
            histogram = msgspec.json.decode(histogram)
        except msgspec.DecodeError:
            return None
    if not isinstance(histogram, dict):
        return None
    nulls = figure(histogram.get("null-values"))
    whole = (figure(histogram.get("sampling-rate")) or 0.0) >= 1.0
    singles = histogram.get("histogram-type") == "singleton"
    buckets = [one for one in histogram.get("buckets") or () if isinstance(one, list) and len(one) >= 2]
    values: list[Seen] = []
    distinct = 0.0
    before = 0.0
    for bucket in buckets[: MIGRATION.foreseen_values]:
        if singles:
            share = (figure(bucket[1]) or 0.0) - before
            before = figure(bucket[1]) or before
            values.append(Seen(str(bucket[0]), share))
            distinct += 1
        elif len(bucket) >= 4:
            values += [Seen(str(bucket[0])), Seen(str(bucket[1]))]
            distinct += figure(bucket[3]) or 0.0
    text = any(one.text.startswith("base64:") for one in values)
    filled = None if rows is None or nulls is None else rows * (1 - nulls)
    return Known(
        table=table,
        column=column.name,
        type=column.type,
        rows=rows,
        nulls=nulls,
        distinct=distinct if whole and buckets else None,
        # InnoDB's count of rows is an estimate itself, often off by a tenth and more.
        repeated=bool(whole and distinct and filled is not None and distinct * 2 < filled),
        values=() if token or text else tuple(values),
        complete=singles and whole,
    )


def figure(value: Any) -> float | None:
    """A figure of the statistics; None: there is none."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
