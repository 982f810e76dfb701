"""Statements of a program under test, recorded with the places in its code that ran them.

with advisor.capture(engine) as trace: ...
trace.assert_no_n_plus_one()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from advisor.recording.capturing import capture
    from advisor.recording.errors import CaptureError, NPlusOneError, TooManyQueriesError
    from advisor.recording.trace import Trace

__all__ = ["CaptureError", "NPlusOneError", "TooManyQueriesError", "Trace", "capture"]

#: Loaded on first use: the pytest plugin must cost nothing where nobody asks for it.
_HOMES = {
    "CaptureError": "advisor.recording.errors",
    "NPlusOneError": "advisor.recording.errors",
    "TooManyQueriesError": "advisor.recording.errors",
    "Trace": "advisor.recording.trace",
    "capture": "advisor.recording.capturing",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'advisor.recording' has no attribute {name!r}")
