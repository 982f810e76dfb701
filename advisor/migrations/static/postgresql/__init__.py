"""PostgreSQL 10 to 18: locks, work and failures of statements, told without a server."""

from advisor.migrations.static.postgresql.foretelling import foretell

__all__ = ["foretell"]
