"""EXPLAIN of statements that nobody has vouched for, on a throwaway server: many in one go, each alone in its message.

Statements go by the extended protocol, pipelined: the server parses every one by itself and refuses a second in the
same text; options of EXPLAIN stand in parentheses before it, so that no text adds ANALYZE to them. Each is planned
between two savepoints: an error ends that statement only. Plans stay text until somebody looks at them.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.model.plan import Plan
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.parameters import Asked

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

_EXPLAIN = b"EXPLAIN (FORMAT JSON) "
_NAME = b"advisor_asked"
_SAVEPOINT = b"SAVEPOINT advisor_explain"
_BACK = b"ROLLBACK TO SAVEPOINT advisor_explain"
#: Statements on their way at a time: enough to hide the way, few enough to stop soon after an interruption.
_BATCH = 64


@dataclass(frozen=True)
class Explained:
    """What the server said of one statement."""

    text: str | None
    """The plan as JSON."""
    error: str | None = None
    """The server's words, in one line."""

    @cached_property
    def total(self) -> tuple[float, float] | None:
        """Cost and rows of the root."""
        import json

        if self.text is None:
            return None
        root = json.loads(self.text)[0]["Plan"]
        return float(root["Total Cost"]), float(root["Plan Rows"])

    def plan(self) -> Plan | None:
        """The plan, read anew each time: whoever asks may change it."""
        return None if self.text is None else plan_of(self.text)


def plan_of(text: str) -> Plan:
    """The plan of EXPLAIN (FORMAT JSON). Raises PlanError."""
    from advisor.plans.read import read

    return read(text, engine="postgresql").plans[0]


class Explainer:
    """Asks one connection, which must be inside a transaction."""

    def __init__(self, connection: psycopg.Connection[Any], seconds: float = 10.0) -> None:
        """``seconds`` bound each statement."""
        self.connection = connection
        self.pgconn: PGconn = connection.pgconn
        self.seconds = seconds

    def explain(self, asked: Sequence[Asked]) -> list[Explained]:
        """One answer a statement, in order. Raises PlannerError when the server is lost."""
        import psycopg

        found: list[Explained] = []
        try:
            for start in range(0, len(asked), _BATCH):
                found += self._batch(asked[start : start + _BATCH])
        except psycopg.Error as error:
            raise PlannerError(f"the shadow's server was lost while planning: {_one_line(str(error))}") from None
        return found

    def _batch(self, asked: Sequence[Asked]) -> list[Explained]:
        pgconn = self.pgconn
        answers: list[list[Explained | None]] = []
        pgconn.nonblocking = 1
        pgconn.enter_pipeline_mode()
        try:
            self._send(_SAVEPOINT)
            for each in asked:
                self._ask(each)
            self._flush()
            self._receive()
            for each in asked:
                answers.append([self._receive() for _ in range(_messages(each))])
        finally:
            if pgconn.status == 0:
                self._drain()
                pgconn.exit_pipeline_mode()
                pgconn.nonblocking = 0
        return [_merged(several) for several in answers]

    def _ask(self, asked: Asked) -> None:
        if asked.generic:
            values = b"(" + b", ".join([b"NULL"] * asked.parameter_count) + b")" if asked.parameter_count else b""
            self._send(b"SET LOCAL plan_cache_mode = force_generic_plan")
            self._send(b"PREPARE " + _NAME + b" AS " + asked.sql)
            self._send(_EXPLAIN + b"EXECUTE " + _NAME + values)
            self._send(_BACK)
            self._send(b"DEALLOCATE ALL")
        else:
            self._send(_EXPLAIN + asked.sql, asked.values)
            self._send(_BACK)

    def _send(self, sql: bytes, values: Sequence[bytes | None] = ()) -> None:
        """One statement, one message, and a synchronisation point: its error does not touch the next."""
        self.pgconn.send_query_params(sql, list(values) or None)
        self.pgconn.pipeline_sync()

    def _flush(self) -> None:
        while self.pgconn.flush():
            readable, _, _ = select.select([self.pgconn.socket], [self.pgconn.socket], [], self.seconds)
            if readable:
                self.pgconn.consume_input()

    def _receive(self) -> Explained | None:
        """The next statement's outcome: a plan, an error, or None where it returned nothing."""
        from psycopg.pq import ExecStatus

        outcome: Explained | None = None
        while True:
            result = self._result()
            if result is None:
                continue
            status = ExecStatus(result.status)
            if status == ExecStatus.PIPELINE_SYNC:
                return outcome
            if status == ExecStatus.TUPLES_OK and result.ntuples:
                value = b"\n".join(result.get_value(row, 0) or b"" for row in range(result.ntuples))
                outcome = Explained(value.decode("utf-8", "replace"))
            elif status in (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED):
                outcome = Explained(None, _message(result))

    def _result(self) -> PGresult | None:
        import psycopg

        pgconn = self.pgconn
        deadline = time.monotonic() + 2 * self.seconds + 5
        while pgconn.is_busy():
            readable, _, _ = select.select([pgconn.socket], [], [], 1.0)
            if readable:
                pgconn.consume_input()
            elif time.monotonic() > deadline:
                raise psycopg.OperationalError("no answer in time")
        result = pgconn.get_result()
        if result is None and pgconn.status != 0:
            raise psycopg.OperationalError("the connection was closed")
        return result

    def _drain(self) -> None:
        """Nothing of an interrupted batch is left for the next one."""
        import psycopg

        try:
            empty = 0
            while empty < 2:
                self._flush()
                if not self.pgconn.is_busy() and self.pgconn.get_result() is None:
                    empty += 1
                elif self.pgconn.is_busy():
                    select.select([self.pgconn.socket], [], [], 1.0)
                    self.pgconn.consume_input()
                    empty = 0
        except psycopg.Error:
            self.connection.close()


def _messages(asked: Asked) -> int:
    return 5 if asked.generic else 2


def _merged(several: list[Explained | None]) -> Explained:
    """The plan, or the first error."""
    for each in several:
        if each is not None:
            return each
    return Explained(None, "the server returned no plan")


def _message(result: PGresult) -> str:
    from psycopg.pq import DiagnosticField

    primary = result.error_field(DiagnosticField.MESSAGE_PRIMARY)
    detail = result.error_field(DiagnosticField.MESSAGE_DETAIL)
    hint = result.error_field(DiagnosticField.MESSAGE_HINT)
    if primary is None:
        return _one_line((result.error_message or b"the server gave no reason").decode("utf-8", "replace"))
    said = [each.decode("utf-8", "replace") for each in (primary, detail, hint) if each]
    return _one_line("; ".join(said))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
