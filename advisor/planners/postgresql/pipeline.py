"""Statements written to a server in one go and answered in order, each group alone in its failure.

By the extended protocol: the server parses every statement by itself and refuses a second one in the same text. A group
ends in a synchronisation point; after an error the server passes over the rest of that group only.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

#: The server has this long to end a session that was given up.
_ENDING_SECONDS = 5.0


class Message(NamedTuple):
    """One statement and the text of its parameters."""

    sql: bytes
    values: Sequence[bytes | None] = ()


class Outcome(NamedTuple):
    """What came of a group."""

    text: str | None
    """First column of the last statement that returned rows, a line a row."""
    error: str | None
    """Of the statement that failed: the server's words, in one line."""


def run(
    connection: psycopg.Connection[Any],
    groups: Sequence[Sequence[Message]],
    seconds: float,
    end: Callable[[], None],
) -> list[Outcome]:
    """What came of each group, in order.

    ``end`` ends the session from outside: it is called when the answers take longer than ``seconds`` in all. Raises
    psycopg.Error when the session is lost. However it is interrupted, the connection is then closed.
    """
    pgconn = connection.pgconn
    try:
        pgconn.nonblocking = 1
        pgconn.enter_pipeline_mode()
        for group in groups:
            for message in group:
                pgconn.send_query_params(message.sql, list(message.values) or None)
            pgconn.pipeline_sync()
        waiting = _Waiting(pgconn, seconds, end)
        waiting.flush()
        found = [waiting.outcome() for _ in groups]
        pgconn.exit_pipeline_mode()
        pgconn.nonblocking = 0
    except BaseException:
        connection.close()
        raise
    return found


class _Waiting:
    def __init__(self, pgconn: PGconn, seconds: float, end: Callable[[], None]) -> None:
        self.pgconn = pgconn
        self.end = end
        self.deadline = time.monotonic() + seconds
        self.given_up = False

    def flush(self) -> None:
        pgconn = self.pgconn
        while pgconn.flush():
            readable, _, _ = select.select([pgconn.socket], [pgconn.socket], [], 1.0)
            if readable:  # it answers already, and may write no more before it is read
                pgconn.consume_input()
            self._look_at_the_clock()

    def outcome(self) -> Outcome:
        from psycopg.pq import ExecStatus

        text = error = None
        while True:
            result = self._result()
            if result is None:
                continue
            status = result.status
            if status == ExecStatus.PIPELINE_SYNC:
                return Outcome(text, error)
            if status == ExecStatus.TUPLES_OK:
                if result.ntuples:
                    value = b"\n".join(result.get_value(row, 0) or b"" for row in range(result.ntuples))
                    text = value.decode("utf-8", "replace")
            elif status == ExecStatus.FATAL_ERROR:
                text, error = None, _message(result)

    def _result(self) -> PGresult | None:
        import psycopg

        pgconn = self.pgconn
        while pgconn.is_busy():
            readable, _, _ = select.select([pgconn.socket], [], [], 1.0)
            if readable:
                pgconn.consume_input()
            self._look_at_the_clock()
        result = pgconn.get_result()
        if result is None and pgconn.status != 0:
            raise psycopg.OperationalError("the connection was closed")
        return result

    def _look_at_the_clock(self) -> None:
        import psycopg

        if time.monotonic() < self.deadline:
            return
        if self.given_up:
            raise psycopg.OperationalError("no answer in time")
        self.given_up = True
        self.deadline = time.monotonic() + _ENDING_SECONDS
        self.end()


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
