"""Kubernetes (CRI): ``2024-05-01T10:00:00.123456789Z stderr F text``; ``P`` marks a piece of a line that goes on."""

from __future__ import annotations

import re

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, sample

_LINE = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::\S{0,64})? (.*)",
    re.DOTALL,
)
_HELD_BYTES = 32 << 20


def matches(head: bytes) -> float:
    """Whether the lines are a container runtime's."""
    lines = sample(head)
    good = sum(_LINE.match(line) is not None for line in lines)
    return 0.99 * good / len(lines) if lines and good * 2 > len(lines) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of one container's log."""
    held: dict[bytes, list[bytes]] = {}
    sizes: dict[bytes, int] = {}

    def take(line: bytes) -> Inner:
        match = _LINE.match(line)
        if match is None:
            # An empty line of the log has its trailing blank cut by many tools.
            return Foreign("not a line of a container runtime") if line.strip() else None
        stream, kind, text = match[1], match[2], match[3]
        if kind == b"P":
            held.setdefault(stream, []).append(text)
            sizes[stream] = sizes.get(stream, 0) + len(text)
            if sizes[stream] <= _HELD_BYTES:
                return None
            text = b""
        sizes.pop(stream, None)
        return b"".join([*held.pop(stream, []), text])

    return Lines(take, lambda: [b"".join(parts) for parts in held.values()])
