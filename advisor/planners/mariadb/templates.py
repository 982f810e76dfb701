"""Data directories of a new MariaDB, kept in the user's cache: system tables and nobody's account."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.binaries import MariadbBinaries
from advisor.planners.postgresql.binaries import user_cache
from advisor.planners.server import directory, files, watcher

#: What a data directory is made with and a later start cannot change.
_LASTING = (
    "innodb-page-size", "innodb-data-file-path", "innodb-checksum-algorithm", "innodb-default-row-format",
    "lower-case-table-names", "character-set-server", "collation-server",
)  # fmt: skip
#: Beyond so many a new kind is made without being kept: page sizes and character sets are few.
_MOST = 12


def place(binaries: MariadbBinaries, options: Mapping[str, str]) -> Path | None:
    """Where one of this kind is kept, or would be. None: there is no cache to write to."""
    said = [binaries.version, binaries.daemon.stat().st_mtime_ns]
    said += [f"{path}{path.stat().st_mtime_ns}" for path in binaries.scripts]
    said += [f"{name}={options.get(name)}" for name in _LASTING]
    root = user_cache() / "templates"
    try:
        root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return root / f"mariadb-{sha256(repr(said).encode()).hexdigest()[:16]}"


def usable(kept: Path) -> bool:
    """Is it there, and ours alone? What a server starts from is code."""
    with contextlib.suppress(OSError):
        state = kept.lstat()
        mine = stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022
        return mine and (kept / "ibdata1").exists()
    return False


def keep(data: Path, kept: Path) -> None:
    """A copy for later, where there is room. No server runs on ``data``."""
    if len(list(kept.parent.glob("mariadb-*"))) >= _MOST:
        return
    try:
        making = directory.create(0o700, kept.parent)
    except (OSError, PlannerError):
        return
    try:
        with contextlib.suppress(OSError):  # another process was quicker, or the disk is full
            files.copy(data, making.path / "data")
            (making.path / "data").rename(kept)
    finally:
        watcher.end(str(making.path), os.geteuid())
        making.release()
