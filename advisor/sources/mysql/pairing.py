"""Pairing of a MySQL slow log: what only the records before can tell, and everything that is not an execution.

Sequential and cheap: it walks the framed blocks in order and works on columns. It gives each event the database that
was current (`Databases`), the time of the record before where a record prints none, and turns banners, administrator
commands, plans, errors and kills into incidents.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import NO_TIME, UNKNOWN, Batch, Context
from advisor.model.incident import Incident, IncidentKind
from advisor.sources.capture import CaptureEvidence, Observed
from advisor.sources.framed import Framed
from advisor.sources.mysql import record
from advisor.sources.mysql.databases import Databases, Mark
from advisor.sources.mysql.frame import OTHERS, SlowFramed
from advisor.sources.mysql.sessions import in_life, one_in_life
from advisor.sources.mysql.slowlog import SlowFramer, banner_engine

#: Errors that mean somebody or something ended the statement: interrupted, max_execution_time (MySQL), lock wait
#: timeout, max_statement_time (MariaDB).
_CANCELLED = frozenset({1317, 3024, 1205, 1969})
_DEADLOCK = 1213
_ADMIN = "# administrator command: "


class BlockTexts:
    """Texts of one block's events."""

    def __init__(self, framed: Framed) -> None:
        self._data = framed.block.data
        self._start = framed.sql_start
        self._end = framed.sql_end

    def sql(self, event: int) -> str:
        """The statement, without `use`, `SET timestamp` and the last semicolon."""
        return self._data[self._start[event] : self._end[event]].decode("utf-8", "replace")

    def parameters(self, event: int) -> str | None:
        """None: MySQL logs prepared statements with their values filled in."""
        return None


