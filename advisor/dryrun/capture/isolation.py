"""The program between us and a stranger's tool: it takes everything away that the tool does not need, then runs it.

`main` gets its end of a pair of Unix sockets. It brings one line of JSON, made by `sandbox`; back go one line and the
listening sockets of the new network. When the other end closes, whatever the reason, everything in here is killed.

Three processes: the first makes the namespaces and watches; the second is process 1 of the new process namespace, makes
the file system and waits (the kernel ends everything in the namespace with it: nothing forks away); the third becomes
the tool. namespaces(7), user_namespaces(7), pid_namespaces(7), mount_namespaces(7), capabilities(7).

As root the namespaces are made with its rights, and the tool runs as ``nobody``; as an ordinary user, or where root may
not make them, a user namespace gives the rights, over itself alone, and the tool loses them.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import resource
import select
import shutil
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from advisor.dryrun.capture import filter as calls
from advisor.dryrun.capture.tree import Tree

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_ALL = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS, _CAP_AMBIENT = 1, 4, 24, 36, 38, 47
_AMBIENT_CLEAR_ALL = 4
_CAPABILITIES = 0x20080522  # linux/capability.h, version 3
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_REFUSED = 120


class RefusalError(Exception):
    """It cannot be had here; the words say why."""


def main(handle: int) -> None:
    """The first process."""
    link = socket.socket(fileno=handle)
    link.set_inheritable(False)
    wanted = json.loads(_line(link))
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None
    try:
        if wanted["isolated"]:
            if libc is None:
                raise RefusalError("this system has no namespaces of Linux")
            privileged = _namespaces(libc)
            pid = _fork(lambda: _init(link, wanted, libc, privileged))
        else:
            _bare(libc)
            _tell(link, {"ready": True})
            pid = _fork(lambda: _become(wanted, libc, None, wanted["directory"]))
    except (RefusalError, OSError) as error:
        _tell(link, {"refused": str(error)})
        os._exit(_REFUSED)
    status = _watch(link, pid)
    if libc is not None and not wanted["isolated"]:
        _end_orphans()
    if wanted["scratch"] is not None:
        shutil.rmtree(wanted["scratch"], ignore_errors=True)
    os._exit(status)


def _line(link: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        got = link.recv(1 << 16)
        if not got:
            os._exit(_REFUSED)
        data += got
    return data


def _tell(link: socket.socket, what: dict[str, Any], handles: list[int] | None = None) -> None:
    with contextlib.suppress(OSError):
        data = json.dumps(what).encode() + b"\n"
        if handles:
            socket.send_fds(link, [data], handles)
        else:
            link.sendall(data)


def _fork(run: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(127)
    return pid


def _watch(link: socket.socket, pid: int) -> int:
    """Waits for the child's end, or the other side's, which ends the child."""
    ended = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    while True:
        watched: list[Any] = [link] if ended is None else [link, ended]
        told, _, _ = select.select(watched, [], [], 0.05 if ended is None else None)
        if link in told and not link.recv(1):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        found, status = os.waitpid(pid, os.WNOHANG if link not in told else 0)
        if found:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _bare(libc: Any) -> None:
    """Without namespaces: what is forked away becomes our child, which we can end."""
    if libc is not None:
        libc.prctl(_SUBREAPER, 1, 0, 0, 0)


def _end_orphans() -> None:
    """Kills what the tool left behind, until nothing is left."""
    for _ in range(1000):
        for pid in _children():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> Iterator[int]:
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                if int((path / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    yield int(path.name)


def _namespaces(libc: Any) -> bool:
    """Makes them; whether it was by root's own rights. Raises RefusalError."""
    if os.geteuid() == 0:
        if libc.unshare(_ALL) == 0:
            return True
        nobody = _nobody()
        with contextlib.suppress(OSError):
            _change_account(nobody)
            # The account's own files of /proc belong to root until it says so.
            libc.prctl(_DUMPABLE, 1, 0, 0, 0)
        if os.geteuid() == 0:
            raise RefusalError("root may make no namespaces here (a container without CAP_SYS_ADMIN)")
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(_ALL | _NEWUSER) != 0:
        raise RefusalError(f"user namespaces are not allowed here ({os.strerror(ctypes.get_errno())}){_closed_by()}")
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except OSError as error:
        raise RefusalError(f"user namespaces are not allowed here ({error.strerror}){_closed_by()}") from None
    return False


