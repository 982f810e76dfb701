"""Runs a shadow's server programs, and ends them and their directory when the process that wanted them is gone.

A child of ours in a session of its own: ``python -I -S watcher.py DIRECTORY UID GID``. It reads one JSON request a line
from a pipe that only our process holds, so the kernel itself tells it of our end, whatever that was (return, exception,
SIGKILL): end of file. It then stops the server at once and removes the directory. Why so and not otherwise:

* PR_SET_PDEATHSIG alone ends the server when the *thread* that started it ends, and removes nothing. The watcher has
  one thread, so here it serves as the second line: when the watcher is killed, its children get SIGQUIT.
* A shell as watcher cannot set that, nor limits and namespaces that hold for the server's children.
* Exit handlers do not run after SIGKILL.

What a machine that loses both (power, container stop) leaves is swept by `directory.sweep` at the next start.
Only the standard library: the file runs alone as a script.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVER = "server"
"""Below the directory: what belongs to the server's account. Its processes work in there."""
_PROGRAMS = {"postgres", "initdb", "postmaster", "mariadbd", "mysqld"}
_STOPPING_SECONDS = 5.0
_REMOVING_SECONDS = 20.0
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _CLONE_NEWNET = 1, 38, 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def serve(directory: str, uid: int, gid: int) -> None:
    """Answers requests until their pipe ends, then ends everything."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    libc = _libc()
    running: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _answer(request, directory, uid, gid, running, libc)
        except OSError as error:
            answer = {"error": str(error)}
        answer["number"] = request["number"]
        try:
            print(json.dumps(answer), flush=True)
        except OSError:
            break
    _stop(running)
    end(directory, uid)


def _answer(
    request: dict[str, Any], directory: str, uid: int, gid: int, running: set[int], libc: Any
) -> dict[str, Any]:
    if "run" in request:
        pid = os.fork()
        if pid == 0:
            try:
                _become(request, directory, uid, gid, libc)
            finally:
                os._exit(127)
        running.add(pid)
        return {"pid": pid}
    pid = request["pid"]
    if pid not in running:
        return {"error": f"no process {pid}"}
    if "signal" in request:
        os.kill(pid, request["signal"])
        return {}
    # A child that was not waited for keeps its number: no other process is ever mistaken for it.
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return {"status": None}
    running.discard(pid)
    return {"status": os.waitstatus_to_exitcode(status)}


def _become(request: dict[str, Any], directory: str, uid: int, gid: int, libc: Any) -> None:
    """In the new process: everything given up that the program does not need, then the program."""
    os.umask(0o077)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    for name, value in request["limits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (least, least))
    # When memory runs out, it is the server that goes, not the user's other programs.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")
    parent = os.getppid()
    # Where it is refused, the server still listens on no network.
    if libc is not None and os.geteuid() == 0 and libc.unshare(_CLONE_NEWNET) == 0:
        _loop_back()
    if os.geteuid() == 0 and uid != 0:
        os.fchown(log, uid, gid)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc is not None:
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)  # after setuid, which would clear it
        if os.getppid() != parent:
            os._exit(126)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(Path(directory, SERVER))
    os.execve(request["run"][0], request["run"], request["environment"])  # noqa: S606 - a shell is what we avoid


def _loop_back() -> None:
    """Makes the empty network's own loopback work: PostgreSQL 14 counts scans by sending itself packets."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _libc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        return ctypes.CDLL(None)
    except (ImportError, OSError):
        return None


def _stop(running: set[int]) -> None:
    """Our own children: an immediate shutdown, then SIGKILL."""
    for number, seconds in ((signal.SIGQUIT, _STOPPING_SECONDS), (signal.SIGKILL, _STOPPING_SECONDS)):
        for pid in running:
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while running and time.monotonic() < deadline:
            for pid in list(running):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    running.discard(pid)
            time.sleep(0.01)


def end(directory: str, uid: int) -> bool:
    """Ends the processes of a directory that nobody holds any more and removes it; whether it is gone.

    A process is taken for the directory's only when it works in it, is a PostgreSQL program and runs as ``uid``:
    numbers in files may be stale, or lies.
    """
    deadline = time.monotonic() + _REMOVING_SECONDS
    number: int = signal.SIGQUIT
    segment = _segment(directory)
    while True:
        found = processes(directory, uid)
        for pid in found:
            _signal(pid, number, lambda pid=pid: _belongs(pid, directory, uid))  # type: ignore[misc]
        if not found:
            if segment is not None:
                _free(segment, uid)
                segment = None
            shutil.rmtree(directory, ignore_errors=True)
            if not os.path.lexists(directory):
                return True
        if time.monotonic() > deadline:
            return False
        if time.monotonic() > deadline - _REMOVING_SECONDS + _STOPPING_SECONDS:
            number = signal.SIGKILL
        time.sleep(0.02)


def processes(directory: str, uid: int) -> list[int]:
    """PostgreSQL processes that work in a directory, as an account."""
    if Path("/proc/self").is_dir():
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    else:
        numbers = _postmaster(directory)[:1]
    return [pid for pid in numbers if pid != os.getpid() and _belongs(pid, directory, uid)]


def _belongs(pid: int, directory: str, uid: int) -> bool:
    work = Path(directory).resolve() / SERVER
    if not Path("/proc/self").is_dir():
        command = ["ps", "-p", str(pid), "-o", "uid=,command="]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(None, 1)
        return len(said) == 2 and said[0] == str(uid) and f"-D {work}/data" in said[1]
    try:
        # Of a directory that was removed the kernel appends " (deleted)" to the name.
        at, program = (
            Path(str(Path(f"/proc/{pid}/{name}").readlink()).removesuffix(" (deleted)")) for name in ("cwd", "exe")
        )
        owner = Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return False
    return owner == uid and at.is_relative_to(work) and program.name in _PROGRAMS


def _signal(pid: int, number: int, still: Callable[[], bool]) -> None:
    with contextlib.suppress(OSError):
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)
        try:
            if still():  # the number cannot have been given to another process from here on
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def _postmaster(directory: str) -> list[int]:
    """Number of the server's first process and of its shared memory segment, as it noted them down."""
    try:
        with Path(directory, SERVER, "data", "postmaster.pid").open(encoding="utf-8") as file:
            lines = file.read(10_000).splitlines()
        return [int(lines[0]), int(lines[6].split()[1])]
    except (OSError, ValueError, IndexError):
        return []


def _segment(directory: str) -> tuple[int, int] | None:
    noted = _postmaster(directory)
    return (noted[1], noted[0]) if len(noted) == 2 else None


def _free(segment: tuple[int, int], uid: int) -> None:
    """A server ended by SIGKILL leaves a System V segment of 56 bytes: removed when it is that server's and unused."""
    number, creator = segment
    try:
        with open("/proc/sysvipc/shm", encoding="ascii") as file:
            rows = [re.split(r"\s+", line.strip()) for line in file][1:]
    except OSError:
        return
    for _key, shmid, _mode, _size, cpid, _lpid, attached, owner, *_rest in rows:
        if (int(shmid), int(cpid), int(attached), int(owner)) == (number, creator, 0, uid):
            libc = _libc()
            if libc is not None:
                libc.shmctl(number, 0, None)  # IPC_RMID


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
