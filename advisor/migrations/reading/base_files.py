"""Snapshots, schema files and logs as the base revision has them: a branch does not write what judges it.

A file that the base revision tracks is taken from there; what it does not track (made by the job, or outside of the
repository) is read where it stands. What stands in a folder or matches a pattern is told one by one.
"""

from __future__ import annotations

import contextlib
import filecmp
import glob
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from advisor.migrations.reading.revision import Revision
from advisor.migrations.reading.tree import shown
from advisor.model.counted import counted
from advisor.model.errors import UserError
from advisor.model.lfs import POINTER_BYTES, pointed
from advisor.model.migration_limits import MIGRATION

_URL = re.compile(r"(?!file://)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CHUNK = 1 << 20


class BaseFiles:
    """What ``--catalog`` and ``--workload`` name, for as long as the context lasts. Without a base nothing changes."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        self._opened: Revision | None = None
        self._tracked: set[str] = set()
        self._place: str | None = None
        self._number = 0
        self._shown: dict[str, str] = {}
        self.notices: list[str] = []

    def __enter__(self) -> BaseFiles:
        return self

    def __exit__(self, *_: object) -> None:
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    def where(self, option: str, source: str) -> str:
        """Where to read what an argument names. Raises UserError."""
        if self._base is None or source == "-" or _URL.match(source) or not source or "\0" in source:
            return source
        name = source.removeprefix("file://")
        revision = self._revision(self._base)
        path = revision.led(shown(name)) or self._aside(revision, name)
        if path is not None and revision.has(path):
            return self._taken(revision, option, source, {path: path}, os.path.basename(name) or name, apart=name)
        folder = name if os.path.isdir(name) or path is not None else None
        if folder is None and not os.path.lexists(name) and glob.has_magic(name):
            return self._matching(revision, option, source, name)
        if folder is not None:
            inside = {one: at for one in self._below(revision, path or shown(name)) if (at := revision.led(one))}
            if inside:
                return self._taken(revision, option, source, inside, ".", under=path or shown(name), folder=name)
        self._brought(revision, option, name)
        return source

    def all(self, option: str, sources: Sequence[str]) -> list[str]:
        """`where` of each."""
        return [self.where(option, one) for one in sources]

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Errors speak of the files as the user named them."""
        try:
            yield
        except UserError as error:
            if not any(place in str(error) for place in self._shown):
                raise
            text = str(error)
            for place, name in self._shown.items():
                text = text.replace(place, name)
            raise UserError(text) from None

    # ------------------------------------------------------------------ one file, a folder, a pattern
    def _matching(self, revision: Revision, option: str, source: str, pattern: str) -> str:
        """A pattern, over the files of the base and those of the work tree that nobody tracks."""
        parts = pattern.split("/")
        fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
        folder = "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else ".")
        under = revision.led(shown(folder))
        if under is None:
            return source
        names = {one: at for one in self._below(revision, under) if (at := revision.led(one))}
        with tempfile.TemporaryDirectory(prefix="advisor-base-") as outline:
            for one in names:
                target = Path(outline, os.path.relpath(one, under or "."))
                target.parent.mkdir(parents=True, exist_ok=True)
                target.touch()
            hits = glob.glob("/".join(parts[fixed:]), root_dir=outline, recursive=True)
            matched: dict[str, str] = {}
            for hit in hits:
                here = os.path.normpath(os.path.join(under, hit)) if under else os.path.normpath(hit)
                matched |= {one: at for one, at in names.items() if one == here or one.startswith(here + "/")}
        if not matched:
            for hit in glob.glob(pattern, recursive=True):
                self._brought(revision, option, hit)
            return source
        tail = "/".join(parts[fixed:])
        return self._taken(revision, option, source, matched, tail, under=under, folder=folder, pattern=pattern)

    def _taken(
        self,
        revision: Revision,
        option: str,
        source: str,
        wanted: dict[str, str],
        tail: str,
        *,
        apart: str | None = None,
        under: str = "",
        folder: str | None = None,
        pattern: str | None = None,
    ) -> str:
        """Files of the base (where they are named, and what they are), in a folder of ours. Returns what to read."""
        if self._place is None:
            self._place = tempfile.mkdtemp(prefix="advisor-base-")
        self._number += 1
        place = Path(self._place, str(self._number))
        place.mkdir()
        made: dict[str, Path] = {}
        other: list[str] = []
        for name, path in wanted.items():
            target = place / (tail if apart is not None else os.path.relpath(name, under or "."))
            target.parent.mkdir(parents=True, exist_ok=True)
            if path in made:  # by two names: still one file
                os.link(made[path], target)
                continue
            made[path] = target
            self._extract(revision, option, path, target)
            now = Path(apart or name)
            if not (now.is_file() and filecmp.cmp(now, target, shallow=False)):
                other.append(apart or name)
        if other:
            many = source if apart is not None else f"{counted(len(other), 'file')} of {source} ({other[0]} first)"
            self.notices.append(
                f"{option} {many}: read as the base revision has it; the work tree differs, and that counts once merged"
            )
        if folder is not None:
            self._beside(revision, option, source, wanted, place, folder, pattern)
        found = str(place) if tail == "." else f"{glob.escape(str(place)) if pattern else place}/{tail}"
        self._shown |= {found: source, str(place): folder if folder is not None else os.path.dirname(source) or "."}
        return found

    def _beside(
        self,
        revision: Revision,
        option: str,
        source: str,
        wanted: dict[str, str],
        place: Path,
        folder: str,
        pattern: str | None,
    ) -> None:
        """Of the work tree what nobody tracks; not what the branch put beside the base's files."""
        if pattern is not None:
            hits = glob.glob(pattern, recursive=True)
        else:
            hits = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
        tracked = self._known(revision)
        brought: list[str] = []
        for hit in sorted(hits):
            if shown(hit) in wanted or not os.path.isfile(hit):
                continue
            if shown(hit) in tracked:
                brought.append(hit)
                continue
            target = place / os.path.relpath(hit, folder)
            if ".." not in target.relative_to(place).parts and not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(os.path.abspath(hit))
        if brought:
            self.notices.append(
                f"{option} {source}: {counted(len(brought), 'file')} that the branch adds ({brought[0]} first) "
                "left out: the base revision does not have them"
            )

    def _brought(self, revision: Revision, option: str, name: str) -> None:
        """Says of a file that the base does not have whose it is. Raises UserError for a link out of the repository."""
        path = shown(name)
        module = next((one for one in revision.modules() if path.startswith(one + "/")), None)
        if module is not None:
            self.notices.append(
                f"{option} {name}: read as it is in the work tree: it stands in the submodule {module}, "
                "whose commit the branch chooses"
            )
        elif any(
            one == path or one.startswith(path + "/") or path.startswith(one + "/") for one in self._known(revision)
        ):
            real, top = os.path.realpath(name), os.path.realpath(revision.top)
            if real != top and not real.startswith(top + "/"):
                raise UserError(
                    f"{option} {name}: the branch makes it a link out of the repository; name the file itself"
                )
            self.notices.append(f"{option} {name}: the base revision does not have it: it is the branch's own")

    # ------------------------------------------------------------------ of git
    def _revision(self, base: str) -> Revision:
        if self._opened is None:
            self._opened = Revision(base, own=True)
        return self._opened

    def _known(self, revision: Revision) -> set[str]:
        if not self._tracked:
            self._tracked = revision.tracked()
        return self._tracked

    def _aside(self, revision: Revision, name: str) -> str | None:
        """A file of the repository that is reached by a link from outside of it."""
        top, real = os.path.realpath(revision.top), os.path.realpath(name)
        inside = os.path.abspath(name).startswith(os.path.abspath(revision.top).rstrip("/") + "/")
        if inside or not real.startswith(top.rstrip("/") + "/"):
            return None
        return revision.led(shown(os.path.join(revision.top, real[len(top) :].lstrip("/"))))

    def _below(self, revision: Revision, folder: str) -> list[str]:
        if not folder:  # the current one: what is not below it has its whole path
            return sorted(one for one in revision.paths() if not one.startswith("/"))
        return sorted(one for one in revision.paths() if one.startswith(folder.rstrip("/") + "/"))

    def _extract(self, revision: Revision, option: str, path: str, target: Path) -> None:
        """Raises UserError for what is too large, and for a pointer of LFS whose file is not here."""
        size = revision.size(path)
        most = MIGRATION.max_base_file_bytes
        if size > most:
            raise UserError(
                f"{option} {path}: the base revision's is larger than {most >> 30} GB; "
                "keep it outside of the repository"
            )
        revision.extract(path, str(target))
        stands = pointed(target.read_bytes()) if size < POINTER_BYTES else None
        if stands is None:
            return
        name, _ = stands
        for held in (revision.private(f"lfs/objects/{name[:2]}/{name[2:4]}/{name}"), path):
            if _sha256(held) == name:
                shutil.copyfile(held, target)
                return
        raise UserError(
            f"{option} {path}: the base revision has a pointer of Git LFS, and its file is not here; "
            f"git lfs fetch origin {revision.commit}"
        )


def _sha256(path: str) -> str | None:
    """None: it cannot be read."""
    hasher = hashlib.sha256()
    try:
        with open(path, "rb") as opened:
            while data := opened.read(_CHUNK):
                hasher.update(data)
    except OSError:
        return None
    return hasher.hexdigest()
