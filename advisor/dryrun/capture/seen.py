"""Statements that reached a server, as they came."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Put before a statement by the programs in `inside` (behind the verb of one that a driver would rewrite): where it
#: comes from. No name: it is the tool's own.
_MARK = re.compile(r"(\s*)((?:INSERT|REPLACE)\s)?/\*@advisor ([0-9a-f]{0,4096}) (\d{1,9})\*/ ?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of a prepared statement."""

    type: int
    """Oid; 0: the server tells."""
    binary: bool
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a project's file."""

    file: str
    line: int


@dataclass(slots=True)
class Seen:
    """One statement that ran, or failed."""

    section: str
    """What the tool was at: a migration's name; empty before the first."""
    connection: int
    message: int
    """Statements of one connection with the same number came without a break: outside of a transaction the server runs
    them in one."""
    within: bool
    """A transaction was open when the message came."""
    sql: str
    place: Place | None = None
    own: bool = False
    """The tool marked it as its own bookkeeping."""
    parameters: tuple[Parameter, ...] = ()
    tag: str | None = None
    """What the server said it did."""
    error: str | None = None
    code: str | None = None
    autocommit: bool = True
    """MySQL's variable, when it came."""


def unmarked(sql: str) -> tuple[str, Place | None, bool]:
    """The statement as the project wrote it, where it stands, and whether it is the tool's own."""
    match = _MARK.match(sql)
    if match is None:
        return sql, None, False
    rest = (match[2] or "") + sql[match.end() :]
    if not match[3]:
        return rest, None, True
    try:
        name = bytes.fromhex(match[3]).decode("utf-8")
    except ValueError:
        return rest, None, False
    return rest, Place(name, int(match[4])), False


def without_marks(words: str) -> str:
    """A message that may quote statements."""
    return _MARK.sub(lambda found: " " + (found[2] or ""), words)
