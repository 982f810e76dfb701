"""One table of a schema in the making, and the names that servers give to what has none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from advisor.model.catalog import Column, ForeignKey, Index, IndexKey, Policy, Table

_NAME = re.compile(r'(?:(?:"[^"]{1,63}"|[^\W\d][\w$]*)\s?\.\s?){0,2}(?P<name>"[^"]{1,63}"|[^\W\d][\w$]*)')
_CALL = re.compile(_NAME.pattern + r"\s?\(")
#: The last cast of an expression.
_CAST = re.compile(r"::\s?(?:\w+\.)?(?P<type>\w+)[\w\s]{0,40}(?:\([\d, ]{0,20}\))?(?:\[\])?$")
_COLLATE = re.compile(r"\sCOLLATE\s[\w\".]{1,130}$", re.IGNORECASE)
_LONG, _DEEP = 2000, 20
"""Characters and casts within casts of an expression that is looked into for a name."""
#: Of functions and types that SQL calls otherwise than the catalog.
_SPECIAL = {"trim": "btrim"}
_TYPES = {
    "int": "int4", "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "real": "float4",
    "float": "float8", "double": "float8", "decimal": "numeric", "dec": "numeric", "char": "bpchar",
    "character": "bpchar",
}  # fmt: skip
_AS = re.compile(r"\sAS\s{1,9}(?:\w+\.)?(?P<type>\w+)[\w\s(),\[\]]{0,40}$", re.IGNORECASE)
Kind = Literal["table", "view", "materialized_view", "partitioned", "partition", "foreign"]


@dataclass(slots=True)
class TableDraft:
    """A table while statements still change it."""

    name: str
    schema: str | None
    line: int
    kind: Kind = "table"
    columns: list[Column] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    policies: list[Policy] = field(default_factory=list)
    rls_enabled: bool = False
    triggers: list[str] = field(default_factory=list)
    storage_engine: str | None = None
    charset: str | None = None
    collation: str | None = None
    row_format: str | None = None
    versioned: bool = False
    unlogged: bool | None = None
    partition_key: str | None = None
    partition_of: str | None = None
    partition_bound: str | None = None
    inherits: tuple[str, ...] = ()
    not_valid: set[str] = field(default_factory=set)
    """Names of checks that are NOT VALID."""
    definition: str | None = None

    def column(self, name: str) -> Column | None:
        """The column of this name, by either folding."""
        for column in self.columns:
            if column.name == name:
                return column
        lowered = name.lower()
        return next((column for column in self.columns if column.name.lower() == lowered), None)

    def replace_column(self, name: str, /, **changes: object) -> None:
        """Changes fields of one column; an unknown column is left alone."""
        current = self.column(name)
        if current is not None:
            self.columns[self.columns.index(current)] = msgspec.structs.replace(current, **changes)

    def free_name(self, base: str, separator: str = "", start: int = 1) -> str:
        """``base``, numbered from ``start`` if an index of the table has that name."""
        taken = {index.name for index in self.indexes}
        name, number = base, start
        while name in taken:
            name, number = f"{base}{separator}{number}", number + 1
        return name

    def rename_index(self, old: str, new: str) -> None:
        """Renames an index or a foreign key."""
        self.indexes = [msgspec.structs.replace(i, name=new) if i.name == old else i for i in self.indexes]
        self.foreign_keys = [msgspec.structs.replace(k, name=new) if k.name == old else k for k in self.foreign_keys]

    def drop_named(self, name: str) -> None:
        """Drops an index or a constraint."""
        self.indexes = [i for i in self.indexes if i.name != name]
        self.foreign_keys = [k for k in self.foreign_keys if k.name != name]
        self.checks.pop(name, None)

    def freeze(self) -> Table:
        """The finished table."""
        return Table(
            name=self.name,
            schema=self.schema,
            kind=self.kind,
            columns=tuple(self.columns),
            indexes=tuple(self.indexes),
            foreign_keys=tuple(self.foreign_keys),
            checks=tuple(self.checks.values()),
            policies=tuple(self.policies),
            rls_enabled=self.rls_enabled,
            triggers=tuple(self.triggers),
            storage_engine=self.storage_engine,
            charset=self.charset,
            collation=self.collation,
            row_format=self.row_format,
            versioned=self.versioned,
            unlogged=self.unlogged,
            partition_key=self.partition_key,
            partition_of=self.partition_of,
            partition_bound=self.partition_bound,
            inherits=self.inherits,
            checks_not_valid=tuple(text for name, text in self.checks.items() if name in self.not_valid),
            check_names=tuple(self.checks),
            definition=self.definition,
            line=self.line,
        )


def leads(index: Index, columns: tuple[str, ...]) -> bool:
    """InnoDB takes an index for a foreign key when its first columns are the key's, in the order of declaration."""
    lead = tuple(k.column for k in index.keys[: len(columns)])
    return lead == columns and all(k.prefix is None for k in index.keys[: len(columns)])


