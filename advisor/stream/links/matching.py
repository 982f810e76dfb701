"""Which column of a parent's rows can hold a child's key: all ways are tried, the best supported one is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from advisor.model.stream import KeyLink, LinkKind
from advisor.stream.links.naming import (
    closeness,
    is_key_name,
    is_natural_key,
    is_row_key,
    references,
    same_words,
    table_words,
    words,
)
from advisor.stream.links.reading import Key, Reading, Source
from advisor.stream.links.schema import Schema, Spot

#: Support of each sort of evidence. Only their order matters: a declared key before a name, a name before a guess.
_DECLARED = 3.0
_SELF_REFERENCE = 2.0  # to-one within a table: the row's own key is as likely
_SAME_NAME = 2.5
_NAMED = 2.4
_POLYMORPHIC = 2.2
_ANY_TABLE = 1.5  # `subject_id` above: rows of any table, and which is only known by its type
_SAME_COLUMN = 1.8
_SHARED = 1.6
_OWN = 1.7
_UNSEEN = 1.2
#: What speaks against a way: the parent was asked by the same value; the column is not in its select list;
#: the child compares it in a subquery only.
_ASKED = 2.0
_HIDDEN = 1.2
_DEEPER = 0.1


@dataclass(frozen=True, slots=True)
class _Way:
    support: float
    kind: LinkKind
    key: Key
    source: Source
    column: str | None


def best(
    schema: Schema, parent: str, child: str, above: Reading, below: Reading, kind: str | None, single: bool | None
) -> KeyLink | None:
    """The best supported link of two readings; ties go to what stands first in the child's, then the parent's text."""
    found: tuple[float, _Way, bool | None, bool] | None = None
    for key in below.keys:
        if kind == "insert" and not _reference_like(schema, key):
            continue
        for source in above.sources:
            if not possible(schema, key, source):
                continue
            for way in _ways(schema, key, source):
                same = way.column is not None and _asked(way, above)
                returned = _returned(way)
                support = way.support - _ASKED * same - _HIDDEN * (returned is False) - _DEEPER * key.depth
                if found is None or support > found[0]:
                    found = support, way, returned, same
    if found is None:
        return None
    _, way, returned, same = found
    return KeyLink(
        parent=parent,
        child=child,
        kind=way.kind,
        parent_table=way.source.table,
        parent_column=way.column,
        child_table=way.key.spot.table,
        child_column=way.key.spot.column,
        to_one=True if way.key.pinned else schema.unique(way.key.spot),
        parent_single=single,
        same_filter=same,
        returned=returned,
    )


def possible(schema: Schema, key: Key, source: Source) -> bool:
    """Whether any statement on the source's table could give the key: answered once for all of them."""
    known = schema.columns(source.table)
    if not source.shown <= known:
        return True
    tables = schema.possible.setdefault(id(key), {})
    told = tables.get(source.table)
    if told is None:
        told = tables[source.table] = any(True for _ in _ways(schema, key, Source(source.table, known, True)))
    return told


def _reference_like(schema: Schema, key: Key) -> bool:
    """Whether an inserted column is a reference: a row's own new key comes from nowhere."""
    spot = key.spot
    return len(schema.targets(spot, key.beside)) > 1 or (
        is_key_name(spot.column) and bool(references(spot.column)) and spot.column != schema.row_key(spot.table)
    )


def _asked(way: _Way, above: Reading) -> bool:
    spot = Spot(way.source.table, way.column or "")
    return not above.filters.isdisjoint(way.source.equal.get(spot.column, frozenset()) | {spot})


def _returned(way: _Way) -> bool | None:
    """Whether the parent's select list shows the column, or one that its joins make equal; None: not known."""
    if way.column is None:
        return None
    folded = {column.lower() for column in way.source.shown}
    if way.column.lower() in folded:
        return True
    if way.column in way.source.equal_shown:
        return True
    return None if way.source.starred else False


def _ways(schema: Schema, key: Key, source: Source) -> Iterator[_Way]:
    declared = list(_declared(schema, key, source))
    yield from declared
    if not declared:
        yield from _named(schema, key, source)
        yield from _polymorphic(schema, key, source)
    yield from _same(schema, key, source)


def _declared(schema: Schema, key: Key, source: Source) -> Iterator[_Way]:
    """A foreign key, either way round, and columns that reference the same key."""
    reached = {spot for own in _ordered(key) for spot in schema.targets(own, key.beside)}
    aims = reached - {key.spot}
    aimed = {spot.column for spot in aims if spot.table == source.table}
    starts = schema.referencing(source.table)
    if not aimed and not starts:
        return
    columns = _column_order(schema, source)
    beside = schema.columns(source.table)
    for column in columns:
        if column in aimed:
            yield _Way(_DECLARED, "foreign_key", key, source, column)
    ends = {key.spot, *key.equal}
    for column in columns:
        if column not in starts:
            continue
        spot = Spot(source.table, column)
        if spot in ends:
            continue
        targets = schema.targets(spot, beside) - {spot}
        if not targets.isdisjoint(ends):
            support = _SELF_REFERENCE if source.table == key.spot.table else _DECLARED
            yield _Way(support, "foreign_key", key, source, column)
        elif not targets.isdisjoint(aims):
            yield _Way(_SHARED, "shared_reference", key, source, column)


def _ordered(key: Key) -> list[Spot]:
    return [key.spot, *sorted(key.equal - {key.spot})]


def _column_order(schema: Schema, source: Source) -> list[str]:
    """Columns that the source's rows may have, those in the select list first."""
    known = schema.columns(source.table)
    if not source.shown <= known:
        known |= source.shown
    return sorted(known, key=lambda column: (column not in source.shown, column))


