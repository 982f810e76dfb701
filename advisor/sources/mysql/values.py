"""Numbers and times as MySQL's logs print them, as whole microseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from advisor.model.batch import NO_TIME, UNKNOWN

#: Ten years. Longer times are 2^64 microseconds minus a clock step (bugs.mysql.com 35396 and others).
ABSURD_US = 10 * 365 * 86_400 * 1_000_000
_ISO = re.compile(rb"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?[ \t\r]*\Z")
_SHORT = re.compile(rb"(\d\d)(\d\d)(\d\d)[ \t]+(\d{1,2}):(\d\d):(\d\d)(?:\.(\d+))?[ \t\r]*\Z")


def micros(text: bytes) -> int:
    """Seconds with a decimal point or comma, as whole microseconds; UNKNOWN when it is no such number."""
    whole, dot, fraction = text.replace(b",", b".").partition(b".")
    if not whole.isdigit() or (dot and fraction and not fraction.isdigit()):
        return UNKNOWN
    if len(whole) > 12:
        return ABSURD_US
    return int(whole) * 1_000_000 + int((fraction + b"000000")[:6])


def number(text: bytes) -> int:
    """A count; UNKNOWN when it is none, or too large to be one."""
    return int(text) if text.isdigit() and len(text) <= 18 else UNKNOWN


def iso_us(text: bytes) -> int:
    """ISO time with a zone, as microseconds since the epoch; NO_TIME when it is none."""
    match = _ISO.match(text)
    if match is None or match[8] is None:
        return NO_TIME
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    micro = int(((match[7] or b"") + b"000000")[:6])
    zone = match[8]
    shift = 0
    if zone != b"Z":
        shift = (int(zone[1:3]) * 60 + int(zone[-2:])) * 60
        if zone[:1] == b"-":
            shift = -shift
    base = _civil(year, month, day, hour, minute, second)
    return base if base == NO_TIME else (base - shift) * 1_000_000 + micro


def local_us(text: bytes) -> int:
    """``yymmdd h:mm:ss`` or a zoneless ISO time, as microseconds of a wall clock; NO_TIME if it is neither."""
    match = _SHORT.match(text)
    if match is not None:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        base = _civil(year + (1900 if year >= 70 else 2000), month, day, hour, minute, second)
        return base if base == NO_TIME else base * 1_000_000 + int(((match[7] or b"") + b"000000")[:6])
    match = _ISO.match(text)
    if match is None or match[8] is not None:
        return NO_TIME
    base = _civil(*(int(part) for part in match.groups()[:6]))
    return base if base == NO_TIME else base * 1_000_000 + int(((match[7] or b"") + b"000000")[:6])


def _civil(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since the epoch of a UTC date; NO_TIME when there is no such date. A leap second is the next one."""
    if not (1970 <= year <= 2999 and hour < 24 and minute < 60 and second <= 60):
        return NO_TIME
    try:
        days = datetime(year, month, day, tzinfo=UTC).toordinal() - 719163
    except ValueError:
        return NO_TIME
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def epoch(whole: bytes, fraction: bytes) -> int:
    """Digits of `SET timestamp=`, as microseconds since the epoch; NO_TIME when there are too many."""
    return int(whole) * 1_000_000 + int((fraction + b"000000")[:6]) if len(whole) <= 11 else NO_TIME
