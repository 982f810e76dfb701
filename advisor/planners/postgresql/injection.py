"""Statistics of relations, columns and index expressions, written into a shadow's catalogs.

Two ways, which give the same rows: the restore functions of PostgreSQL 18 and later, called by the owner; and direct
rows of pg_statistic, written by the superuser, before. Slots are those of src/include/catalog/pg_statistic.h, in the
order in which ANALYZE fills them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from advisor.model.snapshot import ColumnStatistics, Snapshot
from advisor.planners.postgresql.types import FLOAT8, TSVECTOR, Types

if TYPE_CHECKING:
    import psycopg

Way = Literal["restore", "rows"]
_MCV, _HISTOGRAM, _CORRELATION, _ELEMENTS, _ELEMENT_COUNTS, _LENGTHS, _BOUNDS = range(1, 8)
_SLOTS = 5
_FLOAT8_LESS = 672
_DEFAULT_COLLATION = 100
_MOST_TUPLES = 3e38

#: Arguments of pg_restore_attribute_stats and their types; those that are NULL are as if not given.
_ARGUMENTS = {
    "null_frac": "real",
    "avg_width": "integer",
    "n_distinct": "real",
    "most_common_vals": "text",
    "most_common_freqs": "real[]",
    "histogram_bounds": "text",
    "correlation": "real",
    "most_common_elems": "text",
    "most_common_elem_freqs": "real[]",
    "elem_count_histogram": "real[]",
    "range_length_histogram": "text",
    "range_empty_frac": "real",
    "range_bounds_histogram": "text",
}
_RESTORE = (
    "SELECT pg_catalog.pg_restore_attribute_stats('schemaname', %s::text, 'relname', %s::text, 'attname', %s::text, "
    "'inherited', %s::boolean, 'version', %s::integer, "
    + ", ".join(f"'{name}', %s::{kind}" for name, kind in _ARGUMENTS.items())
    + ")"
)
_OF_VALUES = {"most_common_vals": "most_common_freqs", "most_common_elems": "most_common_elem_freqs"}
#: What a row of pg_statistic is made of: starelid, staattnum, stainherit, stanullfrac, stawidth, stadistinct, slots.
_VALUES = ", ".join(["pg_catalog.array_in(%s::text::cstring, %s::oid, -1)"] * _SLOTS)
ROW = (
    "%s::oid, %s::smallint, %s::boolean, %s::real, %s::integer, %s::real, "
    + ", ".join(["%s::smallint"] * _SLOTS + ["%s::oid"] * _SLOTS * 2 + ["%s::real[]"] * _SLOTS)
    + f", {_VALUES}"
)
_INSERT = f"INSERT INTO pg_catalog.pg_statistic VALUES ({ROW})"
_SIZE = "SELECT advisor_shadow.set_size(%s::oid, %s::integer, %s::real, %s::integer)"
_TARGETS = """
SELECT n.nspname, c.relname, a.attname, c.oid, a.attnum, a.atttypid, a.attcollation, c.relkind = 'i'
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f', 'i')
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""

_EXPRESSIONS = """
SELECT i.indexrelid, k.number, i.indrelid::regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid, k.number, false)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts::integer) AS k (number)
WHERE i.indexprs IS NOT NULL AND c.relam <> 403 AND i.indkey[k.number - 1] = 0"""


@dataclass(frozen=True)
class Target:
    """A column of the shadow, or an index's expression."""

    relation: int
    number: int
    type: int
    collation: int
    index: bool


