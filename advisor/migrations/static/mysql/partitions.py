"""Management of partitions by ALTER TABLE."""

from __future__ import annotations

from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.operations import KALTER, MPART, AlterLock
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.way import Way


def managed(clause: Clause, table: MTable, engine: str) -> Way:
    """Management of partitions, as loaded tables showed it; MySQL as its manual says (MPART)."""
    cites = (MPART if engine == "mysql" else KALTER,)
    verb = clause.name
    hashed = clause.value == "hash" or (table.partition_key or "").upper().startswith(("HASH", "KEY", "LINEAR"))
    if verb in ("COALESCE", "REORGANIZE", "REBUILD") or (verb == "ADD" and hashed):
        lock: AlterLock = "SHARED"
        return Way("COPY" if engine == "mariadb" else "INPLACE", lock, rebuilds=True, cites=cites)
    if verb == "OPTIMIZE":
        if engine == "mysql":
            return Way("COPY", "SHARED", rebuilds=True, cites=cites)
        if table.engine.startswith("innodb"):
            return Way("INPLACE", "NONE", rebuilds=True, cites=cites)
        return Way("COPY", "SHARED", rebuilds=True, cites=cites)
    if verb in ("EXCHANGE", "CONVERT TABLE"):
        validated = "WITHOUT VALIDATION" not in (clause.value or "").upper()
        return Way("INSTANT", "EXCLUSIVE", scans=validated, cites=cites)
    if verb in ("ANALYZE", "CHECK", "REPAIR"):
        return Way("INSTANT", "NONE", no_op=True, cites=cites)
    return Way("INSTANT", "NONE", cites=cites)
