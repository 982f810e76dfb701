"""Where migrations are looked for: the work tree, or the tree of an earlier revision."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import Any, Protocol

from advisor.migrations.reading.text import printable
from advisor.model.migration_limits import MIGRATION

#: Folders that hold other people's files.
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "target", "vendor", ".tox"})
#: Bytes of a file that tell a tool.
_HEAD = 16 << 10


class Tree(Protocol):
    """Files by path, as the user writes paths: relative to the current folder where they are below it."""

    memo: dict[tuple[str, str], Any]
    """What was found out about folders."""

    def holds(self, folder: str, name: str) -> bool:
        """Stands a file of this name directly in a folder?"""
        ...

    def entries(self, folder: str) -> tuple[list[str], list[str]]:
        """Paths of the files and of the folders directly in a folder, sorted; nothing where there is none."""
        ...

    def raw(self, path: str) -> bytes | None:
        """What a file holds, up to a byte more than the limit of one migration; None: it cannot be read."""
        ...

    def head(self, path: str) -> bytes:
        """Its beginning."""
        ...


class WorkTree:
    """The files as they are now."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        """``given``: the paths of the user. Links that lead out of them are not followed."""
        self.notes: list[str] = []
        self.unfollowed: list[str] = []
        """Links that lead out."""
        self.memo: dict[tuple[str, str], Any] = {}
        self._held: dict[str, bool] = {}
        self._given = [
            os.path.realpath(path if os.path.isdir(path) else os.path.dirname(path) or ".") for path in given
        ]
        self._entries: dict[str, tuple[list[str], list[str]]] = {}
        self._heads: dict[str, bytes] = {}
        self._seen = 0

    def holds(self, folder: str, name: str) -> bool:
        path = os.path.join(folder or ".", name)
        if path not in self._held:
            self._held[path] = os.path.isfile(path)
        return self._held[path]

    def entries(self, folder: str) -> tuple[list[str], list[str]]:
        if folder not in self._entries:
            self._entries[folder] = self._scan(folder)
        return self._entries[folder]

    def raw(self, path: str) -> bytes | None:
        return self._read(path, MIGRATION.max_file_bytes + 1)

    def head(self, path: str) -> bytes:
        if path not in self._heads:
            self._heads[path] = self._read(path, _HEAD) or b""
        return self._heads[path]

    def _scan(self, folder: str) -> tuple[list[str], list[str]]:
        files: list[str] = []
        folders: list[str] = []
        if self._seen > MIGRATION.max_files:
            return files, folders
        try:
            with os.scandir(folder or ".") as entries:
                for entry in entries:
                    self._seen += 1
                    if self._seen > MIGRATION.max_files:
                        self.notes.append(f"more than {MIGRATION.max_files:,} files: the rest was not looked at")
                        break
                    path = shown(os.path.join(folder or ".", entry.name))
                    if entry.is_symlink():
                        self._link(path, files)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        files.append(path)
        except OSError:
            pass
        return sorted(files), sorted(folders)

    def _link(self, path: str, files: list[str]) -> None:
        target = os.path.realpath(path)
        if not os.path.isfile(target):
            return
        if any(os.path.commonpath([base, target]) == base for base in self._given):
            files.append(path)
        elif path.endswith((".sql", ".py")):
            self.unfollowed.append(path)
            self.notes.append(f"{printable(path)}: a link that leads out of the folder is not followed")

    def _read(self, path: str, size: int) -> bytes | None:
        """Of a regular file only: a pipe would wait for ever."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            return None
        with os.fdopen(descriptor, "rb") as file:
            try:
                return file.read(size) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
            except OSError:
                return None


def below(tree: Tree, folder: str) -> list[str]:
    """All files below a folder, in order of their paths. Hidden folders and those of dependencies are passed over."""
    found: list[str] = []
    open_: list[tuple[str, int]] = [(folder, 0)]
    while open_:
        here, depth = open_.pop()
        files, folders = tree.entries(here)
        found += files
        if depth < MIGRATION.max_depth:
            open_ += ((one, depth + 1) for one in folders if not _passed_over(one))
    return sorted(found)


def _passed_over(folder: str) -> bool:
    name = os.path.basename(folder)
    return name.startswith(".") or name in _SKIPPED


def shown(path: str) -> str:
    """A path as all of this package writes it: relative to the current folder if it is below it, else absolute."""
    absolute = os.path.abspath(path)
    here = os.getcwd()
    if absolute == here:
        return ""
    return absolute[len(here) + 1 :] if absolute.startswith(here.rstrip("/") + "/") else absolute


def parent(path: str) -> str | None:
    """The folder of a file or folder; None above the root."""
    if path == "/":
        return None
    if path and os.sep in path:
        return shown(os.path.dirname(path) or "/")
    return shown(os.path.dirname(os.path.abspath(path or ".")))
