"""Copies of data directories: holes stay holes, owners and modes as PostgreSQL wants them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from advisor.planners.postgresql.account import Account

#: Of a server that ran; and what it rebuilds.
_LEFT_OUT = {"postmaster.pid", "postmaster.opts", "pg_internal.init"}


def copy(source: Path, target: Path, account: Account | None = None) -> None:
    """Copies a data directory that no server runs on. With an account, the copy is given to it.

    Symbolic links and anything else that is neither file nor directory is left out: a data directory of ours has none.
    """
    change = account is not None and account.other
    target.mkdir(mode=0o700)
    with os.scandir(source) as entries:
        for entry in entries:
            there = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                copy(Path(entry.path), there, account)
            elif entry.is_file(follow_symlinks=False) and entry.name not in _LEFT_OUT:
                _copy_file(entry, there)
                if change and account is not None:
                    os.chown(there, account.uid, account.gid, follow_symlinks=False)
    if change and account is not None:
        os.chown(target, account.uid, account.gid, follow_symlinks=False)


def _copy_file(entry: os.DirEntry[str], target: Path) -> None:
    """A file that its parts on disk do not fill is copied by those parts."""
    state = entry.stat(follow_symlinks=False)
    with open(os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as reading:
        making = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(making, "wb", buffering=0) as writing:
            if state.st_blocks * 512 >= state.st_size or not hasattr(os, "SEEK_DATA"):
                shutil.copyfileobj(reading, writing, 1 << 20)
                return
            os.ftruncate(making, state.st_size)
            end = 0
            while True:
                try:
                    start = os.lseek(reading.fileno(), end, os.SEEK_DATA)
                except OSError:  # no data behind here
                    return
                end = os.lseek(reading.fileno(), start, os.SEEK_HOLE)
                reading.seek(start)
                writing.seek(start)
                left = end - start
                while left > 0:
                    part = reading.read(min(left, 1 << 20))
                    if not part:
                        return
                    writing.write(part)
                    left -= len(part)
