"""Where sources are: files, directories, globs, pipes, and file systems of fsspec."""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from advisor.sources.dsn import is_dsn, parse_dsn
from advisor.sources.errors import InputError
from advisor.sources.kinds import MAGIC_BYTES, DsnInput, Input, LogInput, kinds, once, why
from advisor.sources.rotation import unpacked_name
from advisor.sources.secrets import mask

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"^([a-z][a-z0-9+.-]*://[^/@:]*):[^/@]*@", re.IGNORECASE)
#: What a log may be called, once the endings of rotation and compression are off. A name without ending may be one.
_LOG_NAMES = re.compile(
    r"(\.(log|csv|tsv|json|jsonl|ndjson|txt|out|err|slow|general|stderr|trace|digest|zip)$)|log|slow|^[^.]+$",
    re.IGNORECASE,
)
_SQL_NAMES = re.compile(r"\.sql$", re.IGNORECASE)


def named(source: str) -> Iterator[tuple[object, Input]]:
    """The inputs that one argument names, each with what identifies it: an input reached twice is one input."""
    if source == "-":
        yield from ((("stdin", n), item) for n, item in enumerate(once("<stdin>", sys.stdin.buffer)))
    elif is_dsn(source):
        dsn = parse_dsn(source)
        yield ("dsn", dsn.safe), DsnInput(dsn)
    elif _URL.match(source) and not source.lower().startswith("file://"):
        yield from _remote(source)
    else:
        yield from _local(source.removeprefix("file://"))


def _local(source: str) -> Iterator[tuple[object, Input]]:
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        pattern = glob.has_magic(source)
        hits = sorted(glob.glob(source, recursive=True)) if pattern else []  # noqa: PTH207 - may be absolute
        if not hits:
            what = "nothing matches this pattern" if pattern else "there is no such file or directory"
            keywords = mask(source)  # libpq's form of an address, which is none of ours, may hold a password
            do = "check the path, or name a directory to read all logs in it"
            if keywords != source:
                do = "write the address of a server as postgresql://user@host/database"
            raise InputError(what, keywords, do) from None
        for hit in hits:
            if Path(hit).is_file():
                yield from _file(Path(hit), explicit=False)
            elif Path(hit).is_dir():
                yield from _directory(Path(hit), required=False)
        return
    except (OSError, ValueError) as error:
        raise InputError(why(error), mask(source), "check the path and its permissions") from None
    if stat.S_ISDIR(mode):
        yield from _directory(path, required=True)
    elif stat.S_ISREG(mode):
        yield from _file(path, explicit=True)
    else:
        try:
            stream = path.open("rb")
        except OSError as error:
            raise InputError(why(error), source, "name a file that may be read") from None
        yield from (((source, n), item) for n, item in enumerate(once(source, stream)))


def _directory(path: Path, *, required: bool) -> Iterator[tuple[object, Input]]:
    refused: list[OSError] = []
    logs: list[Path] = []
    queries: list[Path] = []
    others = 0
    for folder, folders, names in os.walk(path, onerror=refused.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if name.startswith(".") or not file.is_file():
                continue
            bare = re.sub(r"([.-](\d[\d_.T-]*))+$", "", unpacked_name(name))
            if _SQL_NAMES.search(bare):
                queries.append(file)
            elif _LOG_NAMES.search(bare):
                logs.append(file)
            else:
                others += 1
    # A schema or a dump often lies beside the logs: SQL files are the input only where there is nothing else.
    for file in logs or queries:
        yield from _file(file, explicit=False)
    if required and not logs and not queries:
        if refused:
            raise InputError(why(refused[0]), str(path), "run as a user who may read it")
        raise InputError(
            f"this directory holds no file that is named like a log ({others} others)",
            str(path),
            "name the files to read",
        )


def _file(path: Path, *, explicit: bool) -> Iterator[tuple[object, Input]]:
    try:
        status = path.stat()
        with path.open("rb") as stream:
            magic = stream.read(MAGIC_BYTES)
    except OSError as error:
        if explicit:
            raise InputError(why(error), str(path), "run as a user who may read it, or copy the file") from None
        yield str(path), LogInput(str(path), _opener(path), None, explicit=False)
        return
    identity = (status.st_dev, status.st_ino) if status.st_ino else str(path.resolve())
    yield from (
        (identity, item) if n == 0 else ((identity, n), item)
        for n, item in enumerate(kinds(str(path), _opener(path), magic, status.st_size, explicit))
    )


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _remote(source: str) -> Iterator[tuple[object, Input]]:
    safe = _URL_PASSWORD.sub(r"\1@", source)
    scheme = source.partition("://")[0]
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(
            f"reading {scheme}:// needs an extra that is not installed", safe, "pip install 'advisor[remote]'"
        ) from None
    try:
        system, path = url_to_fs(source)
        if glob.has_magic(path):
            paths = sorted(system.glob(path))
        else:
            paths = sorted(system.find(path)) if system.isdir(path) else [path]
        found = [(one, system.info(one)) for one in paths]
    except ImportError as error:
        raise InputError(why(error), safe, f"install the package that reads {scheme}://") from None
    except Exception as error:  # every file system of fsspec has errors of its own
        raise InputError(_secretless(why(error), source), safe, "check the address and the credentials") from None
    if not found:
        raise InputError("nothing is found there", safe, "check the address")
    for one, info in found:
        if info.get("type") == "directory":
            continue
        opener = _remote_opener(system, one)
        name = f"{scheme}://{one.lstrip('/')}" if "://" not in one else _URL_PASSWORD.sub(r"\1@", one)
        try:
            with opener() as stream:
                magic = stream.read(MAGIC_BYTES)
        except OSError as error:
            raise InputError(_secretless(why(error), source), safe, "check the address and the credentials") from None
        items = kinds(name, opener, magic, info.get("size"), explicit=len(found) == 1)
        yield from (((name, n), item) for n, item in enumerate(items))


def _remote_opener(system: Any, path: str) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", system.open(path, "rb"))


def _secretless(text: str, source: str) -> str:
    match = re.match(r"^[a-z][a-z0-9+.-]*://[^/@:]*:([^/@]+)@", source, re.IGNORECASE)
    return text.replace(match[1], "***") if match else text
