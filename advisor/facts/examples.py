"""Facts from plain texts: what a rule page's Bad and Good examples, and `advisor rules test`, are run on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from advisor.catalog.ddl.file import read_ddl
from advisor.facts.facts import Facts
from advisor.graphs.build import build
from advisor.graphs.graph import NotAnalysed
from advisor.model.engine import Engine, EngineName
from advisor.model.shape import Sample, ShapeSummary


def facts_from_texts(
    schema_sql: str | None,
    queries: Sequence[str],
    engine: EngineName = "postgresql",
    *,
    calls: int = 1,
    total_us: int = 1_000_000,
) -> Facts:
    """Facts of a schema and some queries, each counted as executed ``calls`` times in ``total_us`` microseconds.

    Queries keep their literals as their text; the n-th has the fingerprint of its own text.
    """
    facts = Facts()
    if schema_sql is not None:
        facts.add_catalogs([read_ddl(schema_sql, "<schema>", engine)])
    facts.add_shapes([shape_of(query, engine, calls, total_us) for query in queries], window_seconds=3600.0)
    facts.finish()
    return facts


def shape_of(
    query: str, engine: EngineName, calls: int = 1, total_us: int = 1_000_000, *, kind: str | None = None
) -> ShapeSummary:
    """A shape seen ``calls`` times, for examples: nothing but text, calls and time is known of it."""
    text = query.strip().rstrip(";").rstrip()
    each = total_us // max(calls, 1)
    if kind is None:
        try:
            kind = build(text, engine).kind
        except NotAnalysed:
            kind = "other"
    return ShapeSummary(
        fingerprint=hashlib.blake2b(text.encode(), digest_size=8).hexdigest(),
        engine=Engine(engine),
        sql=text,
        kind=kind,
        calls=calls,
        calls_error_bound=0,
        total_us=total_us,
        timed_calls=calls,
        min_us=each,
        max_us=each,
        p50_us=each,
        p95_us=each,
        p99_us=each,
        rows_sent=None,
        rows_examined=None,
        rows_affected=None,
        lock_us=None,
        temp_bytes=None,
        errors=0,
        cancelled=0,
        first_seen_us=None,
        last_seen_us=None,
        databases={},
        users={},
        applications={},
        hosts={},
        tags={},
        per_hour=[],
        slowest=None,
        typical=Sample(sql=text, duration_us=each, time_us=None),
        plans=[],
        query_id=None,
        checksum=None,
    )
