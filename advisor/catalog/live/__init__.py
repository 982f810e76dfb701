"""Catalogs of running servers. Read-only, with timeouts, from the system catalogs alone: no table is read or locked."""

from __future__ import annotations

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import address
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName

#: Seconds to connect, and for any one catalog query.
CONNECT_SECONDS = 10
QUERY_SECONDS = 30


def read_live(dsn: str, engine: EngineName) -> Catalog:
    """The catalog behind a DSN. Raises CatalogError."""
    try:
        where = address(dsn)
    except ValueError as error:
        raise CatalogError(f"catalog: {error}") from None
    if engine == "postgresql":
        from advisor.catalog.live.postgresql import read
    elif engine == "sqlite":
        from advisor.catalog.live.sqlite import read
    else:
        from advisor.catalog.live.mysql import read
    return read(where)
