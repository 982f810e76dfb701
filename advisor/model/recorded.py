"""Statements that a program under test ran, each with the place in its code that ran it."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.engine import EngineName
from advisor.model.stream import Repetition

Phase = Literal["work", "fixture", "migration", "driver"]
"""Whose statement it is. `work`: the code under test. `fixture`: setUp, tearDown and fixtures of the test. `migration`:
a schema migration. `driver`: what a library asks when it opens a connection."""


class CallSite(msgspec.Struct, frozen=True):
    """A line of somebody's code."""

    file: str
    line: int
    function: str
    template: bool = False
    """The line of a template (Django, Jinja), which has no function."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class LazyLoad(msgspec.Struct, frozen=True):
    """What an object-relational mapper was loading, because the program touched something that was not loaded."""

    framework: Literal["sqlalchemy", "django", "peewee"]
    kind: Literal["relation", "collection", "deferred", "expired"]
    """`relation`: one related object; `collection`: several; `deferred`: a column left out at first; `expired`: an
    object whose values were forgotten (after a commit)."""
    owner: str
    """Class of the object that was touched."""
    attribute: str | None
    """Its attribute, as the program names it. None: not known."""
    queried: str | None = None
    """The same as queries of the owner name it (Django: ``book`` for ``book_set``). None: not known."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the driver's `execute` (or `executemany`), as the program made it."""

    sql: str
    """As it was given to the driver, with placeholders."""
    engine: EngineName
    fingerprint: str
    normalised: str
    """Literals as ``?``."""
    kind: str
    """select, insert, update, delete, transaction, ddl ...: see `ShapeSummary`."""
    start_ns: int
    """`time.perf_counter_ns` before the call."""
    duration_us: int
    rows: int | None
    """Rows sent (those fetched so far, where the driver does not count them), or affected. None: not known."""
    executions: int
    """Sets of parameters: more than 1 only for `executemany`."""
    round_trips: int
    """How often the driver goes to the server for it, as far as the driver is known."""
    in_count: int
    """Elements of the longest list (IN, ANY, VALUES rows); 0 for none."""
    keys: tuple[int, int, int, int]
    """Hashes of the first four values, 0 for none. Good within this process only."""
    literals: int
    """Hash over all values."""
    connection: int
    """Which connection, numbered within the capture from 1."""
    transaction: int
    """Which transaction of the capture; 0 where it is not known."""
    unit: int
    """Which request of the capture, where a framework tells when requests start; else 0."""
    thread: int
    stack: tuple[CallSite, ...]
    """Lines of the user's code, innermost first."""
    path: int
    """Hash of the instructions that led here: of two calls on one line each has its own. Recursion is taken once."""
    phase: Phase
    framework: str | None
    """sqlalchemy, django, peewee, where the call came through their mapper."""
    lazy: LazyLoad | None
    flush: int = 0
    """Number of the mapper's flush that sent it; 0: none."""
    failed: bool = False

    @property
    def call_site(self) -> CallSite | None:
        """The innermost line of the user's code; None where there is none."""
        return self.stack[0] if self.stack else None

    @property
    def counted(self) -> bool:
        """It is a step of the work: no BEGIN, COMMIT or savepoint, nothing that a driver or a fixture asks."""
        return self.phase == "work" and self.kind != "transaction"


class RecordedRepetition(Repetition, frozen=True, kw_only=True):
    """A repetition with what only a capture knows: the lines of code, and the words to mend it."""

    n: int
    """Statements of the instance that repeats most."""
    site: CallSite | None
    """The line that repeats."""
    stack: tuple[CallSite, ...] = ()
    """How the program came to that line, innermost first."""
    parent_site: CallSite | None = None
    """The line that ran the parent."""
    child_sql: str
    """Literals as ``?``."""
    parent_sql: str | None = None
    lazy: LazyLoad | None = None
    framework: str | None = None
    fix: str
    """What to change in the code, in the words of its framework."""
    batched_sql: str | None = None
    """One statement that gives what the repeated ones give. None: not known."""
    set_up: bool = False
    """Rows that the test itself writes before it tests."""
