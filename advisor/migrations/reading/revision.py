"""An earlier revision of a git repository: which migrations it has, and what they said.

Nothing of the repository is run: no hook, pager, filter, difference program or monitor. A difference is told by the
names of the objects, not by ``git diff``, so that no filter of the work tree is asked either.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from typing import Any, BinaryIO

from advisor.migrations.reading.tree import parent, shown
from advisor.model.errors import UserError
from advisor.model.migration_limits import MIGRATION

_TIMEOUT_SECONDS = 120.0
#: Of one path, one after another, as the kernel bears.
_LINKS = 40
#: Before every command of git: nothing of a repository is run.
SAFE = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.alternateRefsCommand=",
    "-c",
    "protocol.allow=never",
    "-c",
    "log.showSignature=false",
    # A branch may hold a repository among its files, with settings and revisions of its own.
    "-c",
    "safe.bareRepository=explicit",
)
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
#: Of the caller's environment: what git needs to run, and nothing that would send it elsewhere.
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT", "TMPDIR")


class RevisionError(UserError):
    """The base revision cannot be had. One line: what, where, what to do."""


class Revision:
    """The merge base of a revision and HEAD, as a `Tree`."""

    def __init__(self, rev: str, where: str = ".", *, own: bool = False) -> None:
        """``own``: the revision itself. A branch chooses where it begins, and so its merge base: what decides about it
        (configuration, figures) is not taken from there.

        Raises RevisionError: no git, no repository, an unknown revision, a history that was not fetched."""
        self._where = os.path.abspath(where if os.path.isdir(where) else os.path.dirname(where) or ".")
        up = self._git(
            "rev-parse", "--show-cdup", fault=f"{where}: this is no git repository, so --base has no meaning"
        )
        self.top = os.path.abspath(os.path.join(self._where, up.decode("utf-8", "surrogateescape").rstrip("\n")))
        self.commit = self._merge_base(rev, own=own)
        self.memo: dict[tuple[str, str], Any] = {}
        self._blobs: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._modules: set[str] = set()
        self._folders: dict[str, tuple[list[str], list[str]]] = {}
        self._data: dict[str, bytes | None] = {}
        self._list()

    def holds(self, folder: str, name: str) -> bool:
        return shown(os.path.join(folder or ".", name)) in self._blobs

    def entries(self, folder: str) -> tuple[list[str], list[str]]:
        return self._folders.get(folder, ([], []))

    def raw(self, path: str) -> bytes | None:
        path = shown(path)
        if path not in self._data:
            self.prefetch([path])
        return self._data[path]

    def head(self, path: str) -> bytes:
        return (self.raw(path) or b"")[: 16 << 10]

    def has(self, path: str) -> bool:
        """Does a file stand in it?"""
        return path in self._blobs

    def paths(self) -> Iterable[str]:
        """All files, and the links."""
        return (*self._blobs, *self._links)

    def modules(self) -> frozenset[str]:
        """Folders in which another repository stands (submodules)."""
        return frozenset(self._modules)

    def links(self, path: str) -> bool:
        """Is a path a link in it that leads where it leads now?"""
        blob = self._links.get(path)
        return blob is not None and self._git("cat-file", "blob", blob) == os.fsencode(os.readlink(path))

    def led(self, path: str) -> str | None:
        """Where a path leads by the links of this revision: to a file or folder of it; None: to neither, or out."""
        for _ in range(_LINKS):
            here = os.path.abspath(path)
            if here != self.top and not here.startswith(self.top.rstrip("/") + "/"):
                return None
            link = next(iter(self._above(here)), None)
            if link is None:
                name = shown(here)
                return name if name in self._blobs or name in self._folders else None
            target = self._git("cat-file", "blob", self._links[link]).decode("utf-8", "surrogateescape")
            rest = here[len(os.path.abspath(link)) :].lstrip("/")
            path = os.path.join(os.path.dirname(os.path.abspath(link)), target, rest)
        return None

    def _above(self, here: str) -> list[str]:
        """The links on the way to a path, the uppermost first."""
        parts = here[len(self.top) :].strip("/").split("/")
        ways = (shown(os.path.join(self.top, *parts[: end + 1])) for end in range(len(parts)))
        return [way for way in ways if way in self._links]

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return int(self._git("cat-file", "-s", self._blobs[path]))

    def extract(self, path: str, target: str) -> None:
        """Write a file of any size. Raises RevisionError."""
        with open(target, "wb") as out:
            self._git("cat-file", "blob", self._blobs[path], out=out)

    def private(self, name: str) -> str:
        """A path within git's own folder, as of LFS's store."""
        told = self._git("rev-parse", "--git-path", name).decode("utf-8", "surrogateescape").rstrip("\n")
        return os.path.join(self._where, told)

    def tracked(self) -> set[str]:
        """The files of the work tree that git knows."""
        listed = self._git("ls-files", "-z", "--cached", "--full-name", where=self.top)
        return {self._named(name) for name in listed.split(b"\0") if name}

    def _named(self, name: bytes) -> str:
        return shown(os.path.join(self.top, name.decode("utf-8", "surrogateescape")))

    def present(self) -> set[str]:
        """The files of the work tree that git knows or would take: not those that it is told to ignore (builds)."""
        listed = self._git(
            "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name", where=self.top
        )
        return {self._named(name) for name in listed.split(b"\0") if name}

    def at_base(self, path: str) -> str | None:
        """The text that a file has in this revision; None: it is not there, or it is no text."""
        raw = self.raw(path)
        if raw is None or len(raw) > MIGRATION.max_file_bytes:
            return None
        return raw.decode("utf-8-sig", "replace")

    def differs(self, path: str, raw: bytes) -> bool:
        """Has a file that stands in it another text now? How lines end makes no difference."""
        blob = self._blobs[path]
        hasher = hashlib.sha256 if len(blob) == 64 else hashlib.sha1
        if hasher(b"blob %d\0" % len(raw) + raw).hexdigest() == blob:
            return False
        before = self.raw(path)
        return before is None or before.replace(b"\r\n", b"\n") != raw.replace(b"\r\n", b"\n")

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read many files at once."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._data]
        self._data.update((path, None) for path in wanted)
        wanted = [path for path in wanted if path in self._blobs]
        sizes = self._git("cat-file", "--batch-check", given=self._names(wanted)) if wanted else b""
        small: list[str] = []
        for path, line in zip(wanted, sizes.splitlines(), strict=False):
            words = line.split()
            if len(words) == 3 and words[1] == b"blob":
                if int(words[2]) > MIGRATION.max_file_bytes:
                    self._data[path] = b"\0" * (MIGRATION.max_file_bytes + 1)
                else:
                    small.append(path)
        out = self._git("cat-file", "--batch", given=self._names(small)) if small else b""
        at = 0
        for path in small:
            end = out.find(b"\n", at)
            words = out[at:end].split()
            if len(words) != 3:
                at = end + 1
                continue
            at = end + 1 + int(words[2])
            self._data[path] = out[end + 1 : at]
            at += 1

    def _names(self, paths: list[str]) -> bytes:
        return "".join(self._blobs[path] + "\n" for path in paths).encode()

    def _list(self) -> None:
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", self.commit)
        folders: dict[str, tuple[set[str], set[str]]] = {}
        top = shown(self.top)
        for line in listed.split(b"\0"):
            head, _, name = line.partition(b"\t")
            words = head.split()
            if len(words) != 3:
                continue
            path = self._named(name)
            if words[0] == b"120000":
                self._links[path] = words[2].decode()
            elif words[0] == b"160000":
                self._modules.add(path)
            if not words[0].startswith(b"100"):
                continue
            self._blobs[path] = words[2].decode()
            here = _folder_of(path)
            folders.setdefault(here, (set(), set()))[0].add(path)
            while here != top:
                child, here = here, _folder_of(here)
                known = folders.setdefault(here, (set(), set()))[1]
                if child in known:
                    break
                known.add(child)
        self._folders = {name: (sorted(files), sorted(inside)) for name, (files, inside) in folders.items()}

    def _merge_base(self, rev: str, *, own: bool) -> str:
        shallow = self._git("rev-parse", "--is-shallow-repository").strip() == b"true"
        todo = (
            "this clone is shallow: fetch the whole history (fetch-depth: 0 of actions/checkout, GIT_DEPTH: 0 of "
            "GitLab, or git fetch --unshallow)"
            if shallow
            else f"fetch it first (git fetch origin {rev[:80]})"
        )
        unknown = f"--base {rev[:80]!r}: {self.top} has no such commit; {todo}"
        if not rev or rev.startswith("-") or "\0" in rev:
            raise RevisionError(unknown)
        commit = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", fault=unknown)
        name = commit.decode().strip()
        if own:
            return name
        if not shallow:
            todo = "give a revision that the branch began from"
        apart = f"--base {rev[:80]!r}: {self.top} has no commit that it and HEAD have in common; {todo}"
        return self._git("merge-base", name, "HEAD", fault=apart).decode().split()[0]

    def _git(
        self,
        *arguments: str,
        given: bytes = b"",
        fault: str | None = None,
        where: str | None = None,
        out: BinaryIO | None = None,
    ) -> bytes:
        """What git prints, nothing where it goes to ``out``. ``fault``: what to say where it fails as expected."""
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | ENVIRONMENT
        try:
            done = subprocess.run(
                ["git", *SAFE, *arguments],
                cwd=where or self._where,
                env=environment,
                input=given,
                stdout=subprocess.PIPE if out is None else out,
                stderr=subprocess.PIPE,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise RevisionError("--base needs the program git, which is not installed; install it") from None
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise RevisionError(
                f"--base: git {arguments[0]} cannot run in {self._where}: {type(error).__name__}"
            ) from None
        if done.returncode == 0:
            return done.stdout or b""
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        if "dubious ownership" in said:
            raise RevisionError(
                f"--base: git does not trust {self._where}, which another user owns; "
                f"git config --global --add safe.directory {self._where}"
            )
        raise RevisionError(fault or f"--base: git {arguments[0]} fails in {self._where}: {said[:200]}")


def _folder_of(path: str) -> str:
    above = parent(path)
    return "/" if above is None else above  # the current folder is ""
