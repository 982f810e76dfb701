"""Types by their names alone, and those of one family: their values print alike."""

from __future__ import annotations

import re

#: Types whose values print alike: a value of one reads as the same value of the other, in the same order.
_FAMILIES = (
    ("smallint", "integer", "bigint", "numeric", "decimal"),
    ("real", "double precision"),
    ("character varying", "text", "citext", "name"),
    ("timestamp without time zone", "timestamp with time zone"),
    ("json", "jsonb"),
    ("inet", "cidr"),
    ("bit", "bit varying"),
)
TEXTS = frozenset({"text", "character varying", "character", "bpchar", "citext"})
_PARAMETERS = re.compile(r"\([^)]*\)")


def base(type_: str) -> str:
    """A type's name without its length or precision."""
    return " ".join(_PARAMETERS.sub("", type_).split())


def prints_alike(one: str, other: str) -> bool:
    """Does a value of the one type read as the same value of the other?"""
    return any(base(one) in family and base(other) in family for family in _FAMILIES)
