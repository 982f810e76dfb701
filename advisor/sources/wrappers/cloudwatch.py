"""Amazon CloudWatch, as RDS and Aurora logs are read from it: a stamp (and a stream) before each line, or JSON events.

``aws logs tail`` prints ``2024-05-01T10:00:00.000000+00:00 mydb.0 2024-05-01 10:00:00 UTC:...``; exports to S3 have
the stamp alone; ``get-log-events`` and ``filter-log-events`` give ``{"events": [{"timestamp": ..., "message": ...}]}``.
The log inside is what RDS writes, with its prefix ``%t:%r:%u@%d:[%p]:``.
"""

from __future__ import annotations

import re
from typing import Any

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import (
    Foreign,
    Inner,
    Lines,
    Objects,
    database_share,
    encode,
    objects,
    sample,
    tabbed,
)

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)[ \t]")
#: Between stamp and log: the name of the stream, which ends before the log's own time.
_STREAM = re.compile(rb"[\w.\-/\[\]$:]{1,512}[ \t](?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|# |\t)")
_OWN = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    rb"|# (?:Time|User@Host|Query_time)|\d{6} [ \d]\d:\d\d:\d\d|\t|\d{10}\.\d{3}|SET timestamp"
)


def matches(head: bytes) -> float:
    """Whether a stamp stands before the log's own times, or the lines are events."""
    lines = sample(head)
    stamped = [line[found.end() :] for line in lines if (found := _STAMP.match(line))]
    if len(stamped) * 2 > len(lines):
        own = sum(_OWN.match(_without_stream(rest)) is not None for rest in stamped)
        return 0.95 if own * 2 > len(stamped) else 0.0
    if head.lstrip()[:1] in (b"{", b"["):
        texts = [text for item in objects(head, 200) if (text := _message(item)) is not None]
        return 0.97 if texts and database_share(texts) > 0.3 else 0.0
    return 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of stamped lines or of events, whichever the head shows."""
    if head.lstrip()[:1] in (b"{", b"["):
        return Lines(Objects(_event))
    return Lines(_stamped)


def _stamped(line: bytes) -> Inner:
    found = _STAMP.match(line)
    if found is None:
        return line  # a further line of the same event
    return _without_stream(line[found.end() :])


def _without_stream(rest: bytes) -> bytes:
    found = _STREAM.match(rest)
    return rest[found.end() :] if found and not _OWN.match(rest) else rest


def _message(item: dict[str, Any]) -> bytes | None:
    text = item.get("message")
    events = item.get("events")
    if isinstance(events, list):
        texts = [
            event["message"] for event in events if isinstance(event, dict) and isinstance(event.get("message"), str)
        ]
        return b"\n".join(tabbed(encode(each)) for each in texts) if texts else None
    return encode(text) if isinstance(text, str) and "timestamp" in item and "error_severity" not in item else None


def _event(item: dict[str, Any]) -> Inner:
    text = _message(item)
    if text is None:
        return Foreign("a JSON object that is no CloudWatch event")
    return text if isinstance(item.get("events"), list) else tabbed(text)
