"""Tokens in place of the texts that statistics hold. What a snapshot without values holds is said in `sampled`.

Every text, bytea and JSON value in most common values, histograms, elements, smallest and largest values,
extended statistics and statistics of expressions is replaced by a token. Tokens keep the server's order (`TextOrder`;
code points where it was not captured) and equality across columns, so histograms stay sorted, what lies between two
bounds still does, and a join of two text columns finds its common values. Numbers, dates, times, uuids, network
addresses, booleans, enums and ranges of those stay. Values of any other type (tsvector, hstore, xml, ltree, unknown
extensions) are left out, and ``header.missing`` says of which columns.

MySQL, MariaDB and SQLite: the same for histograms, bounds and samples; those that a collation of their column's own
orders are left out. In SQLite texts that are wholly a date stay, as it has no type for dates. No text stays there
because the schema shows it: SQLite's planner has literals of partial indexes and views translated instead.

*Texts that the schema shows itself (PostgreSQL).*
A text that stands as a literal in a table's definition, index predicate, CHECK,
partition bound, default, enum, domain, view, policy or rule stays readable among most common values (in every column)
and as a literal in queries, because a planner proves ``WHERE status = 'paid'`` implies the predicate of a partial index
by that literal, and looks it up among the common values as well. In a histogram or as smallest or largest value it is
a token, for order's sake, unless all texts of that column's statistics are such literals. Literals in bodies of
functions and triggers do not count. The empty text and the JSON values ``{} [] null true false`` tell nothing and stay.

*A query's literals.* `literals.translate` gives a literal the token of its value, found by an HMAC tag whose key is in
the file (``header.mask_key``). Texts of columns that a table is partitioned by (RANGE, HASH) have no tag: a token would
be routed to another partition.

**What masking does not hide.** How often each value occurs, how wide values are on average, their order, numbers and
dates, names and literals of the schema; and whether a *guessed* text is among the sampled ones: whoever has the file
has the key, and can try a dictionary. It keeps texts from being read, not from being confirmed. Tokens of columns of
a few characters are digits and may coincide with a text.

**What it costs.** Equality with a common value, joins, grouping and sorting are estimated as in production. LIKE and
regular expressions match no token and are estimated by defaults; ranges over text are estimated where both bounds are
sampled values, and by a first letter at best elsewhere; ``@>`` on JSON finds nothing among the common values.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from advisor.catalog.snapshot import arrays, credentials, engine_rows
from advisor.catalog.snapshot.literals import translate, translation, untranslate
from advisor.catalog.snapshot.mcv_list import McvError, masked_list
from advisor.catalog.snapshot.sampled import VALUED, emptied, unsampled, without_values
from advisor.catalog.snapshot.token_space import TokenSpace, bare
from advisor.catalog.snapshot.value_types import UNKNOWN, ValueType, ValueTypes
from advisor.catalog.snapshot.visible import visible_texts
from advisor.model.snapshot import Bounds, ColumnStatistics, ExtendedStatistics, SchemaObject, Snapshot, TextOrder

__all__ = ["mask", "translate", "translation", "untranslate", "without_values"]

_JSON_KEPT = frozenset({"{}", "[]", "null", "true", "false", '""'})
_PARTITIONED = re.compile(r"PARTITION\s+BY\s+(?:RANGE|HASH)\s*\((.*)", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r'"((?:[^"]|"")*)"|(\w+)')
_LISTED = 12
"""Columns named in one note; the rest is counted."""


def mask(snapshot: Snapshot, order: TextOrder | None, key: str | None = None) -> Snapshot:
    """A copy with tokens for texts, and without credentials. ``key`` (hex) is drawn where none is given; with the same
    key and the same content the outcome is the same. A snapshot that has no values, or has them masked, is only freed
    of credentials."""
    snapshot = credentials.stripped(snapshot)
    if snapshot.header.values != "present":
        return snapshot
    key = key or secrets.token_hex(16)
    masker = _Masker(snapshot, order)
    masker.run(snapshot)
    masker.space.seal()
    masker.collecting = False
    out = masker.run(snapshot)
    out.tokens = masker.space.tags(key, masker.visible | masker.routed)
    out.header = msgspec.structs.replace(
        snapshot.header,
        values="masked",
        mask_key=key,
        missing=tuple(dict.fromkeys((*snapshot.header.missing, *masker.notes()))),
    )
    return out


class _Masker:
    """Goes over a snapshot twice: to collect the texts, and to replace them."""

    def __init__(self, snapshot: Snapshot, order: TextOrder | None) -> None:
        self.space = TokenSpace(order)
        self.types = ValueTypes(snapshot.objects)
        engine = snapshot.header.engine.name
        # elsewhere no planner proves an index by a literal and a value at once
        self.visible = visible_texts(snapshot.objects, engine) if engine == "postgresql" else set()
        self.routed: set[str] = set()
        """Texts of columns that decide on a partition."""
        self.collecting = True
        self._order_known = order is not None
        self._type_of = {(c.schema, c.table, c.column): c.type for c in snapshot.columns}
        self._all_visible: dict[tuple[str, str, str], bool] = {}
        self._partition_keys = _partition_keys(snapshot.objects)
        self._dropped: dict[str, list[str]] = {}
        self._tables = {(o.schema or "", o.name): o.table for o in snapshot.objects if o.kind == "statistics"}

    def run(self, snapshot: Snapshot) -> Snapshot:
        """One pass. The first one's outcome is of no use."""
        self._dropped = {}
        if self.visible and not self.collecting:
            self._note_visible(snapshot)
        return msgspec.structs.replace(
            snapshot,
            columns=[self.column(one) for one in snapshot.columns],
            extended=[self.extended(one) for one in snapshot.extended],
            bounds=[made for one in snapshot.bounds if (made := self.bounds(one)) is not None],
            rows=engine_rows.masked(snapshot, self),
        )

    def notes(self) -> list[str]:
        """What was given up, for ``header.missing``."""
        out = []
        if self.space.text_seen:
            if not self._order_known:
                out.append("the server's order of text values: masked values are in code point order")
            elif self.space.unplaced:
                out.append(f"the server's place of {self.space.unplaced} text values: masked by their letters")
        for why, names in self._dropped.items():
            unique = list(dict.fromkeys(names))
            more = f" and {len(unique) - _LISTED} more" if len(unique) > _LISTED else ""
            out.append(f"{why}: {', '.join(unique[:_LISTED])}{more}")
        return out

    def dropped(self, why: str, name: str) -> None:
        """Values of ``name`` are not carried over."""
        self._dropped.setdefault(why, []).append(name)

    def text(self, value: str, of: ValueType, *, visible: bool = False) -> str:
        """The token of one text; ``visible``: a literal of the schema may stand as it is."""
        if self.collecting:
            self.space.see(value, of)
            return value
        if visible and of.kind == "text" and bare(value, of) in self.visible:
            return value
        return self.space.token(value, of)

    def fits(self, of: ValueType) -> bool:
        """Are there tokens for so short a type? Known after the first pass."""
        return self.collecting or self.space.fits(of)

    # -- columns

    def column(self, column: ColumnStatistics) -> ColumnStatistics:
        """Statistics of one column or expression, masked."""
        name = ".".join((column.schema, column.table, column.column))
        of = self.types.of(column.type)
        if of.kind == "plain" or all(getattr(column, field) is None for field in VALUED):
            return column
        try:
            if of.kind == "unknown":
                raise ValueError(f"type {column.type or 'not known'}")
            if not self.fits(of):
                raise ValueError("too many values for tokens of its length")
            everything = self._all_visible.get((column.schema, column.table, column.column), False)
            if of.kind == "json":
                return self._json(column, of)
            if of.kind == "text" and self.collecting and column.column in self._partition_keys:
                self.routed |= {bare(t, of) for t in _texts(column, of)}
            common = _parsed(column.most_common_vals)
            bounds = _parsed(column.histogram_bounds)
            changed: dict[str, Any] = {
                "most_common_vals": common and arrays.text_of(self._values(common, of, visible=True)),
                "histogram_bounds": bounds
                and arrays.text_of(self._sorted(self._values(bounds, of, visible=everything), of, everything, name)),
                "range_length_histogram": None,
                "range_bounds_histogram": None,
            }
            if column.most_common_elems is not None:
                changed |= self._elements(column, of, everything)
            return msgspec.structs.replace(column, **changed)
        except ValueError as error:
            self.dropped(f"sampled values left out by masking ({error})", name)
            return msgspec.structs.replace(emptied(column), most_common_freqs=None)

    def _values(self, items: Sequence[arrays.Item], of: ValueType, *, visible: bool) -> list[arrays.Item]:
        """Values of a statistic; of an array column each is the literal of an array."""
        if not of.array:
            return arrays.each(items, lambda text: self.text(text, of, visible=visible))
        return arrays.each(items, lambda text: self._array(text, of, visible))

    def _array(self, literal: str, of: ValueType, visible: bool) -> str:
        prefix, items = arrays.parse(literal)
        return arrays.text_of(arrays.each(items, lambda text: self.text(text, of, visible=visible)), prefix)

    def _sorted(self, items: list[arrays.Item], of: ValueType, everything: bool, name: str) -> list[arrays.Item]:
        """Bounds in order. A column with a collation of its own is not in the database's order: sorted again."""
        if self.collecting or everything:
            return items
        again = sorted(items, key=lambda item: _place(item, of))
        if again != items:
            self.dropped("order of values against the common ones, in histograms of another collation", name)
        return again

    def _elements(self, column: ColumnStatistics, of: ValueType, everything: bool) -> dict[str, Any]:
        """Most common elements: sorted by element, the frequencies with them (array_selfuncs.c searches by halves)."""
        items = self._flat(_parsed(column.most_common_elems) or [], of, everything)
        freqs = column.most_common_elem_freqs or ()
        if not self.collecting and not everything and len(freqs) >= len(items):
            pairs = sorted(zip(items, freqs, strict=False), key=lambda pair: _place(pair[0], UNKNOWN))
            items, freqs = [item for item, _ in pairs], (*(f for _, f in pairs), *freqs[len(items) :])
        return {"most_common_elems": arrays.text_of(items), "most_common_elem_freqs": freqs or None}

    def _flat(self, items: list[arrays.Item], of: ValueType, everything: bool) -> list[arrays.Item]:
        return arrays.each(items, lambda text: self.text(text, of, visible=everything))

    def _json(self, column: ColumnStatistics, of: ValueType) -> ColumnStatistics:
        """JSON has an order that only the server knows: the histogram's own is kept, column by column."""
        if of.array:
            raise ValueError(f"type {column.type}")
        common = _parsed(column.most_common_vals) or []
        bounds = _parsed(column.histogram_bounds) or []
        ranks = {text: rank for rank, text in enumerate(dict.fromkeys(arrays.leaves([*bounds, *common])))}
        width = len(str(len(ranks)))

        def token(text: str) -> str:
            return f'"j{ranks[text]:0{width}d}"'

        return msgspec.structs.replace(
            column,
            most_common_vals=column.most_common_vals
            and arrays.text_of(arrays.each(common, lambda text: text if text in _JSON_KEPT else token(text))),
            histogram_bounds=column.histogram_bounds and arrays.text_of(arrays.each(bounds, token)),
        )

    def _note_visible(self, snapshot: Snapshot) -> None:
        """Of which columns every sampled text is a literal of the schema."""
        found: dict[tuple[str, str, str], set[str]] = {}
        for column in snapshot.columns:
            of = self.types.of(column.type)
            if of.kind == "text":
                place = column.schema, column.table, column.column
                try:
                    found.setdefault(place, set()).update(bare(text, of) for text in _texts(column, of))
                except ValueError:
                    found[place] = {"\0"}
        for one in snapshot.bounds:
            place = one.schema, one.table, one.column
            of = self.types.of(self._type_of.get(place))
            found.setdefault(place, set()).update(bare(v, of) for v in (one.low, one.high) if v is not None)
        self._all_visible = {place: texts <= self.visible for place, texts in found.items()}

    # -- the rest

    def bounds(self, one: Bounds) -> Bounds | None:
        """Smallest and largest value, masked."""
        place = one.schema, one.table, one.column
        name = ".".join(place)
        of = self.types.of(self._type_of.get(place))
        if of.kind == "plain" or (one.low is None and one.high is None):
            return one
        if of.kind in ("unknown", "json") or (not self.fits(of)):
            self.dropped(f"smallest and largest values left out by masking ({self._type_of.get(place)})", name)
            return None
        visible = self._all_visible.get(place, False)
        if of.kind == "text" and self.collecting and one.column in self._partition_keys:
            self.routed |= {bare(v, of) for v in (one.low, one.high) if v is not None}
        try:
            low, high = (
                None
                if value is None
                else self._array(value, of, visible)
                if of.array
                else self.text(value, of, visible=visible)
                for value in (one.low, one.high)
            )
        except ValueError:
            self.dropped("smallest and largest values left out by masking (no array)", name)
            return None
        return msgspec.structs.replace(one, low=low, high=high)

    def extended(self, one: ExtendedStatistics) -> ExtendedStatistics:
        """Extended statistics: the list of common combinations is rebuilt, those of expressions are columns'."""
        name = f"{one.schema}.{one.name}"
        changed: dict[str, Any] = {}
        if one.mcv is not None:
            table = self._tables.get((one.schema, one.name))
            named = [self._type_of.get((one.schema, table or "", column)) for column in one.columns]
            printed = [*named, *(e.get("type") for e in one.expressions or ())]
            try:
                changed["mcv"] = masked_list(
                    bytes.fromhex(one.mcv.removeprefix("\\x")), [self.types.of(t) for t in printed], self._mcv_value
                ).hex()
            except (McvError, ValueError) as error:
                changed["mcv"] = None
                self.dropped(f"common combinations of values left out by masking ({error})", name)
        if one.expressions is not None:
            changed["expressions"] = tuple(self._expression(name, e) for e in one.expressions)
        return msgspec.structs.replace(one, **changed)

    def _mcv_value(self, value: str, of: ValueType) -> str:
        if not self.fits(of):
            raise McvError("too many values for tokens of its length")
        return self.text(value, of, visible=True)

    def _expression(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        known = {f.name for f in msgspec.structs.fields(ColumnStatistics)}
        given = {k: v for k, v in fields.items() if k in known}
        try:
            column = msgspec.convert({"schema": "", "table": name, "column": "expression"} | given, ColumnStatistics)
        except msgspec.ValidationError:
            self.dropped("statistics of expressions that cannot be read", name)
            return unsampled(fields)
        done = self.column(column)
        changed = {k: getattr(done, k) for k in given}
        lists = {k: list(v) if isinstance(v, tuple) else v for k, v in changed.items()}
        return {k: lists.get(k, v) for k, v in fields.items()}


def _parsed(literal: str | None) -> list[arrays.Item] | None:
    return None if literal is None else arrays.parse(literal)[1]


def _texts(column: ColumnStatistics, of: ValueType) -> Iterable[str]:
    """All texts of a column's statistics."""
    for literal in (column.most_common_vals, column.histogram_bounds):
        for text in arrays.leaves(_parsed(literal) or ()):
            if of.array:
                yield from arrays.leaves(arrays.parse(text)[1])
            else:
                yield text
    yield from arrays.leaves(_parsed(column.most_common_elems) or ())


def _place(item: arrays.Item, of: ValueType) -> list[tuple[int, str]]:
    """Sorts tokens as the server sorts what they stand for: arrays by element, NULL last."""
    if of.array and isinstance(item, str):
        return [(1, "") if text is None else (0, str(text)) for text in arrays.parse(item)[1]]
    return [(1, "") if item is None else (0, str(item))]


def _partition_keys(objects: Iterable[SchemaObject]) -> set[str]:
    """Names in the keys of tables that are partitioned by range or hash."""
    found: set[str] = set()
    for one in objects:
        if one.kind == "table":
            for text in one.ddl:
                if match := _PARTITIONED.search(text):
                    found.update((a.replace('""', '"') or b) for a, b in _WORD.findall(match[1][:10_000]))
    return found
