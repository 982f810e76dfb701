"""What relations there are, where their rows are stored, and what reads them: the catalog before and after a statement.

The superuser reads what is committed; what a transaction has made so far only its own session sees. There others may
have put operators and types before the system's, so every name is qualified.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from advisor.dryrun.postgresql.session import Session

#: The first OID of what is not the system's own (access/transam.h).
FIRST = 16_384
_COLUMNS = """
    SELECT c.oid::pg_catalog.int8, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind::pg_catalog.text,
        c.relfilenode::pg_catalog.int8, c.reltoastrelid::pg_catalog.int8, c.reltablespace::pg_catalog.int8,
        c.relispopulated, c.relpersistence::pg_catalog.text, i.indrelid::pg_catalog.int8,
        (SELECT h.inhparent::pg_catalog.int8 FROM pg_catalog.pg_inherits h
         WHERE h.inhrelid OPERATOR(pg_catalog.=) c.oid AND c.relispartition LIMIT 1)
"""
_FROM = """
    FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
"""
_KEYS = """
    SELECT k.oid::pg_catalog.int8, k.conrelid::pg_catalog.int8, k.confrelid::pg_catalog.int8
    FROM pg_catalog.pg_constraint k
    WHERE k.contype OPERATOR(pg_catalog.=) 'f' AND k.convalidated
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """One row of pg_class, and what else tells who it is."""

    oid: int
    schema: str
    name: str
    kind: str
    """pg_class.relkind."""
    filenode: int
    toast: int
    tablespace: int
    populated: bool
    persistence: str
    table: int | None
    """Of an index."""
    parent: int | None
    """Of a partition or a partition's index."""

    @property
    def canonical(self) -> str:
        """As a catalog names it: without a schema where that is the default one."""
        temporary = self.schema.startswith("pg_temp")
        return self.name if self.schema == "public" or temporary else f"{self.schema}.{self.name}"

    @property
    def stored(self) -> bool:
        """It has rows of its own."""
        return self.kind in ("r", "m")

    @property
    def named(self) -> bool:
        """It is one that statements read or write: no index, sequence, TOAST table or row type."""
        return self.kind in ("r", "p", "v", "m", "f")


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A validated foreign key."""

    oid: int
    table: int
    referenced: int


def all_relations(admin: psycopg.Connection[tuple[Any, ...]]) -> dict[int, Relation]:
    """All that are committed, but the system's."""
    told = admin.execute(f"{_COLUMNS} {_FROM} WHERE c.oid >= {FIRST}".encode())
    return {row[0]: Relation(*row[:11]) for row in told}


def all_keys(admin: psycopg.Connection[tuple[Any, ...]]) -> dict[int, ForeignKey]:
    """Validated foreign keys, committed."""
    return {row[0]: ForeignKey(*row) for row in admin.execute(_KEYS.encode())}


def seen_from_inside(session: Session, oids: Iterable[int]) -> tuple[dict[int, Relation], dict[int, ForeignKey]]:
    """The same of some relations, as the owner's open transaction sees them."""
    listed = "'{" + ",".join(str(one) for one in oids) + "}'::pg_catalog.oid[]"
    said = session.send(f"{_COLUMNS} {_FROM} WHERE c.oid OPERATOR(pg_catalog.=) ANY ({listed})", rows=True)
    found: dict[int, Relation] = {}
    for row in said.rows:
        number = [int(one) if one is not None else 0 for one in (row[0], *row[4:7])]
        text = [(row[at] or b"").decode() for at in (1, 2, 3, 8)]
        links = [int(one) if one is not None else None for one in row[9:11]]
        found[number[0]] = Relation(
            number[0], text[0], text[1], text[2], number[1], number[2], number[3], row[7] == b"t", text[3],
            links[0], links[1],
        )  # fmt: skip
    said = session.send(f"{_KEYS} AND k.conrelid OPERATOR(pg_catalog.=) ANY ({listed})", rows=True)
    keys = {int(row[0] or 0): ForeignKey(*(int(one or 0) for one in row)) for row in said.rows}
    return found, keys


def scans(session: Session, oids: Iterable[int] | None = None) -> dict[int, int]:
    """How often the open transaction began to scan each relation, since the server last took its counts away.

    ``oids`` None: of all, as a transaction begins: a session keeps counts of earlier ones for up to a second.
    """
    where = (
        f"c.oid OPERATOR(pg_catalog.>=) {FIRST}::pg_catalog.oid"
        if oids is None
        else "c.oid OPERATOR(pg_catalog.=) ANY ('{" + ",".join(str(one) for one in oids) + "}'::pg_catalog.oid[])"
    )
    said = session.send(
        "SELECT s.oid, s.number FROM (SELECT c.oid::pg_catalog.int8 AS oid, "
        "pg_catalog.pg_stat_get_xact_numscans(c.oid) AS number FROM pg_catalog.pg_class c "
        f"WHERE {where}) s WHERE s.number OPERATOR(pg_catalog.>) 0::pg_catalog.int8",
        rows=True,
    )
    return {int(row[0] or 0): int(row[1] or 0) for row in said.rows}
