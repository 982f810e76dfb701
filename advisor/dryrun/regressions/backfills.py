"""What a migration's UPDATE fills a column with: one constant, or another column of the row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UPDATE = re.compile(
    r"""\s*update\s+(?:only\s+)?(?:(?P<schema>"[^"]+"|[\w$]+)\s*\.\s*)?(?P<table>"[^"]+"|[\w$]+)"""
    r"""(?P<alias>\s+(?:as\s+)?(?!set\b)[\w$]+)?\s+set\s+(?P<rest>.*)""",
    re.IGNORECASE | re.DOTALL,
)
_DELETE = re.compile(
    r"""\s*delete\s+from\s+(?:only\s+)?(?:(?P<schema>"[^"]+"|[\w$]+)\s*\.\s*)?(?P<table>"[^"]+"|[\w$]+)""",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom\b", re.IGNORECASE)
_ONE = re.compile(
    r"""(?P<column>"[^"]+"|[\w$]+)\s*=\s*(?:(?P<text>'(?:[^'\\]|\'\')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>true|false)"""
    r"""|(?:cast\s*\(\s*)?(?P<other>"[^"]+"|[a-z_][\w$]*))"""
    r"""(?:\s*::\s*[\w ]+(?:\(\d+(?:,\s*\d+)?\))?|\s+as\s+[\w ]+(?:\(\d+(?:,\s*\d+)?\))?\s*\))?\s*(?P<end>,|$)""",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_EMPTY = re.compile(r"""\s*(?:[\w$]+\s*\.\s*)?(?P<column>"[^"]+"|[\w$]+)\s+is\s+null\s*$""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fill:
    """Of all rows."""

    value: str | None = None
    """The constant, as an array literal of one value."""
    column: str | None = None
    """The column that it is copied from, perhaps as another type."""


def target(text: str) -> str | None:
    """The table that an UPDATE writes, without its schema; None: it is another statement."""
    found = _UPDATE.match(text)
    return None if found is None else _name(found["table"])


def unfiltered(text: str) -> bool:
    """An UPDATE of every row; one of the rows where a column is NULL that it fills may be."""
    return _UPDATE.match(text) is not None and _WHERE.search(text) is None


def conditions(text: str) -> str:
    """What follows the first WHERE; nothing where there is none."""
    found = _WHERE.search(text)
    return "" if found is None else text[found.end() :]


def removed_from(text: str) -> str | None:
    """The table that a DELETE takes rows from, without its schema; None: it is another statement."""
    found = _DELETE.match(text)
    return None if found is None else _name(found["table"])


def picking(text: str) -> str | None:
    """A query of the rows that an UPDATE writes, which can be planned where a column that it fills is not there yet;
    None of one that joins other tables."""
    found = _UPDATE.match(text)
    if found is None:
        return None
    rest = found["rest"].strip().rstrip(";")
    cut = _WHERE.search(rest)
    before, where = (rest[: cut.start()], rest[cut.start() :]) if cut is not None else (rest, "")
    if _FROM.search(before) or re.search(r"\breturning\b", where or before, re.IGNORECASE):
        return None
    schema = f"{found['schema']}." if found["schema"] else ""
    return f"SELECT 1 FROM {schema}{found['table']}{found['alias'] or ''} {where}".rstrip()


def fills_empty(text: str) -> bool:
    """An UPDATE of the rows where a column is NULL."""
    return _UPDATE.match(text) is not None and _EMPTY.match(conditions(text).strip().rstrip(";")) is not None


def backfills(texts: Sequence[str]) -> dict[tuple[str, str], Fill]:
    """By table and column in lower case. Of a column that is filled in another way, or of some rows alone, or twice:
    nothing."""
    found: dict[tuple[str, str], Fill] = {}
    spoiled: set[tuple[str, str]] = set()
    for text in texts:
        update = _UPDATE.match(text)
        if update is None:
            continue
        rest, where = update["rest"].strip().rstrip(";").rstrip(), None
        cut = _WHERE.search(rest)
        if cut is not None:
            rest, where = rest[: cut.start()].rstrip(), rest[cut.end() :]
        empty = _EMPTY.match(where) if where is not None else None
        place = 0
        while (one := _ONE.match(rest, place)) is not None:
            key = _name(update["table"]).lower(), _name(one["column"]).lower()
            whole = where is None or (empty is not None and _name(empty["column"]).lower() == key[1])
            if key in found or not whole:
                spoiled.add(key)
            found[key] = _fill(one)
            place = one.end()
            while place < len(rest) and rest[place].isspace():
                place += 1
        if place < len(rest):  # the rest is of another form: what was read of it is left out, too
            spoiled |= {key for key in found if key[0] == _name(update["table"]).lower()}
    return {key: fill for key, fill in found.items() if key not in spoiled}


def _fill(one: re.Match[str]) -> Fill:
    if one["text"] is not None:
        value = one["text"][1:-1].replace("''", "'").replace("\\", "\\\\").replace('"', '\\"')
        return Fill(value=f'{{"{value}"}}')
    if one["number"] is not None:
        return Fill(value=f"{{{one['number']}}}")
    if one["word"] is not None:
        return Fill(value=f"{{{one['word'][0].lower()}}}")
    if one["other"].lower() in ("null", "default", "current_timestamp", "current_date", "current_user"):
        return Fill()
    return Fill(column=_name(one["other"]))


def _name(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text.lower()
