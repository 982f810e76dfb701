"""What a replay of a repetition on a live server showed: the proof that children walk the parent's rows."""

from __future__ import annotations

from typing import Literal

import msgspec


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the parent's answer as the source of the child's keys."""

    column: str
    """Name of the output column."""
    position: int
    """Place in the parent's select list, from 0."""
    coverage: float
    """Share of the child's logged keys that stand in the column, 0 to 1. Data may have changed since the log."""
    by_chance: float
    """Share that keys drawn at random from the keys' own range would reach: small integers match anything."""
    chance: float
    """Probability that as many of the keys or more fall into the column by chance (binomial, `by_chance` a key): small
    is good. It says nothing of a key that every answer holds."""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A replay. ``refused`` set: nothing was run, or not to the end, and nothing else here means anything."""

    refused: str | None = None
    provenance: Provenance | None = None
    """The column that the keys come from; None: no column stands out."""
    others: tuple[Provenance, ...] = ()
    """The other columns, best first."""
    claim: Literal["confirmed", "consistent", "unknown"] = "unknown"
    """`confirmed`: the log's keys stand in the parent's rows, beyond chance. `consistent`: the logged keys prove
    nothing (too few, too common, of other executions), and keys were taken from the parent's rows: the batch is tried,
    the repetition is not proven. `unknown`: it is not known which column holds the keys. Provenance is necessary, not
    sufficient: who opens the details of a list one by one in requests of their own uses these keys too."""
    parent_rows: int = 0
    keys: int = 0
    """Children that were run, one for each different key."""
    same_rows: bool | None = None
    """The batch gave the same rows as the children, key by key. None: not compared."""
    difference: str | None = None
    children_us: float | None = None
    """Time of all children together, round trips included: median of the rounds."""
    batch_us: float | None = None
    """Time of the batch: median of the rounds."""
    rounds: int = 0
    notes: tuple[str, ...] = ()

    @property
    def saved_us(self) -> float | None:
        """Time that one run of the loop would save from where the replay ran."""
        if self.children_us is None or self.batch_us is None:
            return None
        return self.children_us - self.batch_us
