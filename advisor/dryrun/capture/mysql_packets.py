"""Packets of MySQL's and MariaDB's protocol, and where the answer to a command ends.

Whoever connects agrees to the older forms of answers (no CLIENT_DEPRECATE_EOF, no CLIENT_SESSION_TRACK: `mariadb_relay`
offers neither), so that one reading holds for every driver.
https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html, https://mariadb.com/kb/en/clientserver-protocol/
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from advisor.dryrun.capture.relay import BrokenError

QUIT, INIT_DB, QUERY, FIELD_LIST, STATISTICS, PING, CHANGE_USER = 0x01, 0x02, 0x03, 0x04, 0x09, 0x0E, 0x11
PREPARE, EXECUTE, LONG_DATA, CLOSE, RESET, SET_OPTION, FETCH, RESET_CONNECTION = 22, 23, 24, 25, 26, 27, 28, 31
#: Commands without an answer.
SILENT = frozenset({QUIT, LONG_DATA, CLOSE})
#: What passes. The others are for replicas, administrators, and forms of statements that nobody here would see.
PASSED = SILENT | {INIT_DB, QUERY, FIELD_LIST, STATISTICS, PING, PREPARE, EXECUTE, RESET, SET_OPTION, FETCH,
                   RESET_CONNECTION}  # fmt: skip
IN_TRANSACTION, AUTOCOMMIT, _MORE, _CURSOR, NO_BACKSLASH = 0x0001, 0x0002, 0x0008, 0x0040, 0x0200
_OK, _ERROR, _EOF, _FILE = 0x00, 0xFF, 0xFE, 0xFB
_WHOLE = 0xFFFFFF
_MESSAGE_BYTES = 64 << 20
#: Sent on at once.
_PIECE = 256 << 10


@dataclass(frozen=True, slots=True)
class Packet:
    """A message, of as many frames as it takes."""

    number: int
    """Of its last frame."""
    body: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What the server said to one statement."""

    status: int | None
    """Flags as it left them; None: an error tells none."""
    rows: bool = False
    error: tuple[str, str] | None = None
    """Words and number."""
    prepared: int | None = None
    parameters: int = 0


class Packets:
    """One side of a connection."""

    def __init__(self, handle: socket.socket) -> None:
        self._handle = handle
        self._buffer = bytearray()

    def read(self) -> Packet:
        """The next message. Raises BrokenError at the end, and for one that is too long."""
        body, raw = b"", b""
        while True:
            head = self._take(4)
            size, number = int.from_bytes(head[:3], "little"), head[3]
            if len(body) + size > _MESSAGE_BYTES:
                raise BrokenError
            part = self._take(size)
            if size < _WHOLE and not raw:
                return Packet(number, part, head + part)
            body, raw = body + part, raw + head + part
            if size < _WHOLE:
                return Packet(number, body, raw)

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            got = self._handle.recv(1 << 16)
            if not got:
                raise BrokenError
            self._buffer += got
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def framed(body: bytes, number: int) -> bytes:
    """One message, on the wire."""
    if len(body) >= _WHOLE:
        raise BrokenError
    return len(body).to_bytes(3, "little") + bytes([number & 0xFF]) + body


def refusal(words: str, code: int, state: str, number: int) -> bytes:
    """An error as the server would say it."""
    return framed(b"\xff" + struct.pack("<H", code) + b"#" + state.encode() + words.encode(), number)


def length(body: bytes, at: int) -> tuple[int, int]:
    """A length-encoded number, and where it ends."""
    first = body[at]
    if first < 0xFB:
        return first, at + 1
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if width is None or at + 1 + width > len(body):
        raise BrokenError
    return int.from_bytes(body[at + 1 : at + 1 + width], "little"), at + 1 + width


def answer(server: Packets, command: int, send: Callable[[bytes], None]) -> list[Result]:
    """Reads what the server says to a command, to its end, and sends it on. One result a statement, or more (CALL)."""
    held = bytearray()
    within = [False]
    """Among columns and rows."""

    def take() -> bytes:
        packet = server.read()
        if packet.body[:1] == bytes([_FILE]) and not within[0]:
            raise BrokenError  # it asks for a file of the client's
        held.extend(packet.raw)
        if len(held) > _PIECE:
            send(bytes(held))
            held.clear()
        return packet.body

    found: list[Result] = []
    while True:
        found.append(_result(take, command, within))
        last = found[-1]
        if last.status is None or not last.status & _MORE or command not in (QUERY, EXECUTE):
            send(bytes(held))
            return found


def _result(take: Callable[[], bytes], command: int, within: list[bool]) -> Result:
    within[0] = command in (STATISTICS, FETCH, FIELD_LIST)
    first = take()
    if _is(first, _ERROR):
        return Result(None, error=_words(first))
    if command in (FETCH, FIELD_LIST):
        return _rows(take, first)
    if command == STATISTICS:
        return Result(None)
    if command == PREPARE:
        number, columns, parameters = struct.unpack_from("<IHH", first, 1)
        within[0] = True
        for count in (parameters, columns):
            for _ in range(count + 1 if count else 0):
                take()
        return Result(None, prepared=number, parameters=parameters)
    if _is(first, _OK):
        _, at = length(first, 1)
        _, at = length(first, at)
        return Result(struct.unpack_from("<H", first, at)[0])
    if _is_end(first):
        return Result(_status(first))
    within[0] = True
    for _ in range(length(first, 0)[0]):
        take()
    status = _status(take())
    if status & _CURSOR:  # rows come when they are asked for
        return Result(status, rows=True)
    return _rows(take, take())


def _rows(take: Callable[[], bytes], body: bytes) -> Result:
    while not _is_end(body):
        if _is(body, _ERROR):
            return Result(None, rows=True, error=_words(body))
        body = take()
    return Result(_status(body), rows=True)


def _is(body: bytes, what: int) -> bool:
    return body[:1] == bytes([what])


def _is_end(body: bytes) -> bool:
    return _is(body, _EOF) and len(body) < 9


def _status(body: bytes) -> int:
    return int(struct.unpack_from("<H", body, 3)[0])


def _words(body: bytes) -> tuple[str, str]:
    code = struct.unpack_from("<H", body, 1)[0]
    words = body[9:] if body[3:4] == b"#" else body[3:]
    return " ".join(words.decode("utf-8", "replace").split())[:400], str(code)
