"""Repetitions from cumulative counters alone: pg_stat_statements, performance_schema, or the totals of a log.

No order of statements is needed. Where a statement runs once for each row that another gave, its executions are that
other's rows: ``conservation = calls(child) / rows(parent)`` is near 1, and each execution of the parent is followed by
``fan = calls(child) / calls(parent)`` of the child. Totals can agree by chance, so the two must be linked by a key, the
parent must not have been asked by that key, and no third statement may explain the child better, one for one. What
totals show is never `confirmed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.model.finding import Confidence
from advisor.model.shape import ShapeSummary
from advisor.model.stream import Repetition, RepetitionKind
from advisor.model.stream_limits import STREAM
from advisor.stream.conservation import Pair, distance, together
from advisor.stream.counted import Counted, Window, between, families, transactions
from advisor.stream.links import Links

__all__ = ["Window", "between", "detect"]

_KINDS: dict[str, RepetitionKind] = {
    "select": "n_plus_one",
    "count": "count_per_row",
    "exists": "exists_per_row",
    "aggregate": "aggregate_per_row",
    "update": "update_per_row",
    "insert": "insert_per_row",
    "delete": "delete_per_row",
}
_WRITES = frozenset({"update", "insert", "delete"})
_LINK_SCORE = {"foreign_key": 3.0, "own_key": 2.5, "name": 2.2, "shared_reference": 1.6}


def detect(
    shapes: Sequence[ShapeSummary], links: Links, before: Sequence[ShapeSummary] | None = None
) -> list[Repetition]:
    """Statements that run once for each row of another, by their counters; the most time first.

    ``before`` is an earlier snapshot: then only what ran in between counts, which is much stronger than totals of a
    server's life, where deployments and seasons are mixed. (`between` tells which counters went down.)
    """
    taken = between(before, shapes).shapes if before is not None else list(shapes)
    counters = _Counters(families(taken, links), links, transactions(taken), before is not None)
    return sorted(counters.repetitions(), key=lambda repetition: (-repetition.child_us, repetition.child))


class _Counters:
    """One set of counters, and what speaks for repetitions in it."""

    def __init__(self, counted: Sequence[Counted], links: Links, transactions: int, windowed: bool) -> None:
        self.counted = counted
        self.links = links
        self.transactions = transactions
        self.windowed = windowed

    def repetitions(self) -> Iterator[Repetition]:
        """All that stand after the others had their say."""
        kept = self._settled(self._candidates())
        kept |= self._followers(kept)
        repeated = {fingerprint for pair in kept.values() for fingerprint in pair.child.members}
        for name in sorted(kept):
            yield self._repetition(kept[name], repeated)

    def _kind(self, one: Counted) -> str | None:
        return self.links.kind(one.name)

    def _candidates(self) -> dict[str, Pair]:
        """The best parent of each child, by the child's fingerprint."""
        selects = [one for one in self.counted if self._kind(one) == "select"]
        lists = [one for one in selects if self._may_lead(one)]
        found: dict[str, Pair] = {}
        for child in self.counted:
            if child.calls < STREAM.counter_calls_min or child.shape.in_count_max > 1:
                continue
            parents = selects if self._walks(child) else lists
            pairs = [pair for parent in parents if (pair := self._pair(parent, child)) is not None]
            fitting = [pair for pair in (*pairs, *together(pairs)) if self._fits(pair)]
            if fitting:
                found[child.name] = min(fitting, key=distance)
        return found

    def _may_lead(self, one: Counted) -> bool:
        """Whether its rows could be walked: it gives several an execution, as far as is known."""
        if self.links.single(one.name) is True:
            return False
        return one.rows is None or one.rows / one.calls >= STREAM.counter_rows_min

    def _pair(self, parent: Counted, child: Counted) -> Pair | None:
        if parent.members & child.members or parent.shape.engine.name != child.shape.engine.name:
            return None
        own = self._own_rows(child)
        rows = parent.rows + own if parent.rows is not None else 0
        conservation = child.calls / rows if rows else None
        if child.calls < parent.calls * STREAM.counter_rows_min:
            return None
        if conservation is not None and conservation < STREAM.conservation_cached:
            return None  # said before the links are asked: they cost more
        link = self.links.of(parent.name, child.name)
        if link is None or link.returned is False or (link.same_filter and not self._walks(child)):
            return None
        return Pair(parent, child, link, child.calls / parent.calls, conservation, levels=own > 0)

    def _own_rows(self, child: Counted) -> int:
        """Rows of the child that lead to further executions of it: a tree that is walked down level by level."""
        link = self.links.of(child.name, child.name)
        walks = link is not None and link.kind in ("foreign_key", "name") and not link.same_filter and not link.to_one
        return (child.rows or 0) if walks else 0

    def _walks(self, child: Counted) -> bool:
        """Whether it is a tree's own rows that the child mostly runs for: its root may be a single row."""
        return self._own_rows(child) * 2 >= child.calls

    def _opens_rows(self, pair: Pair) -> bool:
        """Whether the child asks for the list's rows as a whole, and for nothing else: as pages of them do."""
        table = pair.link.child_table
        if pair.link.kind != "own_key" or self._kind(pair.child) in _WRITES:
            return False
        only = all(name == table for name in self.links.tables(pair.child.name))
        return only and not self.links.completes(pair.parent.name, pair.child.name)

    def _fits(self, pair: Pair) -> bool:
        if self._opens_rows(pair):
            return pair.exact and pair.fan >= STREAM.counter_fan_min  # a list, then pages of single rows, seldom is
        if pair.link.parent_column is None or pair.link.kind == "shared_reference":
            return pair.exact and pair.fan >= STREAM.counter_fan_min
        if pair.exact:
            return True  # short lists: see _settled
        if pair.link.same_filter:
            return pair.conserved  # a tree's root
        if pair.fan < STREAM.counter_fan_min:
            return False
        if pair.conserved:
            return True
        partly = pair.conservation is None or (
            STREAM.conservation_cached <= pair.conservation < STREAM.conservation_least
        )
        return partly and self._kind(pair.child) not in _WRITES

    def _settled(self, candidates: dict[str, Pair]) -> dict[str, Pair]:
        """Without children that another statement explains one for one, unless that is itself repeated for a list.

        Lists of hardly more than a row count only where they are themselves repeated: the inner loop of two. Taking
        one away can take away the reason for another, so it runs to a fixed point.
        """
        kept = dict(candidates)
        while True:
            repeated = {fingerprint for pair in kept.values() for fingerprint in pair.child.members}
            dropped = [
                name
                for name, pair in kept.items()
                if (pair.fan < STREAM.counter_fan_exact and repeated.isdisjoint(pair.parent.members))
                or self._explained(pair, kept)
            ]
            if not dropped:
                return kept
            for name in dropped:
                del kept[name]

    def _explained(self, pair: Pair, kept: dict[str, Pair]) -> bool:
        taken = pair.child.members | pair.parent.members
        return any(
            self._leads(other, pair.child) and self._gives_one(other)
            for other in self.counted
            if other.name not in kept and not other.members & taken
        )

    def _leads(self, other: Counted, child: Counted) -> bool:
        """Whether a statement runs as often as the child, and may give its key."""
        if abs(other.calls - child.calls) > STREAM.one_for_one * child.calls:
            return False
        link = self.links.of(other.name, child.name)
        return link is not None and link.returned is not False

    @staticmethod
    def _gives_one(one: Counted) -> bool:
        return one.rows is None or one.rows <= one.calls * STREAM.counter_rows_min

    def _followers(self, kept: dict[str, Pair]) -> dict[str, Pair]:
        """Statements that run one for one with a repeated one whose row gives their key: the loop's second step."""
        found: dict[str, Pair] = {}
        pending = [pair.child for pair in kept.values() if pair.exact and self._tier(pair) == "likely"]
        while pending:
            lead = pending.pop()
            for child in self.counted:
                name = child.name
                if name in kept or name in found or child.shape.in_count_max > 1 or child.members & lead.members:
                    continue
                if child.calls < STREAM.counter_calls_min or not (self._gives_one(lead) and self._leads(lead, child)):
                    continue
                link = self.links.of(lead.name, child.name)
                if link is None or link.same_filter or link.parent_column is None or link.kind == "own_key":
                    continue
                ratio = child.calls / lead.rows if lead.rows else None
                found[name] = Pair(lead, child, link, child.calls / lead.calls, ratio, follows=True)
                pending.append(child)
        return found

    def _tier(self, pair: Pair) -> Confidence:
        if self._opens_rows(pair):
            return "possible"
        if pair.link.parent_column is None or pair.link.kind == "shared_reference":
            return "possible"
        if pair.exact or pair.follows:
            return "likely"
        if pair.conserved:
            return "likely" if pair.declared or pair.link.kind == "own_key" or self._within(pair) else "possible"
        # Several rows may have one and the same row above them: an identity map or a cache answers the rest. Rows
        # below differ from row to row, so where a part of them is asked for something else decides.
        return "likely" if pair.conservation is not None and pair.link.to_one and self._within(pair) else "possible"

    def _within(self, pair: Pair) -> bool:
        """Whether the child must run several times in a transaction: there are too few of them for once in each."""
        return pair.parent.calls <= self.transactions and pair.child.calls > self.transactions * STREAM.repeats_min

    def _repetition(self, pair: Pair, repeated: set[str]) -> Repetition:
        child, parent = pair.child, pair.parent
        return Repetition(
            kind=_KINDS[self._kind(child) or "select"],
            engine=child.shape.engine.name,
            child=child.name,
            parent=parent.name,
            link=pair.link,
            nested_in=parent.name if parent.members & repeated else None,
            boundary="counters",
            tier=self._tier(pair),
            score=self._score(pair),
            reasons=tuple(self._reasons(pair)),
            instances=parent.calls,
            repeats=child.calls,
            n_median=pair.fan,
            n_p95=pair.fan,
            n_max=max(1, round(pair.fan)),
            parent_rows=parent.rows / parent.calls if parent.rows is not None else None,
            conservation=pair.conservation,
            child_us=child.total_us,
        )

    def _score(self, pair: Pair) -> float:
        """The link's kind, how well rows and executions agree, and whether the time is one window."""
        agreed = 2.5 if pair.exact else 2.0 if pair.conserved else 0.5 if pair.conservation is not None else 0.0
        within = 1.0 if self._within(pair) else 0.0
        windowed = 0.5 if self.windowed else 0.0
        return _LINK_SCORE.get(pair.link.kind, 2.0) + agreed + within + windowed - (0.3 if pair.others else 0.0)

    def _reasons(self, pair: Pair) -> Iterator[str]:
        if pair.follows:
            yield "it runs once for each execution of a statement that is itself repeated for the rows of a list"
        elif pair.conservation is None:
            yield "how many rows the parent gave is not known"
        elif pair.levels:
            yield f"{pair.conservation:.2f} executions for each row of the parent and of the levels below it"
        elif pair.others:
            yield f"{pair.conservation:.2f} executions for each row of {pair.others + 1} statements that give its key"
        else:
            yield f"{pair.conservation:.2f} executions for each row of the parent"
        yield f"{pair.fan:.1f} executions for each of the parent"
        if self._within(pair):
            yield f"{pair.child.calls:,} executions in at most {self.transactions:,} transactions"
        if pair.conservation is not None and not (pair.conserved or pair.follows):
            yield "the rest may come from a cache, or rows share their keys; or it is asked for elsewhere"
        if self._opens_rows(pair):
            yield "a list whose single rows are all opened, one page each, counts the same"
        if not self.windowed:
            yield "totals since the counters were reset: two snapshots would say more"
