"""The shadow's types: which of them the superuser may parse, and by what operators ANALYZE compares their values.

Direct rows of pg_statistic hold values, so the superuser reads them with the type's input function. Those of domains
evaluate CHECK expressions, which may call anybody's functions: such values are read as the base type's, whose bytes are
the same, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_BTREE, _HASH = 403, 405
_LESS, _BTREE_EQUAL, _HASH_EQUAL = 1, 3, 1
#: What stands for all of a kind where the kind has operators: pg_type.dat.
_ANYARRAY, _ANYENUM, _ANYRANGE, _ANYMULTIRANGE, _RECORD = 2277, 3500, 3831, 4537, 2249
TSVECTOR, TEXT, FLOAT8 = 3614, 25, 701
#: Types within types (domains over arrays over domains...) that are followed; values of deeper ones are left out.
_DEEPEST = 16

_TYPES = """
SELECT t.oid, t.typtype::text, t.typcategory::text, t.typlen, t.typbyval,
       CASE WHEN t.typsubscript = 'pg_catalog.array_subscript_handler'::regproc THEN t.typelem ELSE 0 END,
       t.typarray, t.typbasetype, t.typcollation, t.typnamespace = 'pg_catalog'::regnamespace
FROM pg_catalog.pg_type t"""
_RANGES = """
SELECT r.rngtypid, r.rngmultitypid, r.rngsubtype,
       r.rngcanonical = 0 OR EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.oid = r.rngcanonical
                                     AND p.pronamespace = 'pg_catalog'::regnamespace)
FROM pg_catalog.pg_range r"""
_FIELDS = """
SELECT t.oid, array_agg(a.atttypid)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
WHERE t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped AND t.typnamespace <> 'pg_catalog'::regnamespace
GROUP BY t.oid"""
_OPERATORS = """
SELECT c.opcmethod, c.opcintype, o.amopstrategy, o.amopopr
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_amop o ON o.amopfamily = c.opcfamily AND o.amoplefttype = c.opcintype
                         AND o.amoprighttype = c.opcintype AND o.amoppurpose = 's'
WHERE c.opcdefault AND (c.opcmethod = 403 AND o.amopstrategy IN (1, 3) OR c.opcmethod = 405 AND o.amopstrategy = 1)"""
_CASTS = """
SELECT castsource, casttarget FROM pg_catalog.pg_cast WHERE castmethod = 'b' AND castcontext = 'i'"""


@dataclass(frozen=True)
class Type:
    """A row of pg_type."""

    oid: int
    kind: str
    """typtype: b, c, d, e, m, p, r."""
    category: str
    length: int
    by_value: bool
    element: int
    """Of a true array: its element type, else 0."""
    array: int
    base: int
    collation: int
    builtin: bool


class Types:
    """All types of a database, as they were when they were last read."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.read(connection)

    def read(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """Reads them again: whatever code of the owner's ran since may have put a domain into a composite type."""
        self.types = {row[0]: Type(*row) for row in connection.execute(_TYPES)}
        self._ranges: dict[int, tuple[int, bool]] = {}
        self.range_of: dict[int, int] = {}
        """Of a multirange: its range."""
        for one, several, subtype, safe in connection.execute(_RANGES):
            self._ranges[one] = self._ranges[several] = (subtype, safe)
            self.range_of[several] = one
        self._fields = dict(connection.execute(_FIELDS).fetchall())
        self._operators = {tuple(row[:3]): row[3] for row in connection.execute(_OPERATORS)}
        self._casts: dict[int, list[int]] = {}
        for source, target in connection.execute(_CASTS):
            self._casts.setdefault(source, []).append(target)

    def parsed(self, oid: int, depth: int = 0) -> int | None:
        """The type to read values of a type as: one of the same bytes whose input function runs no code of others.

        None where there is none.
        """
        one = self.types.get(oid)
        if one is None or depth > _DEEPEST:
            return None
        if one.kind == "d":
            return self.parsed(one.base, depth + 1)
        if one.element:
            element = self.parsed(one.element, depth + 1)
            return oid if element == one.element else (self.types[element].array or None) if element else None
        if one.kind in "rm":
            subtype, safe = self._ranges[oid]
            return oid if safe and self.parsed(subtype, depth + 1) == subtype else None
        if one.kind == "c":
            fields = self._fields.get(oid, [0])
            return oid if all(self.parsed(field, depth + 1) == field for field in fields) else None
        return oid if one.kind in "be" else None

    def based(self, oid: int) -> int:
        """What a domain stands for; any other type is its own base."""
        for _ in range(_DEEPEST):
            one = self.types.get(oid)
            if one is None or one.kind != "d":
                break
            oid = one.base
        return oid

    def element(self, oid: int) -> int:
        """The type of the elements that ANALYZE counts (`compute_array_stats`, `compute_tsvector_stats`); 0: none."""
        base = self.based(oid)
        return TEXT if base == TSVECTOR else self.types[base].element if base in self.types else 0

    def equality(self, oid: int) -> int:
        """The operator ``=`` that ANALYZE compares values with (`get_sort_group_operators`); 0: none."""
        return self._operator(oid, _BTREE, _BTREE_EQUAL) or self._operator(oid, _HASH, _HASH_EQUAL)

    def less(self, oid: int) -> int:
        """The operator ``<`` of the type's default order; 0: it has none."""
        return self._operator(oid, _BTREE, _LESS)

    def portable(self, oid: int) -> bool:
        """Values hold no OID of a type of this database in their bytes, so that another server's can be taken over."""
        base = self.types.get(self.based(oid))
        if base is None or base.kind in "cem":
            return base is not None and base.builtin and base.kind == "m"
        if base.element:
            element = self.types.get(base.element)
            return element is not None and element.builtin and element.kind in "br"
        return base.builtin or base.kind == "b"

    def _operator(self, oid: int, method: int, strategy: int) -> int:
        base = self.based(oid)
        one = self.types.get(base)
        if one is None:
            return 0
        tried = [base]
        if one.element:
            tried.append(_ANYARRAY)
        kinds = {"e": _ANYENUM, "r": _ANYRANGE, "m": _ANYMULTIRANGE, "c": _RECORD}
        if one.kind in kinds:
            tried.append(kinds[one.kind])
        tried += self._casts.get(base, [])
        return next((found for each in tried if (found := self._operators.get((method, each, strategy)))), 0)
