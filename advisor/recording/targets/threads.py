"""Threads that run something for a coroutine that waits: Django's asynchronous calls, endpoints of FastAPI.

While it waits, a coroutine has no frames on any stack. So it is noted where it stands when it hands the work over.
"""

from __future__ import annotations

import functools
import sys
from typing import Any, Final

from advisor.recording.frames import WAITING
from advisor.recording.patches import Patch, Undo, patch
from advisor.recording.recorder import Recorder

#: Module, class if any, and the coroutine function that hands work to a thread, together with its context variables.
_HANDING_OVER: Final = (
    ("asgiref.sync", "SyncToAsync", "__call__"),
    ("anyio.to_thread", None, "run_sync"),
    ("asyncio", None, "to_thread"),
)


def hook(recorder: Recorder) -> list[Undo]:
    """Keep the places of waiting coroutines, for as much of these libraries as is loaded."""
    undone = []
    for module, cls, name in _HANDING_OVER:
        owner: Any = sys.modules.get(module)
        owner = getattr(owner, cls, None) if cls is not None else owner
        if hasattr(owner, name):
            undone.append(patch(recorder, owner, name, _handing_over))
    return undone


def _handing_over(original: Any, hooked: Patch) -> Any:
    @functools.wraps(original)
    async def hand_over(*given: Any, **named: Any) -> Any:
        here = sys._getframe(1)
        before = WAITING.get()
        WAITING.set({recorder.frames: recorder.frames.walk(here) for recorder in hooked.recorders()})
        try:
            return await original(*given, **named)
        finally:
            WAITING.set(before)  # not `reset`: a coroutine may be closed in another context

    return hand_over
