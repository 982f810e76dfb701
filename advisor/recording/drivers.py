"""The drivers that a run of tests watches beside its mappers.

sqlite3 and psycopg2 are compiled, so only a connection that was opened under a hook can be heard later. Fixtures open
theirs before the test's own phase: these two are hooked as long as the run lasts, with nobody listening between tests.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from advisor.recording.frames import frames
from advisor.recording.patches import Undo
from advisor.recording.recorder import Recorder

KNOWN: Final = ("aiosqlite", "asyncpg", "psycopg", "psycopg2", "pymysql", "sqlite3")
_AT_OPENING: Final = ("psycopg2", "sqlite3")


class Drivers:
    """Drivers by the names in ``named``; none named: those of `KNOWN` that the program has loaded. Raises ValueError
    for a name that is none."""

    def __init__(self, named: Sequence[str]) -> None:
        unknown = sorted(set(named) - set(KNOWN))
        if unknown:
            raise ValueError(f"advisor_targets knows {', '.join(KNOWN)}, not {', '.join(unknown)}")
        self._named = tuple(named)
        self._nobody = Recorder(frames())
        self._armed: dict[str, list[Undo]] = {}

    def names(self) -> list[str]:
        """Those to watch now."""
        return list(self._named) or [name for name in KNOWN if sys.modules.get(name) is not None]

    def arm(self) -> None:
        """Let connections that are opened from now on be such as can be heard. Costs nothing the second time."""
        for name in self.names():
            if name in _AT_OPENING and name not in self._armed:
                self._armed[name] = listen(name, self._nobody, lambda _: False)

    def disarm(self) -> None:
        """Put back what `arm` replaced."""
        for undone in self._armed.values():
            for undo in undone:
                undo()
        self._armed.clear()


def listen(name: str, recorder: Recorder, *wants: Any) -> list[Undo]:
    """Hook a driver. One that is only half there (absent, a stand-in, another version) is told as missed."""
    try:
        undone: list[Undo] = import_module(f"advisor.recording.targets.{name}").hook(recorder, *wants)
    except (ImportError, AttributeError) as error:
        recorder.missed.append(f"statements of {name}: {error}")
        return []
    return undone
