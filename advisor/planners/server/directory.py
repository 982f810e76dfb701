"""Private directories that are held by one process and swept by the next one when that process was killed.

A directory is held by an flock on the directory itself, which the kernel gives up with the process. The sweep touches
only what is certainly ours in a place where anybody may write: a real directory with our prefix, owned by us, writable
by nobody else, not held, and either marked or still empty.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from advisor.planners.errors import PlannerError
from advisor.planners.server import watcher

PREFIX = "advisor-pg-"
MARKER = "advisor-shadow"
#: A socket's path has room for 107 bytes on Linux, 103 on macOS and the BSDs.
_SOCKET_ROOM = 103 - len(f"/{PREFIX}12345678/{watcher.SERVER}/.s.PGSQL.5432")


@dataclass
class Directory:
    """A directory of ours, held until `release`."""

    path: Path
    handle: int

    def release(self) -> None:
        """Give it up, removed or not. A second call does nothing."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def base() -> Path:
    """Where directories are made: the first temporary directory whose name is short enough for a socket below it.

    Raises PlannerError where there is none.
    """
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - names within are random, modes private
        path = Path(candidate).resolve()
        if len(os.fsencode(path)) <= _SOCKET_ROOM and os.access(path, os.W_OK | os.X_OK) and _kept_apart(path):
            return path
    raise PlannerError(
        f"no temporary directory for a shadow: {tempfile.gettempdir()} is not writable, has too long a name for a "
        "socket or lets others rename files: set TMPDIR"
    )


def create(mode: int, parent: Path | None = None) -> Directory:
    """A new directory, held and marked. What killed processes left beside it is swept first."""
    parent = parent or base()
    sweep(parent)
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        handle = _hold(path)
        if handle is not None:
            path.chmod(mode)
            (path / MARKER).write_text(f"{os.getpid()}\n", "ascii")
            return Directory(path, handle)


def _hold(path: Path) -> int | None:
    """The lock of a directory that was just made; None where a sweep took it for an abandoned one before."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(handle), path.lstat()):
            return handle
    except FileNotFoundError:
        pass
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def sweep(parent: Path) -> list[Path]:
    """Ends and removes what processes that were killed left; what could not be removed."""
    left: list[Path] = []
    if not _kept_apart(parent):
        return left
    for path in sorted(parent.glob(f"{PREFIX}*")):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _ours(path, handle) and not _remove(path):
                left.append(path)
        except OSError:
            continue
        finally:
            os.close(handle)
    return left


def _ours(path: Path, handle: int) -> bool:
    is_now = os.fstat(handle)
    if is_now.st_uid != os.geteuid() or is_now.st_mode & 0o022 or not os.path.samestat(is_now, path.lstat()):
        return False
    try:
        marker = os.stat(MARKER, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return True  # only removed where it is empty
    return stat.S_ISREG(marker.st_mode) and marker.st_uid == os.geteuid()


def _remove(path: Path) -> bool:
    if not (path / MARKER).exists():
        path.rmdir()
        return True
    try:
        account = (path / watcher.SERVER).lstat().st_uid
    except FileNotFoundError:
        account = os.geteuid()
    return watcher.end(str(path), account)


def _kept_apart(path: Path) -> bool:
    """Others cannot rename or replace what we put there."""
    mode = path.stat().st_mode
    return not mode & 0o022 or bool(mode & stat.S_ISVTX)
