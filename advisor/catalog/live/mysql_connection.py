"""Connections to MySQL and MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.catalog.live.dsn import Address

if TYPE_CHECKING:
    import pymysql


def connect(where: Address, *, read_seconds: float, **more: Any) -> pymysql.Connection[Any]:
    """A connection to an address; statements are sent one at a time, the driver refuses several in one text.

    ``read_seconds`` bounds each wait for an answer. Raises pymysql.Error, OSError or RuntimeError.
    """
    import pymysql

    from advisor.catalog.live import CONNECT_SECONDS

    options: dict[str, Any] = {
        name: where.options[name] for name in ("unix_socket", "ssl_ca") if where.options.get(name)
    }
    connection: pymysql.Connection[Any] = pymysql.connect(
        host=where.host or "localhost",
        port=where.port or 3306,
        user=where.user,
        password=where.password or "",
        database=where.database,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        write_timeout=read_seconds,
        charset="utf8mb4",
        **options,
        **more,
    )
    return connection


def message(error: Exception) -> str:
    """What the server or the driver said, in one line, without the number before it."""
    return " ".join(str(error.args[-1] if error.args else error).split())
