"""What belongs to the database system itself: it has its own indexes, and nobody may add any."""

from __future__ import annotations

from advisor.model.engine import EngineName

SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "mysql", "performance_schema", "sys", "pg_toast"})


def is_system(name: str, engine: EngineName) -> bool:
    """Is a relation, named as in a statement, one of the system's catalogs or views? PostgreSQL reserves ``pg_`` for
    its own (Documentation, 5.10.5), SQLite ``sqlite_``."""
    schema, _, bare = name.lower().rpartition(".")
    if schema:
        return schema in SYSTEM_SCHEMAS or schema.startswith(("pg_temp", "pg_toast"))
    return (engine == "postgresql" and bare.startswith("pg_")) or (engine == "sqlite" and bare.startswith("sqlite_"))
