"""The way from the sandbox to a throwaway PostgreSQL.

The server trusts everybody who reaches its socket, the superuser too; so the account and the database are written here,
whatever the tool asked for, and a tool that asks for another database is told so.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from advisor.dryrun.capture.postgresql_wire import Conversation
from advisor.dryrun.capture.relay import BrokenError, Relay

USER, DATABASE = "advisor_owner", "shadow"
_SSL, _GSSENC, _CANCEL = 80877103, 80877104, 80877102
_EXTENSION = re.compile(
    rb'(?:/\*[^*]{0,2000}\*/|\s){0,99}CREATE\s{1,9}EXTENSION\s{1,9}(?:IF\s{1,9}NOT\s{1,9}EXISTS\s{1,9})?"?([\w-]{1,63})"?'
    rb"[^;']{0,200};?\s{0,99}\Z",
    re.IGNORECASE,
)
_STARTUP_BYTES = 10_000
_MESSAGE_BYTES = 64 << 20
_OPTIONS = "-c statement_timeout=60s -c local_preload_libraries= -c default_transaction_read_only=off"


class PostgresqlRelay(Relay):
    """A door to a throwaway PostgreSQL."""

    def __init__(self, directory: Path) -> None:
        """``directory`` holds the server's socket."""
        super().__init__()
        self.extensions: frozenset[str] = frozenset()
        """That the copy has; making one again does nothing."""
        self._address = str(directory / ".s.PGSQL.5432")

    def _connection(self, client: socket.socket, number: int) -> None:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with server, self._held(server):
            first = self._startup(client)
            if first is None:
                return
            server.connect(self._address)
            server.sendall(first)
            conversation = Conversation(number, self._tell, lambda: self.section)
            lock = threading.Lock()
            other = threading.Thread(target=_answers, args=(server, client, conversation, lock), daemon=True)
            other.start()
            _requests(client, server, conversation, lock, self.extensions)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            other.join(10)

    def _startup(self, client: socket.socket) -> bytes | None:
        """The first message as we send it on; None where the connection ends here."""
        for _ in range(4):
            size, code = struct.unpack("!II", _exactly(client, 8))
            if code in (_SSL, _GSSENC):
                client.sendall(b"N")
                continue
            if code == _CANCEL or code >> 16 != 3 or not 8 <= size <= _STARTUP_BYTES:
                return None
            fields = _exactly(client, size - 8).split(b"\0")
            given = dict(zip(fields[::2], fields[1::2], strict=False))
            user = given.pop(b"user", b"").decode("utf-8", "replace")
            database = given.pop(b"database", user.encode()).decode("utf-8", "replace")
            if (user, database) != (USER, DATABASE):
                self._refuse(f"{user}@{database}")
                words = f'database "{database[:63]}" (user "{user[:63]}") is not here: only that of DATABASE_URL is'
                client.sendall(_refusal(words))
                return None
            given.pop(b"replication", None)
            given.pop(b"", None)
            options = b" ".join([given.pop(b"options", b""), _OPTIONS.encode()])
            asked = {b"user": USER.encode(), b"database": DATABASE.encode(), b"options": options, **given}
            body = b"".join(name + b"\0" + value + b"\0" for name, value in asked.items()) + b"\0"
            return struct.pack("!II", len(body) + 8, code) + body
        return None


def _requests(
    client: socket.socket,
    server: socket.socket,
    conversation: Conversation,
    lock: threading.Lock,
    extensions: frozenset[str],
) -> None:
    for kind, body in _messages(client):
        with lock:
            # Before it goes on: its answer must find it.
            try:
                conversation.sent(kind, body)
            except (struct.error, ValueError, IndexError):
                raise BrokenError from None
        sent = _without_extension(kind, body, extensions)
        server.sendall(kind + struct.pack("!I", len(sent) + 4) + sent)


def _without_extension(kind: bytes, body: bytes, extensions: frozenset[str]) -> bytes:
    """A message that makes an extension does nothing: the owner may make none, and those that he may have are there."""
    if kind not in (b"Q", b"P"):
        return body
    name, sql, rest = (b"", *body.split(b"\0", 1)) if kind == b"Q" else body.split(b"\0", 2)
    made = _EXTENSION.match(sql)
    if made is None or made[1].decode("ascii").lower() not in extensions:
        return body
    return (name + b"\0" if kind == b"P" else b"") + b"DO 'BEGIN END'\0" + rest


def _answers(server: socket.socket, client: socket.socket, conversation: Conversation, lock: threading.Lock) -> None:
    with contextlib.suppress(OSError, BrokenError):
        for kind, body in _messages(server):
            with lock, contextlib.suppress(struct.error, ValueError, IndexError):
                conversation.answered(kind, body)
            client.sendall(kind + struct.pack("!I", len(body) + 4) + body)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Typed messages until the end. Raises BrokenError for one that is too long."""
    buffer = bytearray()
    while True:
        at = 0
        while len(buffer) - at >= 5:
            size = struct.unpack_from("!I", buffer, at + 1)[0]
            if not 4 <= size <= _MESSAGE_BYTES:
                raise BrokenError
            if len(buffer) - at <= size:
                break
            yield bytes(buffer[at : at + 1]), bytes(buffer[at + 5 : at + 1 + size])
            at += size + 1
        del buffer[:at]
        got = source.recv(1 << 16)
        if not got:
            return
        buffer += got


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        got = source.recv(size - len(data))
        if not got:
            raise BrokenError
        data += got
    return data


def _refusal(words: str) -> bytes:
    fields = {"S": "FATAL", "V": "FATAL", "C": "3D000", "M": words}
    body = b"".join(f"{name}{value}".encode() + b"\0" for name, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body
