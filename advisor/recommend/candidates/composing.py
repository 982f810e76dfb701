"""From what a statement does with a table to B-trees: equalities first, then one range or an order.

The order of keys is the textbook's (Lahdenmäki and Leach, "Relational Database Index Design and the Optimizers", 2005:
three-star index); join columns are tried before and after the filters, since the join order is the planner's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from advisor.model.limits import LIMITS
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.proposal import Maker, Proposal, Slot, sentence, slots, sorting
from advisor.recommend.candidates.reference import Reference, Sort, Term
from advisor.recommend.candidates.wanted import CandidateLimits

#: (table, column) -> in how many statements it is compared for equality or joins.
Shared = Mapping[tuple[str, str], int]


class Composer:
    """Composes the B-trees of one reference."""

    def __init__(self, reference: Reference, known: Known, wanted: CandidateLimits, shared: Shared) -> None:
        self.reference = reference
        self.known = known
        self.shared = shared
        self.maker = Maker(known, reference.table, wanted.max_width)
        # A key that cannot be is left out of all, so that the rest still makes an index.
        self.equalities = self._usable(reference.equalities)
        self.lists = [term for term in self._usable(reference.lists) if term not in self.equalities]
        self.ranges = [term for term in self._usable(reference.ranges) if term not in self.equalities]
        self.joined = [term for term in self._usable(reference.joined) if term not in self.equalities]
        self.orders = [order for order in map(self._order, reference.orders) if order]
        self.groups = [group for group in map(self._group, reference.groups) if group]

    def _usable(self, terms: Iterable[Term]) -> list[Term]:
        return [term for term in dict.fromkeys(terms) if self.maker.keys.sortable(term)]

    def _order(self, order: tuple[Sort, ...]) -> tuple[Sort, ...]:
        """Without keys that have one value, and without what follows a unique key."""
        terms = self._group(tuple(key.term for key in order))
        firsts = {key.term: key for key in reversed(order)}
        return tuple(firsts[term] for term in terms)

    def _group(self, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        """... and the same of a group."""
        kept: list[Term] = []
        fixed = {term.column for term in self.equalities if term.column}
        for term in dict.fromkeys(terms):
            if term in self.equalities:
                continue
            kept.append(term)
            fixed |= {term.column} if term.column else set()
            if any(unique <= fixed for unique in self.maker.uniques):
                break
        return tuple(kept)

    def proposals(self) -> Iterator[Proposal]:
        """All of them, the best grounded first within each group."""
        for keys, rank in self.shapes():
            if self.maker.pinned(keys):
                continue
            made = self.maker.make(keys, rank)
            if made is not None:
                yield made

    # ------------------------------------------------------------------ keys
    def shapes(self) -> Iterator[tuple[list[Slot], int]]:
        """Keys, with their rank."""
        fronts = self.fronts()
        for front in fronts:
            if front and (len(front) > 1 or not self._common(front[0].term)):
                yield front, 0
            yield from self._after(front)
        yield from self._singles()
        yield from self._joins(fronts[0])
        yield from self._arms()

    def fronts(self) -> list[list[Slot]]:
        """The equalities, in the orders worth trying: most distinct first, most shared first, as written."""
        terms = self.equalities
        table = self.reference.table

        def distinct(term: Term) -> float:
            known = self.known.distinct(table, term.column) if term.column is not None else None
            return -(known or (2.0 if self._boolean(term) else 1000.0))

        def count(term: Term) -> tuple[int, float]:
            return -self.shared.get((table.name, term.column or ""), 0), distinct(term)

        ordered = [sorted(terms, key=count), sorted(terms, key=distinct), terms]
        if len(terms) == 2:
            ordered.append(terms[::-1])
        found: list[list[Slot]] = []
        for order in ordered:
            made = slots(order, "equality")
            if made not in found:
                found.append(made)
        return found

    def _common(self, term: Term) -> bool:
        """Whether an equality is known to keep too many rows to be worth an index of its own."""
        if term.column is None:
            return False
        share = self.known.share(self.reference.table, term.column, None)
        return self._boolean(term) if share is None else share > LIMITS.candidate_common_share

    def _finer(self, term: Term, other: Term) -> bool:
        """Whether a list may lead an equality: its column has as many values, for all that is known.

        A planner multiplies the correlation of an index by that of its leading column: a coarse column of an old table
        (status) looks like a short way through the heap, and is none.
        """
        own, front = (
            self.known.distinct(self.reference.table, one.column) if one.column is not None else None
            for one in (term, other)
        )
        return own is None or front is None or own >= front

    def _boolean(self, term: Term) -> bool:
        column = self.maker.keys.column(term.column) if term.column is not None else None
        return column is not None and self.known.type_of(column).family == "boolean"

    def _after(self, front: list[Slot]) -> Iterator[tuple[list[Slot], int]]:
        lists = slots(self.lists, "equality")
        ranges = slots(self.ranges, "range")
        patterns = slots(self.reference.patterns, "pattern")
        if lists:
            yield [*front, *lists], 0
            if not front or self._finer(lists[0].term, front[0].term):
                yield [*lists, *front], 2
        for one in (*ranges, *patterns):
            yield [*front, one], 0 if front else 1
            if lists:
                yield [*front, *lists, one], 1
        for order in self.orders:
            yield from self._ordered(front, lists, ranges, sorting(order))
        for group in self.groups:
            rest = slots([term for term in group if term not in self.equalities], "group")
            if rest:
                yield [*front, *rest], 1 if front else 2
                if ranges:
                    yield [*front, *rest, ranges[0]], 3
        for extreme in self.reference.extremes:
            yield [*front, Slot(extreme, "extreme")], 0
        for term in self.reference.join_ranges:
            yield [*front, Slot(term, "range")], 2

    def _ordered(
        self, front: list[Slot], lists: list[Slot], ranges: list[Slot], order: list[Slot]
    ) -> Iterator[tuple[list[Slot], int]]:
        limited = self.reference.limited
        if front or limited or not (lists or ranges or self.joined):
            yield [*front, *order], 0 if front or limited else 2
        if lists:
            yield [*front, *lists, *order], 1
        if limited:
            outside = [slot for slot in ranges if all(slot.term != key.term for key in order)]
            yield [*front, *order, *lists], 1
            for one in outside:
                yield [*front, *order, one], 1

    def _singles(self) -> Iterator[tuple[list[Slot], int]]:
        for slot in (*slots(self.equalities, "equality"), *slots(self.lists, "equality")):
            if not self._common(slot.term):
                yield [slot], 2
        for slot in slots(self.ranges, "range"):
            yield [slot], 2
        for term in self.reference.patterns:
            yield [Slot(term, "pattern")], 1

    def _joins(self, front: list[Slot]) -> Iterator[tuple[list[Slot], int]]:
        lists = slots(self.lists, "equality")
        joined = slots(self.joined, "join")
        for terms in self.reference.joins.values():
            both = [slot for slot in joined if slot.term in terms]
            if len(both) > 1:
                yield both, 0
                yield [*both, *front], 1
                yield both[::-1], 2
        for one in joined:
            yield [one], 1
            if front or lists:
                yield [one, *front, *lists], 1
                yield [*front, *lists, one], 2
            for after in slots(self.ranges, "range"):
                yield [one, *front, after], 2
        if len(joined) > 1 and not front:
            yield joined[:3], 3

    def _arms(self) -> Iterator[tuple[list[Slot], int]]:
        front = slots(self.equalities, "equality")
        for arms in self.reference.arms:
            for arm in arms:
                own = slots(self._usable(arm.equalities), "equality")
                after = slots(self._usable(arm.ranges)[:1], "range")
                yield [*own, *after], 1
                if front:
                    yield [*front, *own, *after], 1
                for one in own if len(own) > 1 else ():  # an OR within the arm looks the same
                    yield [one], 2

    # ------------------------------------------------------------------ pairs
    def pairs(self) -> Iterator[Proposal]:
        """Ordered pairs: what is compared, joined, grouped or sorted leads, any other used column follows."""
        leads: dict[Term, None] = {}
        for terms in (self.joined, self.equalities, self.ranges, self.lists):
            leads.update(dict.fromkeys(terms))
        leads.update(dict.fromkeys(key.term for order in self.orders for key in order))
        for group in (*self.reference.groups, self.reference.listed):
            leads.update(dict.fromkeys(self._usable(group)))
        for arms in self.reference.arms:
            leads.update(dict.fromkeys(term for arm in arms for term in self._usable([*arm.equalities, *arm.ranges])))
        leads.update(dict.fromkeys(self._usable(self.reference.join_ranges)))
        columns = [term for term in leads if term.column is not None and term.opclass is None and not term.collation]
        used = [Term(column=name, columns=(name,)) for name in self.reference.used]
        seconds = [*columns, *(term for term in used if term not in columns and self.maker.keys.sortable(term))]
        for lead in columns:
            made = self.maker.make([self._as(lead)], 4) if not self._boolean(lead) else None
            if made is not None:
                yield made
        for lead in columns:
            for second in seconds:
                coarse = lead in self.lists and second in self.equalities and not self._finer(lead, second)
                if second == lead or coarse:
                    continue
                made = self.maker.make([self._as(lead), self._as(second)], 5)
                if made is not None:
                    yield self._alone(made, lead, second)

    def _alone(self, made: Proposal, lead: Term, second: Term) -> Proposal:
        """In better words, where the pair is all that the statement needs."""
        whole = self.reference.covering and set(self.reference.used) <= {lead.column, second.column}
        if not whole or self._as(second).use != "more":
            return made
        return replace(made, why=f"{sentence([self._as(lead)], (second.name,), ())}")

    def _as(self, term: Term) -> Slot:
        if term in self.equalities or term in self.lists:
            return Slot(term, "equality")
        if term in self.joined:
            return Slot(term, "join")
        if term in self.ranges:
            return Slot(term, "range")
        if any(term in group for group in (*self.reference.groups, self.reference.listed)):
            return Slot(term, "group")
        return Slot(term, "more")


def leading(proposals: Sequence[Proposal], rank: int, most: int) -> list[Proposal]:
    """The best grounded ones, each once."""
    kept: dict[object, Proposal] = {}
    for proposal in sorted(proposals, key=lambda one: one.rank):
        if proposal.rank <= rank and proposal.index.method == "btree":
            kept.setdefault(proposal.index, proposal)
    return list(kept.values())[:most]
