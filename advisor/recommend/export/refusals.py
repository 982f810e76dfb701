"""What an engine cannot have as an index, known before it says so (or, worse, does something else in silence).

InnoDB: https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html, 3072 bytes for a whole key of 16 KB pages and
DYNAMIC or COMPRESSED rows, 767 bytes a column with COMPACT or REDUNDANT ones. MariaDB silently cuts a longer plain
index key to a prefix, which then sorts and covers nothing. PostgreSQL: 32 columns (INDEX_MAX_KEYS), and about 2704
bytes (a third of a page, BTMaxItemSize) for one B-tree entry: of the values, so that the build tells.
"""

from __future__ import annotations

import re

from advisor.model.catalog import Catalog, Column, IndexKey, Table
from advisor.model.indexing import IndexDefinition

_LENGTH = re.compile(r"([a-z ]+?)\s*\((\d+)(?:\s*,\s*\d+)?\)")
#: Bytes of a character at most.
_WIDEST = {"utf8mb4": 4, "utf8": 3, "utf8mb3": 3, "ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4, "gb18030": 4}
_WIDEST |= {"latin1": 1, "ascii": 1, "binary": 1, "cp1251": 1, "latin2": 1, "big5": 2, "gbk": 2, "sjis": 2, "euckr": 2}
_FIXED = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8, "float": 4, "double": 8}
_FIXED |= {"date": 3, "time": 6, "datetime": 8, "timestamp": 7, "year": 1, "decimal": 30, "enum": 2, "set": 8}
_UNBOUNDED = ("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json")
#: Types without a B-tree order in PostgreSQL.
_UNORDERED = frozenset({"json", "xml", "point", "box", "line", "lseg", "path", "polygon", "circle"})
_WIDE = frozenset({"text", "bytea", "jsonb", "character varying", "varchar"})
_BTREE_BYTES = 2704


def refusal(index: IndexDefinition, table: Table | None, catalog: Catalog) -> str | None:
    """Why the engine cannot have this index, one sentence; None: nothing is known against it."""
    if not index.keys:
        return "it has no key"
    known = {column.name: column for column in table.columns} if table else {}
    if known:
        named = [*(key.column for key in index.keys), *index.include]
        for name in named:
            if name is not None and name not in known and not any(name.lower() == each.lower() for each in known):
                return f"the table has no column {name}"
    if table is not None and table.kind in ("view", "foreign"):
        return f"{table.name} is a {table.kind} and holds no rows of its own"
    if index.engine == "postgresql":
        return _postgresql(index, known, catalog)
    if index.include:
        return "INCLUDE is PostgreSQL's; put the columns behind the keys"
    if index.engine == "sqlite":
        return "SQLite has B-trees only" if index.method != "btree" else None
    return _mysql(index, known, table, catalog)


def _postgresql(index: IndexDefinition, known: dict[str, Column], catalog: Catalog) -> str | None:
    count = len(index.keys) + len(index.include)
    if count > 32:
        return f"an index has at most 32 columns, and this has {count}"
    if index.include and 0 < major(catalog) < 11:
        return "INCLUDE needs PostgreSQL 11"
    for key in index.keys:
        column = known.get(key.column or "")
        if index.method == "btree" and not key.opclass and column is not None and column.type in _UNORDERED:
            return f"{column.name} is of type {column.type}, which has no order and no B-tree"
    return None


def remarks(index: IndexDefinition, table: Table | None) -> list[str]:
    """What may go wrong with the values, which the schema cannot tell."""
    known = {column.name: column for column in table.columns} if table else {}
    if index.engine == "postgresql" and index.method == "btree":
        wide = [
            column.name
            for name in [*(key.column or "" for key in index.keys), *index.include]
            if (column := known.get(name)) is not None and _may_be_wide(column)
        ]
        if wide:
            return [
                f"a row whose indexed values together exceed {_BTREE_BYTES} bytes after compression ends the build, "
                f"and later INSERTs of such rows: look at the longest values of {', '.join(wide)}."
            ]
    return []


def _may_be_wide(column: Column) -> bool:
    found = _LENGTH.fullmatch(column.type)
    kind = found.group(1) if found else column.type
    return kind in _WIDE and (found is None or int(found.group(2)) * 4 > _BTREE_BYTES)


def _mysql(index: IndexDefinition, known: dict[str, Column], table: Table | None, catalog: Catalog) -> str | None:
    if index.where:
        return "partial indexes are unknown to this engine"
    most = 32 if index.engine == "mariadb" else 16
    if len(index.keys) > most:
        return f"an index has at most {most} columns, and this has {len(index.keys)}"
    if any(key.expression is not None for key in index.keys) and index.engine == "mariadb":
        return "MariaDB indexes columns only; add a generated column with the expression and index that"
    if index.method in ("fulltext", "spatial"):
        return None
    whole, part = _key_bytes(table, catalog)
    total = 0
    for key in index.keys:
        column = known.get(key.column or "")
        if column is None:
            continue
        size = _size(column, key)
        if size is None:
            return f"{column.name} is of type {column.type}: give a prefix length, {column.name}(64)"
        if size > part:
            characters = part // _width(column)
            return (
                f"{column.name} is up to {size} bytes long and a part of a key holds {part}; "
                f"index a prefix, at most {column.name}({characters})"
            )
        total += size
    if total > whole:
        return f"its key is up to {total} bytes long and this table's keys hold {whole}; shorten a column to a prefix"
    return None


def _key_bytes(table: Table | None, catalog: Catalog) -> tuple[int, int]:
    """Bytes of a whole key, and of one part of it."""
    engine = (table.storage_engine if table and table.storage_engine else "InnoDB").lower()
    if engine == "myisam":
        return 1000, 1000
    if engine == "aria":
        return 2000, 2000
    page = catalog.settings.get("innodb_page_size", "16384")
    whole = {"4096": 768, "8192": 1536}.get(page, 3072)
    old = catalog.settings.get("innodb_default_row_format", "dynamic").lower() in ("compact", "redundant")
    return whole, min(whole, 767) if old else whole


def _width(column: Column) -> int:
    """Bytes of one character."""
    kind = column.type.partition("(")[0]
    if "binary" in kind or "blob" in kind:
        return 1
    charset = column.charset or (column.collation or "utf8mb4").partition("_")[0]
    return _WIDEST.get(charset.lower(), 4)


def _size(column: Column, key: IndexKey) -> int | None:
    """Bytes of one key part at most; None for a type that needs a prefix length and has none."""
    kind = column.type.partition("(")[0].split(" ")[0]
    if key.prefix is not None:
        return key.prefix * _width(column)
    if kind in _UNBOUNDED:
        return None
    found = _LENGTH.match(column.type)
    if found and found.group(1) in ("char", "varchar", "character varying", "character", "varbinary", "binary"):
        return int(found.group(2)) * _width(column)
    return _FIXED.get(kind, 8)


def major(catalog: Catalog) -> int:
    """The server's major version; 0: not known."""
    found = re.match(r"\d+", catalog.engine.version or "")
    return int(found.group()) if found else 0
