"""Pages of an InnoDB secondary index as ALTER TABLE ... ADD INDEX leaves it.

A record is a header of 5 bytes (REC_N_NEW_EXTRA_BYTES), a bit for each nullable column, a length byte for each value
of variable length, the columns and the primary key (rem0rec.cc, formats COMPACT and DYNAMIC). A sorted build fills
secondary pages wholly (btr0bulk.cc; innodb_fill_factor = 100; a sixteenth is left free in clustered indexes alone),
with a slot in the page directory for every four records. A segment reserves 32 single pages, then extents of 64, and
another one as soon as less than an eighth of it is free (fsp0fsp.cc, fseg_alloc_free_page_low): that much the file
grows, and that much mysql.innodb_index_stats calls the index's size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from advisor.planners.mariadb.distribution import Column
from advisor.planners.mariadb.tables import Key, Table

_FIXED = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8, "float": 4, "double": 8, "date": 3} | {
    "year": 1, "uuid": 16, "inet6": 16, "inet4": 4,
}  # fmt: skip
#: Bytes without the fraction of a second.
_TIMES = {"datetime": 5, "timestamp": 4, "time": 3}
#: Bytes of the digits that do not make a word of nine (decimal.c, dig2bytes).
_DIGITS = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_HEADER, _SLOT_SHARE, _ROW_ID, _POINTER = 5, 2 / 4, 6, 4
#: FIL header and trailer, page header with its segments, infimum and supremum.
_PAGE_OVERHEAD = 38 + 8 + 56 + 26
_FRAGMENTS, _FREE_SHARE = 32, 8
#: innodb_page_size by 1 MB: 64 pages up to 16 KB.
_EXTENT_BYTES = 1 << 20
#: Average characters of a text of which nothing is known.
_GUESSED = 20


def leaves(table: Table, key: Key, prefixes: Sequence[int | None], rows: float, page: int) -> int:
    """Leaf pages of an index over ``rows`` rows; ``prefixes`` are the prefix lengths of its keys, in characters."""
    return max(1, math.ceil(rows * record(table, key, prefixes) / (page - _PAGE_OVERHEAD)))


def reserved(leaf_pages: int, width: float, page: int) -> int:
    """Pages of the whole index: what its two segments reserve. ``width`` is the bytes of a record."""
    upper, level = 0, leaf_pages
    per_page = max(2.0, (page - _PAGE_OVERHEAD) / (width + _POINTER))
    while level > 1:
        level = math.ceil(level / per_page)
        upper += level
    return _segment(max(upper, 1), page) + (_segment(leaf_pages, page) if leaf_pages > 1 else 0)


def _segment(used: int, page: int) -> int:
    if used <= _FRAGMENTS:
        return used
    extent = max(64, _EXTENT_BYTES // page)
    wanted = (used - 1) * _FREE_SHARE / (_FREE_SHARE - 1)
    return _FRAGMENTS + extent * max(1, math.ceil((wanted - _FRAGMENTS) / extent))


def record(table: Table, key: Key, prefixes: Sequence[int | None]) -> float:
    """Average bytes of an entry, its share of the page directory included."""
    bits, width = 0, 0.0
    lengths = dict(zip(key.columns, prefixes, strict=False))
    whole = {name for name in key.columns if lengths.get(name) is None}
    parts = [(name, lengths.get(name)) for name in key.columns]
    parts += [(name, None) for name in _clustered(table) if name not in whole]
    for name, prefix in parts:
        column = next((one for one in table.columns if one.name == name), None)
        if column is None:
            width += 8  # the hidden column of an expression
            continue
        bits += column.nullable
        nulls = float((column.statistics or {}).get("nulls_ratio") or 0)
        width += stored(column, prefix) * (1 - nulls)
    hidden = 0 if _clustered(table) else _ROW_ID
    return _HEADER + math.ceil(bits / 8) + width + hidden + _SLOT_SHARE


def _clustered(table: Table) -> tuple[str, ...]:
    """Columns of the clustered index: the primary key, else the first unique index over NOT NULL columns."""
    required = {column.name for column in table.columns if not column.nullable}
    keys = [key for key in table.keys if key.unique and key.ordinary and required.issuperset(key.columns)]
    return next((key.columns for key in sorted(keys, key=lambda key: key.name != "PRIMARY")), ())


def stored(column: Column, prefix: int | None = None) -> float:
    """Average bytes of a value in a record, with its length byte where it has one; NULLs left out."""
    numbers = [int(each) for each in re.findall(r"\d+", column.declared.partition("(")[2].partition(")")[0])]
    match column.type:
        case kind if kind in _FIXED:
            return _FIXED[kind]
        case kind if kind in _TIMES:
            return _TIMES[kind] + math.ceil((numbers[0] if numbers else 0) / 2)
        case "decimal":
            digits, scale = (*numbers, 10, 0)[:2] if len(numbers) > 1 else (numbers[0] if numbers else 10, 0)
            return sum(4 * (each // 9) + _DIGITS[each % 9] for each in (digits - scale, scale))
        case "enum":
            return 1 if column.declared.count("','") < 255 else 2
        case "set":
            members = column.declared.count("','") + 1
            return 8 if members > 32 else math.ceil(members / 8)
        case "bit":
            return math.ceil((numbers[0] if numbers else 1) / 8)
    most = column.length or _GUESSED
    each = column.octets / most if column.octets and column.length else 1.0  # bytes a character may take
    given = (column.statistics or {}).get("avg_length")
    average = float(given) if given is not None else float(min(most, _GUESSED))
    if prefix is not None and prefix < most:
        average, most = min(average, float(prefix)), prefix
    if column.type in ("char", "binary"):
        if each == 1.0:
            return most
        average = max(average, float(most))  # blanks beyond the characters' number are cut off
    return average + (2 if most * each > 255 and average > 127 else 1)


def basis(table: Table, key: Key) -> str:
    """What a size rests on, one phrase."""
    texts = [
        column.name
        for column in table.columns
        if column.name in (*key.columns, *_clustered(table))
        and column.family == "text"
        and (column.statistics or {}).get("avg_length") is None
    ]
    if texts:
        return f"lengths of {', '.join(texts)} guessed: ANALYZE TABLE ... PERSISTENT FOR ALL would tell them"
    return "average lengths of the columns and of the primary key, packed as a sorted build packs them"
