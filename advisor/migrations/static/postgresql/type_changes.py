"""ALTER COLUMN TYPE: which changes leave the rows as they are.

A change is free where the cast is no more than another name for the same bytes (pg_cast.castmethod ``b``) and the new
length takes every value that the old one did (the support functions of varchar, numeric, timestamp, time, interval and
varbit); see ATColumnChangeRequiresRewrite in tablecmds.c and ALTER TABLE, Notes.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from advisor.migrations.static.postgresql.world import World

#: ``free``: the catalog alone; ``rewrite``; ``fails``: no assignment cast, and no USING; ``unknown``: a type that no
#: schema gives.
Cost = Literal["free", "rewrite", "fails", "unknown"]

_PARTS = re.compile(r"^(?P<name>[^(\[]*)(?:\((?P<args>[^)]*)\)(?P<rest>[^()\[\]]*))?(?P<array>(?:\[\d*\])*)$")


class Type(NamedTuple):
    """A type taken apart."""

    name: str
    args: tuple[int, ...]
    array: bool


#: pg_cast.castmethod 'b' between types with columns of their own, both as assignment.
_SAME_BYTES = frozenset(
    {
        ("character varying", "text"),
        ("text", "character varying"),
        ("character varying", "character"),
        ("text", "character"),
        ("cidr", "inet"),
        ("bit", "bit varying"),
        ("bit varying", "bit"),
        ("integer", "oid"),
        ("oid", "integer"),
        ("oid", "regclass"),
        ("regclass", "oid"),
        ("oid", "regproc"),
        ("oid", "regtype"),
        ("regtype", "oid"),
        ("integer", "regclass"),
        ("regclass", "integer"),
        ("xml", "text"),
        ("xml", "character varying"),
        ("citext", "text"),
        ("citext", "character varying"),
        ("text", "citext"),
        ("character varying", "citext"),
    }
)
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_STRINGS = frozenset({"text", "character varying", "character", "name", "citext", '"char"'})
_TZ, _TS = "timestamp with time zone", "timestamp without time zone"
_OTHER_ASSIGNMENTS = frozenset(
    {
        ("date", _TS), ("date", _TZ), (_TS, "date"), (_TZ, "date"), (_TS, _TZ), (_TZ, _TS),
        (_TS, "time without time zone"), (_TZ, "time without time zone"), (_TZ, "time with time zone"),
        ("time without time zone", "time with time zone"), ("time with time zone", "time without time zone"),
        ("time without time zone", "interval"), ("interval", "time without time zone"), ("json", "jsonb"),
        ("jsonb", "json"), ("inet", "cidr"), ("cidr", "inet"), ("bit", "bit varying"), ("bit varying", "bit"),
        ("integer", "money"), ("bigint", "money"), ("numeric", "money"), ("money", "numeric"), ("integer", "oid"),
        ("bigint", "oid"), ("oid", "integer"), ("oid", "bigint"), ("macaddr", "macaddr8"), ("macaddr8", "macaddr"),
    }
)  # fmt: skip
#: Types of which every cast is known here.
_PLAIN = (
    _NUMBERS
    | _STRINGS
    | frozenset(part for pair in _OTHER_ASSIGNMENTS for part in pair)
    | frozenset({"boolean", "uuid", "bytea", "xml", "interval"})
)


def parts(text: str) -> Type:
    """A canonical type taken apart."""
    match = _PARTS.match(text.strip())
    if match is None:
        return Type(text.strip(), (), text.strip().endswith("]"))
    name = " ".join(f"{match['name']} {match['rest'] or ''}".split()).removeprefix("pg_catalog.")
    args = tuple(int(part) for part in (match["args"] or "").split(",") if part.strip().lstrip("-").isdigit())
    return Type(name, args, bool(match["array"]))


def base_of(text: str, world: World) -> tuple[str, bool]:
    """The type below a domain, and whether a domain on the way has constraints."""
    constrained = False
    for _ in range(32):
        name = parts(text).name
        below = world.types.get(name) or world.types.get(name.rpartition(".")[2])
        if below is None or below in ("enum", "composite", "range") or parts(text).array:
            break
        constrained = constrained or name in world.constrained or name.rpartition(".")[2] in world.constrained
        text = below
    return text, constrained


def cost(old: str, new: str, world: World, *, zone: str | None, version: int, using: bool) -> Cost:
    """What the change of a column's type costs; ``using``: a USING converts, though it may be a plain cast.

    ``zone``: the session's TimeZone, None: not known.
    """
    if old == new and not base_of(new, world)[1]:
        return "free"
    source, _ = base_of(old, world)
    target, constrained = base_of(new, world)
    a, b = parts(source), parts(target)
    if source != old:
        a = a._replace(args=())  # the length below a domain is not looked at
    to_enum = world.types.get(b.name) == "enum" and a.name in _PLAIN and not a.array
    from_enum = world.types.get(a.name) == "enum" and b.name in _PLAIN - _STRINGS
    if not using and (to_enum or from_enum or _no_cast(a, b)):
        return "fails"
    if not source.endswith("]") and not target.endswith("]") and _no_cast_at_all(a.name, b.name):
        return "fails"
    if constrained and old != new:
        return "rewrite"
    if a == b:
        return "free"
    if a.array or b.array:
        return "rewrite"
    if {a.name, b.name} == {_TZ, _TS}:
        return "free" if version >= 12 and is_utc(zone) and _fits("timestamp", a.args, b.args) else "rewrite"
    if a.name == b.name:
        if a.name.startswith("interval") or b.name in _LENGTHS:
            return "free" if _fits(a.name, a.args, b.args) else "rewrite"
        return "free" if a.args == b.args else "rewrite"
    if a.name.startswith("interval") and b.name.startswith("interval"):
        # The higher fields of a restricted interval are kept all the same (interval_support)
        return "free" if _least(b.name) <= _least(a.name) and _fits("interval", a.args, b.args) else "rewrite"
    if (a.name, b.name) in _SAME_BYTES:
        if b.name == "character varying" and a.name == "character varying":
            return "free"
        return "free" if not b.args else "rewrite"
    if a.name in _PLAIN | {"enum"} or b.name in _PLAIN or not world.complete:
        return "rewrite"
    return "rewrite" if _known(a, world) and _known(b, world) else "unknown"


_LENGTHS = frozenset(
    {"character varying", "numeric", "bit varying", _TS, _TZ, "time without time zone", "time with time zone"}
)


def _least(interval: str) -> int:
    """The smallest field that an interval keeps: 0 is the second."""
    return ("second", "minute", "hour", "day", "month", "year", "interval").index(interval.rpartition(" ")[2]) % 6


def _fits(name: str, old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Does every value of the old length have the new one?"""
    if not new:
        return True
    if name == "numeric":
        scale = (old[1] if len(old) > 1 else 0) if old else None
        return scale is not None and scale == (new[1] if len(new) > 1 else 0) and new[0] >= old[0]
    if name in ("character varying", "bit varying"):
        return bool(old) and new[0] >= old[0]
    return new[0] >= 6 or (bool(old) and new[0] >= old[0])


