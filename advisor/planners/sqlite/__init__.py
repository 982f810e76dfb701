"""Plans of SQLite: in an in-memory copy of a schema with its statistics, or on the database file, read-only."""

from __future__ import annotations

from advisor.planners.sqlite.planner import SqlitePlanner

__all__ = ["SqlitePlanner"]
