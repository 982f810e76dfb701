"""In which transactions the statements of a migration run: the tool's, the script's own, and the server's."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from advisor.model.engine import Dialect
from advisor.sources.split import comment_free

#: Enough of a statement to see what it is.
_HEAD = 400
_CONTROL = re.compile(
    r"(?:(?P<begin>BEGIN\b(?!\s+NOT\b)|START\s+TRANSACTION\b)"
    r"|(?P<release>RELEASE\b(?:\s+SAVEPOINT\b)?(?:\s+(?P<released>\S+))?)"
    r"|(?P<back>(?:ROLLBACK|ABORT)(?:\s+(?:WORK|TRANSACTION))?\s+TO(?:\s+SAVEPOINT)?\s+(?P<to>\S+))"
    r"|(?P<prepare>PREPARE\s+TRANSACTION\b)"
    r"|(?P<commit>(?:COMMIT|END)(?!\s+PREPARED)\b)"
    r"|(?P<rollback>(?:ROLLBACK|ABORT)(?!\s+PREPARED)\b)"
    r"|SAVEPOINT\s+(?P<savepoint>\S+))",
    re.IGNORECASE,
)
_CHAIN = re.compile(r"\bAND\s+CHAIN\b", re.IGNORECASE)
_AUTOCOMMIT = re.compile(
    r"SET\s+(?:SESSION\s+|@@(?:SESSION\.|LOCAL\.)?|LOCAL\s+)?autocommit\s*:?=\s*(\w+)", re.IGNORECASE
)
#: MySQL 8.4 manual, "Statements That Cause an Implicit Commit"; MariaDB's "SQL statements That Cause an Implicit
#: Commit". Statements about temporary tables do not.
_COMMITS = re.compile(
    r"(?:/\*M?!\d*\s*)?(?:(?:ALTER|CREATE|DROP|RENAME|TRUNCATE|GRANT|REVOKE|ANALYZE|CHECK|OPTIMIZE|REPAIR|FLUSH|RESET"
    r"|INSTALL|UNINSTALL|CACHE\s+INDEX|LOAD\s+INDEX|LOCK\s+TABLES?|UNLOCK\s+TABLES?|SET\s+PASSWORD|CHANGE\s+MASTER"
    r"|CHANGE\s+REPLICATION|(?:START|STOP)\s+(?:SLAVE|REPLICA))\b)(?!\s+(?:PREPARE|TEMPORARY)\b)",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(r"(?:CREATE(?:\s+OR\s+REPLACE)?|DROP)\s+TEMPORARY\b", re.IGNORECASE)


def _named(word: str) -> str:
    """Of a savepoint: as PostgreSQL and MySQL compare them."""
    word = word.rstrip(";")
    return word[1:-1] if word[:1] in ('"', "`") else word.lower()


@dataclass(slots=True)
class Placed:
    """A statement's place."""

    transaction: int | None
    open_ended: bool = False
    undone_before: int = 0
    """As `MigrationStatement.undone_before`."""


