"""Copies of data directories: holes stay holes, owners and modes as PostgreSQL wants them."""

from __future__ import annotations

import os
from pathlib import Path

from advisor.planners.server.account import Account

#: Of a server that ran; and what it rebuilds.
_LEFT_OUT = {"postmaster.pid", "postmaster.opts", "pg_internal.init"}
_PART = 1 << 20


def copy(source: Path, target: Path, account: Account | None = None) -> None:
    """Copies a data directory that no server runs on. With an account, the copy is given to it.

    Symbolic links and anything else that is neither file nor directory are left out: a data directory of ours has none.
    """
    _copy_directory(str(source), str(target), account if account is not None and account.other else None)


def _copy_directory(source: str, target: str, account: Account | None) -> None:
    os.mkdir(target, 0o700)  # noqa: PTH102 - hundreds of files, and a warm start has half a second
    with os.scandir(source) as entries:
        for entry in entries:
            there = f"{target}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                _copy_directory(entry.path, there, account)
            elif entry.is_file(follow_symlinks=False) and entry.name not in _LEFT_OUT:
                _copy_file(entry.path, there, account)
    if account is not None:
        os.chown(target, account.uid, account.gid, follow_symlinks=False)


def _copy_file(source: str, target: str, account: Account | None) -> None:
    """A file that its parts on disk do not fill is copied by those parts."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            state = os.fstat(reading)
            if account is not None:
                os.fchown(writing, account.uid, account.gid)
            if state.st_blocks * 512 >= state.st_size or not hasattr(os, "SEEK_DATA"):
                _copy_part(reading, writing, 0, state.st_size)
                return
            os.ftruncate(writing, state.st_size)
            end = 0
            while end < state.st_size:
                try:
                    start = os.lseek(reading, end, os.SEEK_DATA)
                except OSError:  # no data behind here
                    return
                end = os.lseek(reading, start, os.SEEK_HOLE)
                _copy_part(reading, writing, start, end)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _copy_part(reading: int, writing: int, start: int, end: int) -> None:
    while start < end:
        part = os.pread(reading, min(_PART, end - start), start)
        if not part:
            return
        start += os.pwrite(writing, part, start)
