"""Methods replaced for as long as somebody captures.

A method is replaced once, whoever captures: the replacement looks who listens. Setting an attribute and replacing a
tuple are atomic, so captures may begin and end in any order, in any thread, while statements run. (SQLAlchemy's event
lists are not: a listener that comes while another thread walks the list breaks that thread's statement.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from advisor.recording.recorder import Recorder

Undo = Callable[[], None]
Wants = Callable[[Any], bool]
_lock = threading.RLock()
_patches: dict[tuple[int, str], Patch] = {}
_MISSING = object()


class Patch:
    """One replaced attribute of a class, module or object."""

    def __init__(self, owner: Any, name: str, make: Callable[[Any, Patch], Any]) -> None:
        self.owner = owner
        self.name = name
        self.listeners: tuple[tuple[Recorder, Wants | None], ...] = ()
        self._own = vars(owner).get(name, _MISSING)
        self._replacement = make(getattr(owner, name), self)
        setattr(owner, name, self._replacement)

    def recorders(self, connection: Any = None) -> tuple[Recorder, ...]:
        """Who wants to hear of a call on this connection; each once."""
        if len(self.listeners) == 1:
            recorder, wants = self.listeners[0]
            return (recorder,) if wants is None or wants(connection) else ()
        return tuple({r: None for r, wants in self.listeners if wants is None or wants(connection)})

    def undo(self) -> bool:
        """Put back what was there; False where somebody replaced it once more since: then ours stays, and is idle."""
        if vars(self.owner).get(self.name) is not self._replacement:
            return False
        if self._own is _MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self._own)
        return True


def patch(
    recorder: Recorder, owner: Any, name: str, make: Callable[[Any, Patch], Any], wants: Wants | None = None
) -> Undo:
    """Let ``recorder`` hear of calls of ``owner.name`` on connections that it ``wants``; gives what ends that.

    ``make(original, patch)`` gives the replacement, which must behave as the original does and tell
    ``patch.recorders(connection)``.
    """
    listener = (recorder, wants)
    key = (id(owner), name)
    with _lock:
        found = _patches.get(key)
        if found is None:
            found = _patches[key] = Patch(owner, name, make)
        found.listeners = (*found.listeners, listener)

    def end() -> None:
        with _lock:
            found.listeners = tuple(known for known in found.listeners if known is not listener)
            if not found.listeners and found.undo():
                _patches.pop(key, None)

    return end
