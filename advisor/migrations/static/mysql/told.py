"""What is told of one statement, before the locks of earlier ones are added."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.migration import Change, Failure, Lock, Work


@dataclass(slots=True)
class Told:
    """As an Outcome, of the statement alone."""

    locks: tuple[Lock, ...] = ()
    work: tuple[Work, ...] = ()
    changes: tuple[Change, ...] = ()
    created: tuple[str, ...] = ()
    failure: Failure | None = None
    algorithm: str | None = None
    uncertain: str | None = None
    wait_ms: float | None = None
    """How long it waits for locks; None: as the session has set."""
    unknown: bool = False
    """A table that the schema lacks: only the text is known."""
    opaque: bool = False
    """It may have made or dropped anything."""