def _same(schema: Schema, key: Key, source: Source) -> Iterator[_Way]:
    """The same column of the same table: the row's own key, or a reference that both follow."""
    for spot in _ordered(key):
        if spot.table != source.table:
            continue
        unique = True if key.pinned and spot == key.spot else schema.unique(spot)
        if unique:
            yield _Way(_OWN, "own_key", key, source, spot.column)
        elif schema.key_like(spot.column) or len(schema.targets(spot, key.beside)) > 1:
            yield _Way(_SAME_COLUMN, "shared_reference", key, source, spot.column)


def _named(schema: Schema, key: Key, source: Source) -> Iterator[_Way]:
    for spot in _ordered(key):
        if spot.table == source.table:
            yield from _named_within(schema, key, spot, source)
            continue
        yield from _to_many(schema, key, spot, source)
        yield from _to_one(schema, key, spot, source)
        yield from _same_name(schema, key, spot, source)


def _named_within(schema: Schema, key: Key, spot: Spot, source: Source) -> Iterator[_Way]:
    """`parent_id` of a tree."""
    if words(spot.column)[:1] in (("parent",), ("ancestor",), ("root",)) and is_key_name(spot.column):
        own = schema.row_key(source.table)
        if own is not None and own != spot.column:
            yield _Way(_NAMED, "name", key, source, own)


def _to_many(schema: Schema, key: Key, spot: Spot, source: Source) -> Iterator[_Way]:
    """The child's column is named for the parent's table: `author_id` and `authors`."""
    fit = _fit(schema, spot.column, source.table)
    if not fit:
        return
    found = schema.row_keys(source.table)
    if not found and schema.keys(source.table) is None and not schema.complete(source.table):
        found = ("id",)  # no statement names it: most tables call it so
    for own in found:
        if schema.comparable(spot, Spot(source.table, own)):
            yield _Way(_NAMED - (1 - fit), "name", key, source, own)


def _to_one(schema: Schema, key: Key, spot: Spot, source: Source) -> Iterator[_Way]:
    """A column of the parent's table is named for the child's, and the child asks for its row key."""
    if not _picks(schema, key, spot):
        return
    seen = False
    for column in _column_order(schema, source):
        fit = _fit(schema, column, spot.table)
        if fit and schema.comparable(spot, Spot(source.table, column)) and not same_row_key(schema, source, column):
            seen = True
            yield _Way(_NAMED - (1 - fit), "name", key, source, column)
    if not seen and source.starred and not schema.complete(source.table):
        yield _Way(_UNSEEN, "name", key, source, None)


def _picks(schema: Schema, key: Key, spot: Spot) -> bool:
    """Whether a value of the column picks one row: alone, or beside a tenant's (`tenant_id = ? AND id = ?`)."""
    return schema.unique(spot) is True or (key.pinned and spot == key.spot and is_row_key(spot.column, spot.table))


def same_row_key(schema: Schema, source: Source, column: str) -> bool:
    """Whether a column is the key of the source's own rows, no reference to others."""
    return schema.row_key(source.table) == column


def _same_name(schema: Schema, key: Key, spot: Spot, source: Source) -> Iterator[_Way]:
    """`cust_no` in both tables: a reference where it is the key of one, a shared one where it is of neither."""
    if not schema.key_like(spot.column) or not references(spot.column):
        return
    for column in _column_order(schema, source):
        other = Spot(source.table, column)
        if not _same_key(schema, spot, column) or not schema.comparable(spot, other):
            continue
        if schema.unique(other) or schema.unique(spot):
            yield _Way(_SAME_NAME, "name", key, source, column)
        else:
            yield _Way(_SHARED, "shared_reference", key, source, column)


def _same_key(schema: Schema, spot: Spot, column: str) -> bool:
    """Whether a column has the name of the key; that of a natural key with words before it: `borrower_email`."""
    own, other = words(spot.column), words(column)
    if own == other:
        return True
    return is_natural_key(spot.column) and schema.unique(spot) is True and other[-len(own) :] == own


def _polymorphic(schema: Schema, key: Key, source: Source) -> Iterator[_Way]:
    """`commentable_id` beside `commentable_type`: any table's row may be meant, or that which the type names."""
    if key.spot.table == source.table:
        return
    named = table_words(source.table)
    if key.types is not None and (not key.types or any(_names(text, named) for text in key.types)):
        own = schema.row_key(source.table) or ("id" if not schema.complete(source.table) else None)
        if own is not None:
            yield _Way(_POLYMORPHIC, "name", key, source, own)
    if is_row_key(key.spot.column, key.spot.table) and _picks(schema, key, key.spot):
        columns = schema.columns(source.table)
        for column in _column_order(schema, source):
            kind = (*words(column)[:-1], "type")
            if words(column)[-1:] == ("id",) and any(words(other) == kind for other in columns):
                yield _Way(_ANY_TABLE, "name", key, source, column)


def _names(text: str, table: tuple[str, ...]) -> bool:
    """Whether a type's name (`App\\Models\\Post`, `blog.Post`) is that of a table."""
    kind = words(text.rpartition("\\")[2].rpartition(".")[2])
    return bool(kind) and same_words(kind, table[-len(kind) :])


def _fit(schema: Schema, column: str, table: str) -> float:
    """How well a column's name refers to a table, 0 to 1."""
    return _fitting(column, table, schema.names)


@lru_cache(maxsize=65536)
def _fitting(column: str, table: str, tables: frozenset[str]) -> float:
    # `tax_code` and `tax_codes`
    found = 0.9 if len(words(column)) > 1 and same_words(words(column), table_words(table)) else 0.0
    for reference in references(column):
        fit = closeness(reference.words, table, tables)
        if not reference.suffixed or reference.glued:
            fit = fit - 0.1 if fit == 1.0 else 0.0
        found = max(found, fit)
    return found
