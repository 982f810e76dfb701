"""A snapshot of a SQLite database: its schema, sqlite_stat1 and sqlite_stat4, the pragmas that planning depends on.

The file is opened read-only. No row of a table is read; where the library can count pages (dbstat), it walks over the
file's pages for at most `PAGES_SECONDS`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.snapshot import sqlite_record
from advisor.model.engine import Engine
from advisor.model.snapshot import (
    Header,
    ObjectKind,
    Relation,
    SchemaObject,
    Setting,
    Snapshot,
    StatisticsRow,
    TextOrder,
)

BUSY_SECONDS = 5.0
PAGES_SECONDS = 20.0
_SETTINGS = (
    "application_id auto_vacuum automatic_index cache_size encoding foreign_keys freelist_count journal_mode mmap_size "
    "page_count page_size reverse_unordered_selects synchronous user_version"
)
_KINDS: dict[str, ObjectKind] = {"table": "table", "index": "index", "view": "view", "trigger": "trigger"}
#: Where the version that wrote the file last stands in it (file format, section 1.3.16).
_VERSION_AT = 96


def capture(where: Address) -> tuple[Snapshot, TextOrder | None]:
    """The snapshot of a database file, values present, and its texts in order (SQLite's own: of bytes).

    Raises CatalogError with one line.
    """
    path = file_of(where)
    shown = f"snapshot sqlite:///{where.database or ''}"
    missing: list[str] = []
    try:
        with opened(path) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            snapshot = Snapshot(header=_header(path, where, connection))
            snapshot.settings = _settings(connection)
            snapshot.objects = _objects(connection)
            snapshot.rows = _statistics(connection, missing)
            snapshot.relations = _relations(connection, snapshot, missing)
    except sqlite3.Error as error:
        raise CatalogError(f"{shown}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise CatalogError(f"{shown}: {error.strerror or error}") from None
    texts = sorted({text for row in snapshot.rows for text in _texts(row)}, key=lambda t: t.encode("utf-8", "replace"))
    header = snapshot.header
    snapshot.header = Header(**{**{f: getattr(header, f) for f in header.__struct_fields__}, "missing": tuple(missing)})
    return snapshot, TextOrder(values=tuple(texts))


def file_of(where: Address) -> Path:
    """The file behind sqlite:///relative or sqlite:////absolute. Raises CatalogError where there is none."""
    path = Path(where.database or "")
    for candidate in (path, Path("/" + str(path))):
        if candidate.is_file():
            return candidate
    raise CatalogError(f"sqlite:///{where.database or ''}: no such file (sqlite:///relative or sqlite:////absolute)")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def _header(path: Path, where: Address, connection: sqlite3.Connection) -> Header:
    with path.open("rb") as file:
        head = file.read(100)
    number = int.from_bytes(head[_VERSION_AT:], "big") if head.startswith(b"SQLite format 3\0") else 0
    version = f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}" if number else None
    return Header(
        engine=Engine("sqlite", version),
        version_number=number or None,
        database=path.name,
        captured_at=str(connection.execute("SELECT strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')").fetchone()[0]),
        values="present",
        origin=where.safe,
        encoding=str(connection.execute("PRAGMA encoding").fetchone()[0]),
        block_size=int(connection.execute("PRAGMA page_size").fetchone()[0]),
    )


def _settings(connection: sqlite3.Connection) -> list[Setting]:
    found = []
    for name in _SETTINGS.split():
        row = connection.execute(f"PRAGMA {name}").fetchone()
        if row is not None:
            found.append(Setting(name=name, value=str(row[0])))
    return found


def _objects(connection: sqlite3.Connection) -> list[SchemaObject]:
    """In the order in which they were made: equal indexes are told apart by it."""
    shadows = (
        {  # a virtual table makes its own again
            name
            for name, kind in connection.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
            if kind == "shadow"
        }
        if sqlite3.sqlite_version_info >= (3, 37)
        else set()
    )
    return [
        SchemaObject(
            kind=_KINDS.get(kind, "other"),
            name=name,
            table=None if kind in ("table", "view") else table,
            oid=number,
            ddl=(sql,),
        )
        for number, kind, name, table, sql in connection.execute(
            "SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        )
        if not name.startswith("sqlite_") and name not in shadows and table not in shadows
    ]


def _statistics(connection: sqlite3.Connection, missing: list[str]) -> list[StatisticsRow]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    rows = []
    if "sqlite_stat1" in tables:
        for tbl, idx, stat in connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1"):
            rows.append(StatisticsRow(source="sqlite_stat1", values={"tbl": tbl, "idx": idx, "stat": stat}))
    if not rows:
        missing.append("statistics: ANALYZE was never run on this database")
    if "sqlite_stat4" in tables:
        for tbl, idx, neq, nlt, ndlt, sample in connection.execute(
            "SELECT tbl, idx, neq, nlt, ndlt, sample FROM sqlite_stat4"
        ):
            values = {
                "tbl": tbl,
                "idx": idx,
                "neq": neq,
                "nlt": nlt,
                "ndlt": ndlt,
                "sample": bytes(sample or b"").hex(),
            }
            rows.append(StatisticsRow(source="sqlite_stat4", values=values))
    return rows


def _relations(connection: sqlite3.Connection, snapshot: Snapshot, missing: list[str]) -> list[Relation]:
    pages = _pages(connection, missing)
    counted: dict[str, float] = {}
    for row in snapshot.rows:
        first = str(row.values.get("stat") or "").split(" ")[0]
        if row.source == "sqlite_stat1" and first.isdigit():
            counted[row.values["tbl"]] = max(counted.get(row.values["tbl"], -1.0), float(first))
    size = snapshot.header.block_size
    found = []
    for one in snapshot.objects:
        if one.kind not in ("table", "index"):
            continue
        blocks = pages.get(one.name)
        found.append(
            Relation(
                schema="main",
                name=one.name,
                kind="table" if one.kind == "table" else "index",
                table=one.table,
                tuples=counted.get(one.name if one.kind == "table" else one.table or "", -1.0),
                pages=blocks or 0,
                blocks=blocks,
                bytes=None if blocks is None else blocks * size,
            )
        )
    return found


def _pages(connection: sqlite3.Connection, missing: list[str]) -> dict[str, int]:
    """Pages of each table and index, where the library has dbstat and the file is not too long to walk over."""
    end = time.monotonic() + PAGES_SECONDS
    connection.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    try:
        return dict(connection.execute("SELECT name, pageno FROM dbstat WHERE aggregate = TRUE"))
    except sqlite3.Error as error:
        reason = (
            "the file is too large to count them in time" if time.monotonic() > end else " ".join(str(error).split())
        )
        missing.append(f"pages of tables and indexes ({reason})")
        return {}
    finally:
        connection.set_progress_handler(None, 0)


def _texts(row: StatisticsRow) -> list[str]:
    if row.source != "sqlite_stat4":
        return []
    try:
        return [field for field in sqlite_record.decode(bytes.fromhex(row.values["sample"])) if isinstance(field, str)]
    except ValueError:
        return []
