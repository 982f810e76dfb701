"""Google Cloud SQL: log entries with the server's line in ``textPayload``, one object a line or a printed array."""

from __future__ import annotations

from typing import Any

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, Objects, encode, objects, tabbed


def matches(head: bytes) -> float:
    """Whether the objects carry a ``textPayload``."""
    if head.lstrip()[:1] not in (b"{", b"["):
        return 0.0
    found = objects(head, 200)
    good = sum(isinstance(item.get("textPayload"), str) for item in found)
    return 0.98 if found and good * 2 > len(found) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of log entries."""
    return Lines(Objects(_take))


def _take(item: dict[str, Any]) -> Inner:
    text = item.get("textPayload")
    if isinstance(text, str):
        return tabbed(encode(text))
    name = item.get("logName")
    kind = name.rpartition("%2F")[2].rpartition("/")[2] if isinstance(name, str) else ""
    return Foreign(f"an entry without textPayload ({kind})" if kind else "an entry without textPayload")
