"""What a PostgreSQL log says besides executed statements: a record in, incidents out.

Waits are told twice by the server (when they have lasted `deadlock_timeout`, and when they end): they are counted
once, with their final duration. `sources.masked` takes credentials out of their texts.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.model.incident import Incident, IncidentKind
from advisor.model.limits import LIMITS
from advisor.sources.postgresql.processes import Processes
from advisor.sources.postgresql.record import Record

_NUMBER = r"(\d{1,15}(?:\.\d{1,6})?)"
_WAIT = re.compile(
    rf"process (\d+) "
    rf"(still waiting for|acquired|failed to acquire|avoided deadlock for|detected deadlock while waiting for)"
    rf" (.{{1,400}}?)(?: by rearranging queue order)? after {_NUMBER} ms\Z",
    re.DOTALL,
)
_HOLDERS = re.compile(r"Process(?:es)? holding the lock: (\d{1,10}(?:, \d{1,10}){0,64})")
_DEADLOCKED = re.compile(r"^Process (\d{1,10}) waits for ", re.MULTILINE)
_TEMPORARY = re.compile(r"temporary file: path \"[^\"\n]{0,4096}\", size (\d{1,18})")
_CHECKPOINT = re.compile(r"(?:checkpoint|restartpoint) (starting|complete):? ?(.*)", re.DOTALL)
_TOO_OFTEN = "checkpoints are occurring too frequently"
_TOTAL = re.compile(rf"total={_NUMBER} s")
_AUTOMATIC = re.compile(
    r"automatic (?:aggressive )?(vacuum|analyze)(?: to prevent wraparound)? of table \"([^\"\n]{1,256})\""
)
_ELAPSED = re.compile(rf"elapsed: {_NUMBER} s")
_SETTING = re.compile(
    r"parameter \"([^\"\n]{1,128})\" (?:changed to \"(.*)\"|removed from configuration file, reset to default)",
    re.DOTALL,
)
_SESSION = re.compile(r"disconnection: session time: (\d{1,7}):(\d\d):(\d\d)\.(\d{3})")
_WHO = re.compile(
    r" (user|database)=(.*?)(?= (?:user|database|host|port|application_name|SSL|GSS|method)[=\s]|\s*$)", re.DOTALL
)
_VERSION = re.compile(r"starting PostgreSQL (\d[\w.+~-]{0,32})")
_SIGNAL = re.compile(
    r"(?:server|client backend|autovacuum worker|background worker)\b.{0,80}\(PID \d+\) was terminated by signal (\d+)"
)
_READY = re.compile(r"database system is ready to accept (?:read-only |read only )?connections")
_POSITION = re.compile(r" at character \d{1,9}\Z")

#: SQLSTATE -> reason; where the log has no codes, the English message decides.
_STATES = {
    "57014": "other",  # of any cause: only the words tell which
    "55P03": "lock_timeout",
    "25P03": "idle_in_transaction",
    "57P05": "idle_session",
    "25P04": "transaction_timeout",
}
_REASONS = (
    ("due to statement timeout", "statement_timeout"),
    ("due to lock timeout", "lock_timeout"),
    ("due to user request", "user_request"),
    ("due to conflict with recovery", "recovery_conflict"),
    ("due to autovacuum task", "autovacuum"),
    ("due to idle-in-transaction timeout", "idle_in_transaction"),
    ("due to idle-in-transaction session timeout", "idle_in_transaction"),
    ("due to idle-session timeout", "idle_session"),
    ("due to transaction timeout", "transaction_timeout"),
    ("due to administrator command", "administrator"),
)


def cancel_reason(message: str, code: str | None) -> str | None:
    """Why a statement (or an idle session) was ended, as one word; None when it was not."""
    if message.startswith(("canceling ", "terminating ")):
        for words, reason in _REASONS:
            if words in message:
                return reason
        if message.startswith("canceling statement"):
            return "other"
    if code in _STATES and not message.startswith("could not obtain lock"):
        return _STATES[code]
    return None


class Messages:
    """Makes incidents of records. State is the waits that have not ended, one a session."""

    def __init__(self) -> None:
        self._waits: OrderedDict[int, Incident] = OrderedDict()
        self._checkpoint = ""
        self.processes = Processes()
        """Finds the sessions of the processes that waits and deadlocks name."""
        self.version: str | None = None
        """The server's, where it says so at a start."""
        self.settings: list[tuple[str, str]] = []
        """Settings that were changed while logging; the owner empties it."""
        self.audit_lines = 0
        """Lines of pgaudit: they repeat statements, and are not counted as executions."""

    def take(self, record: Record) -> Iterator[Incident]:
        """The incidents that a record completes: usually none or one."""
        message = record.message
        if record.severity in ("ERROR", "FATAL", "PANIC"):
            yield from self._ended(record.session)
            yield self._error(record)
            return
        if record.severity == "WARNING":
            yield _incident("other", record, message, detail=record.detail or record.hint or "")
            return
        if message.startswith("process "):
            yield from self._wait(record)
        elif message.startswith("temporary file: "):
            found = _TEMPORARY.match(message)
            if found:
                yield _incident("temp_file", record, "temporary file", size=int(found[1]))
        elif message.startswith("automatic "):
            yield from _automatic(record)
        elif message.startswith(("checkpoint", "restartpoint")):
            yield from self._checkpoints(record)
        elif message.startswith("parameter "):
            found = _SETTING.match(message)
            if found:
                value = found[2] if found[2] is not None else "default"
                self.settings.append((found[1], value))
                yield _incident("setting", record, found[1], detail=value)
        elif message.startswith(("connection authorized:", "replication connection authorized:")):
            yield _connection("connection", record)
        elif message.startswith("disconnection:"):
            yield from self._ended(record.session)
            found = _SESSION.match(message)
            spent = ((int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])) * 1000 + int(found[4]) if found else 0
            yield _connection("disconnection", record, spent * 1000 if found else UNKNOWN)
        elif message.startswith("AUDIT: ") or record.code == "AUDIT":  # which looks like a SQLSTATE before a message
            self.audit_lines += 1
        elif message.startswith("starting PostgreSQL "):
            found = _VERSION.match(message)
            self.version = found[1] if found else self.version
        elif _READY.match(message):
            yield _incident("restart", record, message)
        elif _SIGNAL.match(message) or message.startswith("database system was interrupted"):
            yield _incident("other", record, message, detail=record.detail or "")

    def finish(self) -> Iterator[Incident]:
        """Waits whose end the log does not show, with the time they had lasted."""
        while self._waits:
            yield self._waits.popitem(last=False)[1]

    def _ended(self, session: int) -> Iterator[Incident]:
        """The wait of this session is over: its statement failed, or the session ended."""
        wait = self._waits.pop(session, None)
        if wait is not None:
            yield wait

    def _wait(self, record: Record) -> Iterator[Incident]:
        found = _WAIT.match(record.message)
        if not found:
            return
        what, spent = found[3], round(float(found[4]) * 1000)
        before = self._waits.pop(record.session, None)
        if before is not None and before.message != what:
            yield before
            before = None
        detail = "\n".join(part for part in (record.context, record.detail) if part)
        incident = _incident("lock_wait", record, what, detail=detail, duration_us=spent)
        holders = _HOLDERS.search(record.detail or "")
        waiting = [int(found[1]), *(map(int, holders[1].split(", ")) if holders else ())]
        incident = msgspec.structs.replace(
            incident,
            processes=self.processes.sessions(waiting, record),
            began_us=record.time_us - spent if record.time_us != NO_TIME else None,
        )
        if before is not None:  # the first line tells who held the lock
            incident = _merged(before, incident)
        if found[2] in ("acquired", "avoided deadlock for"):
            yield incident
            return
        self._waits[record.session] = incident
        if len(self._waits) > LIMITS.sessions_open:
            yield self._waits.popitem(last=False)[1]

    def _checkpoints(self, record: Record) -> Iterator[Incident]:
        if record.message.startswith(_TOO_OFTEN):
            yield _incident("checkpoint", record, record.message, detail=record.hint or "")
            return
        found = _CHECKPOINT.match(record.message)
        if not found:
            return
        if found[1] == "starting":
            self._checkpoint = found[2][:200]
            return
        total = _TOTAL.search(record.message)
        spent = round(float(total[1]) * 1_000_000) if total else UNKNOWN
        yield _incident("checkpoint", record, record.message, detail=self._checkpoint, duration_us=spent)
        self._checkpoint = ""

    def _error(self, record: Record) -> Incident:
        # A stderr log appends the position; without it equal errors are equal texts in every format.
        message, code = _POSITION.sub("", record.message), record.code
        detail = "\n".join(part for part in (record.detail, record.context) if part)
        if code == "40P01" or message.startswith("deadlock detected"):
            incident = _incident("deadlock", record, message, detail=record.detail or "", code=code)
            named = [int(pid) for pid in _DEADLOCKED.findall(incident.detail)]
            return msgspec.structs.replace(incident, processes=self.processes.sessions(named, record))
        reason = cancel_reason(message, code)
        if reason is not None:
            return _incident("cancelled", record, message, detail=reason, code=code)
        return _incident("error", record, message, detail=detail, code=code)