@dataclass(slots=True)
class Transactions:
    """Give it the statements of a script in order; it tells which of them run together.

    What wraps them: ``group`` is the tool's transaction (None: it opens none); ``message``: they reach the server in
    one message, which PostgreSQL runs in one transaction where it holds more than one statement (manual, protocol
    flow, "Multiple Statements in a Simple Query").
    """

    dialect: Dialect
    placed: list[Placed] = field(default_factory=list)
    """One for each statement that `take` took for one."""
    notes: list[tuple[int, str]] = field(default_factory=list)
    """(line, what)."""
    _next: int = 1
    _current: int | None = None
    _kind: str = ""  # "tool", "message", "own"
    _group: int | None = None
    _message: int | None = None
    _members: list[int] = field(default_factory=list)  # of self.placed, in the current transaction
    _savepoints: list[tuple[str, int]] = field(default_factory=list)  # one of a name hides those before it
    _undone_from: int | None = None  # of self.placed: a ROLLBACK TO undid from there on
    _autocommit: bool = True

    def enter(self, group: int | None, message: int | None) -> None:
        """What follows stands in this transaction of the tool and in this message to the server."""
        if group != self._group:
            self._close()
            self._group = group
            if group is not None:
                self._open("tool")
        if message != self._message and self._kind == "message":
            self._close()
        self._message = message

    def take(self, sql: str, line: int) -> bool:
        """Place a statement. False: it is no statement of its own, it opens or ends a transaction."""
        head = comment_free(sql[:_HEAD]).strip()
        control = _CONTROL.match(head)
        if control is not None and not (control["prepare"] and self.dialect == "mysql"):
            self._control(control, head, line)
            return False
        if setting := _AUTOCOMMIT.match(head) if self.dialect == "mysql" else None:
            self.autocommit(setting[1].lower() not in ("0", "off", "false"))
            return False
        if self.dialect == "mysql" and _COMMITS.match(head) and not _TEMPORARY.match(head):
            if self._current is not None:
                self._close()
            self.placed.append(Placed(None))
            return True
        if self._current is None:
            if not self._autocommit:
                self._open("own")
            elif self._message is not None and self.dialect == "postgresql":
                self._open("message")
        self.placed.append(Placed(self._current))
        if self._current is not None:
            at = len(self.placed) - 1
            if self._undone_from is not None:
                self.placed[at].undone_before = at - self._undone_from
                self._undone_from = None
            self._members.append(at)
        return True

    def autocommit(self, on: bool) -> None:
        """As mysql's variable and psql's AUTOCOMMIT say."""
        if on and not self._autocommit and self._kind == "own":
            self._close()
        self._autocommit = on

    def finish(self, line: int) -> None:
        """The script ends: a transaction that is its own and open is rolled back with the connection."""
        if self._kind == "own" and self._members:
            self.notes.append((line, "the transaction that is open at the end of the file is never committed"))
            self._undo(self._members)
        self._close()

    def _control(self, control: re.Match[str], head: str, line: int) -> None:
        if control["begin"]:
            self._begin(line)
        elif control["commit"] or control["prepare"]:
            self._end(line, "COMMIT" if control["commit"] else "PREPARE TRANSACTION")
            if control["prepare"]:
                self.notes.append((line, "PREPARE TRANSACTION: its locks stay until somebody commits it"))
            if _CHAIN.search(head):
                self._open("own")
        elif control["rollback"]:
            if self._members:
                self.notes.append((line, "ROLLBACK undoes the statements of its transaction"))
            self._undo(self._members)
            self._end(line, "ROLLBACK")
            if _CHAIN.search(head):
                self._open("own")
        elif control["savepoint"]:
            # A savepoint just after a ROLLBACK TO comes back to what that left.
            begun = len(self.placed) if self._undone_from is None else self._undone_from
            self._savepoints.append((_named(control["savepoint"]), begun))
        elif control["release"]:
            if control["released"] is not None:
                at = self._savepoint(control["released"])
                if at is not None:
                    del self._savepoints[at:]
        elif control["back"]:
            at = self._savepoint(control["to"])
            if at is None:
                self.notes.append((line, f"no savepoint {control['to']} is open here"))
            else:
                first = self._savepoints[at][1]
                del self._savepoints[at + 1 :]
                self.notes.append((line, f"ROLLBACK TO {control['to']} undoes the statements since"))
                kept = bisect_left(self._members, first)
                if self._members[kept:]:
                    self._undone_from = first
                self._undo(self._members[kept:])
                del self._members[kept:]

    def _savepoint(self, name: str) -> int | None:
        """Place of the last one of a name."""
        wanted = _named(name)
        return next((at for at in reversed(range(len(self._savepoints))) if self._savepoints[at][0] == wanted), None)

    def _begin(self, line: int) -> None:
        if self._current is None or self.dialect == "mysql":
            self._close()
            self._open("own")
        elif self._kind == "message":
            self._kind = "own"
        else:
            self.notes.append((line, "BEGIN has no effect: a transaction is open already"))

    def _end(self, line: int, word: str) -> None:
        if self._kind == "tool":
            self.notes.append((line, f"{word} ends the transaction that the tool opened"))
        elif self._current is None and self._autocommit:
            self.notes.append((line, f"{word} has no effect: no transaction is open"))
        self._close()

    def _open(self, kind: str) -> None:
        self._current, self._kind, self._next = self._next, kind, self._next + 1
        self._members, self._savepoints, self._undone_from = [], [], None

    def _close(self) -> None:
        if self._kind == "message" and len(self._members) == 1:
            self.placed[self._members[0]].transaction = None
        self._current, self._kind = None, ""
        self._members, self._savepoints, self._undone_from = [], [], None

    def _undo(self, members: list[int]) -> None:
        for at in members:
            self.placed[at].open_ended = True
