"""Pairing: what PostgreSQL spreads over several records becomes one execution, counted once.

Most records of most logs are whole (``duration: 1.2 ms  statement: ...``) and stay columns from end to end. The rest
is walked record by record, per session:

- ``statement: X`` (log_statement), then ``duration: N ms`` alone (log_duration): one execution. Without the second
  line its duration is unknown. A bare duration without a statement is a parse or bind step where statements are
  logged; where none are (log_duration alone), it is a statement whose text the log does not have: counted and noted.
- Parse and bind steps are no executions. A further fetch from a portal continues one: it is marked, not counted anew,
  unless a threshold hid the execution; then the first fetch that is logged stands for it.
- A plan of auto_explain comes before its statement's line in the simple protocol, and after it (when the portal
  closes) in the extended one. Same session and same text: one execution. A plan without a line is an execution of
  its own, unless it ran within a statement that is counted: CONTEXT names the function, or its time lies within.
  A cursor's plan comes when the cursor closes; where statements are logged, its fetches have been counted already.

Nothing here depends on where blocks were cut: all that is remembered is kept by session and by offset in the source.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from advisor import fingerprint
from advisor.model.batch import NO_TIME, UNKNOWN, Batch
from advisor.model.engine import Engine
from advisor.model.incident import Incident
from advisor.model.limits import LIMITS
from advisor.sources.capture import CaptureEvidence, Observed, Transactions
from advisor.sources.framed import Framed, Framer
from advisor.sources.postgresql.auto_explain import depth, read_plan
from advisor.sources.postgresql.execution import Execution, assemble, execution_at, execution_of, starts_of
from advisor.sources.postgresql.messages import Messages
from advisor.sources.postgresql.recent import Recent
from advisor.sources.postgresql.record import (
    BEGUN,
    DURATION,
    ERROR,
    EXECUTE,
    FETCH,
    ORPHAN,
    OTHER,
    PLAN,
    STEP,
    Record,
)
from advisor.sources.postgresql.sequence import begun, follow
from advisor.sources.postgresql.tally import Tally

#: PostgreSQL prints milliseconds, cut not rounded: two times compared may be off by this much.
_CLOCK_US = 1000
_PLANS_PER_SESSION = 256
_BLANK = r"(?>(?:\s|--[^\n]*+\n|/\*(?>(?:[^*]|\*(?!/))*)\*/)*)"
_DECLARE = re.compile(_BLANK + r"declare\s", re.IGNORECASE)
_PREPARE = re.compile(_BLANK + r"prepare\s", re.IGNORECASE)
_EXECUTE = re.compile((_BLANK + r"execute\s").encode(), re.IGNORECASE)
_NEVER = int(np.iinfo(np.int64).max)
_OPENS = ("BEGIN", "START TRANSACTION")
_CLOSES = ("COMMIT", "ROLLBACK", "END", "ABORT")


class RecordFramer(Framer, Protocol):
    """A framer that can also read one of its others as a record."""

    def parse(self, raw: bytes, *, offset: int = -1, line: int = -1, time_us: int | None = None) -> Record | None:
        """The record; None when the bytes are none."""


@dataclass(slots=True)
class _Session:
    """What a session has begun and not ended."""

    statement: Execution | None = None
    """Logged by log_statement, its duration yet to come."""
    plans: list[Execution] = field(default_factory=list)
    """Plans whose statement has not come by."""

    @property
    def size(self) -> int:
        return sum(one.size for one in self.plans) + (self.statement.size if self.statement else 0)


class Rows:
    """What other records tell of the framed rows of the block at hand."""

    def __init__(self, framed: Framed | None) -> None:
        count = 0 if framed is None else len(framed)
        self.duration_us = np.zeros(0, np.int64) if framed is None else framed.duration_us
        if framed is not None and framed.flags is not None and (framed.flags & BEGUN).any():
            self.duration_us = framed.duration_us.copy()
        self.keep = np.ones(count, np.bool_)
        self.sent: dict[int, int] = {}


class Pairing:
    """Joins the records of one PostgreSQL log, in order."""

    def __init__(self, source: int, framer: RecordFramer) -> None:
        self.source = source
        self.engine = Engine("postgresql")
        self.notes: list[str] = list(getattr(framer, "notes", ()))
        """Sentences for the user; complete after `finish`."""
        self.unreadable: list[tuple[int, int, str]] = []
        """(line in the source, number of lines, reason); the reader empties it."""
        self._framer = framer
        self._zoned = bool(getattr(getattr(framer, "clock", None), "zoned", True))
        self._messages = Messages()
        self._sessions: OrderedDict[int, _Session] = OrderedDict()
        self._held = 0
        self._recent = Recent()
        self._fastest: int | None = None
        """Shortest duration of a statement that the log has told so far."""
        self._done: list[Execution] = []
        self._incidents: list[Incident] = []
        self._rows = Rows(None)
        # What is told at the end.
        self._identity = ""
        self._tally = Tally()
        self._observed, self._observed_plans = Observed(), Observed()
        opens, closes = (
            [fingerprint.key(word.encode(), "postgresql").key for word in words] for words in (_OPENS, _CLOSES)
        )
        self._transactions = Transactions(opens, closes)

    # Interface

    def feed(self, framed: Framed) -> Batch | None:
        """The executions and incidents that the next block completes."""
        kinds = framed.other_kind
        assert kinds is not None, "a PostgreSQL framer says what its others are"
        self._begin(framed)
        self._tally.steps += int(np.count_nonzero(kinds == STEP))
        closing = self._read_others(framed, kinds)
        slow = self._slow(framed, kinds)
        self._rows = Rows(framed)
        self._join(framed, closing, slow)
        if len(slow):
            self._walk(framed, kinds, closing, slow)
        self._trim()
        return self._batch(framed)

    def finish(self) -> Batch | None:
        """What was still waiting when the log ended, and what the whole of it taught."""
        for session in list(self._sessions):
            self._close(session)
        self._incidents += self._messages.finish()
        self._tally.audit_lines = self._messages.audit_lines
        batch = self._batch(None) if self._done or self._incidents else None
        self.notes += self._tally.sentences()
        return batch

    @property
    def capture(self) -> CaptureEvidence:
        """What the log's settings hide, as far as it has been read."""
        evidence = CaptureEvidence()
        self.observe(evidence)
        return evidence

    def observe(self, capture: CaptureEvidence) -> None:
        """Add what this log tells of the settings it was written under."""
        self._observed.nameless = self._tally.nameless
        if self._observed.empty():
            capture.put(self.engine.name, self._identity, self._observed_plans, "auto_explain")
        else:
            capture.put(self.engine.name, self._identity, self._observed)

    # The walk

    def _begin(self, framed: Framed) -> None:
        self._recent.add(framed)
        self._messages.processes.look(framed.block)
        unexecuted = self._recent.unexecuted(framed)
        if len(unexecuted):
            assert framed.flags is not None
            framed.flags[unexecuted] = framed.flags[unexecuted] & ~np.uint8(FETCH) | EXECUTE
        if not self._identity:
            assert framed.other_time_us is not None
            firsts = []
            if len(framed):
                firsts.append((int(framed.start[0]), int(framed.time_us[0])))
            if len(framed.other_start):
                firsts.append((int(framed.other_start[0]), int(framed.other_time_us[0])))
            self._identity = str(min(firsts)[1]) if firsts else ""

    def _read_others(self, framed: Framed, kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Take in the records that are no part of an execution. Gives those that end what their session was doing."""
        closing = []
        for row in np.flatnonzero((kinds == OTHER) | (kinds == ERROR) | (kinds == ORPHAN)).tolist():
            record = self._parse(framed, row)
            if record is None:
                continue
            self._incidents += self._messages.take(record)
            if kinds[row] == ERROR or record.message.startswith("disconnection:"):
                closing.append(row)
        return np.array(closing, np.int64)

    def _slow(self, framed: Framed, kinds: NDArray[np.uint8]) -> NDArray[np.uint64]:
        """Sessions with plans, here or pending: they are walked record by record."""
        assert framed.other_session is not None
        waiting = [session for session, state in self._sessions.items() if state.plans]
        return np.unique(np.concatenate((np.array(waiting, np.uint64), framed.other_session[kinds == PLAN])))

    def _join(self, framed: Framed, closing: NDArray[np.int64], slow: NDArray[np.uint64]) -> None:
        """Statements that were logged when they began and the durations after them, in the sessions without plans."""
        self._tally.statements += int(np.count_nonzero(begun(framed)))
        apart = set(slow.tolist())
        carried = [name for name, state in self._sessions.items() if not state.plans and name not in apart]
        found = follow(framed, carried, closing, slow)
        if found is None:
            return
        here = found.timed >= 0
        self._rows.duration_us[found.timed[here]] = found.durations[here]
        self._tally.bare += len(found.bare)
        self._tally.bare_us += int(np.maximum(found.bare, 0).sum())
        told = dict(zip(found.timed[~here].tolist(), found.durations[~here].tolist(), strict=True))
        for number in found.carried:
            self._carry_out(framed, carried[~number], told.get(number), found.repeated.get(number))
        for first, second in found.repeated.items():
            if first >= 0 and self._repeats(framed, second, execution_at(framed, first, self._framer)):
                self._rows.keep[first] = False
        for row in found.waiting:
            self._hold(framed, row)

    def _hold(self, framed: Framed, row: int) -> None:
        """Keep a statement that has begun until its duration comes."""
        self._rows.keep[row] = False
        execution = execution_at(framed, row, self._framer)
        self._open(execution.session).statement = execution
        self._held += execution.size

    def _carry_out(self, framed: Framed, session: int, duration_us: int | None, row: int | None) -> None:
        """A statement held from an earlier block: its duration, or the whole execution that comes next."""
        statement = self._sessions[session].statement
        assert statement is not None
        if duration_us is not None:
            statement.duration_us = duration_us
        if row is not None and self._repeats(framed, row, statement):
            if statement.rows != UNKNOWN:
                self._rows.sent[row] = statement.rows
            self._held -= self._sessions.pop(session).size
        else:
            self._close(session)

    def _repeats(self, framed: Framed, row: int, statement: Execution) -> bool:
        """Whether a whole execution is the one that was logged when it began."""
        execute = framed.flags is not None and bool(framed.flags[row] & (EXECUTE | FETCH))
        same = int(framed.shape_key[row]) == statement.key
        return same and (execute or self._text_literals(framed, row) == statement.text_literals)

    def _walk(
        self, framed: Framed, kinds: NDArray[np.uint8], closing: NDArray[np.int64], slow: NDArray[np.uint64]
    ) -> None:
        """Go through the sessions with plans record by record."""
        assert framed.other_session is not None
        assert framed.other_duration_us is not None
        others = np.concatenate((np.flatnonzero((kinds == DURATION) | (kinds == PLAN)), closing))
        others = others[np.isin(framed.other_session[others], slow)]
        hot = np.flatnonzero(np.isin(framed.session, slow))
        places = np.concatenate((framed.other_start[others], framed.start[hot]))
        rows = np.concatenate((others, ~hot))
        fastest = self._fastest_before(framed)
        starts = starts_of(framed)
        started = begun(framed)
        for row in rows[np.argsort(places, kind="stable")].tolist():
            if row < 0:
                if started[~row]:
                    self._close(int(framed.session[~row]))
                    self._hold(framed, ~row)
                else:
                    assert fastest is not None
                    self._hot(framed, ~row, int(starts[~row]), int(fastest[~row]))
                continue
            session = int(framed.other_session[row])
            if kinds[row] == DURATION:
                self._duration(session, int(framed.other_duration_us[row]))
            elif kinds[row] != PLAN:
                self._close(session)
            elif (record := self._parse(framed, row)) is not None:
                before = int(np.searchsorted(framed.start, framed.other_start[row]))
                known = int(fastest[before - 1]) if fastest is not None and before else self._fastest
                duration_us = int(framed.other_duration_us[row])
                self._plan(record, duration_us, None if known == _NEVER else known)

    def _parse(self, framed: Framed, row: int) -> Record | None:
        start, end = int(framed.other_start[row]), int(framed.other_end[row])
        raw = framed.block.data[start:end]
        line = framed.block.line + int(framed.other_line[row])
        assert framed.other_kind is not None
        orphan = framed.other_kind[row] == ORPHAN
        assert framed.other_time_us is not None
        known, offset = int(framed.other_time_us[row]), framed.block.offset + start
        record = None if orphan else self._framer.parse(raw, offset=offset, line=line, time_us=known)
        if record is None:
            reason = "the rest of a record whose first line is missing" if orphan else "a record that is cut or broken"
            self.unreadable.append((line, max(1, raw.count(b"\n")), reason))
        elif not record.english:
            self._tally.foreign += 1
        return record

    def _fastest_before(self, framed: Framed) -> NDArray[np.int64] | None:
        """For each framed row, the shortest duration told up to it."""
        if not len(framed):
            return None
        shortest = np.minimum.accumulate(np.where(framed.duration_us >= 0, framed.duration_us, _NEVER))
        return shortest if self._fastest is None else np.minimum(shortest, self._fastest)

    # Records

    def _duration(self, session: int, duration_us: int) -> None:
        """A duration without text."""
        state = self._sessions.get(session)
        if state is None or state.statement is None:
            self._tally.bare += 1
            self._tally.bare_us += max(duration_us, 0)
            return
        state.statement.duration_us = duration_us
        self._close(session)

    def _plan(self, record: Record, duration_us: int, fastest: int | None) -> None:
        found = read_plan(record.message)
        if found is None:
            self._tally.plans_unread += 1
            return
        within = depth(record.context)
        plan = execution_of(record, found.sql, found.parameters, duration_us)
        plan.planned, plan.depth, plan.rows = True, within, found.rows
        self._incidents.append(
            Incident(
                kind="plan",
                time_us=plan.time_us,
                line=record.line,
                offset=record.offset,
                session=record.session,
                sql=found.sql,
                message="nested" if within else "",
                detail=found.text,
                database=record.database,
                user=record.user,
                duration_us=duration_us,
                code=found.format,
                parameters=found.parameters,
            )
        )
        state = self._sessions.get(record.session)
        if state is not None and state.statement is not None:
            self._plan_of(state.statement, plan)
            return
        if not within and self._recent.claims(record.session, plan.key, record.offset):
            return
        if fastest is not None and _DECLARE.match(found.sql):
            self._tally.within += 1  # a cursor: its FETCHes are executions that the log has told
            return
        state = self._open(record.session)
        kept: list[Execution] = []
        for old in state.plans:
            if _encloses(plan.time_us, within, old, fastest):
                self._tally.within += 1
                self._held -= old.size
            elif within or (old.depth == 0 and old.key == plan.key and old.end_us + _CLOCK_US >= plan.time_us):
                kept.append(old)  # its statement may come yet
            else:
                self._held -= old.size
                self._done.append(old)
        state.plans = [*kept, plan]
        self._held += plan.size
        if len(state.plans) > _PLANS_PER_SESSION:
            oldest = state.plans.pop(0)
            self._held -= oldest.size
            if oldest.depth:
                self._tally.within += 1
            else:
                self._done.append(oldest)

    def _plan_of(self, statement: Execution, plan: Execution) -> None:
        """A plan while a statement runs: its own, or of something that ran within it."""
        same = statement.key == plan.key and (statement.execute or statement.text_literals == plan.text_literals)
        if plan.depth or not same:
            self._tally.within += 1
            return
        # Where durations are not logged, the plans of the statement tell it, less parsing and planning.
        statement.duration_us = max(statement.duration_us, 0) + max(plan.duration_us, 0)
        if statement.rows == UNKNOWN:
            statement.rows = plan.rows

    def _hot(self, framed: Framed, row: int, start_us: int, fastest: int) -> None:
        """A whole execution in a session that has something pending."""
        session = int(framed.session[row])
        state = self._sessions.pop(session, None)
        if state is None:
            return
        self._held -= state.size
        key, literals = int(framed.shape_key[row]), self._text_literals(framed, row)
        execute = framed.flags is not None and bool(framed.flags[row] & (EXECUTE | FETCH))
        statement = state.statement
        if statement is not None:
            if not self._repeats(framed, row, statement):
                self._done.append(statement)
            elif statement.rows != UNKNOWN:
                self._rows.sent[row] = statement.rows
        for plan in state.plans:
            same = plan.key == key and (execute or plan.text_literals == literals) and not plan.depth
            if same and (NO_TIME in (plan.time_us, start_us) or plan.end_us + _CLOCK_US >= start_us):
                if plan.rows != UNKNOWN:
                    self._rows.sent[row] = plan.rows
            elif _encloses(start_us, 0, plan, fastest):
                self._tally.within += 1
            elif _PREPARE.match(plan.sql) and _EXECUTE.match(framed.block.data, int(framed.sql_start[row])):
                self._tally.within += 1  # auto_explain prints the PREPARE for the EXECUTE that ran it
                if plan.rows != UNKNOWN:
                    self._rows.sent[row] = plan.rows
            else:
                self._done.append(plan)

    def _text_literals(self, framed: Framed, row: int) -> int:
        """Hash of the literals in a framed row's text, transport escapes removed: literals may span lines."""
        raw = framed.block.data[framed.sql_start[row] : framed.sql_end[row]]
        if b"\n" not in raw and b'"' not in raw and b"\\" not in raw:
            return int(framed.literals[row])
        return fingerprint.key(self._framer.unescape(raw).encode("utf-8", "replace"), "postgresql").literals

    # Pending state

    def _open(self, session: int) -> _Session:
        state = self._sessions.get(session)
        if state is None:
            state = self._sessions[session] = _Session()
        self._sessions.move_to_end(session)
        return state

    def _close(self, session: int) -> None:
        """Nothing more can come for what a session has pending: it counts as it is."""
        state = self._sessions.pop(session, None)
        if state is None:
            return
        self._held -= state.size
        if state.statement is not None:
            self._done.append(state.statement)
        self._done += state.plans

    def _trim(self) -> None:
        while self._sessions and (len(self._sessions) > LIMITS.sessions_open or self._held > LIMITS.pending_bytes):
            self._close(next(iter(self._sessions)))

    # Results

    def _batch(self, framed: Framed | None) -> Batch | None:
        for name, value in self._messages.settings:
            self._observed.setting(name, value)
        self._messages.settings.clear()
        done, self._done = self._done, []
        incidents, self._incidents = self._incidents, []
        rows, self._rows = self._rows, Rows(None)
        batch = assemble(
            self.source,
            self.engine,
            self._framer,
            zoned=self._zoned,
            framed=framed,
            duration_us=rows.duration_us if framed is not None else None,
            keep=None if rows.keep.all() else rows.keep,
            rows_sent=rows.sent,
            executions=done,
            incidents=incidents,
        )
        if framed is not None and len(framed):
            if rows.keep.all():
                self._observed.durations(rows.duration_us, framed.shape_key)
            else:
                self._observed.durations(rows.duration_us[rows.keep], framed.shape_key[rows.keep])
            known = framed.duration_us[framed.duration_us >= 0]
            if len(known):
                lowest = int(known.min())
                self._fastest = lowest if self._fastest is None else min(self._fastest, lowest)
            if framed.flags is not None:
                self._observed.truncated += int(np.count_nonzero(framed.flags & 4))
        for observed, planned in ((self._observed, False), (self._observed_plans, True)):
            some = [one for one in done if one.planned == planned]
            if some:
                observed.durations(
                    np.array([one.duration_us for one in some], np.int64),
                    np.array([one.key for one in some], np.uint64),
                )
        self._transactions.watch(batch.shape_key, batch.session, self._observed)
        self._tally.session_unknown = self._tally.session_unknown or bool((batch.session == 0).any())
        return batch if len(batch) or batch.incidents else None


def _encloses(start_us: int, within: int, plan: Execution, fastest: int | None) -> bool:
    """Whether ``plan`` ran within an execution that began at ``start_us`` and just ended, ``within`` functions deep.

    A plan whose CONTEXT names no more functions than that may still be nested: log_error_verbosity = terse leaves
    CONTEXT out. Then it is nested if it ran after the start, beyond what the clock may be off. Where the clock cannot
    tell, it is nested if statements as short as it are logged: a statement of the client would have its own line.
    """
    if plan.depth > within:
        known = NO_TIME not in (start_us, plan.time_us)
        return not known or plan.time_us >= start_us - _CLOCK_US
    if plan.depth or within or NO_TIME in (start_us, plan.time_us) or plan.time_us < start_us - _CLOCK_US:
        return False
    if plan.end_us > start_us + _CLOCK_US:
        return True
    return plan.end_us + _CLOCK_US >= start_us and fastest is not None and plan.duration_us >= fastest
