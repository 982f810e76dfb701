"""Connections to PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.catalog.live import CONNECT_SECONDS
from advisor.catalog.live.dsn import Address

if TYPE_CHECKING:
    import psycopg


def connect(where: Address, **more: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to an address, in autocommit mode; ``more`` are arguments of ``psycopg.connect``.

    What the address says in its options goes before what we say. Raises psycopg.Error, of an address that cannot be
    told in UTF-8 UnicodeError.
    """
    import psycopg
    from psycopg.conninfo import make_conninfo

    parts: dict[str, Any] = {
        "host": where.host,
        "port": where.port,
        "user": where.user,
        "password": where.password,
        "dbname": where.database,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "advisor",
        **where.options,
    }
    conninfo = make_conninfo("", **{key: value for key, value in parts.items() if value is not None})
    return psycopg.connect(conninfo, autocommit=True, **more)
