"""What masking makes of a column's type: which statistics hold texts, which bytes, and which say nothing of anybody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from advisor.model.snapshot import SchemaObject

Kind = Literal["text", "bytes", "json", "plain", "unknown"]

_LENGTH = re.compile(r"\((\d+)\)")
_DOMAIN = re.compile(
    r"\s*CREATE\s+DOMAIN\s.*?\sAS\s+(.+?)\s*"
    r"(?:\s(?:COLLATE|DEFAULT|NOT\s+NULL|NULL|CHECK|CONSTRAINT)\b.*|;.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_TEXTS = frozenset({"text", "character varying", "varchar", "character", "char", "bpchar", "citext", "name"})
#: Numbers, times, addresses, identifiers of the server itself: kept. Everything that is not listed is left out.
_PLAIN_WORDS = """
    smallint integer bigint int2 int4 int8 numeric decimal real float4 float8 money boolean bool date time timetz
    timestamp timestamptz interval uuid inet cidr macaddr macaddr8 bit varbit oid xid xid8 cid tid pg_lsn regclass
    regtype regproc regprocedure regoper regoperator regrole regnamespace regconfig regdictionary int4range int8range
    numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange
    datemultirange
"""
_PLAIN = frozenset(_PLAIN_WORDS.split()) | {
    "double precision",
    "bit varying",
    "time without time zone",
    "time with time zone",
    "timestamp without time zone",
    "timestamp with time zone",
}


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type: what it holds, in an array or alone, and how many characters fit."""

    kind: Kind
    array: bool = False
    limit: int | None = None
    padded: bool = False
    """character(n): trailing blanks do not count."""


UNKNOWN = ValueType("unknown")


class ValueTypes:
    """Types by the name that format_type prints, with the enums and domains of a schema."""

    def __init__(self, objects: Iterable[SchemaObject]) -> None:
        self.enums: set[str] = set()
        self.domains: dict[str, str] = {}
        for one in objects:
            text = " ".join(one.ddl)
            if one.kind == "type" and re.search(r"\bAS\s+ENUM\b", text, re.IGNORECASE):
                self.enums.update(_spellings(one))
            elif one.kind == "domain" and (found := _DOMAIN.match(text)):
                self.domains.update(dict.fromkeys(_spellings(one), found[1]))

    def of(self, printed: str | None, depth: int = 0) -> ValueType:
        """The type behind a printed name; a name that is not known holds who knows what."""
        if printed is None or depth > 8:
            return UNKNOWN
        name = printed.strip()
        array = name.endswith("[]")
        while name.endswith("[]"):
            name = name[:-2]
        plain = _plain_name(name)
        base = re.sub(r"\s*\([^)]*\)", "", plain).strip().lower()
        base = base.removeprefix("pg_catalog.")
        if plain in self.domains:
            inner = self.of(self.domains[plain], depth + 1)
            return ValueType(inner.kind, array or inner.array, inner.limit, inner.padded)
        if base.rpartition(".")[2] == "citext":
            return ValueType("text", array)
        if base in _TEXTS:
            found = _LENGTH.search(plain)
            padded = base in ("character", "char", "bpchar")
            if base == "char" and printed.strip().startswith('"'):
                return UNKNOWN  # "char": a byte of the system's own
            limit = int(found[1]) if found else 63 if base == "name" else 1 if base in ("character", "char") else None
            return ValueType("text", array, limit, padded)
        if base == "bytea":
            return ValueType("bytes", array)
        if base in ("jsonb", "json"):
            return ValueType("json", array)
        if base in _PLAIN or base.startswith("interval ") or plain in self.enums:
            return ValueType("plain", array)
        return UNKNOWN


def _spellings(one: SchemaObject) -> tuple[str, ...]:
    return (one.name, f"{one.schema}.{one.name}") if one.schema else (one.name,)


def _plain_name(name: str) -> str:
    """Without quotes: ``public."My type"`` is public.My type."""
    return re.sub(r'"((?:[^"]|"")*)"', lambda found: found[1].replace('""', '"'), name)
