"""Indexes that do not exist: made for real on the empty tables, with a sqlite_stat1 row modelled on what is known.

A row of sqlite_stat1 is the rows of the index, then for each prefix of its columns the average rows of one value. Of
existing indexes the averages of their prefixes are known, whatever the order of the columns; a prefix that is not is
taken as if its parts were independent; a column of which nothing is known as SQLite itself takes it without ANALYZE
(build.c, sqlite3DefaultRowEst): ten rows a value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from advisor.catalog.ddl.operations import Name
from advisor.catalog.snapshot import sqlite_record
from advisor.model.planning import IndexSize
from advisor.model.snapshot import Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, parse, quoted
from advisor.planners.sqlite.library import SqliteError
from advisor.planners.sqlite.world import DEFAULT_ROWS, World, reload

#: sqlite3DefaultRowEst: rows of one value of an index without statistics.
_DEFAULT_EACH = 10.0
#: sqlite3DefaultRowEst halves the rows of a partial index.
_PARTIAL_SHARE = 0.5
#: Of an index filled in order of its keys.
_FILL = 0.95
_WIDTHS = {"INTEGER": 3.0, "REAL": 8.0, "NUMERIC": 5.0, "TEXT": 20.0, "BLOB": 20.0}
"""Bytes of a value by affinity, where the table's own size does not say."""
_CELL_BYTES = 2 + 3
"""Pointer in the page, length and header of the record, about; see the file format, section 1.6."""
_ROWID_BYTES = 4.0


@dataclass(slots=True)
class _Known:
    """What sqlite_stat1 says of one table."""

    rows: float | None = None
    each: dict[frozenset[str], float] = field(default_factory=dict)
    """Rows of one combination of values of these columns."""


def add(world: World, snapshot: Snapshot, texts: tuple[str, ...]) -> list[IndexSize]:
    """Makes the indexes in the world. Raises PlannerError for one that cannot be."""
    made = []
    for text in texts:
        index = _unqualified(parse(text, "sqlite"))
        sql = index.statement()
        try:
            world.library.run(sql)
        except SqliteError as error:
            raise PlannerError(f"hypothetical index {' '.join(text.split())[:120]!r}: {error}") from None
        known = _known(world, index.table.name)
        stat, why = _stat(world, index, known)
        if stat is not None:
            world.library.run(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (_table(world, index), index.name, stat)
            )
            if world.library.samples and index.where is None and index.keys[0].column:
                _borrow_samples(world, index, stat)
        made.append(_size(world, snapshot, index, sql, known, why))
    reload(world.library)
    return made


def _unqualified(index: Hypothetical) -> Hypothetical:
    """On the table without ``main.``, which SQLite wants before the index's name."""
    if index.table.schema not in (None, "main"):
        raise PlannerError(f"hypothetical index: there is no database {index.table.schema} here")
    return replace(index, table=Name(index.table.name))


def _borrow_samples(world: World, index: Hypothetical, stat: str) -> None:
    """Samples of an existing index with the same first column: they say how often each of its values occurs. The
    columns after it have none: the samples end before them."""
    run = world.library.run
    first = (index.keys[0].column or "").lower()
    for (idx,) in run("SELECT DISTINCT idx FROM sqlite_stat4 WHERE lower(tbl) = lower(?)", (index.table.name,)):
        xinfo = run(f"PRAGMA index_xinfo({quoted(str(idx), 'sqlite')})")
        mine = run(f"PRAGMA index_xinfo({quoted(index.name, 'sqlite')})")
        partial = run("SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%) WHERE %'", (idx,))
        if not xinfo or partial or str(xinfo[0][2]).lower() != first or xinfo[0][3:5] != mine[0][3:5]:
            continue
        each = [float(word) for word in stat.split(" ")[1:]]
        seen: set[bytes] = set()
        for neq, nlt, ndlt, sample in run("SELECT neq, nlt, ndlt, sample FROM sqlite_stat4 WHERE idx = ?", (idx,)):
            value = sqlite_record.encode(sqlite_record.decode(bytes(sample))[:1])
            if value in seen:
                continue
            seen.add(value)
            same, less, fewer = (int(str(numbers).split(" ")[0]) for numbers in (neq, nlt, ndlt))
            columns = len(mine)
            equal = [same, *(max(round(same * e / max(each[0], 1.0)), 1) for e in each[1:])]
            equal = (equal + [1] * columns)[:columns]
            distinct = [fewer, *(round(less / max(e, 1.0)) for e in each[1:])]
            distinct = (distinct + [less] * columns)[:columns]
            record = value
            run(
                "INSERT INTO sqlite_stat4 (tbl, idx, neq, nlt, ndlt, sample) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    _table(world, index),
                    index.name,
                    " ".join(map(str, equal)),
                    " ".join([str(less)] * columns),
                    " ".join(map(str, distinct)),
                    record,
                ),
            )
        return


def _table(world: World, index: Hypothetical) -> str:
    """The table's name as the schema spells it."""
    rows = world.library.run(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)", (index.table.name,)
    )
    return str(rows[0][0]) if rows else index.table.name


