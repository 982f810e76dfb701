"""Counters from a running server: one short read-only transaction, with time-outs; no password in any message."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.model.batch import Batch
from advisor.model.source import SourceSummary
from advisor.sources.capture import CaptureEvidence
from advisor.sources.dsn import Dsn
from advisor.sources.errors import InputError
from advisor.sources.interrupt import Interrupt
from advisor.sources.ledger import Ledger

#: Rows fetched at a time.
FETCH = 500
CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
LOCK_SECONDS = 2


def read(
    dsn: Dsn, source: int, summary: SourceSummary, interrupt: Interrupt, capture: CaptureEvidence
) -> Iterator[Batch]:
    """All rows of the server's statement statistics. Raises InputError where they cannot be had."""
    ledger = Ledger(summary)
    reader: Callable[[Dsn, int, Ledger, Interrupt, CaptureEvidence], Iterator[Batch]]
    if dsn.engine == "sqlite":
        raise InputError(
            "SQLite keeps no statistics of its statements",
            dsn.safe,
            "write the queries to a .sql file and name that; the database can be given as --catalog",
        )
    if dsn.engine == "postgresql":
        from advisor.sources.counters.postgresql import read as reader
    else:
        from advisor.sources.counters.mysql import read as reader
    return reader(dsn, source, ledger, interrupt, capture)
