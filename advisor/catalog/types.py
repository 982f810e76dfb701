"""Types: one name for the spellings of each, its family, and its length."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from advisor.model.engine import EngineName

Family = Literal[
    "integer", "decimal", "float", "string", "boolean", "temporal", "json", "uuid", "binary", "array", "search", "other"
]


class TypeFacts(NamedTuple):
    """What rules need to know of a type."""

    base: str
    family: Family
    length: int | None


#: Spellings that PostgreSQL itself replaces when it stores a type.
_POSTGRESQL_NAMES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
    "bool": "boolean",
    "float": "double precision",
    "float8": "double precision",
    "float4": "real",
    "decimal": "numeric",
    "dec": "numeric",
    "varchar": "character varying",
    "char varying": "character varying",
    "char": "character",
    "bpchar": "character",
    "nchar": "character",
    "national character": "character",
    "varbit": "bit varying",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
}
_MYSQL_NAMES = {
    "integer": "int",
    "int4": "int",
    "int8": "bigint",
    "int2": "smallint",
    "int1": "tinyint",
    "int3": "mediumint",
    "middleint": "mediumint",
    "dec": "decimal",
    "numeric": "decimal",
    "fixed": "decimal",
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "character": "char",
    "character varying": "varchar",
    "double precision": "double",
    "real": "double",
    "float4": "float",
    "float8": "double",
    "long": "mediumtext",
    "long varchar": "mediumtext",
    "nvarchar": "varchar",
    "national varchar": "varchar",
    "nchar": "char",
    "national char": "char",
}

_FACTS: dict[str, tuple[str, Family]] = {
    "smallint": ("smallint", "integer"),
    "tinyint": ("smallint", "integer"),
    "mediumint": ("integer", "integer"),
    "int": ("integer", "integer"),
    "integer": ("integer", "integer"),
    "bigint": ("bigint", "integer"),
    "year": ("smallint", "integer"),
    "oid": ("bigint", "integer"),
    "numeric": ("numeric", "decimal"),
    "decimal": ("numeric", "decimal"),
    "money": ("numeric", "decimal"),
    "real": ("real", "float"),
    "float": ("real", "float"),
    "double": ("double", "float"),
    "double precision": ("double", "float"),
    "text": ("text", "string"),
    "tinytext": ("text", "string"),
    "mediumtext": ("text", "string"),
    "longtext": ("text", "string"),
    "clob": ("text", "string"),
    "citext": ("text", "string"),
    "name": ("varchar", "string"),
    "character varying": ("varchar", "string"),
    "varchar": ("varchar", "string"),
    "varchar2": ("varchar", "string"),
    "nvarchar": ("varchar", "string"),
    "character": ("char", "string"),
    "char": ("char", "string"),
    "nchar": ("char", "string"),
    "boolean": ("boolean", "boolean"),
    "bool": ("boolean", "boolean"),
    "date": ("date", "temporal"),
    "datetime": ("timestamp", "temporal"),
    "timestamp": ("timestamp", "temporal"),
    "timestamp without time zone": ("timestamp", "temporal"),
    "timestamp with time zone": ("timestamptz", "temporal"),
    "time": ("time", "temporal"),
    "time without time zone": ("time", "temporal"),
    "time with time zone": ("time", "temporal"),
    "interval": ("other", "temporal"),
    "json": ("json", "json"),
    "jsonb": ("jsonb", "json"),
    "uuid": ("uuid", "uuid"),
    "bytea": ("bytea", "binary"),
    "blob": ("bytea", "binary"),
    "tinyblob": ("bytea", "binary"),
    "mediumblob": ("bytea", "binary"),
    "longblob": ("bytea", "binary"),
    "binary": ("bytea", "binary"),
    "varbinary": ("bytea", "binary"),
    "enum": ("enum", "other"),
    "set": ("enum", "other"),
    "inet": ("inet", "other"),
    "cidr": ("inet", "other"),
    "inet4": ("inet", "other"),
    "inet6": ("inet", "other"),
    "tsvector": ("tsvector", "search"),
    "tsquery": ("tsvector", "search"),
    "geometry": ("geometry", "other"),
    "geography": ("geometry", "other"),
    "point": ("geometry", "other"),
    "polygon": ("geometry", "other"),
    "linestring": ("geometry", "other"),
}
_PARTS = re.compile(r"^(?P<name>[^(\[]*)(?:\((?P<args>[^)]*)\)(?P<rest>[^()\[\]]*))?(?P<array>(?:\[\d*\])*)$")


def canonical(text: str, engine: EngineName) -> str:
    """A type as the engine itself would print it.

    >>> canonical("VARCHAR(20)", "postgresql"), canonical("timestamptz(3)", "postgresql"), canonical("INTEGER", "mysql")
    ('character varying(20)', 'timestamp(3) with time zone', 'int')
    """
    match = _PARTS.match(text.strip())
    if match is None:
        return text.strip()
    name, args, rest, array = match["name"].strip(), match["args"], (match["rest"] or "").strip(), match["array"]
    quoted = '"' in name
    name = name if quoted else " ".join(name.lower().split())
    if engine == "sqlite":
        return " ".join(filter(None, (name + (f"({_arguments(args)})" if args else ""), rest.lower())))
    if engine == "postgresql":
        name = name.removeprefix("pg_catalog.").removeprefix("public.")
        if rest.lower() in ("with time zone", "without time zone"):
            name, rest = f"{name} {rest.lower()}", ""
        name = _POSTGRESQL_NAMES.get(name, name)
        if name == "character" and args is None and "bpchar" not in text:
            args = "1"
        head, _, tail = name.partition(" with")
        if tail and args is not None:
            return f"{head}({_arguments(args)}) with{tail}{array}"
        return f"{name}{f'({_arguments(args)})' if args is not None else ''}{f' {rest.lower()}' if rest else ''}{array}"
    name, _, sign = name.partition(" unsigned") if " unsigned" in name else (name, "", None)
    if sign is not None:
        rest = f"unsigned{sign}{' ' + rest if rest else ''}"
    name = _MYSQL_NAMES.get(name, name)
    return f"{name}{f'({_arguments(args)})' if args is not None else ''}{f' {rest.lower()}' if rest else ''}"


def _arguments(args: str) -> str:
    return args if "'" in args else ",".join(part.strip() for part in args.split(","))


def facts(text: str, engine: EngineName, user_types: dict[str, str] | None = None) -> TypeFacts:
    """Base name, family and length of a type in a catalog.

    >>> facts("character varying(20)", "postgresql")
    TypeFacts(base='varchar', family='string', length=20)
    >>> facts("tinyint(1)", "mysql").base, facts("bigint unsigned", "mysql").base, facts("integer[]", "postgresql").base
    ('boolean', 'bigint', 'array')
    """
    lowered = text.lower().strip()
    for _ in range(8):  # a domain may stand on a domain, and a file may make them stand on each other
        below = (user_types or {}).get(text) or (user_types or {}).get(lowered)
        if below is None or below == lowered:
            break
        text, lowered = below, below.lower()
    if lowered.endswith("]") or lowered.endswith(" array"):
        return TypeFacts("array", "array", None)
    match = _PARTS.match(lowered)
    name, args, rest = (
        (match["name"].strip(), match["args"], (match["rest"] or "").strip())
        if match
        else (lowered.partition("(")[0], None, "")
    )
    name = name.rpartition(".")[2].strip('"')
    first = (args or "").split(",")[0].strip()
    length = int(first) if first.isdigit() and len(first) < 10 else None
    if engine in ("mysql", "mariadb") and name == "tinyint" and length == 1:
        return TypeFacts("boolean", "boolean", 1)
    if rest in ("with time zone", "without time zone"):
        name = f"{name} {rest}"
    elif name.startswith("interval"):
        name = "interval"
    known = _FACTS.get(name) or _FACTS.get(name.split(" ")[0])
    if known is None and engine == "sqlite":
        known = _affinity(name)
    base, family = known or ("other", "other")
    return TypeFacts(base, family, length if family in ("string", "decimal", "binary") else None)


def _affinity(name: str) -> tuple[str, Family]:
    """SQLite's own rules for declared types it does not know (Datatypes In SQLite, 3.1)."""
    if "int" in name:
        return "integer", "integer"
    if "char" in name or "clob" in name or "text" in name:
        return "text", "string"
    if "blob" in name or not name:
        return "bytea", "binary"
    if "real" in name or "floa" in name or "doub" in name:
        return "double", "float"
    return "numeric", "decimal"
