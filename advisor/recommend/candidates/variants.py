"""Candidates around a chosen set: wider, covering, merged and narrower forms of its indexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from advisor.model.catalog import Catalog, IndexKey
from advisor.model.indexing import Candidate, IndexDefinition, Reason
from advisor.model.snapshot import Snapshot
from advisor.recommend.candidates.composing import Composer
from advisor.recommend.candidates.generate import Read, read_all
from advisor.recommend.candidates.keys import placed
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.proposal import Maker, Proposal
from advisor.recommend.candidates.reference import Reference, Term
from advisor.recommend.candidates.served import served
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.candidates.widening import covered
from advisor.recommend.workload import Statement

_PER_INDEX = 16


class Variants:
    """Widens sets of one workload, which is read once: ``widen = Variants(...)``, then ``widen(indexes)``."""

    def __init__(
        self,
        statements: Sequence[Statement],
        catalog: Catalog,
        statistics: Snapshot | None = None,
        wanted: CandidateLimits | None = None,
    ) -> None:
        self.wanted = wanted or CandidateLimits()
        self.known = Known(catalog, statistics)
        self.read: Read = read_all(statements, self.known, self.wanted)

    def __call__(self, indexes: Sequence[IndexDefinition]) -> list[Candidate]:
        """Indexes that are not in the set, each with the statements that it may serve; at most some a member."""
        found: dict[IndexDefinition, dict[str, str]] = {}
        for index in dict.fromkeys(indexes):
            if index.method != "btree" or self.known.table(index.table) is None:
                continue
            made: dict[IndexDefinition, dict[str, str]] = {}
            for variant, fingerprint, why in self._around(index, indexes):
                if variant not in indexes and (variant in made or len(made) < _PER_INDEX):
                    made.setdefault(variant, {}).setdefault(fingerprint, why)
            for variant, reasons in made.items():
                found.setdefault(variant, {}).update(reasons)
        return [
            Candidate(index=index, reasons=tuple(Reason(fingerprint, why) for fingerprint, why in reasons.items()))
            for index, reasons in found.items()
            if not self._exists(index)
        ]

    def _exists(self, index: IndexDefinition) -> bool:
        table = self.known.table(index.table)
        ordered = any(key.descending for key in index.keys)
        return table is not None and served(Proposal(index, "", 0, ordered), self._maker(index))

    def _maker(self, index: IndexDefinition) -> Maker:
        table = self.known.table(index.table)
        assert table is not None
        return Maker(self.known, table, self.wanted.max_width)

    def _around(
        self, index: IndexDefinition, indexes: Sequence[IndexDefinition]
    ) -> Iterator[tuple[IndexDefinition, str, str]]:
        users = [
            (weight, statement.fingerprint, reference)
            for statement, weight, references in self.read
            for reference in references
            if reference.table.name == index.table and _leads(index, reference)
        ]
        users.sort(key=lambda user: (-user[0], user[1]))
        maker = self._maker(index)
        for other in indexes:
            if other.table == index.table and other != index:
                yield from self._merged(index, other, users, maker)
        for _, fingerprint, reference in users:
            yield from self._wider(index, reference, fingerprint, maker)
        for _, fingerprint, _ in users[:1]:
            for narrow in _narrower(index):
                yield narrow, fingerprint, "the same index with less in it"

    def _wider(
        self, index: IndexDefinition, reference: Reference, fingerprint: str, maker: Maker
    ) -> Iterator[tuple[IndexDefinition, str, str]]:
        if self.wanted.include and reference.covering:
            whole = covered(index, reference.used, self.known, maker)
            if whole is not None:
                yield whole, fingerprint, "the index alone answers"
        if len(index.keys) >= self.wanted.max_width or any(key.prefix for key in index.keys):
            return
        for term, why in _next(index, Composer(reference, self.known, self.wanted, {})):
            keys = maker.without_primary(
                (*index.keys, IndexKey(column=term.column, nulls_first=placed(self.known.engine)))
            )
            include = tuple(column for column in index.include if column != term.column)
            if maker.again(keys, include):
                continue
            if len(keys) > len(index.keys) and maker.keys.whole(term.column or "") and maker.keys.short(keys):
                yield msgspec.structs.replace(index, keys=keys, include=include), fingerprint, f"{term.name} {why}"

    def _merged(
        self,
        index: IndexDefinition,
        other: IndexDefinition,
        users: Sequence[tuple[float, str, Reference]],
        maker: Maker,
    ) -> Iterator[tuple[IndexDefinition, str, str]]:
        """The keys of one, then what the other has beyond them."""
        if (index.where, index.method, other.method) != (other.where, "btree", "btree"):
            return
        own = {(key.column, key.expression) for key in index.keys}
        rest = tuple(key for key in other.keys if (key.column, key.expression) not in own)
        keys = maker.without_primary((*index.keys, *rest))
        if len(keys) > self.wanted.max_width or not maker.keys.short(keys):
            return
        names = {key.column for key in keys}
        include = tuple(column for column in dict.fromkeys((*index.include, *other.include)) if column not in names)
        if maker.again(keys, include):
            return
        merged = msgspec.structs.replace(index, keys=keys, include=include)
        for _, fingerprint, _ in users[:1]:
            if merged != other:
                yield merged, fingerprint, "one index does the work of two"


def variants(
    indexes: Sequence[IndexDefinition],
    statements: Sequence[Statement],
    catalog: Catalog,
    statistics: Snapshot | None = None,
    wanted: CandidateLimits | None = None,
) -> list[Candidate]:
    """`Variants` for a single set: the workload is read for it."""
    return Variants(statements, catalog, statistics, wanted)(indexes)


def _leads(index: IndexDefinition, reference: Reference) -> bool:
    """The statement compares, joins, sorts or groups by the leading key."""
    first = index.keys[0]
    terms: list[Term] = [*reference.equalities, *reference.lists, *reference.ranges, *reference.joined]
    terms += [*reference.join_ranges, *reference.extremes, *reference.patterns]
    terms += [key.term for order in reference.orders for key in order]
    terms += [term for group in reference.groups for term in group]
    terms += [term for arms in reference.arms for arm in arms for term in (*arm.equalities, *arm.ranges)]
    return any((term.column, term.expression) == (first.column, first.expression) for term in terms)


def _next(index: IndexDefinition, composer: Composer) -> Iterator[tuple[Term, str]]:
    """Columns to append: what filters first, then what sorts or groups."""
    own = {key.column for key in index.keys}
    groups = [term for group in composer.reference.groups for term in group]
    sorts = [key.term for order in composer.orders for key in order if not key.descending and key.nulls_first is None]
    for terms, why in (
        (composer.equalities, "is compared for equality too"),
        (composer.joined, "joins too"),
        (composer.ranges, "is compared by range too"),
        (composer.lists, "is compared with a list too"),
        (sorts, "sorts too"),
        (groups, "groups too"),
    ):
        for term in terms:
            if term.column is not None and term.column not in own and term.opclass is None:
                yield term, why


def _narrower(index: IndexDefinition) -> Iterator[IndexDefinition]:
    if index.include:
        yield msgspec.structs.replace(index, include=())
    if len(index.keys) > 1:
        yield msgspec.structs.replace(index, keys=index.keys[:-1])