@dataclass
class Slots:
    """The five slots of one row of pg_statistic."""

    kinds: list[int] = field(default_factory=list)
    operators: list[int] = field(default_factory=list)
    collations: list[int] = field(default_factory=list)
    numbers: list[list[float] | None] = field(default_factory=list)
    values: list[str | None] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Which statistics were not taken over: their values cannot be read safely, or there is no slot for them."""

    def add(
        self,
        kind: int,
        operator: int,
        collation: int,
        numbers: Iterable[float] | None = None,
        values: str | None = None,
        type_: int = 0,
    ) -> None:
        self.kinds.append(kind)
        self.operators.append(operator)
        self.collations.append(collation)
        self.numbers.append(None if numbers is None else list(numbers))
        self.values.append(values)
        self.types.append(type_)

    def parameters(self) -> list[Any]:
        """Of the columns stakind1 to stavalues5."""
        empty = _SLOTS - len(self.kinds)
        zeros, nothing = [0] * empty, [None] * empty
        values = zip([*self.values, *nothing], [*self.types, *zeros], strict=True)
        return [
            *self.kinds, *zeros, *self.operators, *zeros, *self.collations, *zeros, *self.numbers, *nothing,
            *(part for pair in values for part in pair),
        ]  # fmt: skip


def slots(statistics: ColumnStatistics, type_: int, collation: int, types: Types) -> Slots:
    """What ANALYZE would have put into the slots of a column of this type."""
    made = Slots()
    read = types.parsed(type_)
    equal, less = types.equality(type_), types.less(type_)
    if statistics.most_common_vals is not None and statistics.most_common_freqs is not None:
        if read is None:
            made.left_out.append("most common values")
        else:
            made.add(_MCV, equal, collation, statistics.most_common_freqs, statistics.most_common_vals, read)
    if statistics.histogram_bounds is not None:
        if read is None:
            made.left_out.append("histogram")
        else:
            made.add(_HISTOGRAM, less, collation, None, statistics.histogram_bounds, read)
    if statistics.correlation is not None:
        made.add(_CORRELATION, less, collation, [statistics.correlation])
    element = types.element(type_)
    of_elements = _DEFAULT_COLLATION if types.based(type_) == TSVECTOR else collation
    if statistics.most_common_elems is not None and statistics.most_common_elem_freqs is not None:
        readable = types.parsed(element) if element else None
        if readable is None:
            made.left_out.append("most common elements")
        else:
            frequencies, elements = statistics.most_common_elem_freqs, statistics.most_common_elems
            made.add(_ELEMENTS, types.equality(element), of_elements, frequencies, elements, readable)
    if statistics.elem_count_histogram is not None and element:
        made.add(_ELEMENT_COUNTS, types.equality(element), of_elements, statistics.elem_count_histogram)
    # Of multiranges ANALYZE keeps the ranges that span them (multirange_typanalyze).
    spanning = types.range_of.get(types.based(type_), types.based(type_))
    if statistics.range_bounds_histogram is not None:
        readable = types.parsed(spanning)
        if readable is None:
            made.left_out.append("histogram of ranges")
        else:
            made.add(_BOUNDS, 0, 0, None, statistics.range_bounds_histogram, readable)
    if statistics.range_empty_frac is not None:
        # Without lengths where fewer than two ranges of the sample were not empty (compute_range_stats).
        lengths = statistics.range_length_histogram
        empty = [statistics.range_empty_frac]
        made.add(_LENGTHS, _FLOAT8_LESS, 0, empty, lengths, 0 if lengths is None else FLOAT8)
    elif statistics.range_length_histogram is not None:  # the planner fails where the share of empty ranges is missing
        made.left_out.append("histogram of lengths of ranges")
    if len(made.kinds) > _SLOTS:
        made.left_out.append(f"{len(made.kinds) - _SLOTS} of its statistics")
        for part in (made.kinds, made.operators, made.collations, made.numbers, made.values, made.types):
            del part[_SLOTS:]
    return made


def inject_sizes(
    owner: psycopg.Connection[tuple[Any, ...]], snapshot: Snapshot, oids: dict[tuple[str, str], int]
) -> None:
    """relpages, reltuples and relallvisible of every relation of the snapshot that the shadow has."""
    rows = [
        (
            oids[relation.schema, relation.name],
            _unsigned(relation.pages),
            min(relation.tuples, _MOST_TUPLES),
            _unsigned(relation.all_visible),
        )
        for relation in snapshot.relations
        if (relation.schema, relation.name) in oids
    ]
    with owner.transaction(), owner.cursor() as cursor:
        cursor.executemany(_SIZE, rows)


def _unsigned(pages: int) -> int:
    """Numbers of blocks in an integer, as pg_class holds them: those from 2^31 on are negative there."""
    pages = min(pages, 0xFFFFFFFE)
    return pages - (1 << 32) if pages >= 1 << 31 else pages


def inject_columns(
    owner: psycopg.Connection[tuple[Any, ...]],
    admin: psycopg.Connection[tuple[Any, ...]],
    snapshot: Snapshot,
    types: Types,
    way: Way,
    missing: Set[tuple[str | None, str]] = frozenset(),
) -> list[str]:
    """Statistics of columns and index expressions; what could not be taken over, in words.

    Other statistics of the same relations are removed. Relations that are known to be ``missing`` are not named again.
    """
    expressions = _expressions(owner, admin, types) if way == "rows" else {}
    # Those ran code of others, as the owner; from here on, until the superuser has read all values, none does.
    types.read(admin)
    targets = {row[:3]: Target(*row[3:]) for row in admin.execute(_TARGETS)}
    problems: list[str] = []
    known: list[tuple[ColumnStatistics, Target]] = []
    for one in snapshot.columns:
        target = targets.get((one.schema, one.table, one.column))
        if target is None:
            if (one.schema, one.table) not in missing:
                problems.append(f"statistics of {_named(one)}: the shadow has no such column")
        else:
            known.append((one, target))
    relations = list({target.relation for _, target in known})
    admin.execute("DELETE FROM pg_catalog.pg_statistic WHERE starelid = ANY (%s::oid[])", [relations])
    direct = known if way == "rows" else [pair for pair in known if _unrestorable(pair[0])]
    if way == "restore":
        version = snapshot.header.version_number
        restored = [(one, _restored(one, version)) for one, _ in known if not _unrestorable(one)]
        _set(owner)
        problems += _write(owner, _RESTORE, restored, answers=True)
        types.read(admin)  # that read values into domains: code of others, as the owner
    rows = []
    for one, target in direct:
        type_, collation = expressions.get((target.relation, target.number), (target.type, target.collation))
        made = slots(one, type_, collation, types)
        problems += [f"statistics of {_named(one)}: {left} left out" for left in made.left_out]
        head = [target.relation, target.number, one.inherited, one.null_frac, one.avg_width, one.n_distinct]
        rows.append((one, [*head, *made.parameters()]))
    if rows:
        _set(admin)
        problems += _write(admin, _INSERT, rows, answers=False)
    return problems


def _unrestorable(one: ColumnStatistics) -> bool:
    """pg_restore_attribute_stats takes the share of empty ranges only together with a histogram of lengths."""
    return one.range_empty_frac is not None and one.range_length_histogram is None


def _set(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """The forms in which values were printed."""
    connection.execute("SET datestyle = 'ISO, MDY'")
    connection.execute("SET intervalstyle = 'postgres'")


def _restored(one: ColumnStatistics, version: int | None) -> list[Any]:
    # Frequencies without their values (a snapshot without values) are refused, and the whole column with them.
    without = {freqs: None for values, freqs in _OF_VALUES.items() if getattr(one, values) is None}
    values: Iterator[Any] = (without.get(name, getattr(one, name)) for name in _ARGUMENTS)
    head = [one.schema, one.table, one.column, one.inherited, version]
    return [*head, *(list(value) if isinstance(value, tuple) else value for value in values)]


def _expressions(
    owner: psycopg.Connection[tuple[Any, ...]], admin: psycopg.Connection[tuple[Any, ...]], types: Types
) -> dict[tuple[int, int], tuple[int, int]]:
    """Types and collations of indexes' expressions: a GIN index stores others (to_tsvector's lexemes as text)."""
    made = {}
    for relation, number, table, expression in admin.execute(_EXPRESSIONS).fetchall():
        found = described(owner, types, table, expression)
        if found is not None:
            made[relation, number] = found
    return made


def described(
    owner: psycopg.Connection[tuple[Any, ...]], types: Types, table: str, expression: str
) -> tuple[int, int] | None:
    """Type and collation of an expression over a table's columns, as the server deparsed it; None: it is refused."""
    import psycopg

    whole = f"SELECT ({expression}) FROM {table} LIMIT 0"  # no row is read; what it calls runs as the owner
    try:
        with owner.cursor() as cursor:
            found = cursor.execute(whole.encode(), prepare=True).description
            type_ = found[0].type_code if found else 0
            collation = types.types[type_].collation
            if collation:
                cursor.execute(f"SELECT to_regcollation(pg_collation_for(({whole})))::oid".encode(), prepare=True)
                collation = (cursor.fetchone() or (None,))[0] or collation
    except (psycopg.Error, KeyError):
        return None
    return type_, collation


