"""What the caller wants of the candidates: which tables, which forms of index, how wide and how many."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.limits import LIMITS


@dataclass(frozen=True, slots=True)
class CandidateLimits:
    """Bounds and switches. A form that the engine does not have is never made, whatever stands here."""

    max_width: int = LIMITS.candidate_key_width
    """Keys of an index."""
    per_table: int = LIMITS.candidate_per_table
    """Candidates of one statement on one table."""
    total: int = LIMITS.candidate_total
    """Candidates in all: those of the heaviest statements, best first."""
    only_tables: frozenset[str] | None = None
    """Canonical names, or without the schema; None: every table."""
    exclude_tables: frozenset[str] = frozenset()
    include: bool = True
    """Covering indexes: INCLUDE, or more keys where the engine has no INCLUDE."""
    partial: bool = True
    expressions: bool = True
    special: bool = True
    """GIN, GiST, trigrams, BRIN."""
    pairs: bool = True
    """Ordered pairs of the columns that a statement uses, beyond what its structure asks for."""

    def wants(self, table: str) -> bool:
        """Whether indexes on this table (canonical name) are wanted."""
        if self.excluded(table):
            return False
        names = _names(table)
        return self.only_tables is None or bool(names & {name.lower() for name in self.only_tables})

    def excluded(self, table: str) -> bool:
        """Whether no change is wanted there at all, to existing indexes neither."""
        return bool(_names(table) & {name.lower() for name in self.exclude_tables})


def _names(table: str) -> set[str]:
    """As users may write it: canonical, or without the schema."""
    return {table.lower(), table.rpartition(".")[2].lower()}
