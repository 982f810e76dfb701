"""Alembic's configuration, where it does not stand above its migrations: the file that names their folder."""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

_DEPTH = 3
_FILES = 200
_BYTES = 1 << 20
_ELSEWHERE = frozenset({"node_modules", "site-packages", "venv", "env", "static", "media", "templates", "locale"})


def naming(migrations: Path, top: Path) -> Path | None:
    """The first file below ``top`` whose ``script_location`` is this folder, or would be, run from a folder above it.

    As ``alembic -c conf/alembic.ini`` is run: a location without ``%(here)s`` is seen from where one stands.
    """
    for path in _files(top):
        location = _location(path)
        if location is None:
            continue
        folder = Path(location)
        if folder.is_absolute():
            if Path(os.path.normpath(folder)) == migrations:
                return path
        elif any(
            Path(os.path.normpath(above / folder)) == migrations for above in path.parents if above.is_relative_to(top)
        ):
            return path
    return None


def _location(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_BYTES)
        parser = configparser.ConfigParser({"here": str(path.parent)}, strict=False)
        parser.read_string(text)
        return parser.get("alembic", "script_location", fallback=None)
    except (OSError, configparser.Error, ValueError):
        return None


def _files(top: Path) -> Iterator[Path]:
    count = 0
    for at, directories, names in os.walk(top):
        directories[:] = sorted(one for one in directories if one not in _ELSEWHERE and not one.startswith("."))
        if len(Path(at).relative_to(top).parts) >= _DEPTH:
            directories.clear()
        for name in sorted(names):
            if name.endswith(".ini"):
                count += 1
                if count > _FILES:
                    return
                yield Path(at, name)
