"""A stranger's tool, run where it finds nothing but its own files and the throwaway database.

It has a network of its own with nothing in it but our `Door`s, a file system with the programs and the project, a
process space, an empty home, an environment that we write. `isolation` makes it, and says how. Where the system does
not allow that, `RefusedError` is raised, unless the caller said ``unsafe``: then the tool runs with what is left
(account and files are the caller's own), and a notice says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from advisor.planners.errors import PlannerError

#: In the sandbox's own network; not PostgreSQL's port, so that an address written into a project leads nowhere.
FIRST_PORT = 54320
_READY_SECONDS = 60.0
_PACKAGES = Path(__file__).parents[3]
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from advisor.dryrun.capture.isolation import main
main(int(sys.argv[2]))
"""
_OUTPUT_BYTES = 4 << 20
_TAIL_BYTES = 64 << 10
#: Lines below an error of Node's, and the error's own.
_STACK = re.compile(r"at \S|Node\.js v\d|[}\])^]")
_NAMED = re.compile(r"(?:Uncaught |\[)?(?:\w*Error|error|Migration \S* failed)\b.{0,40}: \S")
#: Of each process of the tool, but RLIMIT_NPROC, which counts the account's.
_LIMITS = {
    # Of memory that is used; Node sets ten gigabytes of addresses aside for each WebAssembly, and drivers load some.
    "RLIMIT_DATA": 8 << 30,
    "RLIMIT_AS": 64 << 30,
    "RLIMIT_CORE": 0,
    "RLIMIT_FSIZE": 256 << 20,
    "RLIMIT_NOFILE": 1024,
    "RLIMIT_NPROC": 512,
    "RLIMIT_MEMLOCK": 1 << 20,
}
_HISTORIES = (".git", ".hg", ".svn")
#: Of a home: programs and much else. Folders below them may be shown.
_SHARED = (".local", ".local/share", ".cargo", ".cache", ".npm", ".gem", "go")
#: Of a home: never.
_KEYS = (".ssh", ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube", ".password-store", ".local/share/keyrings")


class RefusedError(PlannerError):
    """The sandbox cannot be had here."""


class Door(Protocol):
    """What a tool may talk to."""

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A tool that ended."""

    code: int
    """Of a signal: 128 and its number."""
    output: str
    """The end of what it printed, both streams."""
    stopped: str | None = None
    """Why we ended it: it took too long, it printed too much."""
    notices: tuple[str, ...] = ()

    def said(self) -> str:
        """The last line that it printed, as the reason of a failure; of Node's the one before the stack."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        if lines and _STACK.match(lines[-1]):
            lines = [line for line in lines if _NAMED.match(line)][-1:] or lines
        return " ".join(lines[-1].split())[:400] if lines else f"it ended with code {self.code} and said nothing"


@dataclass(frozen=True, slots=True)
class Task:
    """What to run, and what it may see."""

    argv: Sequence[str]
    directory: Path
    """Where it starts."""
    project: Path | None = None
    """Its files: the checkout."""
    visible: Sequence[Path] = ()
    """Programs and libraries beside the system's."""
    environment: Callable[[tuple[int, ...]], Mapping[str, str]] = field(default=lambda ports: {})
    """What it needs beside `basics`, from the ports of the doors."""
    path: Sequence[Path] = ()
    """Directories of programs, before the system's."""
    doors: Sequence[Door] = ()
    sockets: Mapping[str, Door] = field(default_factory=dict)
    """Doors that are Unix sockets too, in the sandbox alone, by the variable of the environment that says where."""
    seconds: float = 600.0


def run(task: Task, *, unsafe: bool = False) -> Ended:
    """Run it to its end. Nothing of it is left afterwards.

    Raises RefusedError where it cannot be shut in and ``unsafe`` is not set.
    """
    try:
        return _Run(task, isolated=True).run()
    except RefusedError as error:
        if not unsafe:
            raise RefusedError(
                f"the tool's code cannot be shut in: {error}; run it where it can (an ordinary account with user "
                "namespaces, or root with CAP_SYS_ADMIN), or trust the code with --unsafe-execute"
            ) from None
        ended = _Run(task, isolated=False).run()
        notice = f"--unsafe-execute: the tool ran with this account's own files and network ({error})"
        return Ended(ended.code, ended.output, ended.stopped, (notice, *ended.notices))


def basics(home: str, temporary: str, path: Sequence[Path]) -> dict[str, str]:
    """The environment of every tool: nothing of the caller's."""
    programs = [*map(str, path), "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return {
        "PATH": ":".join(programs),
        "HOME": home,
        "TMPDIR": temporary,
        "USER": "sandbox",
        "LOGNAME": "sandbox",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


class _Run:
    """One attempt."""

    def __init__(self, task: Task, *, isolated: bool) -> None:
        self._task = task
        self._isolated = isolated
        self._listeners: list[socket.socket] = []
        self._scratch: str | None = None

    def run(self) -> Ended:
        ours, theirs = socket.socketpair()
        try:
            wanted = self._wanted()
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_PACKAGES), str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    cwd="/",
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                    start_new_session=True,
                )
            try:
                ours.sendall(json.dumps(wanted).encode() + b"\n")
                self._await(ours, process)
                doors = [*self._task.doors, *(self._task.sockets.values() if self._isolated else ())]
                for door, listener in zip(doors, self._listeners, strict=True):
                    threading.Thread(target=door.serve, args=(listener,), daemon=True).start()
                return self._collect(process)
            finally:
                ours.close()  # which ends whatever still runs in there
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGCONT)  # it may have been stopped
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdout is not None:
                    process.stdout.close()
        finally:
            ours.close()
            for listener in self._listeners:
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            if self._scratch is not None:
                shutil.rmtree(self._scratch, ignore_errors=True)

    def _wanted(self) -> dict[str, object]:
        task = self._task
        if self._isolated:
            ports = tuple(FIRST_PORT + number for number in range(len(task.doors)))
            home, temporary = "/tmp/home", "/tmp"  # noqa: S108 - the sandbox's own
            sockets = {name: f"{temporary}/{name.lower()}.sock" for name in task.sockets}
        else:
            self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in task.doors]
            ports = tuple(listener.getsockname()[1] for listener in self._listeners)
            home = temporary = self._scratch = tempfile.mkdtemp(prefix="advisor-tool-")
            sockets = {}
        project = None if task.project is None else task.project.resolve()
        hidden = [] if project is None else _version_control(project)
        return {
            "isolated": self._isolated,
            "argv": list(task.argv),
            "directory": str(task.directory.resolve()),
            "project": None if project is None else str(project),
            "visible": _once([*task.visible]),
            "hidden": hidden,
            "ports": ports,
            "sockets": list(sockets.values()),
            "scratch": self._scratch,
            "environment": {**basics(home, temporary, task.path), **task.environment(ports), **sockets},
            "limits": _LIMITS,
        }

    def _await(self, link: socket.socket, process: subprocess.Popen[bytes]) -> None:
        """The sandbox stands, and its network's sockets are ours. Raises RefusedError."""
        link.settimeout(_READY_SECONDS)
        try:
            data, handles, _, _ = socket.recv_fds(link, 1 << 16, len(self._task.doors) + len(self._task.sockets) or 1)
        except (TimeoutError, ConnectionError):
            data, handles = b"", []
        self._listeners += [socket.socket(fileno=handle) for handle in handles]
        try:
            told = json.loads(data)
        except ValueError:
            process.kill()
            said = process.communicate()[0].decode("utf-8", "replace").strip().splitlines()
            raise RefusedError(f"its first process failed ({said[-1][:200] if said else 'it said nothing'})") from None
        if "refused" in told:
            raise RefusedError(str(told["refused"]))

    def _collect(self, process: subprocess.Popen[bytes]) -> Ended:
        """What it prints, until it ends or may not go on."""
        pipe = process.stdout
        if pipe is None:
            raise RefusedError("no pipe")
        deadline = time.monotonic() + self._task.seconds
        kept, size, stopped = bytearray(), 0, None
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while stopped is None:
                if selector.select(0.2):
                    got = os.read(pipe.fileno(), 1 << 16)
                    if not got:
                        break
                    kept += got
                    size += len(got)
                    del kept[:-_TAIL_BYTES]
                    if size > _OUTPUT_BYTES:
                        stopped = f"it printed more than {_OUTPUT_BYTES >> 20} MB"
                elif process.poll() is not None:
                    break
                if time.monotonic() > deadline:
                    stopped = f"it did not end within {self._task.seconds:.0f} s"
        output = kept.decode("utf-8", "replace")
        if stopped is not None:
            return Ended(128 + signal.SIGKILL, output, stopped)
        try:
            code = process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            return Ended(128 + signal.SIGKILL, output, f"it did not end within {self._task.seconds:.0f} s")
        return Ended(code, output)


def _version_control(project: Path) -> list[str]:
    """Its folders, those of checkouts within a checkout too: their settings may hold a token."""
    found = []
    for at, directories, files in os.walk(project):
        found += [str(Path(at, name)) for name in _HISTORIES if name in directories or name in files]
        directories[:] = [name for name in directories if name not in _HISTORIES and name != "node_modules"]
    return found


def _once(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(resolved path, where it is shown), those above others first; no home directory and not the whole machine."""
    found: set[tuple[str, str]] = set()
    for path in paths:
        real = path.resolve()
        if real.exists() and not too_much(real):
            found |= {(str(real), str(real)), (str(real), os.path.abspath(path))}  # noqa: PTH100 - links stay as they are
    return sorted(found, key=lambda pair: (pair[1].count("/"), pair))


def too_much(path: Path) -> bool:
    """A directory that holds more than programs or one project, or keys."""
    home = Path.home().resolve()
    whole = {home, *map(Path, ("/", "/home", "/root", "/tmp", "/var", "/run", "/etc", "/usr"))}  # noqa: S108
    if path in whole or path in {home / name for name in _SHARED}:
        return True
    return any(path.is_relative_to(Path(top, name)) for top in (home, "/etc", "/root") for name in _KEYS)
