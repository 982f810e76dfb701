"""What the detector asks about statements: how they are linked, and what each gives. `links` answers it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, Protocol

from advisor.model.stream import KeyLink

ChildKind = Literal["count", "exists", "aggregate", "select", "insert", "update", "delete"]


class LinkOracle(Protocol):
    """Answers about fingerprints, from query graphs and the schema (or, without one, from names)."""

    def of(self, parent: str, child: str) -> KeyLink | None:
        """The best link by which rows of ``parent`` give the key of ``child``."""

    def family(self, fingerprint: str) -> str:
        """A name shared by shapes that differ only in LIMIT or OFFSET, or in the length of a list."""

    def kind(self, fingerprint: str) -> ChildKind | None:
        """What the statement does for one key; None: not known, or nothing that is repeated for keys."""

    def single(self, fingerprint: str) -> bool | None:
        """Whether it gives at most one row."""

    def keyed(self, fingerprint: str) -> bool:
        """Whether it asks for one value of a column."""

    def completes(self, parent: str, child: str) -> bool:
        """Whether the child reads what the parent left out of its own rows, and nothing else."""

    def limit(self, fingerprint: str) -> int | None:
        """The rows that its LIMIT allows, where all executions seen have the same."""

    def tables(self, fingerprint: str) -> Collection[str]:
        """The tables that it names."""

    def locks(self, fingerprint: str) -> bool:
        """Whether it locks the rows that it reads, to change them."""

    def noise(self, fingerprint: str) -> bool:
        """No work of the application: system catalogs, settings, ``SELECT 1``, the driver's own."""
