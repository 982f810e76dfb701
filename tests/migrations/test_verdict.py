"""The word for a statement, out of its locks and its work."""

from __future__ import annotations

import pytest

from advisor.migrations.verdict import Unknown, verdict
from advisor.model.migration import Failure, Lock, Outcome, Work


class Sizes:
    """Rows by table."""

    def __init__(self, **rows: float | None) -> None:
        self._rows = rows

    def rows(self, relation: str) -> float | None:
        return self._rows.get(relation)


def lock(relation: str = "t", *, reads: bool = True, preexisting: bool = True, since: int | None = None) -> Lock:
    return Lock(
        relation=relation,
        mode="M",
        blocks_reads=reads,
        blocks_writes=True,
        preexisting=preexisting,
        held_since_line=since,
    )


def work(kind: str = "rewrite", relation: str = "t", **more: object) -> Work:
    return Work(kind=kind, relation=relation, **{"preexisting": True, **more})  # type: ignore[arg-type]


def outcome(*, locks: tuple[Lock, ...] = (), works: tuple[Work, ...] = (), **more: object) -> Outcome:
    return Outcome(evidence="executed", locks=locks, work=works, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "sizes", "word"),
    [
        (outcome(locks=(lock(),), works=(work(),)), Unknown(), "blocking"),
        (outcome(locks=(lock(),), works=(work(),)), Sizes(t=5), "blocking"),
        (outcome(locks=(lock(),), works=(work(),)), Sizes(t=0), "brief_lock"),
        (outcome(locks=(lock(preexisting=False),), works=(work(preexisting=False),)), Unknown(), "safe"),
        (outcome(locks=(lock(),)), Unknown(), "brief_lock"),
        (outcome(works=(work("scan"),)), Unknown(), "online"),
        (outcome(locks=(lock(),), works=(work("build", online=True),)), Unknown(), "online"),
        (outcome(locks=(lock(since=3),), works=(work("scan", "u"),)), Unknown(), "blocking"),
        # The table that is locked is empty: nobody waits for it.
        (outcome(locks=(lock(),), works=(work("scan", "u"),)), Sizes(t=0, u=9), "online"),
        (outcome(works=(work("write", rows=1),)), Unknown(), "safe"),
        (outcome(works=(work("write", rows=1e6),)), Unknown(), "online"),
        (outcome(works=(work("write"),)), Unknown(), "online"),
        (outcome(locks=(lock(),), works=(work("write", rows=3),)), Unknown(), "brief_lock"),
        (outcome(failure=Failure(message="no"), locks=(lock(),)), Unknown(), "fails"),
        (outcome(failure=Failure(message="perhaps", certain=False), locks=(lock(),)), Unknown(), "brief_lock"),
        (outcome(uncertain="a function"), Unknown(), "unknown"),
        (outcome(uncertain="a function", locks=(lock(),)), Unknown(), "brief_lock"),
        (outcome(), Unknown(), "safe"),
    ],
)
def test_verdict(given: Outcome, sizes: Unknown, word: str) -> None:
    assert verdict(given, sizes) == word
