"""One accepted change of an index, and the statements that it becomes."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.finding import Proof
from advisor.model.indexing import IndexDefinition

ChangeKind = Literal["create", "drop", "reindex"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be done to one index, and what is to be said beside it."""

    kind: ChangeKind
    index: IndexDefinition
    """The index that is made; of a drop or reindex the one that stands there, for the way back."""
    name: str | None = None
    """Of the index. None for a create: made up by the schema's own convention. A drop and a reindex need it."""
    ddl: str | None = None
    """Of a drop: the server's own CREATE INDEX for it, where known; goes before ``index`` for the way back."""
    why: str = ""
    """One or two sentences. Printed as they are: they must hold no literal of the log."""
    statements: tuple[str, ...] = ()
    """Normalised texts of the statements it is for."""
    samples: tuple[str, ...] = ()
    """The same with the literals of the log: printed only when asked for."""
    bytes: int | None = None
    seconds_per_hour: float | None = None
    """Time that it saves; None: not known."""
    write_seconds_per_hour: float | None = None
    proof: Proof = "static"


class Step(msgspec.Struct, frozen=True):
    """One statement, without a semicolon."""

    sql: str
    note: str = ""
    """What is to be known before it is run."""
    waits: bool = False
    """It stops nobody while it waits for its lock or for older transactions, so no lock_timeout shall end it; and it
    runs outside a transaction only (PostgreSQL's CONCURRENTLY)."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A change as statements of its engine."""

    change: Change
    name: str
    schema: str | None
    """None: the default one."""
    table: str
    """Without the schema."""
    up: tuple[Step, ...] = ()
    down: tuple[Step, ...] = ()
    refused: str | None = None
    """Why there are no statements, one sentence."""
    notes: tuple[str, ...] = ()
    ordinary: bool = True
    """One index on one table, no partitions: tools of an application's framework can say it."""
