"""Recorded logs, read by the real readers: blocks, threads, merging and files change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.digest import Digest
from advisor.sources.options import ReadOptions
from advisor.sources.read import Reading

FIXTURES = Path(__file__).parents[2] / "fixtures"
LOGS = ["shop/postgresql/shop.log.gz", "shop/mariadb/slow.log.gz"]


def digest_of(log: str, jobs: int, block_bytes: int) -> Digest:
    reading = Reading([str(FIXTURES / log)], ReadOptions(jobs=jobs, block_bytes=block_bytes))
    digest = Digest(reading.summaries)
    for batch in reading:
        digest.add(batch)
    digest.capture = reading.capture
    return digest


@pytest.mark.parametrize("log", LOGS)
def test_blocks_and_jobs_do_not_change_the_file(log: str) -> None:
    whole = digest_of(log, 1, 4 << 20)
    assert digest_of(log, 2, 200_000).to_bytes() == whole.to_bytes()


@pytest.mark.parametrize("log", LOGS)
def test_a_saved_log_says_what_it_said(log: str, tmp_path: Path) -> None:
    digest = digest_of(log, 1, 4 << 20)
    digest.save(tmp_path / "d")
    again = Digest.load(tmp_path / "d")
    assert again.shapes() == digest.shapes()
    assert again.observations() == digest.observations()
    totals = again.totals()
    assert totals.events == sum(s.calls for s in again.shapes()) == totals.sources[0].events
    assert totals.total_us == sum(s.total_us for s in again.shapes())
    assert totals.notes == ()


def test_two_logs_merge_to_one_digest_whichever_comes_first() -> None:
    one, other = (digest_of(log, 1, 4 << 20) for log in LOGS)
    merged = Digest().merge(one).merge(other)
    assert Digest().merge(other).merge(one).to_bytes() == merged.to_bytes()
    assert {s.engine.name for s in merged.shapes()} == {"postgresql", "mariadb"}
    assert merged.totals().events == one.totals().events + other.totals().events
