"""Two rows a table: of the smallest and of the largest values of the columns that lead its B-trees.

Where a histogram ends, the planner looks into such an index for the column's true extremes (`get_actual_variable_range`
in selfuncs.c): without these rows a condition beyond the histogram would be estimated otherwise than in production.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.catalog.snapshot import arrays
from advisor.model.snapshot import Snapshot

if TYPE_CHECKING:
    import psycopg

_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, a.attnotnull, b.oid, b.typcategory::text, b.typtype::text, a.atttypmod, (
           EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                   WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND x.relam = 403)),
       (SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder LIMIT 1),
       (SELECT count(*) FROM pg_catalog.pg_attribute f WHERE f.attrelid = b.typrelid AND f.attnum > 0)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
CROSS JOIN LATERAL (
    WITH RECURSIVE d AS (
        SELECT t.* FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.* FROM d JOIN pg_catalog.pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd'
    )
    SELECT * FROM d WHERE typtype <> 'd' LIMIT 1
) AS b
WHERE c.relkind = 'r' AND c.relowner = 'advisor_owner'::regrole
ORDER BY c.oid, a.attnum"""
#: Rows of production obey its constraints; a row of all its minima need not (CHECK (a < b), a partition's bounds over
#: two columns). Without these marks the server does not look; they are put back right after.
_UNCHECK = """
UPDATE pg_catalog.pg_class SET relchecks = 0, relispartition = false
WHERE oid = ANY (%s::oid[])"""
_MARKED = """
SELECT oid, relchecks, relispartition FROM pg_catalog.pg_class
WHERE relowner = 'advisor_owner'::regrole AND relkind = 'r' AND (relchecks > 0 OR relispartition)"""
_DOMAINS = """
SELECT c.oid, c.contypid FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_type t ON t.oid = c.contypid
WHERE t.typowner = 'advisor_owner'::regrole"""
_OF_DOMAIN = "UPDATE pg_catalog.pg_constraint SET contypid = %s WHERE oid = %s"
_RECHECK = "UPDATE pg_catalog.pg_class SET relchecks = %s, relispartition = %s WHERE oid = %s"

#: Two different values of a type, the first one zero-like, by the OID of the base type (pg_type.dat).
_ZEROS: dict[int, tuple[str, str]] = {
    16: ("f", "t"),
    17: ("", "\\x01"),
    114: ("{}", "[]"),
    142: ("", "<a/>"),
    600: ("(0,0)", "(1,1)"),
    601: ("[(0,0),(1,1)]", "[(0,0),(2,2)]"),
    602: ("((0,0))", "((1,1))"),
    603: ("(1,1),(0,0)", "(2,2),(0,0)"),
    604: ("((0,0))", "((1,1))"),
    628: ("{1,0,0}", "{1,0,1}"),
    650: ("10.0.0.0/32", "10.0.0.1/32"),
    718: ("<(0,0),1>", "<(0,0),2>"),
    774: ("00:00:00:00:00:00:00:00", "00:00:00:00:00:00:00:01"),
    829: ("00:00:00:00:00:00", "00:00:00:00:00:01"),
    869: ("10.0.0.0", "10.0.0.1"),
    1083: ("00:00", "00:01"),
    1186: ("0", "1 second"),
    1266: ("00:00+00", "00:01+00"),
    2950: ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"),
    3220: ("0/0", "0/1"),
    3614: ("", "a"),
    3615: ("", "a"),
    3802: ("{}", "[]"),
    4072: ("$", "$.a"),
}
_OF_CATEGORY: dict[str, tuple[str, str]] = {
    "A": ("{}", "{NULL}"),
    "B": ("f", "t"),
    "D": ("2000-01-01", "2000-01-02"),
    "N": ("0", "1"),
    "R": ("empty", "(,)"),
    "S": ("", "a"),
    "T": ("0", "1 second"),
}
_BITS = {1560, 1562}
_MULTIRANGE = "m"


@dataclass
class _Column:
    name: str
    needed: bool
    """It must have a value: NOT NULL."""
    leads: bool
    low: str | None
    high: str | None


@dataclass
class _Table:
    columns: list[_Column] = field(default_factory=list)


@contextmanager
def unchecked_domains(admin: psycopg.Connection[tuple[Any, ...]]) -> Iterator[None]:
    """Domains take any value of their base type meanwhile: masked values need not obey their checks."""
    found = admin.execute(_DOMAINS).fetchall()
    with admin.cursor() as cursor:
        cursor.executemany(_OF_DOMAIN, [(0, oid) for oid, _ in found])
        try:
            yield
        finally:
            cursor.executemany(_OF_DOMAIN, [(type_, oid) for oid, type_ in found])


