"""Hypothetical indexes that stand on a shadow, parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.model.planning import IndexSize
from advisor.planners.hypothetical import Hypothetical
from advisor.planners.postgresql.pages.page import BLOCK
from advisor.planners.postgresql.size.key import Built


@dataclass(frozen=True, slots=True)
class Part:
    """An index in the catalog."""

    oid: int
    table: int
    schema: str
    name: str


@dataclass(frozen=True)
class Leaf:
    """An index with storage."""

    oid: int
    table: int
    method: str
    path: Path
    built: Built


@dataclass(frozen=True)
class Made:
    """A hypothetical index that stands, parked."""

    definition: Hypothetical
    parts: tuple[Part, ...]
    """Itself, and then its partitions' indexes."""
    leaves: tuple[Leaf, ...]
    size: IndexSize
    notes: tuple[str, ...] = ()

    @property
    def oids(self) -> tuple[int, ...]:
        """Its own and its partitions'."""
        return tuple(part.oid for part in self.parts)


def summed(sql: str, table: str, name: str, parts: Sequence[Built]) -> IndexSize:
    """Of a partitioned index: all its parts, the tallest one's height."""
    pages = sum(part.pages for part in parts)
    heights = [part.height for part in parts if part.height is not None]
    noted = list(dict.fromkeys(part.modelled for part in parts if part.modelled))
    return IndexSize(
        sql=sql,
        table=table,
        name=name,
        tuples=float(round(sum(part.tuples for part in parts))),
        pages=pages,
        bytes=pages * BLOCK,
        height=max(heights, default=None),
        modelled="; ".join(noted[:3]) or None,
    )
