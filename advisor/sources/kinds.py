"""What an input can be: bytes to read, a digest, or a database; and the members of zip archives and pipes."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from advisor.model.digestfile import MAGIC
from advisor.sources.dsn import Dsn
from advisor.sources.errors import InputError
from advisor.sources.unpack import ZIP_MAGIC

#: Enough of a file to tell a digest or a zip archive.
MAGIC_BYTES = 32
_SPOOL_BYTES = 64 << 20


@dataclass(slots=True)
class LogInput:
    """Bytes to be read: a log, a dump of counters, or SQL."""

    path: str
    """As reports name it; never holds a password."""
    open: Callable[[], BinaryIO]
    """Raises OSError when the bytes cannot be had."""
    size: int | None = None
    """Bytes as stored (packed), for progress; None unknown."""
    explicit: bool = True
    """The user named it, rather than it being found in a directory or glob."""
    reopenable: bool = True


@dataclass(frozen=True, slots=True)
class DigestInput:
    """A digest file, recognised by its first bytes; `advisor.digest` reads it."""

    path: str
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class DsnInput:
    """A database whose cumulative statistics are the input."""

    dsn: Dsn

    @property
    def path(self) -> str:
        return self.dsn.safe


Input = LogInput | DigestInput | DsnInput


def kinds(path: str, opener: Callable[[], BinaryIO], magic: bytes, size: int | None, explicit: bool) -> Iterator[Input]:
    """The inputs that a file is, told by its first bytes: a digest, the members of a zip archive, or a log."""
    if magic.startswith(MAGIC):
        yield DigestInput(path, opener)
    elif magic.startswith(ZIP_MAGIC):
        yield from _zip(path, opener, explicit)
    else:
        yield LogInput(path, opener, size, explicit)


def _zip(path: str, opener: Callable[[], BinaryIO], explicit: bool) -> Iterator[Input]:
    """A member is an input. A damaged directory of members makes the whole archive one unreadable input."""
    try:
        with opener() as stream, zipfile.ZipFile(stream) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        if explicit:
            raise InputError(
                f"the zip archive cannot be read ({why(error)})", path, "unpack it and name the files"
            ) from None
        members = []
        yield LogInput(path, opener, None, explicit)
    for member in members:
        yield LogInput(f"{path}/{member.filename}", _member(opener, member.filename), member.compress_size, explicit)


def _member(opener: Callable[[], BinaryIO], name: str) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        try:
            return cast("BinaryIO", zipfile.ZipFile(opener()).open(name))
        except (
            RuntimeError,
            NotImplementedError,
            zipfile.BadZipFile,
        ) as error:  # encrypted, an unknown method, damaged
            raise OSError(why(error)) from None

    return open_member


def once(path: str, stream: Any) -> Iterator[Input]:
    """A pipe: it can be read once, and only forwards. Digests and zip archives are copied to a temporary file first."""
    magic = stream.peek(32)[:32] if hasattr(stream, "peek") else b""
    if not magic.startswith((MAGIC, *ZIP_MAGIC)):
        yield LogInput(path, lambda: stream, None, reopenable=False)
        return
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - lives as long as the input
    shutil.copyfileobj(stream, spool)

    def opener() -> BinaryIO:
        spool.seek(0)
        return cast("BinaryIO", _Kept(spool))

    yield from kinds(path, opener, magic, None, explicit=True)


class _Kept(io.RawIOBase):
    """A shared file that its users do not close."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, size: int = -1, /) -> bytes:
        return cast("bytes", self._inner.read(size))

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._inner.seek(offset, whence)
        return cast("int", self._inner.tell())

    def tell(self) -> int:
        return cast("int", self._inner.tell())

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def why(error: BaseException) -> str:
    """An operating system's or library's error as a clause."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return " ".join(text.split())[:200]