class Pairing:
    """Joins the records of one slow log, in order."""

    def __init__(self, source: int, framer: SlowFramer) -> None:
        self.source = source
        self.engine = framer.engine
        """As the head of the log tells: it holds for the whole source, so that no block boundary can change it."""
        self.notes: list[str] = []
        self.unreadable: list[tuple[int, int, str]] = []
        self._zoned = framer.zoned
        self._databases = Databases()
        self._observed = Observed()
        self._logged_us = NO_TIME  # when the last record was logged
        self._absurd = 0
        self._engines = {framer.engine}
        self._throttled = 0
        self._life = 0  # banners so far

    @property
    def capture(self) -> CaptureEvidence:
        """What the log's settings hide, as far as it has been read."""
        evidence = CaptureEvidence()
        evidence.put(self.engine.name, str(self.source), self._observed)
        return evidence

    def feed(self, framed: Framed) -> Batch | None:
        """The events and incidents of the next block, as this log's framer framed it."""
        assert isinstance(framed, SlowFramed)
        flags = framed.flags if framed.flags is not None else np.zeros(len(framed), np.uint8)
        self._live(framed)
        marks: list[Mark] = []
        incidents = self._others(framed, marks)
        incidents = self._inherit(framed, flags, incidents)
        contexts, context = self._databases.fill(framed, flags, marks)
        for row in np.flatnonzero(flags & record.DETAIL).tolist():
            incidents += self._details(framed, row, contexts[context[row]])
        self._absurd += int(np.count_nonzero(flags & record.ABSURD))
        self._observed.truncated += int(np.count_nonzero(flags & record.CUT))
        self._observed.durations(framed.duration_us, framed.shape_key)
        if not len(framed) and not incidents:
            return None
        incidents.sort(key=lambda incident: incident.offset)
        return Batch(
            source=self.source,
            engine=self.engine,
            time_us=framed.time_us,
            duration_us=framed.duration_us,
            shape_key=framed.shape_key,
            session=framed.session,
            transaction=framed.transaction,
            offset=framed.start + framed.block.offset,
            line=framed.line + framed.block.line,
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
            contexts=contexts,
            tags=framed.tags,
            texts=BlockTexts(framed),
            zoned=self._zoned,
            incidents=incidents,
        )

    def finish(self) -> Batch | None:
        """Nothing is held back; says what the whole log taught."""
        if self._absurd:
            self.notes.append(
                f"Query_time is impossible in {self._absurd:,} of the records (the server's clock stepped back): "
                "their statements are counted without a duration"
            )
        if self._throttled:
            self.notes.append(
                "log_throttle_queries_not_using_indexes kept statements that use no index out of the log: "
                f"{self._throttled:,} of them"
            )
        if len(self._engines) > 1:
            named = sorted(f"{engine.name} {engine.version or '(version unknown)'}" for engine in self._engines)
            self.notes.append(f"the log is of several servers or versions: {', '.join(named)}")
        return None

    def _live(self, framed: SlowFramed) -> None:
        """Give the connections of each of the server's lives names of their own."""
        banners = framed.others["start"][framed.others["context"] < 0]
        if len(banners) or self._life:
            framed.session = in_life(framed.session, self._life + np.searchsorted(banners, framed.start))

    def _others(self, framed: SlowFramed, marks: list[Mark]) -> list[Incident]:
        """The incidents of the records that are no executions; notes their databases on the way."""
        data, block = framed.block.data, framed.block
        assert framed.other_session is not None
        incidents: list[Incident] = []
        columns = [framed.others[name].tolist() for name in OTHERS]
        for (start, end, line, time, duration, _, context, flags, first, last), session in zip(
            zip(*columns, strict=True), framed.other_session.tolist(), strict=True
        ):
            offset, number = block.offset + start, block.line + line
            if context < 0:
                self._life += 1
                marks.append(Mark(start, 0, None))
                incidents.append(self._banner(data, start, end, number, offset))
                continue
            who = framed.contexts[context]
            session = one_in_life(session, self._life)  # noqa: PLW2901 - the same session, told from its namesakes
            if flags & record.USE and not flags & record.SCHEMA:
                marks.append(Mark(start, session, who.database))
            text = data[first:last].decode("utf-8", "replace")
            kind: IncidentKind = "other"
            message = text or "a record without a statement"
            if text.startswith(_ADMIN):
                kind, message = "admin", text[len(_ADMIN) :].strip()
            elif text:
                digits = text.removeprefix("throttle:").split()[:1]
                self._throttled += int(digits[0]) if digits and digits[0].isdecimal() and len(digits[0]) < 19 else 0
            incidents.append(
                Incident(
                    kind,
                    time,
                    number,
                    offset,
                    session=session,
                    message=message,
                    database=who.database,
                    user=who.user,
                    duration_us=duration,
                )
            )
        return incidents

    def _banner(self, data: bytes, start: int, end: int, line: int, offset: int) -> Incident:
        self._banner_rest(data, start, end, line)
        engine = banner_engine(data[start : min(end, start + 2048)])
        if engine != self.engine:
            self._engines.add(engine)
        text = data[start : min(end, start + 1024)].partition(b"\n")[0].strip().decode("utf-8", "replace")
        return Incident("restart", NO_TIME, line, offset, message=text)

    def _banner_rest(self, data: bytes, start: int, end: int, line: int) -> None:
        """What follows a banner's three lines is part of no record."""
        rest = data[start:end].split(b"\n", 3)
        if len(rest) > 3 and rest[3].strip(b"\0 \t\r\n"):
            lost = rest[3].rstrip(b"\n").count(b"\n") + 1
            self.unreadable.append((line + 3, lost, "after a server's banner: no slow-log header"))

    def _inherit(self, framed: SlowFramed, flags: NDArray[np.uint8], incidents: list[Incident]) -> list[Incident]:
        """Records without a time were logged in the same second as the record before; banners after it, at least.
        Returns the incidents with their times."""
        spent = np.maximum(framed.duration_us, 0)
        known, other = framed.time_us != NO_TIME, framed.others["time_us"] != NO_TIME
        others = (framed.others["time_us"] + np.maximum(framed.others["duration_us"], 0))[other]
        places = np.concatenate([framed.start[known], framed.others["start"][other]])
        times = np.concatenate([(framed.time_us + spent)[known], others])
        order = np.argsort(places, kind="stable")
        places, times = places[order], times[order]

        def before(start: int) -> int:
            found = int(np.searchsorted(places, start))
            return int(times[found - 1]) if found else self._logged_us

        for row in np.flatnonzero(flags & record.INHERITED).tolist():
            time = before(framed.start[row])
            if time != NO_TIME:
                framed.time_us[row] = time - int(spent[row])
        timed = [
            incident
            if incident.time_us != NO_TIME
            else msgspec.structs.replace(incident, time_us=before(incident.offset - framed.block.offset))
            for incident in incidents
        ]
        if len(times):
            self._logged_us = int(times[-1])
        return timed

    def _details(self, framed: Framed, row: int, context: Context) -> list[Incident]:
        """What the header of one executed statement says besides its columns."""
        data = framed.block.data
        start, sql_start = int(framed.start[row]), int(framed.sql_start[row])
        found = record.details(data[start:sql_start])
        if found.rate_limit > 1:
            self._observed.rate_limit(found.rate_limit, 1)
        made: list[tuple[IncidentKind, str, str, str]] = []
        if found.plan:
            made.append(("plan", "", found.plan, "rows"))
        if found.killed > 0 or found.error in _CANCELLED:
            made.append(("cancelled", f"ended with error {found.killed if found.killed > 0 else found.error}", "", ""))
        elif found.error == _DEADLOCK:
            made.append(("deadlock", "chosen as the victim of a deadlock", "", ""))
        elif found.error > 0:
            made.append(("error", f"error {found.error}", "", ""))
        if not made:
            return []
        code = str(found.killed if found.killed > 0 else found.error)
        sql = data[sql_start : int(framed.sql_end[row])].decode("utf-8", "replace")
        return [
            Incident(
                kind,
                int(framed.time_us[row]),
                framed.block.line + int(framed.line[row]),
                framed.block.offset + start,
                session=int(framed.session[row]),
                sql=sql,
                message=message,
                detail=detail,
                database=context.database,
                user=context.user,
                duration_us=int(framed.duration_us[row]) if kind == "plan" else UNKNOWN,
                code=form or code,
            )
            for kind, message, detail, form in made
        ]