def _write(
    connection: psycopg.Connection[tuple[Any, ...]],
    statement: str,
    rows: Sequence[tuple[ColumnStatistics, Sequence[Any]]],
    *,
    answers: bool,
) -> list[str]:
    """All rows at once; where the server refuses one, one by one."""
    import psycopg

    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(statement, [row for _, row in rows], returning=answers)
            if not answers or _all_true(cursor):
                return []
    except psycopg.Error:
        pass
    problems = []
    notices: list[str] = []
    connection.add_notice_handler(handler := lambda notice: notices.append(notice.message_primary or ""))
    try:
        for one, row in rows:
            notices.clear()
            try:
                answer = connection.execute(statement, row)
                if answers and answer.fetchone() != (True,):
                    problems.append(f"statistics of {_named(one)}: {'; '.join(notices) or 'refused'}")
            except psycopg.Error as error:
                problems.append(f"statistics of {_named(one)}: {error.diag.message_primary or error}")
    finally:
        connection.remove_notice_handler(handler)
    return problems


def _all_true(cursor: psycopg.Cursor[tuple[Any, ...]]) -> bool:
    """Of the results of a statement executed many times."""
    while True:
        if cursor.rowcount and cursor.fetchone() != (True,):
            return False
        if not cursor.nextset():
            return True


def _named(one: ColumnStatistics) -> str:
    return f"{one.schema}.{one.table}.{one.column}"