def _closed_by() -> str:
    """The setting that forbids user namespaces."""
    for name, closed in (
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("user/max_user_namespaces", "0"),
    ):
        with contextlib.suppress(OSError):
            if Path("/proc/sys", name).read_text().strip() == closed:
                return f": sysctl {name.replace('/', '.')}={closed}"
    return ""


def _nobody() -> tuple[int, int]:
    for name in ("nobody", "daemon"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid:
                return entry.pw_uid, entry.pw_gid
    return 65534, 65534


def _change_account(account: tuple[int, int]) -> None:
    os.setgroups([])
    os.setresgid(account[1], account[1], account[1])
    os.setresuid(account[0], account[0], account[0])


def _init(link: socket.socket, wanted: dict[str, Any], libc: Any, privileged: bool) -> None:
    """The second process: process 1 of its namespace. The machine's files go away here: nothing is imported later."""
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    account = _nobody() if privileged else (os.geteuid(), os.getegid())
    try:
        tree = Tree(libc, account, privileged)
        tree.build(wanted["visible"], wanted["hidden"], wanted["project"])
        if not privileged:
            with contextlib.suppress(OSError):  # of this namespace: the tool makes none below it
                Path("/proc/sys/user/max_user_namespaces").write_text("0")
        _loopback_up()
        listeners = [_listener(port) for port in wanted["ports"]] + [_unix(path) for path in wanted["sockets"]]
        socket.sethostname("sandbox")
    except (RefusalError, OSError) as error:
        _tell(link, {"refused": " ".join(str(error).split())})
        os._exit(_REFUSED)
    _tell(link, {"ready": True}, [one.fileno() for one in listeners])
    for one in listeners:
        one.close()
    # As an ordinary user the tool has our account: without this it could write to our memory by /proc/1/mem.
    libc.prctl(_DUMPABLE, 0, 0, 0, 0)
    pid = _fork(lambda: _become(wanted, libc, account, wanted["directory"]))
    link.close()
    _drop(libc, account, privileged)
    libc.prctl(_DUMPABLE, 0, 0, 0, 0)
    calls.install(libc)
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of account clears it
    for handle in (0, 1, 2):
        with contextlib.suppress(OSError):
            os.close(handle)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(handle, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def _listener(port: int) -> socket.socket:
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    handle.bind(("127.0.0.1", port))
    handle.listen(32)
    return handle


def _unix(path: str) -> socket.socket:
    """In the sandbox's own file system."""
    handle = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    handle.bind(path)
    os.chmod(path, 0o777)  # noqa: PTH101, S103 - the tool runs as another account
    handle.listen(32)
    return handle


def _drop(libc: Any, account: tuple[int, int] | None, change: bool) -> None:
    """All capabilities, and root's account."""
    if libc is None:
        return
    for number in range(64):
        libc.prctl(_CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(_CAP_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0)
    if change and account is not None:
        _change_account(account)
    header = struct.pack("Ii", _CAPABILITIES, 0)
    if libc.capset(header, bytes(24)) != 0:
        raise OSError("capset is refused")
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)


def _become(wanted: dict[str, Any], libc: Any, account: tuple[int, int] | None, directory: str) -> None:
    """The third process becomes the tool."""
    try:
        os.setsid()
        os.umask(0o022)
        if libc is not None:
            libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # until then its files of /proc are root's
            with contextlib.suppress(OSError):  # where memory runs out, it goes first
                Path("/proc/self/oom_score_adj").write_text("1000")
        for name, most in wanted["limits"].items():
            number = getattr(resource, name, None)
            if number is not None:
                hard = resource.getrlimit(number)[1]
                least = most if hard == resource.RLIM_INFINITY else min(most, hard)
                with contextlib.suppress(OSError, ValueError):
                    resource.setrlimit(number, (least, least))
        if account is not None:
            _drop(libc, account, os.geteuid() == 0)
        elif libc is not None:
            libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc is not None:
            calls.install(libc)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.closerange(3, 1 << 16)
        os.chdir(directory)
        environment = wanted["environment"]
        program = shutil.which(wanted["argv"][0], path=environment["PATH"])
        if program is None:
            raise FileNotFoundError(f"{wanted['argv'][0]}: not found in the sandbox")
        os.execve(program, wanted["argv"], environment)  # noqa: S606 - a shell is what we avoid
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(2, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}\n".encode())
        os._exit(127)
