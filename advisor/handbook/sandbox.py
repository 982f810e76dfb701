"""Runs a page's SQL, which somebody else may have written, where it can read facts and do nothing else.

SQLite asks the authorizer about every table, column and function when a statement is prepared; a handler looks at the
clock while it runs. So a page can neither write, attach a file, load an extension nor run for ever; a page that tries
is reported, and the others run.
"""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Deterministic functions that read nothing but their arguments, and the ones that the facts register.
FUNCTIONS = frozenset(
    """
    -> ->> abs avg canonical_sql cast ceil coalesce concat count cume_dist dense_rank first_value floor format
    glob group_concat hex ifnull iif instr json json_array json_array_length json_each json_extract
    json_group_array json_group_object json_object json_type json_valid lag last_value lead length like ln log
    lower ltrim max min mod nth_value ntile nullif percent_rank pow power predicate_implied printf quote rank
    replace round row_number rtrim sign sqrt string_agg substr substring sum total trim typeof unicode upper
    """.split()  # noqa: SIM905
)
CPU_SECONDS = 2.0  # a built-in page takes milliseconds over 500 shapes; a cross join of predicates would take minutes
MAX_ROWS = 10_000  # more rows than that is no finding but a listing
MAX_TEXT = 1 << 20  # the longest string a page may build
MAX_GROWTH = 256 << 20  # bytes the process may grow by while one page runs
_OPS = 20_000  # SQLite instructions between two looks at the clock: about a millisecond


class Refused(Exception):  # noqa: N818
    """A page's query was refused or failed; the text says why, in words for the page's author."""


#: What was allowed before: SQLite asks tens of thousands of times, mostly for the same columns.
_seen: set[tuple[int, str | None, str | None]] = set()
_MOST_SEEN = 20_000


def _allowed(action: int, first: str | None, second: str | None) -> bool:
    if action == sqlite3.SQLITE_READ:
        return not (first or "").lower().startswith(("sqlite_", "pragma_"))
    return action == sqlite3.SQLITE_SELECT or (
        action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS
    )


@contextmanager
def _guarded(connection: sqlite3.Connection, cpu_seconds: float) -> Iterator[list[str]]:
    reasons: list[str] = []

    def authorize(action: int, first: str | None, second: str | None, database: str | None, _via: str | None) -> int:
        if (action, first, second) in _seen:
            return sqlite3.SQLITE_OK
        if _allowed(action, first, second):
            if len(_seen) < _MOST_SEEN:
                _seen.add((action, first, second))
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            reasons.append(f"the function {second} is not on the list of allowed functions")
        elif action == sqlite3.SQLITE_READ:
            reasons.append(f"{first} is not a relation of the facts")
        elif action == sqlite3.SQLITE_RECURSIVE:
            reasons.append("recursive queries are not allowed")
        else:
            reasons.append("only SELECT over the facts is allowed")
        return sqlite3.SQLITE_DENY

    start = time.thread_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def watch() -> int:
        if time.thread_time() - start > cpu_seconds:
            reasons.append(
                f"it ran for more than {cpu_seconds:g} s of CPU time; join relations by fingerprint, scope_id or ref_id"
            )
            return 1
        if (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024 > MAX_GROWTH:
            reasons.append(f"it needed more than {MAX_GROWTH >> 20} MB of memory")
            return 1
        return 0

    length = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT)
    connection.set_progress_handler(watch, _OPS)
    connection.set_authorizer(authorize)
    try:
        yield reasons
    finally:
        connection.set_authorizer(None)
        connection.set_progress_handler(None, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, length)


def columns(connection: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    """The result columns of a query, lower case; it is run, over empty relations. Raises `Refused`."""
    with _guarded(connection, CPU_SECONDS) as reasons:
        try:
            cursor = connection.execute(_bare(sql))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Refused(_reason(reasons, error)) from None
        return tuple(column[0].lower() for column in cursor.description or ())


def select(connection: sqlite3.Connection, sql: str, cpu_seconds: float = CPU_SECONDS) -> list[dict[str, Any]]:
    """The rows of a query, by lower-case column name. Raises `Refused`."""
    with _guarded(connection, cpu_seconds) as reasons:
        try:
            cursor = connection.execute(_bare(sql))
            rows = cursor.fetchmany(MAX_ROWS + 1)
        except (sqlite3.Error, sqlite3.Warning, MemoryError, OverflowError) as error:
            raise Refused(_reason(reasons, error)) from None
        names = [column[0].lower() for column in cursor.description or ()]
        cursor.close()
    if len(rows) > MAX_ROWS:
        raise Refused(f"it gave more than {MAX_ROWS:,} rows; a finding is the exception")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")


def _reason(reasons: list[str], error: BaseException) -> str:
    return reasons[0] if reasons else f"SQLite says: {error}"
