"""Files of a test suite, as against those of the program under test."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Final

_FOLDERS: Final = frozenset({"test", "tests", "testing"})
_NAMES: Final = ("conftest.py", "factories.py", "test_*.py", "*_test.py", "tests.py", "*_tests.py")


class SuiteFiles:
    """The test's own file, conftest.py, factories, and all in a folder of tests below ``root`` (pytest's rootdir)."""

    def __init__(self, own: Path, root: Path) -> None:
        self._own = str(own)
        self._root = root

    def __contains__(self, file: object) -> bool:
        path = PurePath(str(file))
        if str(path) == self._own or any(path.match(pattern) for pattern in _NAMES):
            return True
        return path.is_relative_to(self._root) and not _FOLDERS.isdisjoint(path.relative_to(self._root).parts[:-1])
