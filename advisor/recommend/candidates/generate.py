"""The candidates of a workload: every statement read, its indexes composed, merged, and cut to a bounded number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from advisor.model.catalog import Catalog
from advisor.model.indexing import Candidate, IndexDefinition, Reason
from advisor.model.limits import LIMITS
from advisor.model.snapshot import Snapshot
from advisor.recommend.candidates import widening
from advisor.recommend.candidates.composing import Composer, Shared
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.observed import observed
from advisor.recommend.candidates.proposal import Maker, Proposal
from advisor.recommend.candidates.reading import references
from advisor.recommend.candidates.reference import Reference
from advisor.recommend.candidates.served import served
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement


def candidates(
    statements: Sequence[Statement],
    catalog: Catalog,
    statistics: Snapshot | None = None,
    wanted: CandidateLimits | None = None,
) -> list[Candidate]:
    """Indexes worth asking a planner about, each with what speaks for it; the best grounded first.

    ``statistics``: the snapshot that the catalog comes from, for distinct values, widths, correlation and extensions;
    without it forms that need them (BRIN, trigrams) are not made. What an existing valid index already serves is left
    out. The order is that of rank, then of the statements' time: deterministic for the same input.
    """
    wanted = wanted or CandidateLimits()
    gathered = _Gathered()
    known = Known(catalog, statistics)
    read = read_all(statements, known, wanted)
    shared = _shared(read)
    heavy = sorted(read, key=lambda item: (-item[1], item[0].fingerprint))
    paired = {id(statement) for statement, _, _ in heavy[: LIMITS.candidate_unpaired]}
    for statement, weight, found in read:
        by_table: dict[str, list[Reference]] = {}
        for reference in found:
            by_table.setdefault(reference.table.name, []).append(reference)
        for own in by_table.values():
            made = _of_table(own, known, wanted, shared, pairs=wanted.pairs and id(statement) in paired)
            maker = Maker(known, own[0].table, wanted.max_width)
            gathered.add(statement, weight, made, maker, wanted.per_table)
    return gathered.chosen(wanted.total)


Read = list[tuple[Statement, float, list[Reference]]]


def read_all(statements: Sequence[Statement], known: Known, wanted: CandidateLimits) -> Read:
    """Statements that an index could serve, each with its weight and its references."""
    found: Read = []
    for statement in statements:
        own = references(statement, known, wanted)
        own += observed(statement, known, wanted)
        weight = statement.seconds_per_hour if statement.seconds_per_hour is not None else statement.weight
        if own:
            found.append((statement, weight, own))
    return found


def _shared(read: Read) -> Shared:
    """In how many statements a column is compared for equality or joins: such columns lead shared indexes."""
    shared: Counter[tuple[str, str]] = Counter()
    for _, _, found in read:
        shared.update(
            {
                (reference.table.name, term.column)
                for reference in found
                for term in (*reference.equalities, *reference.joined)
                if term.column is not None
            }
        )
    return shared


def _of_table(
    found: Sequence[Reference], known: Known, wanted: CandidateLimits, shared: Shared, *, pairs: bool
) -> list[Proposal]:
    """Of one statement on one table, the best grounded first, each index once."""
    made: list[Proposal] = []
    for reference in found:
        composer = Composer(reference, known, wanted, shared)
        own = [_explained(one, reference.observed) for one in composer.proposals()]
        if wanted.include:
            own += widening.covering(reference, tuple(own), known, composer.maker)
        if wanted.partial:
            own += widening.partial(reference, tuple(own), composer, known, composer.maker)
        if wanted.special:
            own += widening.searched(reference, known)
            own += widening.block_ranges(reference, composer, known, composer.maker)
        if pairs:
            own += composer.pairs()
        made += own
    best: dict[tuple[IndexDefinition, bool], Proposal] = {}
    for proposal in sorted(made, key=lambda one: one.rank):
        best.setdefault((proposal.index, proposal.ordered), proposal)
    return [proposal for proposal in best.values() if not _as_keys(proposal, best.values())]


def _explained(proposal: Proposal, observed: str) -> Proposal:
    return replace(proposal, why=f"{proposal.why}; {observed}") if observed else proposal


def _as_keys(proposal: Proposal, others: Iterable[Proposal]) -> bool:
    """Another one holds the very columns that this one includes as keys after the same keys: it can do more, and
    PostgreSQL stores repeated keys once where included columns are stored each time."""
    index = proposal.index
    if not index.include:
        return False
    width = len(index.keys)
    return any(
        other.index.keys[:width] == index.keys
        and other.index.where == index.where
        and not other.index.include
        and {key.column for key in other.index.keys[width:]} == set(index.include)
        for other in others
    )


@dataclass(slots=True)
class _Ground:
    """What speaks for one index."""

    rank: int
    weight: float
    first: int
    filler: bool
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Gathered:
    """Indexes of all statements."""

    grounds: dict[IndexDefinition, _Ground] = field(default_factory=dict)

    def add(self, statement: Statement, weight: float, proposals: Sequence[Proposal], maker: Maker, most: int) -> None:
        """Those of one statement on one table, without what exists."""
        kept = 0
        for proposal in proposals:
            if served(proposal, maker):
                continue
            kept += 1
            if kept > most:
                break
            first = _Ground(proposal.rank, 0.0, len(self.grounds), proposal.filler)
            ground = self.grounds.setdefault(proposal.index, first)
            ground.filler = ground.filler and proposal.filler
            ground.rank = min(ground.rank, proposal.rank)
            if statement.fingerprint not in ground.reasons:
                ground.weight += weight
                ground.reasons[statement.fingerprint] = proposal.why

    def chosen(self, total: int) -> list[Candidate]:
        """The best grounded, of the heaviest statements.

        A partial index whose key nobody asks for gives way to those of the same rows with a key that somebody does:
        planners take the rows of `(id) WHERE ...` to lie side by side in the heap because all ids do, and price it
        below any of those.
        """
        keyed = {(one.table, one.where) for one, ground in self.grounds.items() if not ground.filler}
        wanted = {
            one: ground
            for one, ground in self.grounds.items()
            if not (ground.filler and (one.table, one.where) in keyed)
        }
        ranked = sorted(wanted.items(), key=lambda item: (item[1].rank, -item[1].weight, item[1].first))
        return [
            Candidate(
                index=index,
                reasons=tuple(Reason(fingerprint, why) for fingerprint, why in ground.reasons.items()),
            )
            for index, ground in ranked[:total]
        ]
