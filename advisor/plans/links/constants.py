"""Constants compared by value: what the query says and what the plan prints are seldom spelt alike."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from advisor.graphs.names import Node

_NUMBER = re.compile(r"[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][-+]?\d{1,3})?\Z")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?)\s*(Z|[-+]\d\d(?::?\d\d)?)?)?\Z", re.IGNORECASE
)
_CLOCK = re.compile(r"(\d\d:\d\d)(?::00)?(?:\.0+)?\Z")
_BLANKS = re.compile(r"\s+")
#: Types whose constants are printed as they were written.
_VERBATIM = frozenset({"", "text", "varchar", "char", "bpchar", "name", "userdefined", "nvarchar", "nchar"})
#: Types, not among sqlglot's own, whose output is not their input.
_REWRITTEN = frozenset(
    """
    tsquery tsvector jsonpath ltree lquery ltxtquery hstore geometry geography box2d box3d vector cube seg tid xid
    pg_lsn int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange macaddr macaddr8 isbn
    """.split()  # noqa: SIM905
)
_CASTS = ("Cast", "TryCast")


class Constant(NamedTuple):
    """A value without columns. ``text`` None: an expression or a parameter, whose value is not in the text."""

    text: str | None
    kind: str = ""
    """number, boolean, null, parameter, or the type that it is cast to."""
    spelling: str = ""
    """Of what has no value."""

    @property
    def known(self) -> bool:
        return self.text is not None


def literal(node: Node) -> Constant | None:
    """The constant that a node is, through casts and parentheses; None for anything else."""
    kind = ""
    negative = False
    while True:
        cls = type(node).__name__
        if cls == "Paren":
            node = node.this
        elif cls in _CASTS:
            kind = kind or _type(node.args.get("to"))
            node = node.this
        elif cls == "Neg":
            node, negative = node.this, not negative
        elif cls == "Introducer":
            node = node.expression
        elif cls == "Collate":
            node = node.this
        elif cls in ("Date", "Timestamp", "TsOrDsToDate") and type(node.this).__name__ == "Literal":
            kind, node = "timestamp", node.this
        else:
            break
    if cls == "Literal":
        text = str(node.name)
        if not node.is_string:
            return Constant(f"-{text}" if negative else text, "number")
        return None if negative else Constant(text, kind)
    if negative:
        return None
    if cls == "Boolean":
        return Constant("true" if node.this else "false", "boolean")
    if cls == "Null":
        return Constant("", "null")
    if cls in ("National", "RawString", "UnicodeString", "ByteString"):
        return Constant(str(node.name), kind)
    if cls in ("HexString", "BitString"):
        return Constant(str(node.name).lower(), cls)
    if cls in ("Placeholder", "Parameter", "SessionParameter"):
        inner = node.this
        name = str(getattr(inner, "name", inner) or "")
        return Constant(None, "parameter", f"${name}" if name and name != "?" else "")
    if cls == "Interval":
        return Constant(None, "interval")
    return None


def same(one: Constant, other: Constant) -> bool | None:
    """Whether two constants are one value; None where the texts cannot tell."""
    if one.text is None or other.text is None:
        if one.text is None and other.text is None and one.spelling and other.spelling:
            if one.spelling == other.spelling:
                return True
            if one.kind == other.kind == "parameter":
                return False
        return None
    if "null" in (one.kind, other.kind):
        return one.kind == other.kind
    left, right = one.text, other.text
    if left == right:
        return True
    kinds = {one.kind, other.kind}
    if "boolean" in kinds:
        truths = [_truth(left), _truth(right)]
        return truths[0] == truths[1] if None not in truths else None
    if kinds & {"HexString", "BitString"}:
        return None
    if _NUMBER.match(left) and _NUMBER.match(right):
        if "number" in kinds or kinds & {"int", "bigint", "smallint", "decimal", "double", "float"}:
            return _decimal(left) == _decimal(right)
        return False if kinds <= _VERBATIM else None
    moments = _moment(left), _moment(right)
    if moments[0] is not None and moments[1] is not None:
        return _same_moment(moments[0], moments[1])
    clocks = _CLOCK.match(left), _CLOCK.match(right)
    if clocks[0] is not None and clocks[1] is not None:
        return clocks[0].group(1) == clocks[1].group(1)
    if kinds & {"jsonb", "json"}:
        return _same_json(left, right)
    if "uuid" in kinds:
        return left.lower() == right.lower()
    if kinds <= _VERBATIM:
        return left.rstrip() == right.rstrip() if kinds & {"bpchar", "char"} else False
    if _BLANKS.sub("", left) == _BLANKS.sub("", right):
        return True
    return None


def array(text: str) -> list[str | None] | None:
    """Elements of a PostgreSQL array literal without nesting; None for NULL, and for what is no such literal."""
    inner = text.strip()
    if not inner.startswith("{") or not inner.endswith("}"):
        return None
    elements: list[str | None] = []
    position, end = 1, len(inner) - 1
    while position < end:
        if inner[position] == '"':
            match = _ELEMENT.match(inner, position)
            if match is None:
                return None
            elements.append(re.sub(r"\\(.)", r"\1", match.group(1), flags=re.DOTALL))
            position = match.end()
        else:
            stop = inner.find(",", position, end)
            stop = end if stop < 0 else stop
            plain = inner[position:stop].strip()
            if "{" in plain or '"' in plain:
                return None
            elements.append(None if plain.upper() == "NULL" else plain)
            position = stop
        if position < end and inner[position] != ",":
            return None
        position += 1
    return elements


_ELEMENT = re.compile(r'"((?>(?:[^"\\]++|\\.)*))"', re.DOTALL)


def element_kind(node: Node) -> str:
    """The type of an array type's elements."""
    inner = node.expressions[0] if node is not None and getattr(node, "expressions", None) else None
    return _type(inner)


