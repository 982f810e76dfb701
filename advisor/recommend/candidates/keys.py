"""Terms as keys of a B-tree: which types it takes, how wide a key may be, and MySQL's prefixes.

Sources: PostgreSQL manual, "Operator Classes and Operator Families"; nbtree.h (BTMaxItemSize, 2704 bytes a page of
8 KB); MySQL manual, "InnoDB Limits" (3072 bytes a key for DYNAMIC rows, 767 for COMPACT and REDUNDANT) and "Column
Prefix Key Parts"; MariaDB knowledge base, "InnoDB Limitations".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.catalog import Column, IndexKey, Table
from advisor.model.engine import EngineName
from advisor.model.limits import LIMITS
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Term

#: Families that sort in one way only and are compared as a whole.
_FAMILIES = frozenset({"integer", "decimal", "float", "boolean", "temporal", "uuid", "string", "binary"})
_MORE_POSTGRESQL = ("macaddr", "macaddr8", "bit", "bit varying", "pg_lsn", "interval")
_MORE_MYSQL = ("enum", "set", "bit", "inet4", "inet6", "uuid")
_CHARACTER_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "latin1": 1, "ascii": 1, "binary": 1, "ucs2": 2, "utf16": 4}
_FIXED_BYTES = {"smallint": 2, "integer": 4, "bigint": 8, "double": 8, "real": 4, "boolean": 1, "date": 3, "uuid": 16}
#: INDEX_MAX_KEYS (included columns count); MySQL's limit of parts.
_POSTGRESQL_COLUMNS, _MYSQL_PARTS = 32, 16
#: Of one key with all its parts.
_INNODB_BYTES, _COMPACT_BYTES, _MYISAM_BYTES = 3072, 767, 1000


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes keys for one table."""

    known: Known
    table: Table

    def column(self, name: str) -> Column | None:
        """The column of that very name."""
        return next((column for column in self.table.columns if column.name == name), None)

    def sortable(self, term: Term) -> bool:
        """Whether a B-tree can hold the term whole: values compared and sorted by it."""
        if term.expression is not None:
            return self.known.indexes_expressions()
        column = self.column(term.column or "")
        return column is not None and self._fits(column)

    def _fits(self, column: Column) -> bool:
        engine = self.known.engine
        facts = self.known.type_of(column)
        if engine == "sqlite":
            return True
        if engine in ("mysql", "mariadb"):
            if facts.family == "json":
                return False
            return facts.family in _FAMILIES or _name(column.type) in _MORE_MYSQL
        if facts.family not in _FAMILIES:
            return facts.base in ("enum", "inet") or _name(column.type) in _MORE_POSTGRESQL
        if facts.family in ("string", "binary"):
            row = self.known.statistics(self.table, column.name)
            return row is None or row.avg_width <= LIMITS.candidate_text_bytes
        return True

    def keys(self, terms: Sequence[tuple[Term, bool, bool | None, bool]]) -> tuple[IndexKey, ...] | None:
        """The keys of (term, descending, nulls_first, exact): ``exact`` ones are sorted by, so that no prefix will do.

        None where the engine cannot make such an index.
        """
        made: list[IndexKey] = []
        for term, descending, nulls_first, exact in terms:
            if not self.sortable(term):
                return None
            prefix = self._prefix(term)
            if prefix is not None and exact:
                return None
            made.append(
                IndexKey(
                    column=term.column,
                    expression=term.expression,
                    descending=descending,
                    nulls_first=placed(self.known.engine, descending) if nulls_first is None else nulls_first,
                    prefix=prefix,
                    opclass=term.opclass,
                    collation=term.collation,
                )
            )
        return tuple(made) if self.short(made) else None

    def whole(self, name: str) -> bool:
        """Whether an index can hold the column whole (MySQL: not only its beginning)."""
        return self.sortable(Term(column=name)) and self._prefix(Term(column=name)) is None

    # ------------------------------------------------------------------ MySQL
    def _prefix(self, term: Term) -> int | None:
        if self.known.engine not in ("mysql", "mariadb") or term.column is None:
            return None
        column = self.column(term.column)
        size = self.bytes(column) if column is not None else None
        if column is None or (size is not None and size <= self._limits()[0]):
            return None
        facts = self.known.type_of(column)
        return LIMITS.candidate_prefix_characters if facts.family in ("string", "binary") else None

    def bytes(self, column: Column) -> int | None:
        """Longest key of a MySQL column in bytes; None: without bound (TEXT, BLOB)."""
        facts = self.known.type_of(column)
        if facts.base == "text" or (facts.base == "bytea" and not _name(column.type).endswith("binary")):
            return None
        if facts.family == "string":
            charset = column.charset or (column.collation or "").partition("_")[0] or "utf8mb4"
            return (facts.length or 1) * _CHARACTER_BYTES.get(charset, 4) + 2
        if facts.family == "binary":
            return (facts.length or 1) + 2
        return _FIXED_BYTES.get(facts.base, 9)

    def _limits(self) -> tuple[int, int]:
        """Longest column and longest key, in bytes."""
        if (self.table.storage_engine or "innodb").lower() != "innodb":
            return _MYISAM_BYTES, _MYISAM_BYTES
        row_format = self.known.catalog.settings.get("innodb_default_row_format", "dynamic").lower()
        return (_COMPACT_BYTES if row_format in ("compact", "redundant") else _INNODB_BYTES), _INNODB_BYTES

    def short(self, keys: Sequence[IndexKey]) -> bool:
        """Whether the engine takes a key of all these parts together."""
        if self.known.engine == "postgresql":
            return len(keys) <= _POSTGRESQL_COLUMNS
        if self.known.engine == "sqlite":
            return True
        if len(keys) > _MYSQL_PARTS:
            return False
        total = 0
        for key in keys:
            column = self.column(key.column) if key.column is not None else None
            if column is None:
                continue
            if key.prefix is not None:
                charset = column.charset or (column.collation or "").partition("_")[0] or "utf8mb4"
                binary = self.known.type_of(column).family == "binary"
                total += key.prefix * (1 if binary else _CHARACTER_BYTES.get(charset, 4)) + 2
            else:
                total += self.bytes(column) or 0
        return total <= self._limits()[1]

    def width(self, name: str) -> int:
        """Average bytes of a column's values: from statistics, else by its type."""
        row = self.known.statistics(self.table, name)
        if row is not None and row.avg_width > 0:
            return row.avg_width
        column = self.column(name)
        if column is None:
            return 0
        facts = self.known.type_of(column)
        if facts.family in ("string", "binary"):
            return min(facts.length, 64) if facts.length else 32
        if facts.family in ("json", "array", "search"):
            return 256
        return _FIXED_BYTES.get(facts.base, 8)


def placed(engine: EngineName, descending: bool = False) -> bool | None:
    """Where NULLs stand in a key that says nothing of them, as catalogs tell it: equal indexes are equal then."""
    return descending if engine == "postgresql" else None


def _name(text: str) -> str:
    """The type's name alone."""
    return text.lower().partition("(")[0].partition(" unsigned")[0].strip()
