"""What all recommendations of one search share, and how each of them is begun."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.engine import Engine
from advisor.model.finding import Proof, ProvedBy, Recommendation, RecommendationKind
from advisor.model.planning import PlannedBy
from advisor.recommend.definition import key_text
from advisor.recommend.export import Prepared


@dataclass(frozen=True, slots=True)
class Terms:
    """Who planned, and what that proves."""

    by: PlannedBy
    engine: Engine
    proof: Proof
    unknown: frozenset[str]
    """Tables without statistics: advice for them proves nothing."""
    total: float | None
    """Of the whole log, seconds an hour; None: the benefit's share is of the baseline."""

    def proof_on(self, table: str) -> Proof:
        """Of advice for a table that was planned."""
        return "static" if table in self.unknown else self.proof

    def size(self, size: int | None) -> int | None:
        """Of an index: default statistics tell none."""
        return None if self.by.statistics == "default" else size

    def change(
        self, kind: RecommendationKind, ready: Prepared, proof: Proof, size_bytes: int | None, why: str
    ) -> Recommendation:
        """A change of one index, ready to run; what it saves and whom it touches is not in it yet."""
        index = ready.change.index
        return Recommendation(
            id="",
            engine=self.engine,
            kind=kind,
            table=index.table,
            columns=tuple(key_text(key, index.engine) for key in index.keys),
            include=index.include,
            where=index.where,
            method=index.method,
            sql="\n".join(f"{step.sql};" for step in ready.up),
            rollback="\n".join(f"{step.sql};" for step in ready.down) or None,
            proof=proof,
            proved_by=ProvedBy(
                self.by.planner, self.by.version, self.by.same_major, self.by.statistics, self.by.captured_at
            ),
            size_bytes=size_bytes,
            why=why,
            name=ready.name,
            definition=index,
        )
