"""What of statistics is sampled from rows, and snapshots without it.

Null fractions, widths, numbers of distinct values, correlations, counts of elements and the frequencies of the most
common values stay. A planner cannot be given frequencies without values, a reader sees the skew: every equality is
then estimated by the number of distinct values, every range by a default.
"""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.catalog.snapshot import credentials, engine_rows
from advisor.model.snapshot import ColumnStatistics, Snapshot

#: Fields of column statistics that hold values.
VALUED = (
    "most_common_vals",
    "histogram_bounds",
    "most_common_elems",
    "range_length_histogram",
    "range_bounds_histogram",
)
#: Numbers that mean nothing without the values they belong to, or are sampled themselves.
_PAIRED = ("most_common_elem_freqs", "range_empty_frac")


def without_values(snapshot: Snapshot) -> Snapshot:
    """A copy in which nothing sampled remains, without credentials."""
    snapshot = credentials.stripped(snapshot)
    return msgspec.structs.replace(
        snapshot,
        header=msgspec.structs.replace(snapshot.header, values="none", mask_key=None),
        columns=[emptied(column) for column in snapshot.columns],
        extended=[
            msgspec.structs.replace(
                one,
                mcv=None,
                expressions=None if one.expressions is None else tuple(unsampled(each) for each in one.expressions),
            )
            for one in snapshot.extended
        ],
        bounds=[],
        tokens={},
        rows=engine_rows.without_values(snapshot.rows),
    )


def emptied(column: ColumnStatistics) -> ColumnStatistics:
    """Statistics of a column without sampled values; how often the most common ones occur stays."""
    gone: dict[str, None] = dict.fromkeys((*VALUED, *_PAIRED))
    return msgspec.structs.replace(column, **gone)


def unsampled(expression: dict[str, Any]) -> dict[str, Any]:
    """Statistics of an expression, as printed, without sampled values."""
    return {k: v for k, v in expression.items() if k not in VALUED and k not in _PAIRED}
