"""A candidate in the making: slots of an index, each with what it is for, turned into a definition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.model.catalog import IndexKey, Table
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.recommend.candidates.keys import Keys
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Condition, Sort, Term

Use = Literal["equality", "join", "range", "pattern", "sort", "group", "extreme", "more"]
#: Keys of these uses are compared with one value at a time: their order of values does not matter.
FIXED: tuple[Use, ...] = ("equality", "join")
_WORDS: dict[Use, tuple[str, str]] = {
    "equality": ("is compared for equality", "are compared for equality"),
    "join": ("joins", "join"),
    "range": ("is compared by range", "are compared by range"),
    "pattern": ("is searched by its beginning", "are searched by their beginnings"),
    "sort": ("sorts", "sort"),
    "group": ("groups", "group"),
    "extreme": ("has its extreme there", "have their extremes there"),
    "more": ("is used beside it", "are used beside it"),
}


#: Tuple header and line pointer of an index (itup.h), and a page, of PostgreSQL.
_ENTRY_BYTES, _PAGE_BYTES = 12, 8192


@dataclass(frozen=True, slots=True)
class Slot:
    """One key and what it is for."""

    term: Term
    use: Use
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An index with its reason, and how much speaks for it."""

    index: IndexDefinition
    why: str
    rank: int
    """0: the statement's structure asks for exactly this; each step further is a weaker ground."""
    ordered: bool = False
    """Its keys' directions matter: the statement sorts by them."""
    fixed: int = 0
    """Leading keys that have one value at a time, of any direction."""
    filler: bool = False
    """Its condition is all that is asked for: any other key would do as well."""


def slots(terms: Iterable[Term], use: Use) -> list[Slot]:
    """Keys of one use."""
    return [Slot(term, use) for term in terms]


def sorting(sorts: Iterable[Sort]) -> list[Slot]:
    """Keys that sort."""
    return [Slot(key.term, "sort", key.descending, key.nulls_first) for key in sorts]


def unique_keys(table: Table) -> list[frozenset[str]]:
    """Sets of columns that an index keeps unique over all rows."""
    return [
        frozenset(key.column or "" for key in index.keys)
        for index in table.indexes
        if (index.unique or index.primary)
        and (index.where is None and index.valid)
        and all(key.column is not None and key.prefix is None for key in index.keys)
    ]


