"""Python's cyclic garbage collector, held off while syntax trees are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside. Syntax trees are many small objects that all stay: going through them again and again finds
    nothing and takes as long as making them. May be nested."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
