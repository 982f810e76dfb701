"""Ctrl-C during a read: the stream ends early and everything else goes on, so that what was read can be reported."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TypeVar

T = TypeVar("T")


class Noted:
    """While entered in the main thread, Ctrl-C raises as usual and is remembered: somebody may catch it and go on."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The handler."""
        self.seen = True
        signal.default_int_handler(number, frame)

    def __enter__(self) -> Noted:
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if usual and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if signal.getsignal(signal.SIGINT) is self:
            signal.signal(signal.SIGINT, signal.default_int_handler)


class Interrupt:
    """While entered in the main thread, the first Ctrl-C only sets ``asked``; a second one raises as usual."""

    def __init__(self) -> None:
        self.asked = False
        self._blocked = False
        self._installed = False
        self._before: Callable[[int, FrameType | None], object] = signal.default_int_handler

    def __enter__(self) -> Interrupt:
        before = signal.getsignal(signal.SIGINT)
        if before is signal.default_int_handler:
            self._before = signal.default_int_handler
        elif isinstance(before, Noted):
            self._before = before
        else:
            return self
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._on_signal)
            self._installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._before)
            self._installed = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        second, self.asked = self.asked, True
        # A pipe that nothing comes from would be waited for again (PEP 475) unless the handler raises.
        if second or self._blocked:
            raise KeyboardInterrupt

    def wait(self, call: Callable[[], T], ended: T) -> T:
        """The result of a call that may block; ``ended`` once an interrupt was asked for, at once if it blocks."""
        if self.asked:
            return ended
        try:
            self._blocked = True
            return call()
        except KeyboardInterrupt:
            self.asked = True
            return ended
        finally:
            self._blocked = False
