"""Whether a column's new type takes every value of the old one, where a tool copies the rows instead of the server.

The server refuses a value that does not fit (strict mode). pt-online-schema-change cuts it: "Data truncated" (1265) is
a warning that it passes over, so what may raise it must not be given to it. Integers out of range are another warning,
which ends the copy.
"""

from __future__ import annotations

import re

_TYPE = re.compile(r"(?P<name>[a-z]+)\s*(?:\((?P<args>.*?)\))?\s*(?P<rest>[^()]*)", re.DOTALL)
_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"})
#: Bytes, and so at least a quarter as many characters.
_TEXTS = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215, "longtext": 2**32 - 1}
_BLOBS = {"tinyblob": 255, "blob": 65_535, "mediumblob": 16_777_215, "longblob": 2**32 - 1}
#: Each value of the first is one of the second, of as many digits behind the second.
_TEMPORAL = frozenset(
    {
        ("timestamp", "timestamp"),
        ("datetime", "datetime"),
        ("time", "time"),
        ("timestamp", "datetime"),
        ("date", "datetime"),
    }
)
_UNICODE = ("utf8mb4", "utf8mb3", "utf8", "utf16", "utf32")
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_LONGEST_INTEGER = 20


def loses(old: str | None, new: str | None) -> bool:
    """May values be cut without an error? True also where that cannot be told; types are the engine's, lower case."""
    target = _TYPE.fullmatch(new.strip().lower()) if new else None
    if target is None:
        return True
    source = _TYPE.fullmatch(old.strip().lower()) if old else None
    if target["name"] in _INTEGERS:
        return source is not None and source["name"] not in _INTEGERS
    if source is None:
        return True
    if old == new:
        return False
    if target["name"] == source["name"] and target["name"] in ("enum", "set"):
        # Of the labels as they are written: lower case is enough to compare, and more than the server asks for.
        return not set(_LABEL.findall(source["args"] or "")) <= set(_LABEL.findall(target["args"] or ""))
    if target["name"] in ("decimal", "numeric") and source["name"] in (*_INTEGERS, "decimal", "numeric"):
        return source["name"] not in _INTEGERS and _scale(target["args"]) < _scale(source["args"])
    if (source["name"], target["name"]) in _TEMPORAL:
        return _fraction(target["args"]) < _fraction(source["args"])
    if not _keeps_characters(source["rest"], target["rest"]):
        return True
    room = _characters(target["name"], target["args"])
    if room is None:
        return True
    if source["name"] in _INTEGERS:
        return room < _LONGEST_INTEGER
    needed = _characters(source["name"], source["args"])
    binary = (source["name"] in _BLOBS or "binary" in source["name"]) != (
        target["name"] in _BLOBS or "binary" in target["name"]
    )
    return binary or needed is None or room < needed


def _fraction(args: str | None) -> int:
    return int(args) if args and args.strip().isdigit() else 0


def _scale(args: str | None) -> int:
    parts = (args or "").split(",")
    return int(parts[1]) if len(parts) > 1 and parts[1].strip().isdigit() else 0


def _characters(name: str, args: str | None) -> int | None:
    """How many a string type takes; of a text, as many as it has bytes. None: it is none."""
    if name in ("char", "varchar", "binary", "varbinary"):
        return int(args) if args and args.strip().isdigit() else 1
    return _TEXTS.get(name, _BLOBS.get(name))


def _keeps_characters(old: str, new: str) -> bool:
    """Has the new character set every character of the old one? Of a set that is not named nothing is changed."""
    found = re.search(r"(?:character set|charset)\s+(\w+)", new)
    before = re.search(r"(?:character set|charset)\s+(\w+)", old)
    return found is None or found[1] in _UNICODE or (before is not None and before[1] == found[1])
