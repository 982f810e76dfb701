"""What goes over one connection between a tool and PostgreSQL: its statements, parameters and ends.

The server's own log could tell the statements too, but not, for a message with several of them, which ran; nor could it
keep a tool from the superuser's account. A recorder between both sees the text as it was sent, the tag of each
statement, and the state of the transaction after each message.
https://www.postgresql.org/docs/current/protocol-flow.html, protocol-message-formats.html
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from advisor.dryrun.capture.seen import Parameter, Seen, unmarked
from advisor.migrations.reading.cut import Span, cut

_IDLE = b"I"


@dataclass(slots=True)
class _Prepared:
    sql: str
    types: list[int]


@dataclass(slots=True)
class _Waiting:
    """A message of the client that the server has not answered yet."""

    kind: str
    """query, parse, bind, describe, execute, sync."""
    sql: str = ""
    name: str = ""
    parameters: tuple[Parameter, ...] = ()
    tags: list[str] = field(default_factory=list)
    error: tuple[str, str] | None = None


class Conversation:
    """Fed with both sides' messages in their order; gives statements to ``tell`` when their end is known."""

    def __init__(self, connection: int, tell: Callable[[Seen], None], section: Callable[[], str]) -> None:
        self._connection = connection
        self._tell = tell
        self._section = section
        self._prepared: dict[str, _Prepared] = {}
        self._portals: dict[str, _Waiting] = {}
        self._waiting: deque[_Waiting] = deque()
        self._status = _IDLE
        self._message = 0

    def sent(self, kind: bytes, body: bytes) -> None:
        """A message of the client."""
        if kind == b"Q":
            self._waiting.append(_Waiting("query", _text(body.rstrip(b"\0"))))
        elif kind == b"P":
            name, sql, rest = body.split(b"\0", 2)
            count = struct.unpack_from("!H", rest)[0]
            types = list(struct.unpack_from(f"!{count}I", rest, 2))
            self._prepared[_text(name)] = _Prepared(_text(sql), types)
            self._waiting.append(_Waiting("parse", _text(sql)))
        elif kind == b"B":
            self._bind(body)
        elif kind == b"D" and body[:1] == b"S":
            self._waiting.append(_Waiting("describe", name=_text(body[1:].split(b"\0")[0])))
        elif kind == b"E":
            portal = self._portals.get(_text(body.split(b"\0")[0]))
            if portal is not None:
                self._waiting.append(_Waiting("execute", portal.sql, portal.name, portal.parameters))
            else:  # a cursor that SQL declared
                self._waiting.append(_Waiting("execute"))
        elif kind == b"S":
            self._waiting.append(_Waiting("sync"))

    def _bind(self, body: bytes) -> None:
        portal, name, rest = body.split(b"\0", 2)
        at = 2
        count = struct.unpack_from("!H", rest)[0]
        formats = struct.unpack_from(f"!{count}H", rest, at)
        at += 2 * count
        values: list[bytes | None] = []
        for _ in range(struct.unpack_from("!H", rest, at)[0]):
            size = struct.unpack_from("!i", rest, at + 2)[0]
            at += 4
            values.append(None if size < 0 else rest[at + 2 : at + 2 + size])
            at += max(size, 0)
        prepared = self._prepared.get(_text(name)) or _Prepared("", [])
        parameters = []
        for number, value in enumerate(values):
            form = formats[number] if len(formats) > 1 else formats[0] if formats else 0
            kind = prepared.types[number] if number < len(prepared.types) else 0
            parameters.append(Parameter(kind, bool(form), value))
        bound = _Waiting("bind", prepared.sql, _text(name), tuple(parameters))
        self._portals[_text(portal)] = bound
        self._waiting.append(bound)

    def answered(self, kind: bytes, body: bytes) -> None:
        """A message of the server."""
        head = self._waiting[0] if self._waiting else None
        if kind == b"C":
            tag = _text(body.rstrip(b"\0"))
            if head is not None and head.kind == "query":
                head.tags.append(tag)
            elif head is not None and head.kind == "execute":
                self._waiting.popleft()
                self._record(head.sql, head.parameters, tag, None)
        elif kind in (b"I", b"s"):
            if head is not None and head.kind == "execute":
                self._waiting.popleft()
                if kind == b"s":
                    self._record(head.sql, head.parameters, "SELECT", None)
        elif (kind == b"1" and head is not None and head.kind == "parse") or (
            kind == b"2" and head is not None and head.kind == "bind"
        ):
            self._waiting.popleft()
        elif kind == b"t" and head is not None and head.kind == "describe":
            self._waiting.popleft()
            count = struct.unpack_from("!H", body)[0]
            prepared = self._prepared.get(head.name)
            if prepared is not None:
                prepared.types = list(struct.unpack_from(f"!{count}I", body, 2))
        elif kind == b"E":
            self._failed(head, *_error(body))
        elif kind == b"Z":
            if head is not None and head.kind == "query":
                self._waiting.popleft()
                self._finish(head)
            while head is not None and head.kind != "query" and self._waiting:
                if self._waiting.popleft().kind == "sync":
                    break
            self._status = body[:1]
            self._message += 1

    def _failed(self, head: _Waiting | None, message: str, code: str) -> None:
        if head is None:
            return
        if head.kind == "query":
            head.error = (message, code)
            return
        if head.sql:
            self._record(head.sql, head.parameters, None, (message, code))
        # The server passes over everything up to the next Sync.
        while self._waiting and self._waiting[0].kind != "sync":
            self._waiting.popleft()

    def _finish(self, query: _Waiting) -> None:
        """A simple query's end: each statement with its tag; that after the last tag is the one that failed."""
        texts = statements(query.sql)
        _, place, own = unmarked(query.sql)
        for number, text in enumerate(texts):
            error = None
            tag = query.tags[number] if number < len(query.tags) else None
            if query.error is not None and number >= len(query.tags):
                error = query.error if number == len(query.tags) else ("not run: one before it failed", "")
            self._tell(
                Seen(
                    self._section(), self._connection, self._message, self._status != _IDLE, text, place, own,
                    (), tag, error[0] if error else None, error[1] if error else None,
                )
            )  # fmt: skip

    def _record(
        self, sql: str, parameters: tuple[Parameter, ...], tag: str | None, error: tuple[str, str] | None
    ) -> None:
        _, place, own = unmarked(sql)
        for text in statements(sql)[:1]:
            self._tell(
                Seen(
                    self._section(), self._connection, self._message, self._status != _IDLE, text, place, own,
                    parameters, tag, error[0] if error else None, error[1] if error else None,
                )
            )  # fmt: skip


def statements(sql: str) -> list[str]:
    """The statements of a text, bare."""
    data = unmarked(sql)[0].encode("utf-8", "replace")
    return [
        data[span.start : span.end].decode("utf-8", "replace")
        for span in cut(data, Span(0, len(data)), "postgresql").statements
    ]


def _error(body: bytes) -> tuple[str, str]:
    fields = {part[:1]: _text(part[1:]) for part in body.split(b"\0") if part}
    return " ".join(fields.get(b"M", "error").split())[:400], fields.get(b"C", "")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
