"""The candidates of a search, each with a position, its table and its price."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.model.catalog import IndexKey
from advisor.model.indexing import Candidate, IndexDefinition
from advisor.recommend.definition import on_text
from advisor.recommend.selection.sets import members, of

#: Bytes and upkeep (objective units) of each index asked for.
Pricing = Callable[[Sequence[IndexDefinition]], Sequence[tuple[int, float]]]


class Pool:
    """Grows while a search runs; a position never changes."""

    def __init__(self, candidates: Sequence[Candidate], price: Pricing) -> None:
        """Prices are asked for when they are needed, many at a time."""
        self.definitions: list[IndexDefinition] = []
        self.texts: list[str] = []
        """What stands behind CREATE INDEX and a name."""
        self.reasons: list[set[str]] = []
        """Fingerprints that each was proposed for."""
        self.of_table: dict[str, int] = {}
        self.bytes: dict[int, int] = {}
        self.upkeep: dict[int, float] = {}
        self.refused = 0
        """Those that the planner cannot make."""
        self._price = price
        self._known: dict[str, int] = {}
        self._plain: dict[tuple[str, str | None, tuple[IndexKey, ...]], int] = {}
        self.add(candidates)

    def add(self, candidates: Sequence[Candidate]) -> int:
        """The set of those that are new. Ordered by their text: the order they came in does not matter."""
        new = 0
        for text, candidate in sorted(((on_text(each.index), each) for each in candidates), key=lambda pair: pair[0]):
            position = self._known.get(text)
            if position is None:
                position = self._known[text] = len(self.definitions)
                self.definitions.append(candidate.index)
                self.texts.append(text)
                self.reasons.append(set())
                table = candidate.index.table
                self.of_table[table] = self.of_table.get(table, 0) | 1 << position
                new |= 1 << position
                if candidate.index.method == "btree" and not candidate.index.include and not candidate.index.unique:
                    self._plain[table, candidate.index.where, candidate.index.keys] = position
            self.reasons[position].update(reason.fingerprint for reason in candidate.reasons if reason.fingerprint)
        return new

    def narrowest(self, one: int) -> int:
        """The candidate of fewest keys that a candidate (a set of one) begins with; itself where there is none."""
        definition = self.definitions[one.bit_length() - 1]
        if definition.method != "btree":
            return one
        for width in range(1, len(definition.keys) + 1):
            position = self._plain.get((definition.table, definition.where, definition.keys[:width]))
            if position is not None:
                return 1 << position
        return one

    def price(self, wanted: int) -> None:
        """Prices of this set, where they are not known."""
        new = [position for position in members(wanted) if position not in self.bytes]
        if not new:
            return
        answers = self._price([self.definitions[position] for position in new])
        for position, (size, upkeep) in zip(new, answers, strict=True):
            self.bytes[position] = max(1, int(size))
            self.upkeep[position] = max(0.0, float(upkeep))

    def size(self, wanted: int) -> int:
        """Bytes of a set."""
        self.price(wanted)
        return sum(self.bytes[position] for position in members(wanted))

    def cost_of_writes(self, wanted: int) -> float:
        """Upkeep of a set, in objective units."""
        self.price(wanted)
        return sum(self.upkeep[position] for position in members(wanted))

    def words(self, wanted: int) -> tuple[str, ...]:
        """The set as text, in order: breaks ties."""
        return tuple(sorted(self.texts[position] for position in members(wanted)))

    def indexes(self, wanted: int) -> list[IndexDefinition]:
        """The definitions of a set."""
        return [self.definitions[position] for position in members(wanted)]

    def whole(self) -> int:
        """Everything that can be planned with."""
        return of(range(len(self.definitions))) & ~self.refused
