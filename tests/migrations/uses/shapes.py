"""Shapes as a digest gives them."""

from __future__ import annotations

from datetime import UTC, datetime

from advisor.model.engine import Engine
from advisor.model.shape import ShapeSummary

_SEEN = int(datetime(2025, 11, 23, tzinfo=UTC).timestamp() * 1e6)
_EMPTY = dict.fromkeys(("min_us", "max_us", "p50_us", "p95_us", "p99_us", "rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes", "slowest", "typical", "query_id", "checksum"))  # fmt: skip


def shape(sql: str, engine: Engine) -> ShapeSummary:
    """One of ten calls by an application called web."""
    return ShapeSummary(
        fingerprint=f"{abs(hash(sql)):016x}"[:16],
        engine=engine,
        sql=sql,
        kind=sql.split()[0].lower().replace("with", "select"),
        calls=10,
        calls_error_bound=0,
        total_us=0,
        timed_calls=0,
        errors=0,
        cancelled=0,
        first_seen_us=_SEEN,
        last_seen_us=_SEEN,
        databases={},
        users={},
        applications={"web": 10},
        hosts={},
        tags={},
        per_hour=[],
        plans=[],
        **_EMPTY,  # type: ignore[arg-type]
    )
