"""Progress of long reads and searches: on stderr, only when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Called with what a search does, and the share of that which is done.
Watch = Callable[[str, float], None]
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


@contextmanager
def bars(*, quiet: bool) -> Iterator[tuple[Progress | None, Watch | None]]:
    """The same for a run that reads and then searches; a second callback hears of the search."""
    if quiet or not sys.stderr.isatty():
        yield None, None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    share = TextColumn("{task.percentage:>3.0f} %")
    columns = (TextColumn("{task.description}"), BarColumn(), share, TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        reading = shown.add_task("reading", total=None)
        searching = shown.add_task("", total=1.0, visible=False)
        yield (
            lambda done, total: shown.update(reading, completed=done, total=total),
            lambda doing, share: shown.update(searching, description=doing, completed=share, visible=True),
        )


@contextmanager
def working(doing: str, *, quiet: bool) -> Iterator[None]:
    """Say what goes on, and for how long, where the end cannot be foreseen."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        shown.add_task(doing, total=None)
        yield