def _no_cast(a: Type, b: Type) -> bool:
    if a.array or b.array or a.name == b.name:
        return a.array != b.array and a.name in _PLAIN and b.name in _PLAIN and not (a.array and b.name in _STRINGS)
    if b.name in _STRINGS and b.name != '"char"':
        return False
    if a.name not in _PLAIN or b.name not in _PLAIN:
        return False
    if a.name in _NUMBERS and b.name in _NUMBERS:
        return False
    return (a.name, b.name) not in _OTHER_ASSIGNMENTS and (a.name, b.name) not in _SAME_BYTES


def apart(first: str, second: str, world: World) -> bool:
    """Are two types known to have no equality between them?"""
    a, b = parts(base_of(first, world)[0]), parts(base_of(second, world)[0])
    kinds = (_NUMBERS, _MOMENTS, _APART, _STRINGS - {"citext"})
    if a.array or b.array:
        return a.array != b.array and any(a.name in one for one in kinds) and any(b.name in one for one in kinds)
    return any(a.name in one and b.name in other for one in kinds for other in kinds if one is not other)


def _no_cast_at_all(old: str, new: str) -> bool:
    """Not even an explicit cast: between numbers, moments, and what is neither (pg_cast)."""
    kinds = (_NUMBERS, _MOMENTS, _APART)
    return any(old in one and new in other for one in kinds for other in kinds if one is not other)


#: Nothing but strings casts to these or from these.
_APART = frozenset({"uuid", "xml", "cidr", "inet", "macaddr"})
_MOMENTS = frozenset({"date", _TS, _TZ, "time without time zone", "time with time zone", "interval"})


def _known(one: Type, world: World) -> bool:
    return one.name in _PLAIN or one.name in world.types


def is_utc(zone: str | None) -> bool:
    """Is it a name of UTC?"""
    return zone is not None and zone.strip("'\"").lower() in (
        "utc", "gmt", "etc/utc", "etc/gmt", "zulu", "uct", "etc/uct", "etc/zulu", "universal", "etc/universal", "0",
        "greenwich", "etc/greenwich", "gmt0", "etc/gmt0", "gmt+0", "gmt-0", "+00", "+00:00", "utc0",
    )  # fmt: skip