def _automatic(record: Record) -> Iterator[Incident]:
    found = _AUTOMATIC.match(record.message)
    if not found:
        return
    elapsed = _ELAPSED.search(record.message)
    spent = round(float(elapsed[1]) * 1_000_000) if elapsed else UNKNOWN
    kind: IncidentKind = "autovacuum" if found[1] == "vacuum" else "autoanalyze"
    yield _incident(kind, record, found[2], detail=record.message, duration_us=spent)


def _connection(kind: IncidentKind, record: Record, duration_us: int = UNKNOWN) -> Incident:
    who = {found[1]: found[2] for found in _WHO.finditer(record.message)}
    return Incident(
        kind=kind,
        time_us=record.time_us,
        line=record.line,
        offset=record.offset,
        session=record.session,
        message=record.message,
        database=who.get("database") or record.database,
        user=who.get("user") or record.user,
        duration_us=duration_us,
    )


def _incident(
    kind: IncidentKind,
    record: Record,
    message: str,
    *,
    detail: str = "",
    duration_us: int = UNKNOWN,
    size: int = UNKNOWN,
    code: str | None = None,
) -> Incident:
    return Incident(
        kind=kind,
        time_us=record.time_us,
        line=record.line,
        offset=record.offset,
        session=record.session,
        sql=record.statement,
        message=message,
        detail=detail,
        database=record.database,
        user=record.user,
        duration_us=duration_us,
        bytes=size,
        code=code,
    )


def _merged(first: Incident, last: Incident) -> Incident:
    """One wait out of its two lines: where and by whom from the first, how long from the last."""
    return Incident(
        kind=first.kind,
        time_us=first.time_us,
        line=first.line,
        offset=first.offset,
        session=first.session,
        sql=first.sql or last.sql,
        message=first.message,
        detail=first.detail or last.detail,
        database=first.database,
        user=first.user,
        duration_us=max(first.duration_us, last.duration_us),
        processes=max(first.processes, last.processes, key=len),
        began_us=first.began_us,
    )
