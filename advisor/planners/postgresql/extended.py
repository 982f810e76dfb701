"""Extended statistics (CREATE STATISTICS), written into a shadow's pg_statistic_ext_data: no major can restore them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.model.snapshot import ColumnStatistics, ExtendedStatistics, Snapshot
from advisor.planners.postgresql import blobs, injection
from advisor.planners.postgresql.types import Types

if TYPE_CHECKING:
    import psycopg

_OBJECTS = """
SELECT n.nspname, e.stxname, e.oid, c.oid::regclass::text, c.relkind = 'p',
       ARRAY(SELECT a.attname::text FROM unnest(e.stxkeys::smallint[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = k.number ORDER BY k.place),
       ARRAY(SELECT k.number::integer FROM unnest(e.stxkeys::smallint[]) WITH ORDINALITY AS k (number, place)
             ORDER BY k.place),
       ARRAY(SELECT a.atttypid::bigint FROM unnest(e.stxkeys::smallint[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = e.stxrelid AND a.attnum = k.number ORDER BY k.place),
       pg_catalog.pg_get_statisticsobjdef_expressions(e.oid)
FROM pg_catalog.pg_statistic_ext e
JOIN pg_catalog.pg_namespace n ON n.oid = e.stxnamespace
JOIN pg_catalog.pg_class c ON c.oid = e.stxrelid"""
_LABELS = """
SELECT n.nspname, t.typname, e.enumlabel, t.oid, e.oid
FROM pg_catalog.pg_enum e
JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"""
_BYTES = "pg_catalog.decode(%s, 'hex')::pg_catalog.pg_{kind}"
_DATA = ", ".join(_BYTES.format(kind=kind) for kind in ("ndistinct", "dependencies", "mcv_list"))

_Kinds = Sequence[tuple[int, int] | None]
"""Type and collation of each expression."""


@dataclass(frozen=True)
class _Object:
    oid: int
    table: str
    partitioned: bool
    columns: Sequence[str]
    numbers: Sequence[int]
    types: Sequence[int]
    expressions: Sequence[str] | None


def inject(
    owner: psycopg.Connection[tuple[Any, ...]],
    admin: psycopg.Connection[tuple[Any, ...]],
    snapshot: Snapshot,
    types: Types,
    missing: Set[tuple[str | None, str]] = frozenset(),
) -> list[str]:
    """All extended statistics of the snapshot; what could not be taken over, in words."""
    import psycopg

    if not snapshot.extended:
        return []
    objects = {row[:2]: _Object(*row[2:]) for row in admin.execute(_OBJECTS)}
    wanted = {(one.schema, one.name) for one in snapshot.extended}
    described: dict[tuple[str, str], _Kinds] = {
        key: [injection.described(owner, types, found.table, text) for text in found.expressions or ()]
        for key, found in objects.items()
        if key in wanted
    }
    # Those ran code of others, as the owner; from here on, until the superuser has read all values, none does.
    types.read(admin)
    labels = _labels(admin, snapshot)
    flagged = admin.info.server_version >= 150000
    problems: list[str] = []
    for one in snapshot.extended:
        named = f"statistics {one.schema}.{one.name}"
        found = objects.get((one.schema, one.name))
        if found is None:
            if (one.schema, one.name) not in missing:
                problems.append(f"{named}: the shadow has no such object")
            continue
        inherited = one.inherited or found.partitioned
        if not flagged and inherited != found.partitioned:
            continue  # 14 has one row an object: of a plain table's own rows, of a partitioned one's partitions
        kinds = described[one.schema, one.name]
        data = [_said(problems, named, part) for part in _blobs(one, found, kinds, types, labels)]
        places = "%s::oid, " + ("%s::boolean, " if flagged else "") + _DATA
        parameters: list[Any] = [found.oid, *([inherited] if flagged else []), *data]
        try:
            expressions, values = _expressions(one, found, kinds, types, problems, named)
            statement = f"INSERT INTO pg_catalog.pg_statistic_ext_data VALUES ({places}, {expressions})"
            which = "stxoid = %s" + (" AND stxdinherit = %s" if flagged else "")
            with admin.transaction():
                admin.execute(
                    f"DELETE FROM pg_catalog.pg_statistic_ext_data WHERE {which}", parameters[: 2 if flagged else 1]
                )
                admin.execute(statement, [*parameters, *values])
        except psycopg.Error as error:
            problems.append(f"{named}: {error.diag.message_primary or error}")
    return problems


def _said(problems: list[str], named: str, part: bytes | str | None) -> str | None:
    if isinstance(part, str):
        problems.append(f"{named}: {part}")
        return None
    return None if part is None else part.hex()


def _blobs(
    one: ExtendedStatistics, found: _Object, kinds: _Kinds, types: Types, labels: Mapping[tuple[int, int], int]
) -> list[bytes | str | None]:
    """The three of them, or why there is none."""
    there = dict(zip(found.columns, found.numbers, strict=True))
    if set(one.columns) != set(there):
        return ["its columns are not those of the shadow's", None, None]
    numbers = {number: there[column] for column, number in zip(one.columns, one.numbers, strict=False)}
    made: list[bytes | str | None] = []
    pairs: tuple[tuple[blobs.Kind, str | None, str | None], ...] = (
        ("ndistinct", one.ndistinct, one.ndistinct_text),
        ("dependencies", one.dependencies, one.dependencies_text),
    )
    for kind, blob, text in pairs:
        try:
            if blob is not None:
                made.append(blobs.renumbered(kind, bytes.fromhex(blob), numbers))
            else:
                made.append(None if text is None else blobs.serialised(kind, text, numbers))
        except ValueError as error:
            made.append(str(error))
    if one.mcv is None:
        made.append(None)
    else:
        of_expressions = [kind[0] if kind else 0 for kind in kinds]
        made.append(_mcv(one.mcv, [*found.types, *of_expressions], types, labels))
    return made


def _mcv(text: str, over: Sequence[int], types: Types, labels: Mapping[tuple[int, int], int]) -> bytes | str:
    mapped: list[Mapping[int, int] | None] = []
    for type_ in over:
        if type_ not in types.types:
            return "its most common values are over an expression that cannot be read and were left out"
        base = types.based(type_)
        if types.types[base].kind == "e":
            mapped.append({source: target for (enum, source), target in labels.items() if enum == base})
        elif types.portable(type_):
            mapped.append(None)
        else:
            return "its most common values hold a type of the database itself and were left out"
    try:
        lengths = [types.types[type_].length for type_ in over]
        by_value = [types.types[type_].by_value for type_ in over]
        return blobs.retyped(bytes.fromhex(text), over, lengths, by_value, mapped)
    except ValueError as error:
        return str(error)


def _labels(admin: psycopg.Connection[tuple[Any, ...]], snapshot: Snapshot) -> dict[tuple[int, int], int]:
    """(enum's OID here, label's OID in production) -> the label's OID here."""
    here = {row[:3]: row[3:] for row in admin.execute(_LABELS)}
    made: dict[tuple[int, int], int] = {}
    for row in snapshot.rows:
        if row.source == "pg_enum":
            values = row.values
            found = here.get((values.get("schema"), values.get("type"), values.get("label")))
            if found is not None and isinstance(values.get("oid"), int):
                made[found[0], values["oid"]] = found[1]
    return made


def _expressions(
    one: ExtendedStatistics,
    found: _Object,
    kinds: _Kinds,
    types: Types,
    problems: list[str],
    named: str,
) -> tuple[str, list[Any]]:
    """An array of rows of pg_statistic, and its parameters."""
    if one.expressions is None:
        return "NULL", []
    if len(one.expressions) != len(found.expressions or ()):
        problems.append(f"{named}: statistics of its expressions are not for the shadow's and were left out")
        return "NULL", []
    rows, values = [], []
    for printed, expression, described in zip(one.expressions, found.expressions or (), kinds, strict=True):
        known = {"schema": one.schema, "table": one.name, "column": expression, **printed}
        statistics = msgspec.convert(
            {key: value for key, value in known.items() if value is not None}, ColumnStatistics
        )
        if described is None:
            problems.append(f"{named}: the expression {expression} cannot be read")
            return "NULL", []
        made = injection.slots(statistics, *described, types)
        problems += [f"{named}: {left} of {expression} left out" for left in made.left_out]
        head = [0, 0, False, statistics.null_frac, statistics.avg_width, statistics.n_distinct]
        rows.append(f"ROW({injection.ROW})::pg_catalog.pg_statistic")
        values += [*head, *made.parameters()]
    return f"ARRAY[{', '.join(rows)}]", values