def insert(
    owner: psycopg.Connection[tuple[Any, ...]], admin: psycopg.Connection[tuple[Any, ...]], snapshot: Snapshot
) -> list[str]:
    """Inserts the rows as the owner, past triggers and constraints; what could not be inserted, in words."""
    wanted = _wanted(admin, snapshot)
    marked = admin.execute(_MARKED).fetchall()
    admin.execute(_UNCHECK, [[oid for oid, _, _ in marked]])
    owner.execute("SELECT advisor_shadow.set_replica(true)")
    problems = []
    try:
        for (schema, name), table in wanted.items():
            problems += _fill(owner, schema, name, table)
    finally:
        owner.execute("SELECT advisor_shadow.set_replica(false)")
        with admin.transaction(), admin.cursor() as cursor:
            cursor.executemany(_RECHECK, [(checks, partition, oid) for oid, checks, partition in marked])
    return problems


def _wanted(admin: psycopg.Connection[tuple[Any, ...]], snapshot: Snapshot) -> dict[tuple[str, str], _Table]:
    """Tables that get rows: they have pages, and a value for a column that leads a B-tree."""
    filled = {(one.schema, one.name) for one in snapshot.relations if one.blocks != 0 and one.kind == "table"}
    bounds = {(one.schema, one.table, one.column): (one.low, one.high) for one in snapshot.bounds}
    histograms = {(one.schema, one.table, one.column): one for one in snapshot.columns if not one.inherited}
    found: dict[tuple[str, str], _Table] = {}
    for schema, name, column, needed, type_, category, kind, modifier, leads, label, fields in admin.execute(_COLUMNS):
        if (schema, name) not in filled:
            continue
        key = (schema, name, column)
        statistics = histograms.get(key)
        low, high = bounds.get(key, (None, None))
        if key not in bounds and statistics is not None:
            low, high = _ends(statistics.histogram_bounds)
            if low is None and needed:
                low, high = _ends(statistics.most_common_vals)
        known = low is not None and high is not None
        if not known and needed:
            low, high = _zeros(type_, category, kind, modifier, label, fields)
        table = found.setdefault((schema, name), _Table())
        table.columns.append(_Column(column, needed, leads and known, low, high))
    return {
        key: table for key, table in found.items() if any(one.leads and one.low is not None for one in table.columns)
    }


def _ends(literal: str | None) -> tuple[str | None, str | None]:
    """First and last element of an array literal."""
    if literal is None:
        return None, None
    try:
        _, items = arrays.parse(literal)
    except ValueError:
        return None, None
    texts = [
        item if isinstance(item, str) else arrays.text_of(item) for item in (items[:1] + items[-1:]) if item is not None
    ]
    return (texts[0], texts[-1]) if texts else (None, None)


def _zeros(
    type_: int, category: str, kind: str, modifier: int, label: str | None, fields: int
) -> tuple[str | None, str | None]:
    if label is not None:
        return label, label
    if kind == "c":
        empty = f"({',' * (fields - 1)})"
        return empty, empty
    if kind == _MULTIRANGE:
        return "{}", "{(,)}"
    if type_ in _BITS:
        width = max(1, modifier)
        return "0" * width, "0" * (width - 1) + "1"
    return _ZEROS.get(type_) or _OF_CATEGORY.get(category) or ("", "")


def _fill(owner: psycopg.Connection[tuple[Any, ...]], schema: str, name: str, table: _Table) -> list[str]:
    """Both rows; where the second one is refused (a unique column with one value), what it may leave open is."""
    columns = [one for one in table.columns if one.needed or (one.leads and one.low is not None)]
    low, high = {one.name: one.low for one in columns}, {one.name: one.high for one in columns}
    problems = []
    refused = _insert(owner, schema, name, low)
    if refused is not None:
        problems.append(f"extremes of {schema}.{name}: the row of the smallest values is refused: {refused}")
    if high == low and refused is None:
        return problems
    refused = _insert(owner, schema, name, high)
    if refused is not None:
        again = {one.name: one.high for one in columns if one.needed or one.high != one.low}
        refused = _insert(owner, schema, name, again) if again != high else refused
    if refused is not None and any(one.leads and one.high != one.low for one in columns):
        problems.append(f"extremes of {schema}.{name}: the row of the largest values is refused: {refused}")
    return problems


def _insert(
    owner: psycopg.Connection[tuple[Any, ...]], schema: str, name: str, values: Mapping[str, str | None]
) -> str | None:
    """Why a row is refused; None: it was inserted."""
    import psycopg
    from psycopg import sql

    statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        sql.Identifier(schema, name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    try:
        owner.execute(statement, list(values.values()))
    except psycopg.Error as error:
        return error.diag.message_primary or str(error)
    return None
