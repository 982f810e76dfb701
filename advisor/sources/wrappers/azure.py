"""Azure Database for PostgreSQL and MySQL: diagnostic records with the server's line in ``properties.message``.

Blobs hold one record a line, or ``{"records": [...]}``. Where the message has no prefix of its own, one is made of the
record's time and process.
"""

from __future__ import annotations

import re
from typing import Any

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, Objects, encode, objects, tabbed

_HEADED = re.compile(
    rb"[^\n]{0,400}?(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|DETAIL|STATEMENT|HINT|CONTEXT|QUERY):  |# |\d{4}-\d\d-\d\d"
)


def matches(head: bytes) -> float:
    """Whether the objects carry ``properties.message``."""
    if head.lstrip()[:1] not in (b"{", b"["):
        return 0.0
    found = objects(head, 200)
    good = sum(bool(_messages(item)) for item in found)
    return 0.97 if found and good * 2 > len(found) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of diagnostic records."""
    return Lines(Objects(_take))


def _take(item: dict[str, Any]) -> Inner:
    messages = _messages(item)
    if messages:
        return b"\n".join(messages)
    category = item.get("category")
    return Foreign(
        f"a record without properties.message ({category})" if category else "a record without properties.message"
    )


def _messages(item: dict[str, Any]) -> list[bytes]:
    records = item.get("records")
    if isinstance(records, list):
        return [text for record in records if isinstance(record, dict) for text in _messages(record)]
    properties = item.get("properties")
    message = properties.get("message") if isinstance(properties, dict) else None
    if not isinstance(message, str) or not isinstance(properties, dict):
        return []
    text = encode(message)
    if not _HEADED.match(text):
        level = properties.get("errorLevel")
        stamp = properties.get("timestamp") or item.get("time")
        pid = properties.get("processId")
        if not (isinstance(level, str) and isinstance(stamp, str)):
            return []
        head = f"{stamp} [{pid if isinstance(pid, int) else 0}] "
        text = encode(f"{head}{level}:  ") + text
        detail = properties.get("detail")
        if isinstance(detail, str) and detail:
            text = tabbed(text) + b"\n" + tabbed(encode(f"{head}DETAIL:  {detail}"))
    return [tabbed(text)]
