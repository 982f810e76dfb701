"""The only way from the sandbox to a throwaway server: who comes through it is its unprivileged owner, and is seen."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator

from advisor.dryrun.capture.seen import Seen

#: Of statements that are kept; a history's are some MB.
_KEPT_BYTES = 128 << 20
_CONNECTIONS = 12
_REFUSED = 20
"""Kept of what was asked for in vain."""


class BrokenError(Exception):
    """A connection that ends here."""


class Relay(ABC):
    """A door to one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = 0
        self._count = 0
        self._open: set[socket.socket] = set()
        self._working: list[threading.Thread] = []
        self.seen: list[Seen] = []
        """In the order of their ends."""
        self.section = ""
        """Which the next statements belong to."""
        self.overflow = False
        """There were more than are kept."""
        self.refused: list[str] = []
        """Databases that were asked for and are not here."""

    @abstractmethod
    def _connection(self, client: socket.socket, number: int) -> None:
        """One connection to its end. OSError, ValueError, struct.error and BrokenError end it too."""

    def serve(self, listener: socket.socket) -> None:
        """A thread for each connection, until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if client.family != socket.AF_UNIX:
                # Answers are many small messages: each would wait for the one before it to be confirmed.
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._count += 1
                number = self._count
                full = len(self._open) >= 2 * _CONNECTIONS
            if full:
                client.close()
                continue
            thread = threading.Thread(target=self._served, args=(client, number), daemon=True)
            self._working.append(thread)
            thread.start()

    def close(self) -> None:
        """Ends what is open; what was answered is seen by then."""
        with self._lock:
            for handle in self._open:
                with contextlib.suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)
        for thread in self._working:
            thread.join(10)

    def _served(self, client: socket.socket, number: int) -> None:
        with client, self._held(client), contextlib.suppress(OSError, ValueError, struct.error, BrokenError):
            self._connection(client, number)

    @contextlib.contextmanager
    def _held(self, handle: socket.socket) -> Iterator[None]:
        """While it is open `close` ends it."""
        with self._lock:
            self._open.add(handle)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(handle)

    def _tell(self, seen: Seen) -> None:
        with self._lock:
            self._kept += len(seen.sql) + sum(len(one.value or b"") for one in seen.parameters) + 200
            if self._kept > _KEPT_BYTES:
                self.overflow = True
            else:
                self.seen.append(seen)

    def _refuse(self, what: str) -> None:
        """Somebody asked for what is not here."""
        with self._lock:
            if len(self.refused) < _REFUSED:
                self.refused.append(what[:200])
