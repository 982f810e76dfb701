"""The way from the sandbox to a throwaway MariaDB.

Who comes is logged in here, as the server's unprivileged owner, whatever password the tool has; the server's accounts
and its socket are not in the sandbox. What a connection may ask for is written here too: no TLS, no compression, no
files of the client's (LOCAL INFILE), no forms of commands that are not read.
"""

from __future__ import annotations

import re
import secrets
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from advisor.dryrun.capture import mysql_packets as wire
from advisor.dryrun.capture.mysql_packets import Packets, framed, refusal
from advisor.dryrun.capture.mysql_wire import Conversation
from advisor.dryrun.capture.relay import BrokenError, Relay
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    import pymysql

USER = "advisor_owner"
_NATIVE, _CACHING = "mysql_native_password", "caching_sha2_password"
#: Capabilities that are offered (mysql_com.h): LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB, NO_SCHEMA, ODBC,
#: IGNORE_SPACE, PROTOCOL_41, INTERACTIVE, TRANSACTIONS, SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS,
#: PS_MULTI_RESULTS, PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC.
_OFFERED = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x8000 | 0x70000 | 0x380000
_WITH_DATABASE, _PROTOCOL_41, _SECURE, _PLUGIN, _LENENC = 0x8, 0x200, 0x8000, 0x80000, 0x200000
#: Of the client's: those that change what statements do.
_CARRIED = 0x2 | 0x100 | 0x400 | 0x10000 | 0x40000
_UTF8MB4 = 45
_LOGIN_BYTES = 10_000
#: MySQL 8's own collations, which MariaDB has under no such name (some since 11.4).
_COLLATIONS = re.compile(rb"\butf8mb4_0900_(?:ai_ci|as_ci|as_cs|bin)\b", re.IGNORECASE)

Connect = Callable[[int, str, str | None], "pymysql.Connection[Any]"]
"""Capabilities, character set, database: a session of the owner. Raises PlannerError."""


class MariadbRelay(Relay):
    """A door to a throwaway MariaDB."""

    def __init__(self, connect: Connect, *, version: str, databases: frozenset[str], database: str) -> None:
        """``databases`` may be asked for; ``database`` is that which migrations run in."""
        super().__init__()
        self._connect = connect
        self._version = version
        self._databases = databases
        self._database = database
        self.stand_in = False
        """For MySQL, whose names of collations are understood then."""
        self.replaced = False
        """Such names came."""

    def _connection(self, client: socket.socket, number: int) -> None:
        packets = Packets(client)
        client.settimeout(60)
        client.sendall(framed(self._greeting(number), 0))
        told = self._login(client, packets)
        if told is None:
            return
        flags, charset, database, at = told
        try:
            connection = self._connect(flags & _CARRIED, charset, database)
        except PlannerError as error:
            client.sendall(refusal(str(error), 1040, "08004", at))
            return
        handle: socket.socket = connection._sock  # type: ignore[attr-defined]
        try:
            with self._held(handle):
                client.settimeout(None)
                handle.settimeout(None)
                client.sendall(framed(b"\0\0\0" + struct.pack("<HH", wire.AUTOCOMMIT, 0), at))
                here = database or ""
                conversation = Conversation(number, self._tell, lambda: self.section, self._database, here)
                self._talk(client, packets, handle, conversation)
        finally:
            connection._force_close()  # type: ignore[attr-defined]

    def _greeting(self, number: int) -> bytes:
        salt = bytes(secrets.choice(range(33, 127)) for _ in range(20))
        return (
            b"\x0a" + self._version.encode("ascii", "replace") + b"\0" + struct.pack("<I", number) + salt[:8] + b"\0"
            + struct.pack("<HBHHB", _OFFERED & 0xFFFF, _UTF8MB4, wire.AUTOCOMMIT, _OFFERED >> 16, 21)
            + bytes(10) + salt[8:] + b"\0" + _NATIVE.encode() + b"\0"
        )  # fmt: skip

    def _login(self, client: socket.socket, packets: Packets) -> tuple[int, str, str | None, int] | None:
        """Capabilities, character set, database, number of the next message; None where it ends here."""
        packet = packets.read()
        body = packet.body
        flags = struct.unpack_from("<I", body)[0]
        if len(body) > _LOGIN_BYTES or ~flags & (_PROTOCOL_41 | _SECURE):
            raise BrokenError
        flags &= _OFFERED
        user, rest = body[32:].split(b"\0", 1)
        size, at = wire.length(rest, 0) if flags & _LENENC else (rest[0], 1)
        password, rest = rest[at : at + size], rest[at + size :]
        database = b""
        if flags & _WITH_DATABASE:
            database, _, rest = rest.partition(b"\0")
        plugin = rest.partition(b"\0")[0].decode("utf-8", "replace") if flags & _PLUGIN else _NATIVE
        number = packet.number + 1
        if plugin == _CACHING and password not in (b"", b"\0"):
            client.sendall(framed(b"\x01\x03", number))  # it has been asked for already: nothing is checked
            number += 1
        elif plugin not in (_NATIVE, _CACHING):
            client.sendall(framed(b"\xfe" + _NATIVE.encode() + b"\0" + secrets.token_hex(10).encode() + b"\0", number))
            number = packets.read().number + 1
        asked, name = user.decode("utf-8", "replace"), database.decode("utf-8", "replace")
        if asked != USER or (name and name not in self._databases):
            self._refuse(f"{asked}@{name}")
            words = f'database "{name[:63]}" (user "{asked[:63]}") is not here: only that of DATABASE_URL is'
            client.sendall(refusal(words, 1045, "28000", number))
            return None
        return flags, _charset(body[8]), name or None, number

    def _talk(self, client: socket.socket, packets: Packets, handle: socket.socket, conversation: Conversation) -> None:
        """One command after the other, each with its answer. What a client sends before that waits."""
        server = Packets(handle)
        while True:
            packet = packets.read()
            body = packet.body
            command = body[0] if body else -1
            raw = packet.raw
            if command == wire.CHANGE_USER:  # as drivers clear a session: it stays the owner's
                body = bytes([wire.RESET_CONNECTION])
                raw, command = framed(body, 0), wire.RESET_CONNECTION
            if command not in wire.PASSED:
                client.sendall(refusal("this command does not pass here", 1047, "08S01", packet.number + 1))
                continue
            conversation.begun()
            handle.sendall(self._stood_in(command, body, raw))
            if command == wire.QUIT:
                return
            if command in wire.SILENT:
                conversation.noted(body)
                continue
            conversation.answered(body, wire.answer(server, command, client.sendall))

    def _stood_in(self, command: int, body: bytes, raw: bytes) -> bytes:
        """With collations that MariaDB has in the place of MySQL's own."""
        if not self.stand_in or command not in (wire.QUERY, wire.PREPARE) or not _COLLATIONS.search(body):
            return raw
        self.replaced = True
        return framed(_COLLATIONS.sub(b"utf8mb4_unicode_520_ci", body), 0)


def _charset(number: int) -> str:
    from pymysql.charset import charset_by_id

    try:
        name = str(charset_by_id(number).name)  # type: ignore[attr-defined]
    except KeyError:
        return "utf8mb4"
    return "utf8mb4" if name in ("binary", "utf8") else name
