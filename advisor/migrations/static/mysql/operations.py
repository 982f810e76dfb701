"""What InnoDB accepts for each operation, from which version on, and the page of the manual that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Algorithm = Literal["INSTANT", "NOCOPY", "INPLACE", "COPY"]
AlterLock = Literal["NONE", "SHARED", "EXCLUSIVE"]
#: From what changes a definition alone to what copies every row.
ALGORITHMS: tuple[Algorithm, ...] = ("INSTANT", "NOCOPY", "INPLACE", "COPY")
LOCKS: tuple[AlterLock, ...] = ("NONE", "SHARED", "EXCLUSIVE")
Version = tuple[int, ...]

_MYSQL = "https://dev.mysql.com/doc/refman/{}/en/innodb-online-ddl-operations.html"
M56, M57, M80, M84, M90 = (_MYSQL.format(one) for one in ("5.6", "5.7", "8.0", "8.4", "9.1"))
MPART = "https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-partitioning.html"
_KB = "https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-online-ddl/"
KINSTANT = _KB + "innodb-online-ddl-operations-with-the-instant-alter-algorithm"
KNOCOPY = _KB + "innodb-online-ddl-operations-with-the-nocopy-alter-algorithm"
KINPLACE = _KB + "innodb-online-ddl-operations-with-the-inplace-alter-algorithm"
KOVERVIEW = _KB + "innodb-online-ddl-overview"
KALTER = "https://mariadb.com/docs/server/reference/sql-statements/data-definition/alter/alter-table"


@dataclass(frozen=True, slots=True)
class Line:
    """How a server from ``since`` on does an operation."""

    since: Version
    algorithm: Algorithm
    lock: AlterLock
    rebuilds: bool
    """Of INPLACE: the rows are written anew."""
    builds: bool
    """An index is made."""
    cite: str


@dataclass(slots=True)
class Meant:
    """A clause as an operation of the table of operations."""

    operation: str
    index: str | None = None
    uncertain: str | None = None


def _mysql(*lines: tuple[Version, Algorithm, AlterLock, str, str]) -> tuple[Line, ...]:
    return tuple(Line(a, b, c, "r" in d, "b" in d, e) for a, b, c, d, e in lines)


_COPY = _mysql(((5, 6), "COPY", "SHARED", "r", M56), ((5, 7), "COPY", "SHARED", "r", M57),
               ((8, 0), "COPY", "SHARED", "r", M80))  # fmt: skip
_META = _mysql(((5, 6), "INPLACE", "NONE", "", M56), ((5, 7), "INPLACE", "NONE", "", M57),
               ((8, 0), "INPLACE", "NONE", "", M80))  # fmt: skip
_META_INSTANT = (*_META[:2], *_mysql(((8, 0), "INPLACE", "NONE", "", M80), ((8, 0, 12), "INSTANT", "NONE", "", M80)))
_REBUILD = _mysql(((5, 6), "INPLACE", "NONE", "r", M56), ((5, 7), "INPLACE", "NONE", "r", M57),
                  ((8, 0), "INPLACE", "NONE", "r", M80))  # fmt: skip
_BUILD = _mysql(((5, 6), "INPLACE", "NONE", "b", M56), ((5, 7), "INPLACE", "NONE", "b", M57),
                ((8, 0), "INPLACE", "NONE", "b", M80))  # fmt: skip
_REBUILD_29 = (*_REBUILD, *_mysql(((8, 0, 29), "INSTANT", "NONE", "", M80)))

#: MySQL. The last line whose version is reached holds.
MYSQL: dict[str, tuple[Line, ...]] = {
    "add_column": (*_REBUILD, *_mysql(((8, 0, 12), "INSTANT", "NONE", "", M80))),
    "add_column_placed": _REBUILD_29,
    "add_column_auto_increment": _mysql(((5, 6), "INPLACE", "SHARED", "r", M57)),
    "add_column_virtual": _META_INSTANT,
    "add_column_virtual_partitioned": _COPY,
    "add_column_stored": _COPY,
    "add_column_expression": _COPY,
    "drop_column": _REBUILD_29,
    "drop_column_virtual": _META_INSTANT,
    "drop_column_stored": _REBUILD,
    "rename_column": (*_META, *_mysql(((8, 0, 28), "INSTANT", "NONE", "", M80))),
    "reorder": _REBUILD,
    "reorder_virtual": _COPY,
    "set_default": _META_INSTANT,
    "column_metadata": _META_INSTANT,
    "modify_type": _COPY,
    "widen_varchar": (_COPY[0], *_META[1:]),
    "widen_enum": _META_INSTANT,
    "widen_varchar_across": _COPY,
    "widen_charset": _COPY,
    "widen_charset_indexed": _COPY,
    "collate": _COPY,
    "collate_indexed": _COPY,
    "drop_not_null": _REBUILD,
    "set_not_null": _REBUILD,
    "add_index": _BUILD,
    "add_index_new_virtual": _COPY,
    "add_fulltext_first": _mysql(((5, 6), "INPLACE", "SHARED", "rb", M57)),
    "add_fulltext": _mysql(((5, 6), "INPLACE", "SHARED", "b", M57)),
    "add_spatial": _mysql(((5, 6), "COPY", "SHARED", "r", M57), ((5, 7), "INPLACE", "SHARED", "b", M57)),
    "drop_index": _META,
    "rename_index": _META,
    "index_visibility": _META,
    "add_primary_key": _REBUILD,
    "drop_primary_key": _COPY,
    "replace_primary_key": _REBUILD,
    "add_foreign_key_checked": _COPY,
    "add_foreign_key": _META,
    "add_foreign_key_index": _BUILD,
    "drop_foreign_key": _META,
    "add_check": _COPY,
    "drop_check": _META,
    "force": _mysql(((5, 6), "COPY", "SHARED", "r", M56), ((5, 6, 17), "INPLACE", "NONE", "r", M56),
                    ((5, 7), "INPLACE", "NONE", "r", M57), ((8, 0), "INPLACE", "NONE", "r", M80)),
    "force_fulltext": _COPY,
    "row_format": _REBUILD,
    "table_metadata": _META_INSTANT,
    "default_charset": _META,
    "convert_charset": _COPY,
    "encryption": _COPY,
    "engine": _COPY,
    "order_by": _COPY,
    "rename_table": _META_INSTANT,
    "versioning_add": _COPY,
    "versioning_drop": _COPY,
    "partition_by": _COPY,
    "remove_partitioning": _COPY,
    "tablespace": _META,
    "check_enforce": _COPY,
}  # fmt: skip

_KCOPY = _mysql(((10, 0), "COPY", "SHARED", "r", KOVERVIEW))
_KMETA = _mysql(((10, 0), "INPLACE", "NONE", "", KINPLACE), ((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))
_KREBUILD = _mysql(((10, 0), "INPLACE", "NONE", "r", KINPLACE))
_KREBUILD_104 = (*_KREBUILD, *_mysql(((10, 4), "INSTANT", "NONE", "", KINSTANT)))
_KBUILD = _mysql(((10, 0), "INPLACE", "NONE", "b", KINPLACE), ((10, 3, 2), "NOCOPY", "NONE", "b", KNOCOPY))
_KBUILD_SHARED = _mysql(((10, 0), "INPLACE", "SHARED", "b", KINPLACE), ((10, 3, 2), "NOCOPY", "SHARED", "b", KNOCOPY))
_KNOCOPY = _mysql(((10, 0), "INPLACE", "NONE", "", KINPLACE), ((10, 3, 2), "NOCOPY", "NONE", "", KNOCOPY))

#: MariaDB; of 10.11 each line was also put to a server.
MARIADB: dict[str, tuple[Line, ...]] = {
    "add_column": (*_KREBUILD, *_mysql(((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))),
    "add_column_placed": _KREBUILD_104,
    "add_column_auto_increment": _mysql(((10, 0), "INPLACE", "SHARED", "r", KINPLACE)),
    "add_column_virtual": (_KCOPY[0], *_mysql(((10, 2, 2), "INPLACE", "NONE", "", KINPLACE),
                                              ((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))),
    "add_column_virtual_partitioned": _KCOPY,
    "add_column_stored": _KCOPY,
    "add_column_expression": _KCOPY,
    "drop_column": _KREBUILD_104,
    "drop_column_indexed": (*_KREBUILD, *_mysql(((10, 4), "NOCOPY", "NONE", "", KNOCOPY))),
    "drop_column_virtual": (_KCOPY[0], *_mysql(((10, 2, 2), "INPLACE", "NONE", "", KINPLACE),
                                               ((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))),
    "drop_column_stored": _KREBUILD_104,
    "rename_column": _KMETA,
    "reorder": _KREBUILD_104,
    "reorder_virtual": _KCOPY,
    "set_default": _KMETA,
    "column_metadata": _KMETA,
    "modify_type": _KCOPY,
    "widen_varchar": (_KCOPY[0], *_mysql(((10, 2, 2), "INPLACE", "NONE", "", KINPLACE),
                                         ((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))),
    "widen_enum": (*_mysql(((10, 0), "INPLACE", "NONE", "", KINPLACE)), *_KMETA[1:]),
    "widen_varchar_across": (*_KCOPY, *_mysql(((10, 4, 3), "INSTANT", "NONE", "", KINSTANT))),
    "widen_charset": (*_KCOPY, *_mysql(((10, 4, 3), "INSTANT", "NONE", "", KINSTANT))),
    "widen_charset_indexed": (*_KCOPY, *_mysql(((10, 4, 3), "INSTANT", "NONE", "", KINSTANT))),
    "collate": (*_KCOPY, *_mysql(((10, 4, 3), "INSTANT", "NONE", "", KINSTANT))),
    "collate_indexed": (*_KCOPY, *_mysql(((10, 4, 3), "NOCOPY", "NONE", "b", KNOCOPY))),
    "drop_not_null": _KREBUILD,
    "drop_not_null_redundant": (*_KREBUILD, *_mysql(((10, 3, 10), "INSTANT", "NONE", "", KINSTANT))),
    "set_not_null": _KREBUILD,
    "add_index": _KBUILD,
    "add_index_new_virtual": (*_KCOPY, *_mysql(((10, 3, 2), "NOCOPY", "SHARED", "b", KNOCOPY))),
    "add_fulltext_first": _mysql(((10, 0), "INPLACE", "SHARED", "rb", KINPLACE)),
    "add_fulltext": _KBUILD_SHARED,
    "add_spatial": (_KCOPY[0], *_mysql(((10, 2, 2), "INPLACE", "SHARED", "b", KINPLACE),
                                       ((10, 3, 2), "NOCOPY", "SHARED", "b", KNOCOPY))),
    "drop_index": _KNOCOPY,
    "rename_index": (_KCOPY[0], *_mysql(((10, 5, 2), "INSTANT", "NONE", "", KINSTANT))),
    "index_visibility": _mysql(((10, 6), "INSTANT", "NONE", "", KINSTANT)),
    "add_primary_key": _KREBUILD,
    "drop_primary_key": _KCOPY,
    "replace_primary_key": _KREBUILD,
    "add_foreign_key_checked": _KCOPY,
    "add_foreign_key": _KMETA,
    "add_foreign_key_index": _KBUILD,
    "drop_foreign_key": _KMETA,
    "add_check": (*_KCOPY,),
    "drop_check": (_KCOPY[0], *_mysql(((10, 3, 2), "INSTANT", "NONE", "", KINSTANT))),
    "force": _KREBUILD,
    "row_format": _KREBUILD,
    "table_metadata": _KMETA,
    "default_charset": _KMETA,
    "convert_charset": _KCOPY,
    "encryption": _KREBUILD,
    "engine": _KCOPY,
    "order_by": _KCOPY,
    "rename_table": _KMETA,
    "versioning_add": _KCOPY,
    "versioning_drop": (*_KCOPY, *_mysql(((10, 4), "INPLACE", "SHARED", "r", KINPLACE))),
    "partition_by": _KCOPY,
    "remove_partitioning": _KCOPY,
    "tablespace": _KMETA,
    "check_enforce": _KCOPY,
}  # fmt: skip


def line(engine: str, operation: str, version: Version) -> Line:
    """What holds for a version. An operation that a product does not tell apart is the plain one."""
    table = MARIADB if engine == "mariadb" else MYSQL
    lines = table.get(operation)
    while lines is None and "_" in operation:
        operation = operation.rpartition("_")[0]
        lines = table.get(operation)
    assert lines is not None, operation
    return next((one for one in reversed(lines) if one.since <= version), lines[0])


def known_series(engine: str, version: Version) -> bool:
    """Do the tables above speak of it?"""
    first, last = ((10, 0), (12, 99)) if engine == "mariadb" else ((5, 6), (9, 99))
    return first <= version[:2] <= last


def version_of(engine: str, text: str | None) -> Version:
    """``10.11.6-MariaDB`` as (10, 11, 6). Where nothing is known: MySQL 8.4, MariaDB 10.11, which most run."""
    numbers: list[int] = []
    for part in (text or "").removeprefix("5.5.5-").split("-")[0].split("."):
        if not part.isdigit():
            break
        numbers.append(int(part[:6]))
    if not numbers:
        return (10, 11) if engine == "mariadb" else (8, 4)
    # A major alone stands for its last release.
    return tuple(numbers) if len(numbers) > 2 else (*numbers, 99) if len(numbers) == 2 else (numbers[0], 99, 99)
