"""Reading: sources in, batches out, in order, with every line accounted for.

One source after the other is opened, unpacked, recognised and cut into blocks. Blocks are framed in a pool, a few
ahead; pairing takes them in order. So neither the number of jobs nor the size of a block can change a result.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from advisor.model.batch import NO_TIME, Batch
from advisor.model.source import SourceSummary
from advisor.sources.capture import CaptureEvidence
from advisor.sources.detect import reader_named
from advisor.sources.ending import last_time
from advisor.sources.errors import InputError
from advisor.sources.framing import Pool
from advisor.sources.inputs import resolve
from advisor.sources.interrupt import Interrupt
from advisor.sources.kinds import DigestInput, DsnInput, LogInput
from advisor.sources.masked import masked
from advisor.sources.opened import Opened, open_log
from advisor.sources.options import Progress, ReadOptions, Wanted
from advisor.sources.window import Window

__all__ = ["Progress", "ReadOptions", "Reading", "Wanted"]

#: Incidents that tell something of statements: a log that holds only these is still worth a report.
_TELLING = frozenset({"plan", "lock_wait", "deadlock", "temp_file", "cancelled", "error"})

#: Local clocks step back by an hour in autumn, and some servers' by less at any time.
_OUT_OF_ORDER_US = 2 * 3600 * 1_000_000

#: A step of a reading: called in order, gives the batches that are complete then.
_Step = Callable[[], Iterator[Batch]]


class Reading:
    """The batches of all sources, to be iterated once.

    Raises InputError for an input that cannot be had, and after the last batch when nothing was understood at all.
    Ctrl-C (in the main thread) ends the iteration early instead of raising: see ``interrupted``.
    """

    def __init__(self, sources: Sequence[str], options: ReadOptions | None = None) -> None:
        self.options = options or ReadOptions()
        if self.options.input_format is not None:
            reader_named(self.options.input_format)
        inputs = resolve(sources)
        self.inputs: list[LogInput | DsnInput] = [item for item in inputs if not isinstance(item, DigestInput)]
        """What is read here; `Batch.source` is an index into it and into ``summaries``."""
        self.digests: list[DigestInput] = [item for item in inputs if isinstance(item, DigestInput)]
        """Inputs that are digests: for the caller to load."""
        self.summaries: list[SourceSummary] = [SourceSummary(path=item.path) for item in self.inputs]
        """What became of each input; complete once the iteration has ended."""
        self.capture = CaptureEvidence()
        """Evidence of what the settings of the logs hid; complete once the iteration has ended."""
        self._interrupt = Interrupt()
        self._understood = False
        self._latest: dict[int, int] = {}
        self._disordered: set[int] = set()
        sizes = [item.size for item in self.inputs if isinstance(item, LogInput)]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)
        self._done = 0
        self._kept = 0
        self._window: Window | None = None
        if self.options.wanted:
            self._window = Window(self.options.wanted, timezone=self.options.timezone, end_us=self._end())

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the reading early."""
        return self._interrupt.asked

    def __iter__(self) -> Iterator[Batch]:
        with self._interrupt, Pool(self.options.jobs or os.cpu_count() or 1) as pool:
            pending: deque[_Step] = deque()
            for step in self._steps(pool):
                pending.append(step)
                while len(pending) > pool.ahead:
                    yield from self._seen(pending.popleft())
            while pending:
                yield from self._seen(pending.popleft())
        if not self.interrupted and not self.digests and not self._understood:
            raise self._nothing()
        if not self.interrupted and not self.digests and self._window is not None and not self._kept:
            raise self._filtered(self._window)

    def _steps(self, pool: Pool) -> Iterator[_Step]:
        """All there is to do, in order, with the framing of each block already under way."""
        for index, item in enumerate(self.inputs):
            if self.interrupted:
                self.summaries[index].interrupted = True
            elif isinstance(item, DsnInput):
                yield self._counters(index, item)
            else:
                opened = open_log(item, index, self.summaries[index], self.options, self._interrupt, self._advance)
                if opened is not None:
                    yield from self._log_steps(opened, pool, item)
                self.summaries[index].interrupted = self.interrupted

    def _log_steps(self, opened: Opened, pool: Pool, item: LogInput) -> Iterator[_Step]:
        if opened.blocks is None or opened.framer is None:
            yield opened.whole
        else:
            big = item.size is None or item.size > 4 * self.options.block_bytes
            for block, final in opened.blocks:
                oversize = opened.blocks.oversize[:]
                opened.blocks.oversize.clear()
                framed = pool.submit(opened.framer, block, final, big=big)
                yield lambda framed=framed, oversize=oversize: opened.feed(framed(), oversize)  # type: ignore[misc]
        yield lambda: self._closed(opened)

    def _closed(self, opened: Opened) -> Iterator[Batch]:
        yield from opened.close(cut_short=self.interrupted)
        opened.evidence(self.capture)

    def _counters(self, index: int, item: DsnInput) -> _Step:
        from advisor.sources.counters.live import read

        return lambda: read(item.dsn, index, self.summaries[index], self._interrupt, self.capture)

    def _seen(self, step: _Step) -> Iterator[Batch]:
        for batch in step():
            summary = self.summaries[batch.source]
            summary.events += batch.executions()
            if summary.engine is None or batch.engine.version is not None:
                summary.engine = batch.engine
            self._understood |= len(batch) > 0 or any(incident.kind in _TELLING for incident in batch.incidents)
            self._follow(batch)
            if self._window is not None:
                batch = self._window.apply(batch)  # noqa: PLW2901 - what follows sees what is left
                self._kept += len(batch) + len(batch.incidents)
            if len(batch) or batch.incidents:
                yield masked(batch)

    def _follow(self, batch: Batch) -> None:
        """Keep the first and last time of each source, and note where its times jump back."""
        known = batch.time_us != NO_TIME
        if not known.any():
            return
        times = batch.time_us[known]
        # A statement is logged when it ends: what counts are the ends, and how far each is behind the latest before it.
        ended = times + np.maximum(batch.duration_us[known], 0)
        latest = np.maximum.accumulate(np.concatenate(([self._latest.get(batch.source, ended[0])], ended)))
        behind = latest[:-1] - ended
        self._latest[batch.source] = int(latest[-1])
        summary = self.summaries[batch.source]
        earliest = int(ended.min())
        summary.first_end_us = earliest if summary.first_end_us is None else min(summary.first_end_us, earliest)
        summary.last_end_us = int(latest[-1])
        if batch.calls is None and int(behind.max()) > _OUT_OF_ORDER_US and batch.source not in self._disordered:
            line = int(batch.line[known][int(np.argmax(behind > _OUT_OF_ORDER_US))])
            self._disordered.add(batch.source)
            summary.notes.append(f"times jump back by hours at line {line:,}: the parts of this input are out of order")

    def _end(self) -> int | None:
        """The end of the input, where a bound counts from it."""
        if not self.options.wanted.relative():
            return None
        logs = [item for item in self.inputs if isinstance(item, LogInput)]
        times = [time for item in logs if (time := last_time(item, self.options)) is not None]
        return max(times) if times else None

    def _advance(self, count: int) -> None:
        self._done += count
        if self.options.progress is not None:
            self.options.progress(self._done, self._total)

    def _filtered(self, window: Window) -> InputError:
        """The error for filters that leave nothing."""
        events = sum(summary.events for summary in self.summaries)
        untimed = f" ({window.untimed:,} have no known time)" if window.untimed else ""
        return InputError(
            f"the filters leave none of the {events:,} statements that were read{untimed}",
            self.summaries[0].path,
            "check --since, --until, --database, --user, --application and --exclude",
        )

    def _nothing(self) -> InputError:
        """The error for inputs in which nothing was understood."""
        many = f" (nor in {len(self.summaries) - 1} other inputs)" if len(self.summaries) > 1 else ""
        # An input that was recognised tells more than one that was not.
        summary = max(self.summaries, key=lambda one: (bool(one.format), one.bytes))
        if not summary.format:
            reason = summary.unreadable[0].reason if summary.unreadable else "; ".join(summary.notes) or "it is empty"
            return InputError(
                f"nothing readable{many}: {reason}", summary.path, "name a log, a .sql file or a dump of counters"
            )
        read = f"{summary.understood_lines:,} of {summary.lines:,} lines understood"
        reason = f"; line {summary.unreadable[0].line}: {summary.unreadable[0].reason}" if summary.unreadable else ""
        return InputError(
            f"no executed statement in this {summary.format} input{many} ({read}{reason})",
            summary.path,
            _remedy(summary.format),
        )


def _remedy(format_name: str) -> str:
    if "postgresql" in format_name:
        return "set log_min_duration_statement on the server, or try --log-line-prefix or --input-format"
    if "mysql" in format_name:
        return "switch on slow_query_log with a low long_query_time, or try --input-format"
    return "check that it is complete, or try --input-format"
