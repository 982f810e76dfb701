"""Framing blocks on several cores: threads when the framer is compiled (it needs no GIL), else processes."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from types import TracebackType

from advisor.sources.framed import Block, Framed, Framer


class Pool:
    """Starts its workers when the first block needs them."""

    def __init__(self, jobs: int) -> None:
        self._jobs = max(1, jobs)
        self._threads: Executor | None = None
        self._processes: Executor | None = None
        self.ahead = self._jobs + 1 if self._jobs > 1 else 0
        """Blocks that may be under way before the oldest is waited for: this bounds memory."""

    def submit(self, framer: Framer, block: Block, final: bool, *, big: bool) -> Callable[[], Framed]:
        """Start framing; calling the result waits for it. ``big``: the source is worth starting processes for."""
        compiled = bool(getattr(framer, "compiled", False))
        if self._jobs == 1 or not (compiled or big):
            return lambda: framer.frame(block, final=final)
        if compiled:
            self._threads = self._threads or ThreadPoolExecutor(self._jobs, "framing")
            return self._threads.submit(framer.frame, block, final=final).result
        self._processes = self._processes or _processes(self._jobs)
        try:
            future = self._processes.submit(_frame, framer, block, final)
        except BrokenExecutor:
            return lambda: framer.frame(block, final=final)
        return lambda: _result(future, framer, block, final)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for executor in (self._threads, self._processes):
            if executor is not None:
                executor.shutdown(wait=True, cancel_futures=True)


def _processes(jobs: int) -> Executor:
    # fork is unsafe beside threads (a progress bar is one), so workers start afresh.
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(jobs, multiprocessing.get_context(kind), initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business


def _frame(framer: Framer, block: Block, final: bool) -> Framed:
    framed = framer.frame(block, final=final)
    framed.block = Block(b"", block.offset, block.line)  # the parent has the bytes
    return framed


def _result(future: Future[Framed], framer: Framer, block: Block, final: bool) -> Framed:
    try:
        framed = future.result()
    except BrokenExecutor:  # a worker was killed, by the system when memory ran out: go on alone
        return framer.frame(block, final=final)
    framed.block = block
    return framed
