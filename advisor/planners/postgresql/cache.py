"""Finished shadows, kept for the next time: a stopped server's data directory and what is known of it.

An entry is made aside and renamed, so it is there whole or not at all; each use checks every file's length and checksum
first, so one that was damaged since is thrown away. Users hold a lock on the entry while they copy it; what is not held
and was not used for longest goes when there are too many.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import resources
from pathlib import Path

import msgspec

from advisor.model.limits import LIMITS
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.binaries import Binaries, user_cache
from advisor.planners.server import directory, watcher

_MANIFEST = "manifest.json"
_DATA = "data"
_PART = 1 << 20
#: What a shadow is made by: any change to it makes other shadows.
_LOADERS = (
    "blobs.py", "boundary.py", "cache.py", "cluster.py", "configuration.py", "extended.py", "extensions.py",
    "injection.py", "schema.py", "shadow.py", "sizes.py", "types.py", "*.sql", "pages/*.py",
)  # fmt: skip


class Kept(msgspec.Struct, frozen=True):
    """One relation of a kept shadow."""

    schema: str
    name: str
    oid: int
    path: str | None
    method: str | None
    table: str | None
    keys: tuple[tuple[float, float], ...]


class Manifest(msgspec.Struct, frozen=True):
    """What is known of a kept shadow."""

    problems: tuple[str, ...]
    relations: tuple[Kept, ...]
    bytes: int = 0
    """On disk."""
    files: dict[str, tuple[int, int]] = {}
    """Length and CRC-32 of the parts that are no holes, by path."""


def key(content: str, binaries: Binaries, *more: object) -> str:
    """Names the shadow of a snapshot's content made by these programs and this version of ours."""
    told = (content, binaries.version, binaries.postgres.stat().st_mtime_ns, _loader(), *more)
    return sha256(repr(told).encode()).hexdigest()[:32]


@contextmanager
def kept(name: str) -> Iterator[tuple[Path, Manifest] | None]:
    """A kept shadow's data directory, to copy while the context lasts; None where there is none that is sound."""
    entry = _root() / name
    try:
        handle = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield None
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield _sound(entry, handle)
    finally:
        os.close(handle)


def keep(name: str, data: Path, manifest: Manifest) -> None:
    """Keeps a stopped server's data directory, then makes room. Nothing happens where there can be no cache."""
    from advisor.planners.server import files

    root = _root()
    try:
        root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
        making = directory.create(0o700, root)
    except (OSError, PlannerError):
        return
    try:
        target = making.path / "entry"
        target.mkdir(mode=0o700)
        files.copy(data, target / _DATA)
        seen = dict(_measured(target / _DATA))
        room = sum(path.stat().st_blocks * 512 for path in (target / _DATA).rglob("*"))
        whole = msgspec.structs.replace(manifest, files=seen, bytes=room)
        (target / _MANIFEST).write_bytes(msgspec.json.encode(whole))
        with contextlib.suppress(OSError):  # another process was quicker
            target.rename(root / name)
    except OSError:
        return
    finally:
        watcher.end(str(making.path), os.geteuid())
        making.release()
    _make_room(root, spare=name)


def discard(name: str) -> None:
    """Removes an entry that nobody holds."""
    _remove(_root() / name)


def _sound(entry: Path, handle: int) -> tuple[Path, Manifest] | None:
    try:
        # It may have been removed, and even made again, before the lock was ours.
        if not os.path.samestat(os.fstat(handle), entry.lstat()) or os.fstat(handle).st_uid != os.geteuid():
            return None
        manifest = msgspec.json.decode((entry / _MANIFEST).read_bytes(), type=Manifest)
        sound = dict(_measured(entry / _DATA)) == manifest.files
        if sound:
            os.utime(entry / _MANIFEST)
            return entry / _DATA, manifest
    except (OSError, msgspec.MsgspecError):
        pass
    fcntl.flock(handle, fcntl.LOCK_UN)
    _remove(entry)
    return None


def _measured(data: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Every file's length and checksum."""
    base = os.fspath(data)
    for parent, _, names in os.walk(base):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118 - a thousand of them, every time
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                yield path[len(base) + 1 :], (os.fstat(handle).st_size, _checksum(handle))
            finally:
                os.close(handle)


def _checksum(handle: int) -> int:
    """Of the parts that are no holes, and where they are."""
    state = os.fstat(handle)
    whole = state.st_blocks * 512 >= state.st_size or not hasattr(os, "SEEK_DATA")
    found = end = 0
    while end < state.st_size:
        start, end = end, state.st_size
        if not whole:
            try:
                start = os.lseek(handle, start, os.SEEK_DATA)
            except OSError:  # no data behind here
                break
            end = os.lseek(handle, start, os.SEEK_HOLE)
        found = zlib.crc32(start.to_bytes(8, "little"), found)
        while start < end and (part := os.pread(handle, min(_PART, end - start), start)):
            found = zlib.crc32(part, found)
            start += len(part)
    return found


def _make_room(root: Path, spare: str) -> None:
    """Removes what was not used for longest until the rest is within bounds."""
    entries = []
    for path in root.iterdir():
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            manifest = path / _MANIFEST
            size = msgspec.json.decode(manifest.read_bytes(), type=Manifest).bytes
            entries.append((manifest.stat().st_mtime, size, path))
    entries.sort(reverse=True)
    room = count = 0
    for _, size, path in entries:
        room, count = room + size, count + 1
        if (room > LIMITS.shadow_cache_bytes or count > LIMITS.shadow_cache_entries) and path.name != spare:
            _remove(path)


def _remove(entry: Path) -> None:
    try:
        handle = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), entry.lstat()):
            # Without its manifest it is nobody's any more, however far the removal comes.
            (entry / _MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(entry, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(handle)


def _root() -> Path:
    return user_cache() / "shadows"


def _loader() -> str:
    package = resources.files("advisor.planners.postgresql")
    digest = sha256()
    with resources.as_file(package) as place:
        for pattern in _LOADERS:
            for path in sorted(place.glob(pattern)):
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
