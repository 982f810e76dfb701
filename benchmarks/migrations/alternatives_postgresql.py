"""An alternative beside its statement on PostgreSQL: two copies of loaded tables, the ends compared, each step watched."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

from advisor.model.check import Alternative, Step
from benchmarks.migrations import alike, postgresql
from benchmarks.migrations.cases import Case
from benchmarks.migrations.postgresql import Seen, Suite
from benchmarks.migrations.servers import Postgresql
from benchmarks.migrations.verdicts import judged

#: Rows: some twenty batches, and more than the instruments' mark of work that grows.
ROWS = 20_000
_ROUNDS = 400
#: Of whatever type the column is, one of them fits; who runs the steps puts in a value of his own.
_VALUES = ("'7'", "'2025-01-01'", "'true'", "'11111111-1111-1111-1111-111111111111'", "'{}'", "'[1,2)'", "'10.0.0.1'")
_BARE = ("CONCURRENTLY", "VACUUM", "FINALIZE")


@dataclass
class Ran:
    """What came of it."""

    result: str = ""
    """``equal``, ``drawn`` (but for values that are others at every run), ``differs``, ``refused`` (the rows refuse the
    statement, and a step as well), ``rows first`` (a step shows rows that must be mended, though the statement works),
    ``mended`` (the statement fails, the steps do not), ``failed``."""
    blocked: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    why: str = ""
    writes: int = 0
    """Of the writer beside it."""
    refused_writes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    """Seconds that one of its writes took."""


class Writer(threading.Thread):
    """Writes to a table every few milliseconds."""

    def __init__(self, server: Postgresql, database: str, sql: str) -> None:
        super().__init__(daemon=True)
        self.sql, self.stop, self.connection = sql, False, server.connect(database)
        self.numbers = itertools.count(2_000_000)
        self.writes, self.longest = 0, 0.0
        self.errors: Counter[str] = Counter()

    def once(self) -> str | None:
        try:
            self.connection.execute(self.sql.replace("{k}", str(next(self.numbers))).encode())
        except psycopg.Error as error:
            return f"{error.sqlstate} {(error.diag.message_primary or '')[:80]}"
        return None

    def run(self) -> None:
        while not self.stop:
            start = time.perf_counter()
            error = self.once()
            self.longest = max(self.longest, time.perf_counter() - start)
            self.writes += 1
            if error is not None:
                self.errors[error] += 1
            time.sleep(0.005)


class Pairs:
    """The server, its templates, and the copies of one statement at a time."""

    def __init__(self, server: Postgresql) -> None:
        self.server, self.suite = server, Suite(server)
        self.known: dict[str, tuple[dict[str, str], set[str]]] = {}

    def compare(self, case: Case, at: int, found: Alternative, *, beside: bool) -> Ran:
        """The statement of a number and its steps, after what comes before it; ``beside``: a writer once more."""
        template = self.suite.template(case.base, ROWS)
        if case.base not in self.known:
            from benchmarks.migrations.truth import _relations

            self.known[case.base] = _relations(self.server, template)
        ran = Ran()
        with self._copy(template, "straight") as straight, self._copy(template, "stepped") as stepped:
            error = _straight(straight, case, at)
            _earlier(stepped, case, at)
            told = self._steps(stepped, "stepped", found, ran, *self.known[case.base])
            for one in (straight, stepped):
                one.execute("RESET ALL")
            if error is not None:
                ran.result = (
                    "mended"
                    if told is None
                    else "refused"
                    if error[:5] in told or _by_rows(told) or "mended first" in told
                    else "failed"
                )
                ran.why = f"the statement: {error}; the steps: {told}"
            elif told is not None:
                ran.result, ran.why = "rows first" if told.startswith("the rows that") else "failed", told
            else:
                self._ends(straight, stepped, case, at, ran)
        if beside and ran.result in ("equal", "drawn"):
            self._beside(template, case, at, found, ran)
        return ran

    def _ends(self, straight: alike.Session, stepped: alike.Session, case: Case, at: int, ran: Ran) -> None:
        values = alike.rows_differ(straight, stepped)
        if values:  # are they others at every run?
            with self._copy(self.suite.template(case.base, ROWS), "again") as again:
                _straight(again, case, at)
                drawn = set(alike.rows_differ(straight, again))
        is_drawn = bool(values) and set(values) <= drawn
        ran.differs = [
            *alike.schema_differs(straight, stepped),
            *([] if is_drawn else [f"rows: {one}" for one in values]),
        ]
        ran.result = "differs" if ran.differs else "drawn" if is_drawn else "equal"

    def _beside(self, template: str, case: Case, at: int, found: Alternative, ran: Ran) -> None:
        known = self.suite.clients.get(case.base) or self.suite._clients(case.base)
        words = case.statements[at][1]
        table = next((one for one in sorted(known, key=len, reverse=True) if one in words and known[one][1]), None)
        if table is None:
            return
        with self._copy(template, "beside") as session:
            _earlier(session, case, at)
            writer = Writer(self.server, "beside", known[table][1])
            if writer.once() is None:
                writer.start()
                told = self._steps(session, "beside", found, Ran(), *self.known[case.base])
                writer.stop = True
                writer.join(10)
                ran.writes, ran.refused_writes, ran.longest = writer.writes, writer.errors, writer.longest
                if told is not None:
                    ran.why = f"beside a writer: {told}"
            writer.connection.close()

    def _copy(self, template: str, name: str) -> alike.Session:
        strategy = " STRATEGY file_copy" if self.server.major >= 15 else ""
        with self.server.connect("postgres") as root:
            root.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            root.execute(f"CREATE DATABASE {name} TEMPLATE {template}{strategy}".encode())
        session = self.server.connect(name)
        session.execute("SET statement_timeout = '60s'")
        return session

    def _steps(
        self,
        session: alike.Session,
        database: str,
        found: Alternative,
        ran: Ran,
        kinds: dict[str, str],
        filled: set[str],
    ) -> str | None:
        """Run them; the first error."""
        there = {row[0]: row for row in session.execute(postgresql._RELATIONS)}
        known, names = dict(there), {oid: row[1] for oid, row in there.items()}
        kinds = {row[1]: row[2] for row in there.values()} | kinds
        with self.server.connect(database) as other:

            def one(sql: str, *, inside: bool) -> Seen:
                seen = Seen(0, sql[:400])
                seen.bare = not inside
                self.suite._statement(seen, sql, session, other, [], there, names, known, inside)
                if seen.error is None and judged(seen, seen, kinds, filled)["verdict"] == "blocking":
                    ran.blocked.append(" ".join(sql.split())[:160])
                return seen

            for step in found.steps:
                error = self._step(session, step, one)
                if error is not None:
                    return error
        return None

    def _step(self, session: alike.Session, step: Step, one: Any) -> str | None:
        if step.transaction:
            session.execute("BEGIN")
            for sql in step.sql:
                seen = one(sql, inside=True)
                if seen.error:
                    session.execute("ROLLBACK")
                    return _said(sql, seen)
            session.execute("COMMIT")
            return None
        for sql in step.sql:
            values = _VALUES if ":value" in sql else ("",)
            for value in values:
                text = sql.replace(":value", value)
                seen = _by_itself(session, text, one)
                if seen.error is None:
                    break
            if seen.error:
                return _said(sql, seen)
            if step.note.startswith("again and again"):
                for _ in range(_ROUNDS):
                    if session.execute(text.encode()).rowcount == 0:
                        break
                else:
                    return f"it does not end: {text[:120]}"
            elif step.note.startswith("mend or delete the rows") and session.execute(text.encode()).fetchone():
                return "the rows that a step finds are to be mended first"
        return None


def _by_itself(session: alike.Session, sql: str, one: Any) -> Seen:
    if any(word in sql.upper() for word in _BARE) or sql.upper().startswith("SET "):
        return one(sql, inside=False)  # type: ignore[no-any-return]
    session.execute("BEGIN")
    seen: Seen = one(sql, inside=True)
    session.execute("ROLLBACK" if seen.error else "COMMIT")
    if seen.error and seen.error[0] in ("25001", "2D000"):
        return one(sql, inside=False)  # type: ignore[no-any-return]
    return seen


def _said(sql: str, seen: Seen) -> str:
    return f"{' '.join(sql.split())[:140]}: {f'[{seen.error[0]}] {seen.error[1]}' if seen.error else ''}"


def _by_rows(told: str) -> bool:
    """Is it the rows that refuse?"""
    return re.search(r"\[(23\w{3}|22\w{3})\]", told) is not None


def _earlier(session: alike.Session, case: Case, at: int, *, end: bool = True) -> None:
    """What comes before the statement; ``end``: committed."""
    if case.transaction:
        session.execute("BEGIN")
    try:
        for _, sql in case.statements[:at]:
            session.execute(sql.encode())
        if case.transaction and end:
            session.execute("COMMIT")
    except psycopg.Error:
        session.execute("ROLLBACK")


def _straight(session: alike.Session, case: Case, at: int) -> str | None:
    """The statement as it stands; what cannot run in a transaction runs outside of it. Its error."""
    sql = case.statements[at][1].encode()
    _earlier(session, case, at, end=False)
    try:
        session.execute(sql)
    except psycopg.errors.ActiveSqlTransaction:
        session.execute("ROLLBACK")
        _earlier(session, case, at)
        try:
            session.execute(sql)
        except psycopg.Error as error:
            return f"{error.sqlstate} {error.diag.message_primary}"
    except psycopg.Error as error:
        session.execute("ROLLBACK")
        return f"{error.sqlstate} {error.diag.message_primary}"
    session.execute("COMMIT")
    return None
