"""SQLite: the schema is kept as its DDL, so the file's own statements are read; sizes come from sqlite_stat1."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

import msgspec

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine


def read(where: Address) -> Catalog:
    """The catalog of a database file, opened read-only."""
    path = Path(where.database or "")
    shown = f"catalog sqlite:///{where.database or ''}"
    if not path.is_file() and Path("/" + str(path)).is_file():
        path = Path("/" + str(path))
    if not path.is_file():
        raise CatalogError(f"{shown}: no such file (sqlite:///relative or sqlite:////absolute)")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)
        try:
            texts = connection.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid"
            ).fetchall()
            sizes = _sizes(connection)
            settings = {
                name: str(connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("journal_mode", "synchronous", "cache_size", "mmap_size", "page_size", "foreign_keys")
            }
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise CatalogError(f"{shown}: {error}") from None
    catalog = read_ddl(";\n".join(text for (text,) in texts) + ";", f"sqlite:///{where.database}", "sqlite")
    catalog.engine = Engine("sqlite", sqlite3.sqlite_version)
    for name, table in catalog.tables.items():
        catalog.tables[name] = msgspec.structs.replace(table, rows=sizes.get(table.name), line=None)
    catalog.settings.update(settings)
    if sizes:
        catalog.known |= {"sizes"}
    return catalog


def _sizes(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows by table, as ANALYZE found them."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
        return {}
    found: dict[str, int] = {}
    for table, stat in connection.execute("SELECT tbl, stat FROM sqlite_stat1"):
        first = str(stat).split(" ")[0]
        if first.isdigit():
            found[table] = max(found.get(table, 0), int(first))
    return found
