"""Snapshots: captured from a running server, masked, written, read, and turned into a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.catalog.errors import CatalogError
from advisor.model.engine import engine_of_scheme

if TYPE_CHECKING:
    from advisor.model.engine import EngineName
    from advisor.model.snapshot import Snapshot, TextOrder, Values


def capture(dsn: str, *, values: Values = "masked", probes: bool = True) -> Snapshot:
    """The snapshot of the database behind a DSN, by read-only statements with timeouts.

    ``values`` says what becomes of sampled values; ``probes``: read the smallest and largest value of each B-tree
    (PostgreSQL), which touches the tables' indexes. Raises CatalogError with one line.
    """
    from advisor.catalog.live.dsn import address

    engine = _engine(dsn)
    try:
        where = address(dsn)
    except ValueError as error:
        raise CatalogError(f"snapshot: {error}") from None
    taken: tuple[Snapshot, TextOrder | None]
    if engine == "postgresql":
        from advisor.catalog.snapshot import postgresql

        taken = postgresql.capture(where, probes=probes)
    elif engine == "sqlite":
        from advisor.catalog.snapshot import sqlite

        taken = sqlite.capture(where)
    else:
        from advisor.catalog.snapshot import mysql

        taken = mysql.capture(where)
    return conceal(*taken, values)


def conceal(snapshot: Snapshot, order: TextOrder | None, values: Values) -> Snapshot:
    """The snapshot with its values masked, left out or as they are; credentials are gone in any case."""
    from advisor.catalog.snapshot import credentials, masking

    if values == "masked":
        return masking.mask(snapshot, order)
    if values == "none":
        return masking.without_values(snapshot)
    return credentials.stripped(snapshot)


def script(engine: EngineName) -> str:
    """The statements of a capture for someone who may only run the engine's own client.

    Raises CatalogError for SQLite.
    """
    if engine == "postgresql":
        from advisor.catalog.snapshot import postgresql

        return postgresql.script()
    if engine in ("mysql", "mariadb"):
        from advisor.catalog.snapshot import mysql

        return mysql.script()
    raise CatalogError("snapshot --sql: a SQLite database is a file: give its path as sqlite:///path")


def _engine(dsn: str) -> EngineName:
    engine = engine_of_scheme(dsn.partition("://")[0])
    if engine is None:
        raise CatalogError(
            "snapshot: cannot read such an address; use postgresql://, mysql://, mariadb:// or sqlite:///"
        )
    return engine
