"""Values put into a prepared statement's text, as literals that mean the same."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from advisor.dryrun.capture.seen import Parameter, Seen

#: Where a ``$1`` is none: strings, names, comments, bodies.
_PIECES = re.compile(
    r"(?<![\w$])[eE]'(?>(?:[^'\\]++|\\.|'')*)'|'(?>(?:[^']++|'')*)'|\"(?>(?:[^\"]++|\"\")*)\"|--[^\n]*+|/\*"
    r"|(?<![\w$])(?P<open>\$(?:[A-Za-z_]\w*+)?\$)|(?<![\w$])\$(?P<number>\d{1,5})\b",
    re.DOTALL,
)
_NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 1700})
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_UNKNOWN = frozenset({0, 705})


class Literals:
    """Asks the server what a value in binary form says, and what its type is called."""

    def __init__(self, connection: Any) -> None:
        """``connection`` is psycopg's, of the owner."""
        self._connection = connection
        self._names: dict[int, str | None] = {}

    def put(self, seen: Seen) -> str | None:
        """The statement with its values; None where one cannot be told."""
        values = [self._literal(one) for one in seen.parameters]
        if None in values:
            return None

        def one(match: re.Match[str]) -> str:
            number = match["number"]
            if number is None or not 1 <= int(number) <= len(values):
                return match[0]
            return str(values[int(number) - 1])

        return _replace(seen.sql, one)

    def _literal(self, parameter: Parameter) -> str | None:
        name = self._name(parameter.type)
        if parameter.value is None:
            return "NULL" if name is None else f"NULL::{name}"
        if parameter.binary and parameter.type not in _UNKNOWN:
            text = self._text(parameter)
        else:
            text = parameter.value.decode("utf-8", "replace")
        if text is None:
            return None
        if parameter.type in _NUMBERS and _NUMBER.match(text):
            return text if not text.startswith("-") else f"({text})"
        quoted = text.replace("'", "''")
        literal = f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"
        return literal if name is None or name == "text" else f"{literal}::{name}"

    def _name(self, oid: int) -> str | None:
        if oid in _UNKNOWN:
            return None
        if oid not in self._names:
            with contextlib.suppress(Exception):
                row = self._connection.execute("SELECT pg_catalog.format_type(%s, NULL)", [oid]).fetchone()
                self._names[oid] = None if row is None or row[0] in (None, "???") else row[0]
        return self._names.get(oid)

    def _text(self, parameter: Parameter) -> str | None:
        found = self._connection.pgconn.exec_params(
            b"SELECT $1::pg_catalog.text", [parameter.value], [parameter.type], [1]
        )
        if found.ntuples != 1:
            return None
        value = found.get_value(0, 0)
        return None if value is None else value.decode("utf-8", "replace")


def _replace(sql: str, one: Any) -> str:
    """Every numbered parameter outside of strings, names, comments and bodies replaced. Linear."""
    parts: list[str] = []
    at = 0
    for match in _PIECES.finditer(sql):
        if match.start() < at:
            continue
        parts.append(sql[at : match.start()])
        at = match.end()
        if match["number"] is not None:
            parts.append(one(match))
            continue
        if match["open"] is not None:
            end = sql.find(match["open"], at)
            at = len(sql) if end < 0 else end + len(match["open"])
        elif match[0] == "/*":
            end = sql.find("*/", at)
            at = len(sql) if end < 0 else end + 2
        parts.append(sql[match.start() : at])
    return "".join([*parts, sql[at:]])
