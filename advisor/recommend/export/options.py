"""What a user may say about the files that are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the output shall look. The defaults suit a file that somebody reads before running it."""

    slug: str = "advised_indexes"
    """Of file names: letters, digits and underscores."""
    show_literals: bool = False
    """Print samples with the log's literals in comments."""
    statements: int = 3
    """Statements named beside each change."""
    try_drops: bool = False
    """MySQL 8.0, MariaDB 10.6: hide an index from the optimizer in place of dropping it; the way back is instant."""
    revision: str | None = None
    """Alembic: the revision's id; None: made of the content."""
    down_revision: str | None = None
    """Alembic: the revision that this one follows; None: it has to be filled in unless it is the first."""
    app: str | None = None
    """Django: the application whose migration this is; None: state operations are left out."""
    after: str | None = None
    """Django: name of the application's latest migration (``0007_orders``)."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Django: table -> model's name, for tables that are not named ``app_model``."""
    state_indexes: frozenset[str] = frozenset()
    """Django: indexes that the models' ``Meta.indexes`` list, which a migration can take out of the state."""
