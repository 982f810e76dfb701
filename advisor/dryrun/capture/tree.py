"""The file system of the sandbox: a new root that holds what the tool needs, read-only, and a private /tmp.

Everything else of the machine is not in it: homes, /run and /var with their sockets, other projects. A small project
(`_COPIED`) stands in it as a copy that the tool may write to; a larger one read-only, as the programs do.
mount(2), pivot_root(2), mount_namespaces(7).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_RELATIME, _NOATIME, _NODIRATIME = 1 << 21, 1024, 2048
_KEPT = {"ro": _RDONLY, "nosuid": _NOSUID, "nodev": _NODEV, "noexec": _NOEXEC, "noatime": _NOATIME,
         "nodiratime": _NODIRATIME, "relatime": _RELATIME}  # fmt: skip
#: Memory: what a tool can fill.
_ROOM = "size=256m,nr_inodes=50k"
#: Of programs and libraries; what is no directory of its own is a link into /usr.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store")
_ETC = (
    "alternatives", "ca-certificates", "crypto-policies", "debian_version", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "localtime", "locale.alias", "locale.conf", "magic", "mime.types", "os-release", "pki",
    "protocols", "python3", "services", "ssl/certs", "ssl/openssl.cnf", "timezone",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom")
#: A project up to this size is copied: a moment's work.
_COPIED = (5_000, 64 << 20)
#: And one that the tool's account could not read where it is: what memory bears.
_COPIED_AT_MOST = (20_000, 256 << 20)
_INSTALLED = frozenset({"node_modules", ".venv", "venv", ".tox"})
_NOT_COPIED = shutil.ignore_patterns(".git", ".hg", ".svn", "__pycache__", *_INSTALLED)
#: How the kernel writes blanks of names.
_OCTAL = re.compile(r"\\([0-7]{3})")


class Tree:
    """Built by process 1 of the sandbox, once."""

    def __init__(self, libc: Any, account: tuple[int, int], privileged: bool) -> None:
        self._libc = libc
        self._account = account
        self._privileged = privileged
        self._old = Path("/old")
        self._new = Path("/new")

    def build(self, visible: list[list[str]], hidden: list[str], project: str | None) -> None:
        """Make it, and make it the root. ``visible`` are (resolved path, where it is shown). Raises OSError."""
        self._mount(None, "/", None, _REC | _PRIVATE)
        base = next(path for path in ("/tmp", "/mnt", "/run") if Path(path).is_dir())  # noqa: S108 - hidden below
        self._mount("tmpfs", base, "tmpfs", _NOSUID | _NODEV, "mode=0755,size=1m")
        for name in ("old", "new"):
            Path(base, name).mkdir()
        self._pivot(base, f"{base}/old")
        os.chdir("/")
        # Copies of projects stand in it too.
        self._mount("tmpfs", "/new", "tmpfs", _NOSUID | _NODEV, "mode=0755,size=320m")
        self._private()
        self._system()
        inside = [(Path(source), Path(shown)) for source, shown in visible]
        within = project is not None and any(Path(project).is_relative_to(shown) for _, shown in inside)
        if project is not None and not within:
            self._project(Path(project), inside)
        for source, shown in inside:
            if not any(shown.is_relative_to(name) for name in _SYSTEM):
                self._show(source, shown)
        for name in hidden:
            self._hide(Path(name))
        os.mkdir("/new/.old")  # noqa: PTH102
        self._pivot("/new", "/new/.old")
        os.chdir("/")
        if self._libc.umount2(b"/.old", _DETACH) != 0:
            raise self._error("umount of the old root")
        os.rmdir("/.old")  # noqa: PTH106
        self._mount(None, "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)

    def _private(self) -> None:
        for name, room in (("tmp", _ROOM), ("dev", "size=1m")):
            self._directory(self._new / name)
            flags = _NOSUID | (_NODEV if name == "tmp" else 0)
            self._mount("tmpfs", f"/new/{name}", "tmpfs", flags, f"mode={'1777' if name == 'tmp' else '0755'},{room}")
        for name in _DEVICES:
            target = self._new / "dev" / name
            target.touch()
            self._mount(str(self._old / "dev" / name), str(target), None, _BIND)
        shared = self._new / "dev" / "shm"
        shared.mkdir()
        self._mount("tmpfs", str(shared), "tmpfs", _NOSUID | _NODEV | _NOEXEC, "mode=1777,size=64m")
        for name, place in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            (self._new / "dev" / name).symlink_to(f"/proc/self/fd{place}")
        for name in ("proc", "run", "var", "etc"):
            self._directory(self._new / name)
        (self._new / "var" / "tmp").symlink_to("/tmp")  # noqa: S108 - the private one
        (self._new / "var" / "run").symlink_to("/run")
        with contextlib.suppress(OSError):  # a container that hides parts of its own lets none be mounted: none then
            self._mount("proc", "/new/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
        home = self._new / "tmp" / "home"
        home.mkdir(mode=0o700)
        if self._privileged:
            os.chown(home, *self._account)

    def _system(self) -> None:
        for name in _SYSTEM:
            at = self._old / name[1:]
            if at.is_symlink():
                target = self._new / name[1:]
                if not os.path.lexists(target):
                    target.symlink_to(at.readlink())
            elif at.is_dir():
                self._show(Path(name))
        for name in _ETC:
            self._show(Path("/etc", name))
        uid, gid = self._account
        etc = self._new / "etc"
        (etc / "passwd").write_text(
            f"root:x:0:0:root:/root:/sbin/nologin\nsandbox:x:{uid}:{gid}:sandbox:/tmp/home:/bin/sh\n"
        )
        (etc / "group").write_text(f"root:x:0:\nsandbox:x:{gid}:\n")
        (etc / "hosts").write_text("127.0.0.1 localhost sandbox\n")
        (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
        (etc / "resolv.conf").write_text("")

    def _project(self, path: Path, inside: list[tuple[Path, Path]]) -> None:
        """As a copy where it is small or cannot be read, else as it is."""
        source = self._below(path)
        closed = self._privileged and closed_to_others(source)
        if not _fits(source, *(_COPIED_AT_MOST if closed else _COPIED)):
            if closed:
                raise OSError(f"{path} is closed to other accounts (nobody runs the tool) and too large to copy")
            inside.insert(0, (path, path))
            return
        target = self._target(path)
        shutil.copytree(source, target, symlinks=True, ignore=_plain, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        if self._privileged:
            for at, directories, files in os.walk(target):
                for name in (*directories, *files, "."):
                    one = Path(at, name)
                    os.chown(one, *self._account, follow_symlinks=False)
                    if not one.is_symlink():
                        one.chmod(stat.S_IMODE(one.stat().st_mode) | 0o700 if one.is_dir() else 0o755)
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
        # A mount of its own stays writable when the root is made read-only.
        self._mount(str(target), str(target), None, _BIND)

    def _show(self, path: Path, shown: Path | None = None) -> None:
        """A file or directory, read-only, with what is mounted below it."""
        source = self._below(path)
        target = self._target(shown or path)
        if source.is_symlink():  # what it names is shown where it stands
            self._directory(target.parent)
            if not os.path.lexists(target):
                target.symlink_to(source.readlink())
            return
        if not source.exists():
            return
        if source.is_dir():
            self._directory(target)
        else:
            self._directory(target.parent)
            target.touch()
        self._mount(str(source), str(target), None, _BIND | _REC)
        for place, flags in _mounts(target):
            self._mount(None, place, None, _REMOUNT | _BIND | flags | _RDONLY | _NOSUID | _NODEV)

    def _hide(self, path: Path) -> None:
        """Something within what is shown: an empty one in its place."""
        target = self._target(path)
        if target.is_symlink() or not target.exists():
            return
        if target.is_dir():
            self._mount("tmpfs", str(target), "tmpfs", _RDONLY | _NOSUID | _NODEV, "mode=0755,size=4k")
        else:
            self._mount("/old/dev/null", str(target), None, _BIND)

    def _below(self, path: Path) -> Path:
        return self._old / str(path).lstrip("/")

    def _target(self, path: Path) -> Path:
        return self._new / str(path).lstrip("/")

    def _directory(self, path: Path) -> None:
        """Made with all above it, open to read: the tool runs as another account."""
        missing = []
        while not path.exists():
            missing.append(path)
            path = path.parent
        for one in reversed(missing):
            one.mkdir(mode=0o755)
            one.chmod(0o755)

    def _mount(self, source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        told = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
        if self._libc.mount(told[0], told[1], told[2], ctypes.c_ulong(flags), told[3]) != 0:
            raise self._error(f"mount of {target}")

    def _pivot(self, new: str, old: str) -> None:
        # glibc has no function for it everywhere; musl has.
        if self._libc.pivot_root(os.fsencode(new), os.fsencode(old)) != 0:
            raise self._error("pivot_root")

    def _error(self, what: str) -> OSError:
        return OSError(f"{what} is refused ({os.strerror(ctypes.get_errno())})")


def _mounts(path: Path) -> list[tuple[str, int]]:
    """Mounts at and below a path, with the flags that must stay."""
    found = []
    for line in _mountinfo():
        fields = line.split(" ")
        place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if Path(place).is_relative_to(path):
            flags = 0
            for word in fields[5].split(","):
                flags |= _KEPT.get(word, 0)
            found.append((place, flags))
    return found


def _mountinfo() -> list[str]:
    for name in ("/new/proc/self/mountinfo", "/old/proc/self/mountinfo"):
        with contextlib.suppress(OSError), open(name, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    raise OSError("no /proc/self/mountinfo")


def _fits(path: Path, most_files: int, most_bytes: int) -> bool:
    files = size = 0
    for at, directories, names in os.walk(path):
        skipped = _NOT_COPIED(at, [*directories, *names])
        directories[:] = [name for name in directories if name not in skipped]
        files += len(directories) + len(names)
        for name in names:
            with contextlib.suppress(OSError):
                size += Path(at, name).lstat().st_size
        if files > most_files or size > most_bytes:
            return False
    return True


def _plain(at: str, names: list[str]) -> set[str]:
    """What is not copied: version control, environments, and all that is neither file, directory nor link."""
    skipped = set(_NOT_COPIED(at, names))
    for name in names:
        mode = Path(at, name).lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            skipped.add(name)
    return skipped


def closed_to_others(path: Path) -> bool:
    """Something of a project is not readable by every account."""
    for at, directories, names in os.walk(path):
        skipped = _NOT_COPIED(at, [*directories, *names])
        directories[:] = [name for name in directories if name not in skipped]
        if Path(at).stat().st_mode & 0o005 != 0o005:
            return True
        for name in names:
            mode = Path(at, name).lstat().st_mode
            if stat.S_ISREG(mode) and not mode & 0o004:
                return True
    return False