def _type(node: Node) -> str:
    if node is None or type(node).__name__ != "DataType":
        return "other"
    name = str(getattr(node.this, "name", node.this)).lower()
    if name == "userdefined":
        kind = node.args.get("kind")
        name = str(getattr(kind, "name", kind) or "").lower()
        return name if name in _REWRITTEN else "userdefined"
    return name if name != "character_set" else "char"


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _truth(text: str) -> bool | None:
    return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(text.lower())


class _Moment(NamedTuple):
    local: datetime
    zone: str


def _moment(text: str) -> _Moment | None:
    match = _TIME.match(text.strip())
    if match is None:
        return None
    clock = match.group(2) or "00:00"
    try:
        local = datetime.fromisoformat(f"{match.group(1)} {_fraction(clock)}")
    except ValueError:
        return None
    zone = (match.group(3) or "").upper()
    return _Moment(local, "+00" if zone == "Z" else zone)


def _fraction(clock: str) -> str:
    whole, dot, digits = clock.partition(".")
    return f"{whole}.{digits:0<6}" if dot else whole


def _same_moment(one: _Moment, other: _Moment) -> bool | None:
    if one.local == other.local and (one.zone == other.zone or not one.zone or not other.zone):
        return True
    if one.zone == other.zone:
        return False
    try:
        left, right = (datetime.fromisoformat(f"{m.local.isoformat()}{_full(m.zone)}") for m in (one, other))
    except ValueError:
        return None
    if left.tzinfo is not None and right.tzinfo is not None:
        return left == right
    # One without a zone is in the session's, which may be anywhere within fourteen hours.
    return None if abs((one.local - other.local).total_seconds()) <= 14 * 3600 else False


def _full(zone: str) -> str:
    if not zone:
        return ""
    return f"{zone}:00" if len(zone) == 3 else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def _same_json(left: str, right: str) -> bool | None:
    try:
        return bool(json.loads(left) == json.loads(right))
    except (ValueError, RecursionError):
        return None
