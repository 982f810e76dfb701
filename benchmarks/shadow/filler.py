"""Fills any schema with synthetic rows: keys first, foreign keys to rows that exist, skewed, the same on every load.

What a column holds follows from its type, its width and its name's hash; a schema's own sense (paths of a tree, states of an
order) is given as SQL by ``overrides``, where ``i`` is the row's number and ``pg_temp.r(i, k)`` a number from 0 to 1.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg

_FUNCTION = """
CREATE FUNCTION pg_temp.r(i bigint, k int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(i, k) & 4294967295) / 4294967296.0::float8'
"""
_COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, a.attgenerated <> '', a.attidentity <> ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEYS = """
SELECT c.conrelid::regclass::text, c.contype, c.confrelid::regclass::text,
       (SELECT array_agg(a.attname ORDER BY k.o) FROM unnest(c.conkey) WITH ORDINALITY k (n, o)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n)::text[]
FROM pg_constraint c WHERE c.contype IN ('p', 'u', 'f') AND c.connamespace = 'public'::regnamespace
"""
#: Where recorded time ends.
END = "2026-02-05"
_WORDS = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
]


@dataclass
class _Table:
    name: str
    unique: set[str] = field(default_factory=set)
    """Columns that alone are unique."""
    references: dict[str, str] = field(default_factory=dict)


def fill(
    connection: psycopg.Connection,
    rows: Mapping[str, int],
    otherwise: int,
    overrides: Mapping[str, str],
    days: int = 400,
) -> None:
    """Fills every table of ``public``; ``rows`` says how many, ``otherwise`` of the tables it does not name."""
    connection.execute(_FUNCTION)
    tables = _tables(connection)
    for table in _ordered(tables):
        _fill(connection, tables[table], rows, otherwise, overrides, days)


def order(connection: psycopg.Connection) -> list[str]:
    """The tables, referenced ones first."""
    return _ordered(_tables(connection))


def _tables(connection: psycopg.Connection) -> dict[str, _Table]:
    named = connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    tables = {name: _Table(name) for (name,) in named.fetchall()}
    for name, kind, target, columns in connection.execute(_KEYS).fetchall():
        if kind == "f" and len(columns) == 1:
            tables[name].references[columns[0]] = target
        elif kind != "f" and len(columns) == 1:
            tables[name].unique.add(columns[0])
    return tables


def _ordered(tables: dict[str, _Table]) -> list[str]:
    """Referenced tables first; a circle is broken where its nullable column is left out by the caller's overrides."""
    ordered: list[str] = []
    open_ = sorted(tables)
    while open_:
        ready = [t for t in open_ if all(r == t or r not in open_ for r in tables[t].references.values())]
        if not ready:
            raise RuntimeError(f"foreign keys in a circle: {open_}")
        ordered += ready
        open_ = [t for t in open_ if t not in ready]
    return ordered


def _fill(
    connection: psycopg.Connection,
    table: _Table,
    rows: Mapping[str, int],
    otherwise: int,
    overrides: Mapping[str, str],
    days: int,
) -> None:
    count = rows.get(table.name, otherwise)
    names, values = [], []
    for name, kind, modifier, required, generated, _identity in connection.execute(_COLUMNS, (table.name,)).fetchall():
        if generated:
            continue
        seed = zlib.crc32(f"{table.name}.{name}".encode()) % 100000
        value = overrides.get(f"{table.name}.{name}")
        if value is None and name in table.references:
            value = _reference(connection, table, name, seed)
        if value is None:
            value = _value(name, kind, modifier, name in table.unique, seed, count, days)
        if not required and name not in table.unique and f"{table.name}.{name}" not in overrides:
            value = f"CASE WHEN pg_temp.r(i, {seed + 1}) >= {seed % 7 / 10} THEN {value} END"
        names.append(f'"{name}"')
        values.append(value)
    connection.execute(
        f"INSERT INTO {table.name} ({', '.join(names)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)} "
        f"FROM generate_series(1::bigint, {count}) i ON CONFLICT DO NOTHING".encode()
    )
    connection.execute(f"ANALYZE {table.name}")


