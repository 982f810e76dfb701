"""A progress bar on long reads: on stderr, only when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Called with (bytes read so far, bytes in all or None when that is not known).
Progress = Callable[[int, int | None], None]


@contextmanager
def bar(*, quiet: bool) -> Iterator[Progress | None]:
    """Give a progress callback, or None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
