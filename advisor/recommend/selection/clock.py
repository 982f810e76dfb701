"""The time that a search may take: it ends early, never without an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class OutOfTime(Exception):  # noqa: N818 - it ends a step of the search, nobody sees it
    """The step's share of the time is spent."""


class Clock:
    """Counts down; steps of a search get shares of it."""

    def __init__(self, seconds: float | None) -> None:
        """None: no limit."""
        self.started = time.monotonic()
        self._end = float("inf") if seconds is None else self.started + seconds
        self._step = self._end

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds of the step that runs; infinite without a limit, never negative."""
        return max(0.0, self._step - time.monotonic())

    def check(self) -> None:
        """Raises OutOfTime."""
        if time.monotonic() >= self._step:
            raise OutOfTime

    @contextmanager
    def until(self, share: float) -> Iterator[None]:
        """Within, the time is up at this share of the whole."""
        before = self._step
        if self._end != float("inf"):
            self._step = min(self._end, self.started + share * (self._end - self.started))
        try:
            yield
        finally:
            self._step = min(before, self._end)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within, no check ends anything: for what an answer cannot do without."""
        before = self._step
        self._step = float("inf")
        try:
            yield
        finally:
            self._step = before

    def end_within(self, seconds: float) -> None:
        """So much is left, at most: for somebody who asked to stop and waits for the answer."""
        self._end = min(self._end, time.monotonic() + seconds)
        self._step = min(self._step, self._end)