def _known(world: World, table: str) -> _Known:
    run = world.library.run
    known = _Known()
    partial = {
        str(name).lower()
        for _, name, _, _, is_partial in run(f"PRAGMA index_list({quoted(table, 'sqlite')})")
        if is_partial
    }
    for idx, stat in run("SELECT idx, stat FROM sqlite_stat1 WHERE lower(tbl) = lower(?)", (table,)):
        numbers = [float(word) for word in str(stat).split(" ") if word.isdigit()]
        if not numbers:
            continue
        if idx is None or str(idx).lower() not in partial:
            known.rows = max(known.rows or 0.0, numbers[0])
        if idx is None or str(idx).lower() in partial:
            continue
        name = table if str(idx).lower() == table.lower() else str(idx)
        columns = _columns_of(world, name, table)
        for end in range(1, min(len(numbers), len(columns) + 1)):
            if None not in columns[:end]:
                key = frozenset(c for c in columns[:end] if c is not None)
                known.each.setdefault(key, numbers[end])
    rowid = _rowid(world, table)
    if rowid is not None:
        known.each[frozenset({rowid})] = 1.0
    return known


def _columns_of(world: World, index: str, table: str) -> list[str | None]:
    """Its columns in lower case; None for an expression. A table without rowid is its own index."""
    rows = world.library.run(f"PRAGMA index_info({quoted(index, 'sqlite')})")
    if not rows and index == table:
        keyed = [
            (row[5], str(row[1]).lower()) for row in world.library.run(f"PRAGMA table_info({quoted(table, 'sqlite')})")
        ]
        return [name for place, name in sorted(keyed) if place]
    return [None if name is None else str(name).lower() for _, _, name in rows]


def _rowid(world: World, table: str) -> str | None:
    """The column that is INTEGER PRIMARY KEY."""
    rows = world.library.run(f"PRAGMA table_info({quoted(table, 'sqlite')})")
    keys = [(str(row[1]).lower(), str(row[2]).upper()) for row in rows if row[5]]
    return keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else None


def _stat(world: World, index: Hypothetical, known: _Known) -> tuple[str | None, str | None]:
    """The row's text, None to leave the index to SQLite's defaults; and what is modelled in it."""
    if known.rows is None:
        return None, "no statistics of this table: SQLite's defaults (2^20 rows, ten of each value)"
    rows = known.rows
    guessed: list[str] = []
    if index.where is not None:
        rows = max(rows * _PARTIAL_SHARE, 1.0)
        guessed.append("half of the rows meet its condition")
    numbers = [max(round(rows), 1)]
    columns: list[str] = []
    distinct = 1.0
    for key in index.keys:
        columns.append(key.column.lower() if key.column else "")
        each = known.each.get(frozenset(columns)) if "" not in columns else None
        if each is not None:
            distinct = max(known.rows / max(each, 1.0), distinct)
        else:
            one = known.each.get(frozenset({columns[-1]})) if columns[-1] else None
            if one is None:
                guessed.append(f"ten rows of each {columns[-1] or 'value of an expression'}")
                here = _DEFAULT_EACH if len(columns) == 1 else 0.0
                distinct = max(known.rows / here, 1.0) if here else distinct * _DEFAULT_EACH
            else:
                if len(columns) > 1:
                    guessed.append(f"{columns[-1]} independent of the columns before it")
                distinct *= max(known.rows / max(one, 1.0), 1.0)
        distinct = min(distinct, known.rows)
        numbers.append(max(math.ceil(rows / distinct), 1))
    if index.unique:
        numbers[-1] = 1
    return " ".join(map(str, numbers)), "; ".join(guessed) or None


def _size(world: World, snapshot: Snapshot, index: Hypothetical, sql: str, known: _Known, why: str | None) -> IndexSize:
    table = index.table.name
    rows = known.rows or float(DEFAULT_ROWS)
    if index.where is not None:
        rows *= _PARTIAL_SHARE
    page = snapshot.header.block_size
    columns = {
        str(row[1]).lower(): _affinity(str(row[2]))
        for row in world.library.run(f"PRAGMA table_info({quoted(table, 'sqlite')})")
    }
    widths = {name: _WIDTHS[affinity] for name, affinity in columns.items()}
    relation = next((r for r in snapshot.relations if r.kind == "table" and r.name.lower() == table.lower()), None)
    if relation is not None and relation.blocks and known.rows:
        texts = [name for name, affinity in columns.items() if affinity in ("TEXT", "BLOB")]
        fixed = sum(width for name, width in widths.items() if name not in texts)
        if texts:
            share = (relation.blocks * page * _FILL / known.rows - fixed - len(columns) - _CELL_BYTES) / len(texts)
            widths.update(dict.fromkeys(texts, min(max(share, 1.0), 400.0)))
    entry = (
        _CELL_BYTES
        + _ROWID_BYTES
        + sum(1.0 + widths.get((key.column or "").lower(), _WIDTHS["TEXT"]) for key in index.keys)
    )
    pages = max(math.ceil(rows * entry / (page * _FILL)), 1)
    return IndexSize(
        sql=sql,
        table=table,
        name=index.name,
        tuples=round(rows),
        pages=pages,
        bytes=pages * page,
        modelled="widths of values guessed from the table's size and types" + (f"; {why}" if why else ""),
    )


def _affinity(declared: str) -> str:
    """Datatypes In SQLite, section 3.1."""
    name = declared.upper()
    if "INT" in name:
        return "INTEGER"
    if any(word in name for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if "BLOB" in name or not name:
        return "BLOB"
    return "REAL" if any(word in name for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"
