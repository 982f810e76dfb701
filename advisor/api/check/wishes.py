"""What a user may ask of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from advisor.model.engine import EngineName
from advisor.model.migration import Tool, TransactionMode

#: ``auto``: where a server can be had, else by the rules of the manual, which is said; ``always``: else an error.
DryRun = Literal["auto", "always", "never"]
DRY_RUNS: tuple[DryRun, ...] = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class CheckWishes:
    """How migrations are read and tried."""

    tool: Tool | None = None
    """None: by the files."""
    transactions: TransactionMode | None = None
    """Of plain SQL files; None: as psql and mysql run them, statement by statement."""
    base: str | None = None
    """A git revision: what was added or edited since is checked, the rest came before."""
    placeholders: Mapping[str, str] = field(default_factory=dict)
    engine: EngineName | None = None
    server_version: str | None = None
    """Of production, where the catalog does not tell."""
    dry_run: DryRun = "auto"
    server: str | None = None
    """DSN of a disposable server to try MySQL and MariaDB migrations on."""
    execute: bool = False
    """Run Alembic or Django migrations against the throwaway copy, rather than have them print their SQL."""
    command: tuple[str, ...] | None = None
    """Run this against the throwaway copy and check what it sends."""
    unsafe: bool = False
    """Run strangers' code also where it cannot be shut in."""
    comments: bool | None = None
    """Comments in migrations may ignore findings. None: yes, but not with ``base``, where the branch that is checked
    would decide about itself."""
    alternatives: bool = True
