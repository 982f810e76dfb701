"""Tables as a migration leaves them, with what decides how InnoDB alters them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from advisor.catalog.ddl.constraints import textual
from advisor.catalog.ddl.operations import NewColumn
from advisor.model.catalog import Column, Table

Generated = Literal["stored", "virtual", "unknown"]

#: Bytes of one character at most.
_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4,
          "big5": 2, "gbk": 2, "gb2312": 2, "sjis": 2, "cp932": 2, "euckr": 2, "ujis": 3, "eucjpms": 3,
          "gb18030": 4}  # fmt: skip


def character_bytes(charset: str | None) -> int | None:
    """Of the widest character of a character set; None: it is not known which set it is."""
    if charset is None:
        return None
    return _BYTES.get(charset.lower(), 1)


@dataclass(slots=True)
class MColumn:
    """A column."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    charset: str | None = None
    collation: str | None = None
    generated: Generated | None = None
    expression: str | None = None
    auto_increment: bool = False


@dataclass(slots=True)
class MIndex:
    """An index."""

    name: str
    columns: tuple[str, ...]
    """Lower case; an expression is an empty name."""
    unique: bool = False
    primary: bool = False
    method: str = "btree"
    prefixes: tuple[int | None, ...] = ()


@dataclass(slots=True)
class MForeignKey:
    """A foreign key."""

    name: str | None
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...] = ()
    cascades: bool = False
    """Rows of the parent that change or go change rows here."""


@dataclass(slots=True)
class MTable:
    """A table."""

    name: str
    columns: list[MColumn] = field(default_factory=list)
    indexes: list[MIndex] = field(default_factory=list)
    foreign_keys: list[MForeignKey] = field(default_factory=list)
    checks: int = 0
    check_names: set[str] = field(default_factory=set)
    engine: str = "innodb"
    row_format: str | None = None
    charset: str | None = None
    collation: str | None = None
    partition_key: str | None = None
    versioned: bool = False
    view: bool = False
    preexisting: bool = True
    temporary: bool = False
    guessed: bool = False
    """Its columns are not known: made by a statement whose result the text does not tell."""

    def column(self, name: str | None) -> MColumn | None:
        """By name, in any case."""
        wanted = (name or "").lower()
        return next((one for one in self.columns if one.name.lower() == wanted), None)

    def index(self, name: str | None) -> MIndex | None:
        """By name, in any case."""
        wanted = (name or "").lower()
        return next((one for one in self.indexes if one.name.lower() == wanted), None)

    def indexed(self, name: str) -> list[MIndex]:
        """Indexes with this column among their keys."""
        return [one for one in self.indexes if name.lower() in one.columns]

    @property
    def primary(self) -> MIndex | None:
        """The primary key."""
        return next((one for one in self.indexes if one.primary), None)

    def copy(self, name: str) -> MTable:
        """As CREATE TABLE ... LIKE makes it: foreign keys are left out."""
        return replace(
            self,
            name=name,
            columns=[replace(one) for one in self.columns],
            indexes=[replace(one) for one in self.indexes],
            foreign_keys=[],
            check_names=set(self.check_names),
        )


def column_of(new: NewColumn, table: MTable | None) -> MColumn:
    """A column's definition as the table's defaults complete it."""
    given: Column = new.column
    charset = given.charset
    if charset is None and given.collation:
        charset = given.collation.partition("_")[0]
    if charset is None and given.type.endswith((" binary", " byte")):
        charset = None
    elif charset is None and textual(given.type) and table is not None:
        charset = table.charset
    generated: Generated | None = None
    if given.generated is not None:
        generated = "stored" if given.stored else "virtual"
    primary = any(one.kind == "primary_key" for one in new.constraints)
    return MColumn(
        name=given.name,
        type=given.type,
        nullable=given.nullable is not False and not primary,
        default=given.default,
        charset=charset,
        collation=given.collation or (table.collation if table and given.charset is None else None),
        generated=generated,
        expression=given.generated,
        auto_increment=given.identity,
    )


def leads(table: MTable, columns: tuple[str, ...]) -> bool:
    """Has it an index that starts with these columns, as InnoDB wants it for a foreign key?"""
    wanted = set(columns)
    return any(
        set(one.columns[: len(columns)]) == wanted and one.method in ("btree", "")
        and not any(one.prefixes[: len(columns)])
        for one in table.indexes
    )  # fmt: skip


def cascades(action: str | None) -> bool:
    """Does such an action of a parent's row change or take away rows of the child?"""
    return (action or "").lower() in ("cascade", "set null")


def of_catalog(table: Table) -> MTable:
    """A table of the schema, as it is before any statement."""
    columns = [
        MColumn(
            name=one.name,
            type=one.type,
            nullable=one.nullable is not False,
            default=one.default,
            charset=one.charset,
            collation=one.collation,
            generated=_generated(one),
            expression=one.generated,
            auto_increment=one.identity,
        )
        for one in table.columns
    ]
    indexes = [
        MIndex(
            one.name,
            tuple((key.column or "").lower() for key in one.keys),
            one.unique,
            one.primary,
            one.method.lower(),
            tuple(key.prefix for key in one.keys),
        )
        for one in table.indexes
    ]
    keys = [
        MForeignKey(
            one.name,
            tuple(c.lower() for c in one.columns),
            one.parent,
            one.parent_columns,
            cascades(one.on_delete) or cascades(one.on_update),
        )
        for one in table.foreign_keys
    ]
    return MTable(
        name=table.name,
        columns=columns,
        indexes=indexes,
        foreign_keys=keys,
        checks=len(table.checks),
        check_names={one.lower() for one in table.check_names},
        engine=(table.storage_engine or "InnoDB").lower(),
        row_format=table.row_format,
        charset=table.charset,
        collation=table.collation,
        versioned=table.versioned,
        partition_key=table.partition_key,
        view=table.kind in ("view", "materialized_view"),
    )


def _generated(column: Column) -> Generated | None:
    if column.generated is None:
        return None
    return "unknown" if column.stored is None else "stored" if column.stored else "virtual"
