"""Docker's json-file driver: ``{"log":"...\\n","stream":"stderr","time":"..."}``; long lines come in pieces."""

from __future__ import annotations

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, decode, encode, sample

#: A piece holds 16 KiB; more pieces than this without an end are given out as they are.
_HELD_BYTES = 32 << 20


def matches(head: bytes) -> float:
    """Whether the lines are Docker's."""
    lines = sample(head)
    good = sum(_log(line) is not None for line in lines)
    return 0.99 * good / len(lines) if lines and good * 2 > len(lines) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of one container's log."""
    held: dict[str, list[bytes]] = {}

    def take(line: bytes) -> Inner:
        item = _log(line)
        if item is None:
            return Foreign("not a line of Docker's json-file") if line.strip() else None
        text, stream = item
        parts = held.setdefault(stream, [])
        if text.endswith(b"\n"):
            text = b"".join([*parts, text[:-1]])
            held.pop(stream)
            return text
        parts.append(text)
        if sum(map(len, parts)) > _HELD_BYTES:
            return b"".join(held.pop(stream))
        return None

    return Lines(take, lambda: [b"".join(parts) for parts in held.values() if parts])


def _log(line: bytes) -> tuple[bytes, str] | None:
    item = decode(line)
    if item is None:
        return None
    text, stream = item.get("log"), item.get("stream")
    return (encode(text), stream) if isinstance(text, str) and isinstance(stream, str) and "time" in item else None
