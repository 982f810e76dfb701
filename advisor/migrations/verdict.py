"""What a statement does to those who work meanwhile, in one word (docs/check.md)."""

from __future__ import annotations

from typing import Protocol

from advisor.model.check import Verdict
from advisor.model.migration import Outcome, Work
from advisor.model.migration_limits import MIGRATION


class Sizes(Protocol):
    """How large tables are before the migration."""

    def rows(self, relation: str) -> float | None:
        """Rows by the statistics; 0 of a table known to be empty; None not known. Of a partitioned table: of all its
        partitions."""
        ...


class Unknown:
    """Nothing is known of any table."""

    def rows(self, relation: str) -> float | None:
        """None: every table counts as filled."""
        return None


def verdict(outcome: Outcome, sizes: Sizes) -> Verdict:
    """The word for one statement.

    ``blocking``: it works through a table that was there and is not known to be empty, while a lock keeps others from
    writing to, or reading, a table that was there (locks of earlier statements of the transaction count).
    ``brief_lock``: such a lock without such work. ``online``: such work without such a lock.
    """
    if outcome.failure is not None and outcome.failure.certain:
        return "fails"
    if outcome.uncertain is not None and not outcome.locks and not outcome.work:
        return "unknown"
    locked = any(
        (lock.blocks_reads or lock.blocks_writes) and lock.preexisting and sizes.rows(lock.relation) != 0
        for lock in outcome.locks
    )
    works = [work for work in outcome.work if grows(work, sizes)]
    if locked and any(not work.online for work in works):
        return "blocking"
    if works:
        return "online"
    if any((lock.blocks_reads or lock.blocks_writes) and lock.preexisting for lock in outcome.locks):
        return "brief_lock"
    return "safe"


def grows(work: Work, sizes: Sizes) -> bool:
    """Is it work that grows with a table that was there before?"""
    if not work.preexisting or sizes.rows(work.relation) == 0:
        return False
    return work.kind != "write" or work.rows is None or work.rows > MIGRATION.few_rows
