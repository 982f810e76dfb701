"""Values of MySQL's prepared statements, as literals in the text that they belong to."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.dryrun.capture.mysql_packets import length
from advisor.dryrun.capture.relay import BrokenError

#: Where a ``?`` is none: strings, names, comments.
_PIECES = re.compile(
    r"'(?>(?:[^'\\]++|\\.|'')*)'|\"(?>(?:[^\"\\]++|\\.|\"\")*)\"|`(?>(?:[^`]++|``)*)`|--(?=\s|\Z)[^\n]*+|#[^\n]*+"
    r"|/\*(?>(?:[^*]++|\*(?!/))*)\*/|(?P<value>\?)",
    re.DOTALL,
)
#: Types of values (mysql/include/field_types.h) and how struct reads them: signed, unsigned.
_NUMBERS = {1: "bB", 2: "hH", 3: "iI", 8: "qQ", 9: "iI", 13: "hH"}
_FLOAT, _DOUBLE, _NULL, _TIMESTAMP, _DATE, _TIME, _DATETIME, _DECIMAL, _NEWDECIMAL = 4, 5, 6, 7, 10, 11, 12, 0, 246
_UNSIGNED = 0x80
#: Before the values: command, statement, flags, repetitions.
_HEAD = 10


@dataclass(slots=True)
class Prepared:
    """A statement that a client prepared."""

    sql: str
    count: int
    types: list[tuple[int, bool]] = field(default_factory=list)
    """Of its values, and whether they are unsigned."""
    long: dict[int, bytes] = field(default_factory=dict)
    """Values that came by themselves, in pieces."""


def literals(body: bytes, prepared: Prepared, *, backslash: bool) -> list[str]:
    """The values of a COM_STMT_EXECUTE. ``backslash``: it escapes in strings. Raises BrokenError, struct.error."""
    if not prepared.count:
        return []
    empty = body[_HEAD : _HEAD + (prepared.count + 7) // 8]
    at = _HEAD + len(empty)
    if body[at]:
        told = struct.unpack_from(f"<{prepared.count}H", body, at + 1)
        prepared.types = [(one & 0xFF, bool(one >> 8 & _UNSIGNED)) for one in told]
        at += 2 * prepared.count
    at += 1
    found = []
    for number in range(prepared.count):
        if number in prepared.long:
            found.append(quoted(prepared.long[number], backslash=backslash))
        elif empty[number // 8] >> number % 8 & 1:
            found.append("NULL")
        else:
            kind, unsigned = prepared.types[number]
            text, at = _literal(body, at, kind, unsigned, backslash)
            found.append(text)
    prepared.long.clear()
    return found


def _literal(body: bytes, at: int, kind: int, unsigned: bool, backslash: bool) -> tuple[str, int]:
    if kind in _NUMBERS:
        form = "<" + _NUMBERS[kind][unsigned]
        return _signed(str(struct.unpack_from(form, body, at)[0])), at + struct.calcsize(form)
    if kind in (_FLOAT, _DOUBLE):
        form = "<f" if kind == _FLOAT else "<d"
        value = struct.unpack_from(form, body, at)[0]
        whole = value == int(value) if abs(value) < 1e15 else False
        return _signed(str(int(value)) if whole else repr(value)), at + struct.calcsize(form)
    if kind == _NULL:
        return "NULL", at
    if kind in (_DATE, _DATETIME, _TIMESTAMP):
        size = body[at]
        return f"'{_moment(body[at + 1 : at + 1 + size])}'", at + 1 + size
    if kind == _TIME:
        size = body[at]
        return f"'{_duration(body[at + 1 : at + 1 + size])}'", at + 1 + size
    size, at = length(body, at)
    data = body[at : at + size]
    if len(data) < size:
        raise BrokenError
    if kind in (_DECIMAL, _NEWDECIMAL) and re.fullmatch(rb"-?\d{1,65}(\.\d{1,65})?", data):
        return _signed(data.decode()), at + size
    return quoted(data, backslash=backslash), at + size


def _signed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _moment(data: bytes) -> str:
    if not data:
        return "0000-00-00 00:00:00"
    text = "{:04}-{:02}-{:02}".format(*struct.unpack_from("<HBB", data))
    if len(data) >= 7:
        text += " {:02}:{:02}:{:02}".format(*data[4:7])
    return text + (f".{struct.unpack_from('<I', data, 7)[0]:06}" if len(data) >= 11 else "")


def _duration(data: bytes) -> str:
    if len(data) < 8:
        return "00:00:00"
    negative, days, hours, minutes, seconds = struct.unpack_from("<BIBBB", data)
    part = f".{struct.unpack_from('<I', data, 8)[0]:06}" if len(data) >= 12 else ""
    return f"{'-' if negative else ''}{days * 24 + hours:02}:{minutes:02}:{seconds:02}{part}"


def quoted(data: bytes, *, backslash: bool) -> str:
    """A string as MySQL reads it; bytes that are no text in hexadecimal."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return f"x'{data.hex()}'"
    if "\0" in text:
        return f"x'{data.hex()}'"
    if backslash:
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"


def put(sql: str, values: Sequence[str]) -> str:
    """The statement with its values in the place of every ``?``. Linear."""
    left = iter(values)

    def one(match: re.Match[str]) -> str:
        return match[0] if match["value"] is None else next(left, "?")

    return _PIECES.sub(one, sql)