def _reference(connection: psycopg.Connection, table: _Table, column: str, seed: int) -> str:
    """A row of the referenced table: the first ones often. Itself: an earlier row."""
    target = table.references[column]
    key = connection.execute(
        "SELECT a.attname, t.typcategory = 'N' FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        "AND a.attnum = i.indkey[0] JOIN pg_type t ON t.oid = a.atttypid WHERE i.indrelid = %s::regclass AND i.indisprimary",
        (target,),
    ).fetchone()
    if key is None:
        raise RuntimeError(f"{target} has no primary key")
    if target == table.name:
        return f"CASE WHEN i > 4 THEN 1 + floor(pg_temp.r(i, {seed}) * (i - 1) / 2)::bigint END"
    many = connection.execute(f'SELECT count(*), max("{key[0]}")::text FROM {target}').fetchone()
    assert many is not None
    if column in table.unique:
        return "i"
    chosen = f"1 + floor(power(pg_temp.r(i, {seed}), {1 + seed % 4 * 0.8}) * {many[0]})::int"
    if key[1] and many[1] == str(many[0]):
        return chosen
    return f'((SELECT array_agg("{key[0]}" ORDER BY 1) FROM {target}))[{chosen}]'


def _value(name: str, kind: str, modifier: int, unique: bool, seed: int, count: int, days: int) -> str:
    r = f"pg_temp.r(i, {seed})"
    if name == "id" or (unique and kind in ("int2", "int4", "int8")):
        return "i"
    match kind:
        case "bool":
            return f"({r} < {0.05 + seed % 10 / 10.6})"
        case "int2" | "int4" | "int8":
            return f"floor(power({r}, {1 + seed % 3}) * {(5, 40, 300, 3000)[seed % 4]})::int"
        case "numeric":
            return f"round((power({r}, 2) * {(90, 900, 4000)[seed % 3]})::numeric, 2)"
        case "float4" | "float8":
            return f"power({r}, 3) * 100"
        case "timestamptz" | "timestamp":
            share = f"i::float8 / {count}" if "created" in name or name.startswith("date") else r
            return f"'{END} 00:00+00'::timestamptz - (1 - {share}) * {days} * interval '1 day'"
        case "date":
            return f"'{END}'::date - floor({r} * {days})::int"
        case "time":
            return f"time '00:00' + {r} * interval '23 hours'"
        case "interval":
            return f"{r} * interval '30 days'"
        case "uuid":
            return f"md5('{name}' || i)::uuid"
        case "inet":
            return f"('10.0.' || floor({r} * 250)::int || '.' || i % 250)::inet"
        case "json" | "jsonb":
            return f"jsonb_build_object('k', floor({r} * 40)::int, 'on', i % 3 = 0)::{kind}"
        case "bytea":
            return "decode(md5(i::text), 'hex')"
        case "varchar" | "text" | "bpchar":
            return _text(name, modifier - 4 if modifier > 0 else None, unique, seed)
    raise RuntimeError(f"no values for {name} of type {kind}")


def _text(name: str, width: int | None, unique: bool, seed: int) -> str:
    r = f"pg_temp.r(i, {seed})"
    if unique:
        value = f"'{name}-' || i" if width is None or width >= len(name) + 9 else "i::text"
    elif width is not None and width <= 16:
        value = f"substr(md5(floor(power({r}, 2) * {(3, 12, 60)[seed % 3]})::text), 1, {max(1, min(width, 6))})"
    elif width is None or width > 500:
        array = "ARRAY['" + "', '".join(_WORDS) + "']"
        value = f"array_to_string(({array})[1 + (i % 5)::int : 5 + (i % 7)::int], ' ') || ' ' || floor({r} * 5000)::int"
    else:
        value = f"'{name} ' || floor(power({r}, 2) * {(20, 500, 20000)[seed % 3]})::int"
    return value if width is None else f"left({value}, {width})"