class Maker:
    """Makes definitions for one table."""

    def __init__(self, known: Known, table: Table, width: int) -> None:
        self.known = known
        self.table = table
        self.width = width
        self.keys = Keys(known, table)
        primary = next((index for index in table.indexes if index.primary), None)
        self.primary = tuple(key.column or "" for key in primary.keys) if primary is not None else ()
        self.uniques = unique_keys(table)

    def pinned(self, chosen: Sequence[Slot]) -> bool:
        """One row at most is behind the keys that are fixed, without the last: more keys filter nothing."""
        fixed: set[str] = set()
        for slot in chosen[:-1]:
            if slot.use not in FIXED or slot.term.column is None:
                break
            fixed.add(slot.term.column)
            if any(unique <= fixed for unique in self.uniques):
                return True
        return False

    def make(
        self,
        wanted: Sequence[Slot],
        rank: int,
        *,
        include: tuple[str, ...] = (),
        where: Sequence[Condition] = (),
        width: int | None = None,
    ) -> Proposal | None:
        """The index of these keys, in its plainest form; None where the engine cannot make it."""
        chosen: list[Slot] = []
        for slot in wanted:
            same = (slot.term.column, slot.term.expression)
            if all(same != (other.term.column, other.term.expression) for other in chosen):
                chosen.append(slot)
        chosen = chosen[: width or self.width]
        directed = self._directed(chosen)
        if not chosen or directed is None:
            return None
        keys = self.keys.keys(
            [
                (slot.term, slot.descending, slot.nulls_first, slot.use in ("sort", "extreme", "group"))
                for slot in directed
            ]
        )
        if keys is None:
            return None
        keys = self.without_primary(keys)
        if self.clustered(keys) or self.again(keys, include):
            return None
        index = IndexDefinition(
            engine=self.known.engine,
            table=self.table.name,
            keys=keys,
            include=include,
            where=" AND ".join(sorted({condition.sql for condition in where})) or None,
        )
        fixed = next((number for number, slot in enumerate(chosen) if slot.use not in FIXED), len(chosen))
        sorts = any(slot.use == "sort" for slot in chosen)
        return Proposal(index, sentence(chosen, include, where), rank, sorts, fixed)

    def _directed(self, chosen: Sequence[Slot]) -> list[Slot] | None:
        """An index is read in both directions: of the two ways to write an order, the one with fewer words."""
        first = next((slot for slot in chosen if slot.use == "sort"), None)
        if first is None:
            return list(chosen)
        sorts = [slot for slot in chosen if slot.use == "sort"]
        if len({slot.descending for slot in sorts}) > 1 and not self.known.mixes_directions():
            return None
        flip = first.descending if first.nulls_first is None else not first.descending
        if not flip:
            return list(chosen)
        return [
            Slot(
                slot.term,
                slot.use,
                not slot.descending,
                None if slot.nulls_first is None else not slot.nulls_first,
            )
            if slot.use == "sort"
            else slot
            for slot in chosen
        ]

    def without_primary(self, keys: tuple[IndexKey, ...]) -> tuple[IndexKey, ...]:
        """InnoDB appends the primary key to every other index, and SQLite the row's number: none need name it."""
        appended = self.appended()
        for length in range(min(len(appended), len(keys) - 1), 0, -1):
            tail = keys[-length:]
            plain = [key.column for key in tail if not key.descending and key.prefix is None and key.expression is None]
            if plain == list(appended[:length]):
                return keys[:-length]
        return keys

    def again(self, keys: Sequence[IndexKey], include: Sequence[str] = ()) -> bool:
        """A unique index begins with the same columns, and what more there is does not pay."""
        names = [key.column for key in keys]
        beyond = any(
            unique == set(names[: len(unique)]) and len(names) + len(include) > len(unique) for unique in self.uniques
        )
        if not beyond:
            return False
        rows, pages = self.known.rows(self.table), self.known.pages(self.table)
        if not rows or not pages or pages < LIMITS.candidate_again_pages:
            return True
        entry = _ENTRY_BYTES + sum(self.keys.width(name) for name in (*names, *include) if name is not None)
        return entry > LIMITS.candidate_again_share * pages * _PAGE_BYTES / rows

    def clustered(self, keys: Sequence[IndexKey]) -> bool:
        """The table itself is stored in the order of the leading keys, and a look-up there gives the whole row."""
        stored = self.appended()
        return bool(stored) and tuple(key.column for key in keys[: len(stored)]) == stored

    def appended(self) -> tuple[str, ...]:
        """Columns that every other index of the table ends with."""
        if self.known.engine in ("mysql", "mariadb"):
            return self.primary if (self.table.storage_engine or "innodb").lower() == "innodb" else ()
        if self.known.engine == "sqlite" and len(self.primary) == 1:
            column = self.keys.column(self.primary[0])
            return self.primary if column is not None and column.type.lower() == "integer" else ()
        return ()


def sentence(chosen: Sequence[Slot], include: Sequence[str], where: Sequence[Condition]) -> str:
    """``status is compared for equality, then created_at sorts``."""
    parts: list[str] = []
    run: list[Slot] = []
    for slot in [*chosen, None]:
        if run and (slot is None or slot.use != run[0].use):
            names = [other.term.name for other in run]
            listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
            parts.append(f"{listed} {_WORDS[run[0].use][len(names) > 1]}")
            run = []
        if slot is not None:
            run.append(slot)
    text = ", then ".join(parts)
    if include:
        text += ", and the index alone answers"
    if where:
        text += ", of the rows " + " and ".join(f"with {condition.sql}" for condition in where)
    return text
