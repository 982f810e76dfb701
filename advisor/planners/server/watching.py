"""Our end of the pipe to the watcher that runs a throwaway server's programs (`watcher` is the other end)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advisor.planners.errors import PlannerError
from advisor.planners.server import directory, watcher
from advisor.planners.server.account import Account

_STOPPING_SECONDS = 60.0


class Watcher:
    """The process that runs a cluster's programs and outlives us just long enough to clear up."""

    def __init__(self, held: directory.Directory, account: Account) -> None:
        self.account = account
        self.lock = threading.Lock()
        self.number = 0
        command = [sys.executable, "-I", "-S", watcher.__file__, str(held.path), str(account.uid), str(account.gid)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        # Also at the interpreter's end, and when a cluster is forgotten.
        self.close = weakref.finalize(self, _end, self.process, held, account.uid, os.getpid())

    def run(
        self, command: Sequence[str], *, environment: Mapping[str, str], log: Path, limits: Mapping[str, int]
    ) -> int:
        """Starts a program as the account, in the directory's ``server``; the number to ask for it by.

        ``limits`` are those of the module `resource`, for it and each of its children. Output is added to ``log``.
        Raises PlannerError where the watcher is gone.
        """
        answer = self._ask(
            {
                "run": [*self.account.prefix, *command],
                "environment": dict(environment),
                "log": str(log),
                "limits": dict(limits),
            }
        )
        if "pid" not in answer:
            raise PlannerError(f"{command[0]} cannot be started: {answer.get('error')}")
        return int(answer["pid"])

    def status(self, pid: int) -> int | None:
        """Exit code of a program; None while it runs."""
        answer = self._ask({"pid": pid})
        return -1 if "error" in answer else answer["status"]

    def stop(self, pid: int, name: str) -> None:
        """Sends a program a signal, by its name, and waits until it has ended. Raises PlannerError when it does not."""
        self._ask({"pid": pid, "signal": int(signal.Signals[name])})
        deadline = time.monotonic() + _STOPPING_SECONDS
        while self.status(pid) is None:
            if time.monotonic() > deadline:
                raise PlannerError(f"the shadow's server did not stop within {_STOPPING_SECONDS:.0f} s")
            time.sleep(0.005)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        sending, receiving = self.process.stdin, self.process.stdout
        assert sending is not None and receiving is not None  # noqa: PT018
        with self.lock:
            self.number += 1
            try:
                print(json.dumps({**request, "number": self.number}), file=sending, flush=True)
                # An answer that an interrupt kept from being read is passed over.
                for line in receiving:
                    answer: dict[str, Any] = json.loads(line)
                    if answer.get("number") == self.number:
                        return answer
            except (OSError, ValueError):
                pass
        raise PlannerError("the shadow's watcher has ended: another program killed it, or the shadow was closed")


def _end(process: subprocess.Popen[str], held: directory.Directory, uid: int, maker: int) -> None:
    """The watcher sees its pipe end and clears up; where it cannot (it was killed), we do."""
    if os.getpid() != maker:
        return  # a fork of ours: the shadow is its parent's
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if held.path.exists():
        watcher.end(str(held.path), uid)
    held.release()
