"""The two SQLite libraries that plan: the standard library's, and apsw (the extra ``sqlite``), for sqlite_stat4.

Whatever is asked, only planning happens: an authorizer refuses every action but reading and the forms of change that
EXPLAIN only describes, a statement is one statement, values are short, and a deadline ends what takes long.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

#: Longest text or blob that planning may make: it computes constant expressions.
_LONGEST = 8 << 20
#: Instructions of SQLite's machine between two looks at the clock.
_STEPS = 2_000
#: SQLITE_DELETE, INSERT, READ, SELECT, UPDATE, FUNCTION, RECURSIVE: what statements do when they only are explained.
_PLANNED = frozenset({9, 18, 20, 21, 23, 31, 33})
_FUNCTION = 31
_CHANGES = frozenset({9, 18, 23})
_DENY, _OK = 1, 0
_REFUSED_FUNCTIONS = frozenset(
    {"load_extension", "writefile", "readfile", "edit", "fsdir", "fts3_tokenizer", "zipfile"}
)
_LIMIT_LENGTH, _LIMIT_ATTACHED = 0, 7

Values = Sequence[object] | Mapping[str, object]


class SqliteError(Exception):
    """What the library says, in one line."""


class Library(Protocol):
    """A connection to plan on."""

    version: str
    samples: bool
    """Does it plan by sqlite_stat4?"""

    def run(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """One statement of ours. Raises SqliteError."""
        ...

    def explain(self, sql: str, values: Values, seconds: float) -> list[tuple[Any, ...]]:
        """The rows of EXPLAIN QUERY PLAN of one foreign statement. Raises SqliteError."""
        ...

    def stand_in(self, error: str) -> str | None:
        """Makes the function or collation that an error misses, and says so; None where it misses something else."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


def use_apsw(production: int | None, *, samples: bool) -> bool:
    """Which library: apsw, where it is installed, for samples, and where its version is nearer to production's (as
    3040001)."""
    if find_spec("apsw") is None:
        return False
    if samples or production is None:
        return samples
    import apsw

    major, minor, patch = sqlite3.sqlite_version_info
    here = major * 1_000_000 + minor * 1_000 + patch
    return abs(apsw.SQLITE_VERSION_NUMBER - production) < abs(here - production)


def version_of(*, apsw: bool) -> str:
    """The version of a library."""
    if not apsw:
        return sqlite3.sqlite_version
    from apsw import sqlite_lib_version

    return sqlite_lib_version()


def in_memory(*, apsw: bool) -> Library:
    """An empty database, of apsw or of the standard library."""
    return _Apsw(":memory:") if apsw else _Standard(":memory:")


def of_file(path: Path, *, apsw: bool, busy_seconds: float) -> Library:
    """A database file, read-only."""
    address = f"file:{quote(str(path))}?mode=ro"
    return _Apsw(address, busy_seconds) if apsw else _Standard(address, busy_seconds)


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action not in _PLANNED:
        return _DENY
    if action == _FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS:
        return _DENY
    if action in _CHANGES and (first or "").lower().startswith("sqlite_"):
        return _DENY
    return _OK


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() > self.end


def _missed(error: str) -> tuple[str, str] | None:
    for kind, words in (("function", "no such function: "), ("collation", "no such collation sequence: ")):
        if words in error:
            return kind, error.partition(words)[2].strip()
    return None


def _binary(a: str, b: str) -> int:
    return (a > b) - (a < b)


def _nothing(*_: object) -> None:
    return None


class _Standard:
    samples = False

    def __init__(self, address: str, busy_seconds: float = 0.0) -> None:
        self.version = sqlite3.sqlite_version
        self._connection = sqlite3.connect(
            address, uri=address.startswith("file:"), timeout=busy_seconds, isolation_level=None
        )
        self._connection.setlimit(_LIMIT_LENGTH, _LONGEST)
        self._connection.setlimit(_LIMIT_ATTACHED, 0)
        self.samples = bool(self.run("SELECT sqlite_compileoption_used('ENABLE_STAT4')")[0][0])

    def run(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as error:
            raise SqliteError(" ".join(str(error).split())) from None

    def explain(self, sql: str, values: Values, seconds: float) -> list[tuple[Any, ...]]:
        self._connection.set_authorizer(_authorize)
        self._connection.set_progress_handler(_Deadline(seconds), _STEPS)
        try:
            return self.run(f"EXPLAIN QUERY PLAN {sql}", values)
        finally:
            self._connection.set_progress_handler(None, 0)
            self._connection.set_authorizer(None)

    def stand_in(self, error: str) -> str | None:
        missed = _missed(error)
        if missed is None:
            return None
        kind, name = missed
        try:
            if kind == "function":
                self._connection.create_function(name, -1, _nothing, deterministic=True)
            else:
                self._connection.create_collation(name, _binary)
        except sqlite3.Error:
            return None
        return f"{kind} {name}"

    def close(self) -> None:
        self._connection.close()


class _Apsw:
    def __init__(self, address: str, busy_seconds: float = 0.0) -> None:
        import apsw

        self._apsw = apsw
        self.version = apsw.sqlite_lib_version()
        self.samples = "ENABLE_STAT4" in apsw.compile_options
        try:
            if address.startswith("file:"):
                self._connection = apsw.Connection(address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
            else:
                self._connection = apsw.Connection(address)
        except apsw.Error as error:
            raise SqliteError(" ".join(str(error).split())) from None
        apsw.allow_missing_dict_bindings(True)  # a value that is not known stays open
        self._connection.set_busy_timeout(int(busy_seconds * 1000))
        self._connection.limit(_LIMIT_LENGTH, _LONGEST)
        self._connection.limit(_LIMIT_ATTACHED, 0)

    def run(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(sql, values))
        except (self._apsw.Error, OverflowError, ValueError, TypeError) as error:
            raise SqliteError(" ".join(str(error).split()).partition(": ")[2] or str(error)) from None

    def explain(self, sql: str, values: Values, seconds: float) -> list[tuple[Any, ...]]:
        self._connection.authorizer = _authorize
        self._connection.set_progress_handler(_Deadline(seconds), _STEPS)
        # apsw runs all statements of a text: what is no EXPLAIN does not begin
        self._connection.exec_trace = lambda cursor, _sql, _values: cursor.is_explain == 2
        try:
            return self.run(f"EXPLAIN QUERY PLAN {sql}", values)
        finally:
            self._connection.exec_trace = None
            self._connection.set_progress_handler(None)
            self._connection.authorizer = None

    def stand_in(self, error: str) -> str | None:
        missed = _missed(error)
        if missed is None:
            return None
        kind, name = missed
        try:
            if kind == "function":
                self._connection.create_scalar_function(name, _nothing, -1, deterministic=True)
            else:
                self._connection.create_collation(name, _binary)
        except self._apsw.Error:
            return None
        return f"{kind} {name}"

    def close(self) -> None:
        self._connection.close()
