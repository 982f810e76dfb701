"""What goes over one connection between a tool and MariaDB: its statements with their values, and their ends.

The server's general log could tell them too, but not which failed, nor where a transaction ended; and whatever account
a log needs, a relay needs none. A relay sees no statement that a procedure or trigger runs inside of the server, and
what an event would run (the scheduler is off).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from advisor.dryrun.capture import mysql_packets as wire
from advisor.dryrun.capture.mysql_packets import Result
from advisor.dryrun.capture.mysql_values import Prepared, literals, put
from advisor.dryrun.capture.seen import Place, Seen, unmarked
from advisor.migrations.reading.cut import Span, cut


class Conversation:
    """Fed with commands and what the server said to them; gives statements to ``tell``."""

    def __init__(
        self, connection: int, tell: Callable[[Seen], None], section: Callable[[], str], database: str, here: str
    ) -> None:
        """``database``: that of the copy; ``here``: that the connection starts in."""
        self._connection = connection
        self._tell = tell
        self._section = section
        self._here = here or database
        self._prepared: dict[int, Prepared] = {}
        self._status = wire.AUTOCOMMIT
        self._message = 0
        self._at = ""

    def begun(self) -> None:
        """A command is on its way: whoever gets its answer may be at something else already."""
        self._at = self._section()

    def noted(self, body: bytes) -> None:
        """A command without an answer."""
        if len(body) < 5:
            return
        number = struct.unpack_from("<I", body, 1)[0]
        if body[0] == wire.CLOSE:
            self._prepared.pop(number, None)
        elif body[0] == wire.LONG_DATA and number in self._prepared:
            long, place = self._prepared[number].long, struct.unpack_from("<H", body, 5)[0]
            long[place] = long.get(place, b"") + body[7:]

    def answered(self, body: bytes, results: list[Result]) -> None:
        """A command, and its answer."""
        command = body[0]
        self._message += 1
        if command == wire.QUERY:
            self._query(_text(body[1:]), results)
        elif command == wire.PREPARE:
            self._prepare(_text(body[1:]), results[0])
        elif command == wire.EXECUTE:
            self._execute(body, results)
        elif command == wire.INIT_DB and results[0].error is None:
            name = _text(body[1:])
            if name != self._here:  # a driver asks for where it is
                self._record(f"USE `{name.replace('`', '``')}`", results[0])
            self._here = name
        elif command == wire.RESET_CONNECTION:
            self._prepared.clear()
        self._leave(results)

    def _leave(self, results: list[Result]) -> None:
        told = [one.status for one in results if one.status is not None]
        if told:
            self._status = told[-1]

    def _query(self, sql: str, results: list[Result]) -> None:
        bare, place, own = unmarked(sql)
        texts = statements(bare)
        if len(texts) > 1 and len(results) == 1 and results[0].error is None:
            texts = [bare.strip().rstrip(";").rstrip()]  # one to the server: a body
        at = 0
        for text in texts:
            mine, at = _ended(text, results, at)
            if mine is None:
                mine = Result(None, error=("not run: one before it failed", ""))
            self._seen(text, place, own, mine)
            self._leave([mine])

    def _prepare(self, sql: str, result: Result) -> None:
        if result.error is not None:
            self._record(sql, result)
        elif result.prepared is not None:
            self._prepared[result.prepared] = Prepared(sql, result.parameters)

    def _execute(self, body: bytes, results: list[Result]) -> None:
        prepared = self._prepared.get(struct.unpack_from("<I", body, 1)[0])
        if prepared is None:
            return
        values = literals(body, prepared, backslash=not self._status & wire.NO_BACKSLASH)
        failed = next((one for one in results if one.error is not None), results[-1])
        self._record(put(prepared.sql, values), failed)

    def _record(self, sql: str, result: Result) -> None:
        bare, place, own = unmarked(sql)
        self._seen(bare.strip().rstrip(";").rstrip(), place, own, result)

    def _seen(self, sql: str, place: Place | None, own: bool, result: Result) -> None:
        words, code = result.error or (None, None)
        self._tell(
            Seen(
                self._at, self._connection, self._message, bool(self._status & wire.IN_TRANSACTION), sql,
                place, own, error=words, code=code, autocommit=bool(self._status & wire.AUTOCOMMIT),
            )
        )  # fmt: skip


def _ended(text: str, results: list[Result], at: int) -> tuple[Result | None, int]:
    """A statement's result, and where the next one's are. A CALL has one for each query in it, and its own."""
    if at >= len(results):
        return None, at
    if text[:4].upper() == "CALL":
        while at < len(results) - 1 and results[at].rows:
            at += 1
    return results[at], at + 1


def statements(sql: str) -> list[str]:
    """The statements of a text, bare."""
    data = sql.encode("utf-8", "replace")
    return [
        data[span.start : span.end].decode("utf-8", "replace")
        for span in cut(data, Span(0, len(data)), "mysql").statements
    ]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
