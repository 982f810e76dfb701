"""One mention of a table in a statement, and what the statement does with its columns: what an index could serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from advisor.model.catalog import Table


@dataclass(frozen=True, slots=True)
class Term:
    """A column, or an expression over columns of one table. Exactly one of ``column`` and ``expression`` is set."""

    column: str | None = None
    expression: str | None = None
    columns: tuple[str, ...] = ()
    """That the expression is made of."""
    opclass: str | None = None
    collation: str | None = None

    @property
    def name(self) -> str:
        """To be read."""
        return self.column if self.column is not None else self.expression or ""


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order."""

    term: Term
    descending: bool = False
    nulls_first: bool | None = None
    """None: the engine's own place for NULLs."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a partial index could be limited to."""

    sql: str
    column: str
    share: float | None = None
    """Of the rows; None not known."""


@dataclass(frozen=True, slots=True)
class Search:
    """A condition that only another kind of index serves."""

    term: Term
    method: Literal["gin", "gist"]
    why: str


@dataclass(slots=True)
class Arm:
    """One side of an OR, as far as it is about this table."""

    equalities: list[Term] = field(default_factory=list)
    ranges: list[Term] = field(default_factory=list)


@dataclass(slots=True)
class Reference:
    """What one statement does with one mention of one table."""

    table: Table
    fingerprint: str
    weight: float
    """Of the statement in the workload, to rank by."""
    equalities: list[Term] = field(default_factory=list)
    """Equal to a value that is fixed while the table is read."""
    lists: list[Term] = field(default_factory=list)
    """IN (...): equalities that break an order."""
    ranges: list[Term] = field(default_factory=list)
    joins: dict[int, list[Term]] = field(default_factory=dict)
    """Equal to a column of another reference, by that one's number (negative: of a subquery)."""
    join_ranges: list[Term] = field(default_factory=list)
    orders: list[tuple[Sort, ...]] = field(default_factory=list)
    groups: list[tuple[Term, ...]] = field(default_factory=list)
    listed: list[Term] = field(default_factory=list)
    """Columns that sort or group, also where the list goes on with other tables' columns."""
    extremes: list[Term] = field(default_factory=list)
    """min(x), max(x)."""
    arms: list[list[Arm]] = field(default_factory=list)
    """ORs of which every arm restricts this table."""
    conditions: list[Condition] = field(default_factory=list)
    searches: list[Search] = field(default_factory=list)
    patterns: list[Term] = field(default_factory=list)
    """LIKE 'x%', with the operator class or collation that serves it."""
    single: bool = False
    """A unique key is pinned: at most one row."""
    limited: bool = False
    """Only the first rows are wanted."""
    used: tuple[str, ...] = ()
    """Columns that the statement needs, in the order of the table; of a star only those that are named elsewhere."""
    covering: bool = True
    """An index alone could answer: no star, no lock, no write."""
    observed: str = ""
    """What a plan shows of this table, one phrase."""

    @property
    def joined(self) -> Iterator[Term]:
        """Join columns, each once."""
        seen: dict[Term, None] = {}
        for terms in self.joins.values():
            seen.update(dict.fromkeys(terms))
        return iter(seen)
