"""Logs shipped as JSON lines by a collector (Fluent Bit, Vector, Promtail, Logstash...): the line is in one field."""

from __future__ import annotations

from collections import Counter
from typing import Any

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import (
    Foreign,
    Inner,
    Lines,
    Objects,
    database_share,
    decode,
    encode,
    objects,
    sample,
    tabbed,
)

_FIELDS = ("log", "message", "msg", "MESSAGE", "line", "text", "body", "@message", "_raw", "event.original")


def matches(head: bytes) -> float:
    """Whether one field of the objects holds lines of a database's log."""
    return 0.96 if _field(head) is not None else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper that takes the field which the head shows."""
    field = _field(head) or "message"

    def take(item: dict[str, Any]) -> Inner:
        text = item.get(field)
        if not isinstance(text, str):
            return Foreign(f"a JSON object without a {field!r} text")
        return tabbed(encode(text[:-1] if text.endswith("\n") else text))

    return Lines(Objects(take))


def _field(head: bytes) -> str | None:
    if head.lstrip()[:1] not in (b"{", b"["):
        return None
    lines = sample(head, 200)
    found = [item for line in lines if (item := decode(line)) is not None]
    if len(found) * 2 <= len(lines):
        found = objects(head, 200)
    # The server's own jsonlog has a `message` too: it is no wrapper.
    found = [item for item in found if "error_severity" not in item]
    seen: Counter[str] = Counter(name for item in found for name in _FIELDS if isinstance(item.get(name), str))
    best = max(
        (
            (database_share(encode(item[name]) for item in found if isinstance(item.get(name), str)), name)
            for name in seen
        ),
        default=(0.0, ""),
    )
    return best[1] if best[0] > 0.2 and seen[best[1]] * 2 > len(found) else None
