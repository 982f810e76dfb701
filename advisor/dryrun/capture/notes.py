"""The second door: what the programs in `inside` say of their work. A line of JSON each, answered when it was heard."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

_LINE_BYTES = 16 << 20
_KEPT_BYTES = 256 << 20
#: What a note takes beside its text.
_EACH_BYTES = 500


class Notes:
    """Heard in order. What says it is a stranger's process: nothing of it is more than text to print."""

    def __init__(self, hear: Callable[[dict[str, Any]], Any] | None = None) -> None:
        """``hear`` gets each note and gives its answer."""
        self._hear = hear
        self._size = 0
        self.told: list[dict[str, Any]] = []

    def serve(self, listener: socket.socket) -> None:
        """One connection after the other, until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._listen, args=(client,), daemon=True).start()

    def _listen(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, RecursionError), client, client.makefile("rb") as lines:
            while line := lines.readline(_LINE_BYTES):
                self._size += len(line) + _EACH_BYTES
                told = json.loads(line)
                if self._size > _KEPT_BYTES or not isinstance(told, dict):
                    return
                self.told.append(told)
                answer = None if self._hear is None else self._hear(told)
                client.sendall(json.dumps(answer).encode() + b"\n")
