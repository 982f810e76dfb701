"""Pairing of a MySQL general log: which connection is whose, and what is no executed statement."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from advisor.model.batch import NO_TIME, Batch, Context
from advisor.model.incident import Incident, IncidentKind
from advisor.model.limits import LIMITS
from advisor.sources.capture import CaptureEvidence, Observed
from advisor.sources.framed import Framed
from advisor.sources.mysql.general import GeneralFramer
from advisor.sources.mysql.pairing import BlockTexts
from advisor.sources.mysql.sessions import in_life, one_in_life, session_of
from advisor.sources.mysql.slowlog import banner_engine

#: `app@web1 as anonymous on shop using TCP/IP`, of Connect and Change user.
_WHO = re.compile(r"(?P<user>[^@]*)@(?P<host>\S*)(?: as \S+)? on (?P<database>.*?)(?: using \S+)?\s*", re.DOTALL)
_USE = re.compile(rb"\s*use\s+(`[^`]+`|\w+)\s*", re.IGNORECASE)
_KINDS: dict[bytes, IncidentKind] = {b"Connect": "connection", b"Quit": "disconnection"}


class Pairing:
    """Follows the connections of one general log, in order."""

    def __init__(self, source: int, framer: GeneralFramer) -> None:
        self.source = source
        self.engine = framer.engine
        self.notes: list[str] = []
        self.unreadable: list[tuple[int, int, str]] = []
        self._framer = framer
        self._who: dict[int, Context] = {}
        self._time_us = NO_TIME
        self._life = 0  # banners so far
        self._observed = Observed()
        self._engines = {framer.engine}

    @property
    def capture(self) -> CaptureEvidence:
        """A general log has no durations, and no threshold either."""
        evidence = CaptureEvidence()
        evidence.put(self.engine.name, str(self.source), self._observed)
        return evidence

    def feed(self, framed: Framed) -> Batch | None:
        """The statements and incidents of the next block."""
        data, block = framed.block.data, framed.block
        contexts: dict[Context, int] = {}
        context = np.zeros(len(framed), np.int32)
        incidents: list[Incident] = []
        others = list(
            zip(framed.other_start.tolist(), framed.other_end.tolist(), framed.other_line.tolist(), strict=True)
        )
        nobody = Context()
        waiting = iter([*others, (len(data) + 1, 0, 0)])
        start, end, line = next(waiting)
        lives = np.zeros(len(framed), np.int64)
        columns = (framed.start, framed.session, framed.time_us, framed.sql_start, framed.sql_end)
        for row, (at, session, time, first, last) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            while start < at:
                incidents.append(self._other(data, start, end, block.line + line, block.offset))
                start, end, line = next(waiting)
            if time == NO_TIME:
                framed.time_us[row] = self._time_us
            else:
                self._time_us = time
            lives[row] = self._life
            context[row] = contexts.setdefault(self._who.get(session, nobody), len(contexts))
            if data[first : first + 3].lower() == b"use":
                match = _USE.fullmatch(data, first, last)
                if match is not None:
                    self._database(session, match[1].strip(b"`").decode("utf-8", "replace"))
        while start <= len(data):
            incidents.append(self._other(data, start, end, block.line + line, block.offset))
            start, end, line = next(waiting)
        self._observed.durations(framed.duration_us, framed.shape_key)
        if not len(framed) and not incidents:
            return None
        return Batch(
            source=self.source,
            engine=self.engine,
            time_us=framed.time_us,
            duration_us=framed.duration_us,
            shape_key=framed.shape_key,
            session=in_life(framed.session, lives),
            transaction=framed.transaction,
            offset=framed.start + block.offset,
            line=framed.line + block.line,
            context=context,
            tag=framed.tag,
            literals=framed.literals,
            keys=framed.keys,
            in_count=framed.in_count,
            rows_sent=framed.rows_sent,
            rows_examined=framed.rows_examined,
            rows_affected=framed.rows_affected,
            lock_us=framed.lock_us,
            temp_bytes=framed.temp_bytes,
            contexts=list(contexts) or [nobody],
            tags=framed.tags,
            texts=BlockTexts(framed),
            zoned=self._framer.zoned,
            incidents=incidents,
        )

    def finish(self) -> Batch | None:
        """Nothing is held back; says what the whole log taught."""
        self.notes.append("a general log has no durations: counts only")
        if len(self._engines) > 1:
            named = sorted(f"{engine.name} {engine.version or '(version unknown)'}" for engine in self._engines)
            self.notes.append(f"the log is of several servers or versions: {', '.join(named)}")
        return None

    def _other(self, data: bytes, start: int, end: int, line: int, base: int) -> Incident:
        found = self._framer.command(data, start, end)
        if found is None:
            lines = data[start:end].split(b"\n", 3)
            if len(lines) > 3 and lines[3].strip(b"\0 \t\r\n"):
                lost = lines[3].rstrip(b"\n").count(b"\n") + 1
                self.unreadable.append((line + 3, lost, "after a server's banner: no general-log record"))
            engine = banner_engine(data[start : min(end, start + 2048)])
            if engine != self.engine:
                self._engines.add(engine)
            self._who.clear()
            self._life += 1
            text = lines[0][:1024].strip().decode("utf-8", "replace")
            return Incident("restart", self._time_us, line, base + start, message=text)
        if found.time_us != NO_TIME:
            self._time_us = found.time_us
        session = session_of(found.thread, b"")
        text = data[found.start : found.end].decode("utf-8", "replace")
        if found.command in (b"Connect", b"Change user"):
            match = _WHO.fullmatch(text[:2048])
            if match is not None:
                user, host, database = match.group("user", "host", "database")
                self._remember(session, Context(database=database or None, user=user or None, host=host or None))
        elif found.command == b"Init DB":
            self._database(session, text)
        who = self._who.pop(session, Context()) if found.command == b"Quit" else self._who.get(session, Context())
        command = found.command.decode()
        kind = _KINDS.get(found.command, "admin")
        return Incident(
            kind,
            self._time_us,
            line,
            base + start,
            session=one_in_life(session, self._life),
            sql=text if command == "Prepare" else None,
            message=command,
            detail="" if command == "Prepare" else text,
            database=who.database,
            user=who.user,
        )

    def _database(self, session: int, database: str) -> None:
        self._remember(session, replace(self._who.get(session, Context()), database=database or None))

    def _remember(self, session: int, who: Context) -> None:
        self._who.pop(session, None)
        self._who[session] = who
        if len(self._who) > LIMITS.sessions_open:
            del self._who[next(iter(self._who))]