def inherited(index: Index, name: str, attached_to: str) -> Index:
    """A partition's own index for one of the partitioned table."""
    return msgspec.structs.replace(
        index, name=name, ddl=None, attached_to=attached_to, clustered=False, replica_identity=False
    )


def keys_id(index: Index) -> tuple[object, ...]:
    """Equal for indexes that are the same but for their name."""
    return (tuple((k.column, k.expression, k.descending) for k in index.keys), index.unique, index.where, index.method)


def default_name(table: str, keys: tuple[IndexKey, ...], suffix: str) -> str:
    """PostgreSQL's name for an index without one (ChooseIndexName)."""
    return joined(
        table, "" if suffix == "pkey" else middle(key.column or called(key.expression) for key in keys), suffix
    )


def middle(names: Iterable[str]) -> str:
    """Names of columns and expressions as a default name has them: equal ones are numbered (ChooseIndexColumnNames)."""
    found: list[str] = []
    for name in names:
        number, own = 1, name
        while own in found:
            own, number = f"{name}{number}", number + 1
        found.append(own)
    return "_".join(found)


def joined(table: str, middle: str, suffix: str) -> str:
    """``table_middle_suffix`` of at most 63 bytes: the longer of both gives up its end (makeObjectName)."""
    room = 63 - len(suffix) - (2 if middle else 1)
    first, second = table, middle
    while len(first.encode()) + len(second.encode()) > room:
        if len(first.encode()) > len(second.encode()):
            first = first[:-1]
        else:
            second = second[:-1]
    return f"{first}_{second}_{suffix}" if second else f"{first}_{suffix}"


def called(expression: str | None, depth: int = 0) -> str:
    """What PostgreSQL calls an expression of an index: its function, or the type it is cast to (FigureIndexColname)."""
    text = (expression or "").strip()
    if len(text) > _LONG or depth > _DEEP:
        return "expr"
    while text.startswith("(") and _closing(text, 0) == len(text) - 1:
        text = text[1:-1].strip()
    if collated := _COLLATE.search(text):
        return called(text[: collated.start()], depth + 1)
    call = _CALL.match(text)
    if call is not None and call["name"].upper() not in ("NOT", "CASE", "ROW"):
        closing = _closing(text, call.end() - 1)
        inner = text[call.end() : closing]
        if text[closing + 1 :].strip() == "" and call["name"].upper() != "CAST":
            return _SPECIAL.get(call["name"].lower(), _folded(call["name"]))
        if call["name"].upper() == "CAST" and (cast := _AS.search(inner)):
            return _cast(inner[: cast.start()], cast["type"], depth)
    if cast := _CAST.search(text):
        return _cast(text[: cast.start()], cast["type"], depth)
    word = re.match(r"(CASE|ARRAY)\b", text, re.IGNORECASE)
    if word is not None:
        other = re.search(r"\sELSE\s+([\w\".]+)\s+END$", text, re.IGNORECASE)
        column = _NAME.fullmatch(other[1]) if other else None
        return _folded(column["name"]) if column is not None else word[1].lower()
    return "timezone" if re.search(r"\sAT\s+TIME\s+ZONE\s+'[^']*'$", text, re.IGNORECASE) else "expr"


def _cast(inner: str, name: str, depth: int) -> str:
    """Of what is cast, if that has a name."""
    column = _NAME.fullmatch(inner.strip())
    if column is not None:
        return _folded(column["name"])
    found = called(inner, depth + 1)
    return found if found not in ("expr", "case") else _TYPES.get(name.lower(), name.lower())


def _folded(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.lower()


def _closing(text: str, at: int) -> int:
    """Where the parenthesis at ``at`` is closed; -1: nowhere."""
    depth, quote = 0, ""
    for place in range(at, len(text)):
        one = text[place]
        if quote:
            quote = "" if one == quote else quote
        elif one in "'\"":
            quote = one
        elif one in "()":
            depth += 1 if one == "(" else -1
            if not depth:
                return place
    return -1
