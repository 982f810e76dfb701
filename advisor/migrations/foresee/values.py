"""Values of statistics and literals of conditions, as far as their comparison is the server's beyond doubt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Literal

from advisor.catalog.types import Family

Operator = Literal["=", "<>", "<", "<=", ">", ">="]


class Unclear(Enum):
    """Neither true, false nor NULL can be told."""

    UNCLEAR = "unclear"


UNCLEAR = Unclear.UNCLEAR


@dataclass(frozen=True, slots=True)
class Token:
    """A masked text. ``equal`` are the tokens that a literal can have."""

    token: str


@dataclass(frozen=True, slots=True)
class Real:
    """A binary floating-point number: printed with rounding."""

    number: Decimal


#: None is NULL.
Value = Decimal | Real | str | bool | datetime | Token | None
#: A zone that is not known moves a time by no more.
_ZONES = timedelta(hours=15)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?\s*(Z|[-+]\d\d(?::?\d\d)?)?")


def read(text: str, family: Family, *, mysql: bool = False) -> Value | Unclear:
    """A value as the statistics print it."""
    if family in ("integer", "decimal"):
        return _decimal(text)
    if family == "float":
        number = _decimal(text)
        return Real(number) if isinstance(number, Decimal) else UNCLEAR
    if family == "boolean":
        if mysql:
            return _decimal(text)
        return {"t": True, "true": True, "f": False, "false": False}.get(text.lower(), UNCLEAR)
    if family == "temporal":
        return _moment(text)
    if family == "uuid":
        return text.lower()
    return text if family in ("string", "other") else UNCLEAR


def _decimal(text: str) -> Decimal | Unclear:
    if len(text) > 400 or _NUMBER.fullmatch(text.strip()) is None:
        return UNCLEAR
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return UNCLEAR


def _moment(text: str) -> datetime | Unclear:
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return UNCLEAR
    day, time, zone = found.groups()
    zone = "+00:00" if zone == "Z" else f"{zone}:00" if zone and len(zone) == 3 else zone or ""
    try:
        if time is None:
            return datetime.combine(date.fromisoformat(day), datetime.min.time())
        return datetime.fromisoformat(f"{day}T{time}{zone}")
    except ValueError:
        return UNCLEAR


def compare(left: Value, operator: Operator, right: Value, *, mysql: bool = False) -> bool | Unclear | None:
    """The outcome of a comparison; `UNCLEAR` where collations, zones or rounding decide. None is NULL."""
    if left is None or right is None:
        return None
    if isinstance(left, Token) or isinstance(right, Token):
        return UNCLEAR  # `conditions` compares tokens, which needs the snapshot
    if isinstance(left, Real) or isinstance(right, Real):
        return _real(left, operator, right)
    a: Value | Unclear = left
    b: Value | Unclear = right
    if isinstance(left, str) and not isinstance(right, str):
        a = _like(left, right)
    elif isinstance(right, str) and not isinstance(left, str):
        b = _like(right, left)
    if isinstance(a, Unclear) or isinstance(b, Unclear) or type(a) is not type(b):
        return UNCLEAR
    if isinstance(a, datetime) and isinstance(b, datetime):
        return _moments(a, operator, b)
    if isinstance(a, str) and isinstance(b, str):
        return _strings(a, operator, b, mysql)
    return _ordered(a, operator, b)


def _like(text: str, other: Value) -> Value | Unclear:
    """A literal in quotes takes the type of what it is compared with."""
    if isinstance(other, bool):
        return read(text, "boolean")
    if isinstance(other, Decimal):
        return _decimal(text)
    return _moment(text) if isinstance(other, datetime) else UNCLEAR


def _real(left: Value, operator: Operator, right: Value) -> bool | Unclear:
    numbers = []
    for one in (left, right):
        number = one.number if isinstance(one, Real) else _decimal(one) if isinstance(one, str) else one
        if not isinstance(number, Decimal):
            return UNCLEAR
        numbers.append(number)
    a, b = numbers
    if abs(a - b) <= Decimal("1e-5") * max(abs(a), abs(b)):
        return UNCLEAR
    return _ordered(a, operator, b)


def _moments(left: datetime, operator: Operator, right: datetime) -> bool | Unclear:
    if (left.tzinfo is None) != (right.tzinfo is None):
        left, right = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in (left, right))
        try:
            if abs(left - right) <= _ZONES:
                return UNCLEAR
        except OverflowError:
            return UNCLEAR
    return _ordered(left, operator, right)


def _strings(left: str, operator: Operator, right: str, mysql: bool) -> bool | Unclear:
    if operator not in ("=", "<>"):
        return UNCLEAR  # by a collation
    equal = left == right
    if not equal and mysql:
        folded = left.rstrip().casefold() == right.rstrip().casefold()
        if folded or not (left.isascii() and right.isascii()):
            return UNCLEAR
    elif not equal and left.rstrip(" ") == right.rstrip(" "):
        return UNCLEAR  # character(n)
    return equal if operator == "=" else not equal


def _ordered(left: object, operator: Operator, right: object) -> bool:
    a: Decimal = left  # type: ignore[assignment]
    b: Decimal = right  # type: ignore[assignment]
    return {
        "=": a == b,
        "<>": a != b,
        "<": a < b,
        "<=": a <= b,
        ">": a > b,
        ">=": a >= b,
    }[operator]
