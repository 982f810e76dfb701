"""How big tables and indexes are of which only the number of rows is known."""

from __future__ import annotations

import math
import re

from advisor.catalog.types import facts
from advisor.model.catalog import Column, Index, Table
from advisor.planners.postgresql.size.key import LINE_POINTER, PAGE, PAGE_HEADER, TUPLE_HEADER, aligned

_ROW_HEADER = 24
"""MAXALIGN(SizeofHeapTupleHeader), htup_details.h."""
_FILL = 0.9
"""BTREE_DEFAULT_FILLFACTOR, nbtree.h."""
_LENGTH = re.compile(r"\((\d+)")
#: Bytes of types of fixed length (pg_type.typlen).
_FIXED = {
    "boolean": 1, "smallint": 2, "integer": 4, "real": 4, "date": 4, "bigint": 8, "double": 8, "timestamp": 8,
    "timestamptz": 8, "time": 8, "uuid": 16, "enum": 4,
}  # fmt: skip


def width(type_name: str, types: dict[str, str] | None = None) -> int:
    """Bytes of a value where nothing was sampled: what the planner itself takes (lsyscache.c, get_typavgwidth).

    Of a declared length up to 32 all of it, up to 1000 half of what is beyond 32, else 516; without a length 32.
    """
    found = facts(type_name, "postgresql", types)
    if not type_name.endswith("[]") and found.base in _FIXED:
        return _FIXED[found.base]
    declared = _LENGTH.search(type_name)
    length = int(declared.group(1)) if declared and found.family in ("string", "other", "binary") else None
    if length is None:
        return 32
    if found.base == "char" or length <= 32:
        return length + (1 if length < 127 else 4)
    return 32 + (length - 32) // 2 if length < 1000 else 32 + (1000 - 32) // 2


def table_pages(table: Table, rows: float, types: dict[str, str] | None = None) -> int:
    """Pages of a heap without gaps (tableam.c, table_block_relation_estimate_size)."""
    body = sum(width(column.type, types) for column in table.columns)
    per_page = max((PAGE - PAGE_HEADER) // (_ROW_HEADER + aligned(body) + LINE_POINTER), 1)
    return max(math.ceil(rows / per_page), 1)


def index_pages(index: Index, columns: dict[str, Column], rows: float, types: dict[str, str] | None = None) -> int:
    """Pages of a B-tree filled as CREATE INDEX fills it, without deduplication; for other methods the same is taken."""
    names = [key.column for key in index.keys] + list(index.include)
    body = sum(width(columns[name].type, types) if name in columns else 32 for name in names)
    leaves = math.ceil(rows * (TUPLE_HEADER + aligned(body) + LINE_POINTER) / ((PAGE - 40) * _FILL))
    return 1 + max(leaves, 1) + (math.ceil(leaves / 200) if leaves > 1 else 0)
