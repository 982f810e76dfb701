"""What the statistics of a snapshot say of one column, as values that were really there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """A value that stood in some row."""

    text: str
    share: float | None = None
    """Of the rows, as estimated; None: at least one row."""
    now: bool = False
    """Read when the snapshot was made, not at the last ANALYZE."""
    token: bool = False
    """Masked: it equals a literal where that has the same token, and no order is known."""


@dataclass(frozen=True, slots=True)
class Known:
    """One column. None is not known."""

    table: str
    column: str
    type: str
    rows: float | None
    nulls: float | None = None
    """Share of the rows."""
    distinct: float | None = None
    """Different values that are not NULL, as estimated."""
    repeated: bool = False
    """The statistics show that some value stands in two rows."""
    values: tuple[Seen, ...] = ()
    complete: bool = False
    """``values`` are all that there were."""
    changed: float | None = None
    """Rows written since the statistics were made."""
    whole: bool = False
    """They were made of every row, and no row was written since: what they do not show is not there."""
    width: float | None = None
    """Average bytes of a value, as stored."""
    analysed: str | None = None

    def certain(self, rows: float) -> bool:
        """Must some of so many rows (as estimated) still be as they were?"""
        return self.changed is None or self.changed < rows

    @property
    def when(self) -> str:
        """In words, for messages."""
        return f"when ANALYZE last looked ({self.analysed})" if self.analysed else "when ANALYZE last looked"
