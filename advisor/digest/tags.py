"""Tag comments of statements as dimension values, without those that name one request: a value an event."""

from __future__ import annotations

import re

from advisor.digest.routes import route_of
from advisor.digest.values import CONTEXT_DIMENSIONS, OTHER_TAGS, TAG_DIMENSIONS

#: Keys whose values name one request, process or connection.
REQUEST_KEYS = frozenset(
    {
        "traceparent",
        "tracestate",
        "trace_id",
        "span_id",
        "request_id",
        "requestid",
        "correlation_id",
        "uuid",
        "pid",
        "socket",
        "job_id",
        "jid",
        "session_id",
        "transaction_id",
        "timestamp",
        "user_id",
    }
)
#: Keys by which the statements of one request are known, the best first.
UNIT_KEYS = ("traceparent", "trace_id", "request_id", "requestid", "correlation_id", "job_id", "jid")
_REQUEST_PART = re.compile(
    r"(?:^|,)\s*(?:traceparent|tracestate|trace_id|span_id|request_id)(?:=|%3D|:)(?:'[^',]{0,200}'|[^',]{0,200})(?=,|$)"
)
_REMEMBERED = 1 << 14


class Tags:
    """Parses tag comments, each distinct one once while it is remembered."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, str], ...]] = {}

    def place(self, raw: str) -> tuple[str | None, str | None]:
        """The request, and the place in the application, that a tag comment names."""
        found = _lowered(raw)
        return _unit(found), route_of(found)

    def values(self, raw: str) -> tuple[tuple[int, str], ...]:
        """(dimension, value) of every tag that is not of one request."""
        short = _REQUEST_PART.sub("", raw).strip(" ,")
        found = self._known.get(short)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[short] = tuple(_values(short))
        return found


def _values(raw: str) -> list[tuple[int, str]]:
    from advisor.fingerprint import tags

    found = []
    for key, value in sorted(tags(raw).items()):
        name = key.lower()
        if name in TAG_DIMENSIONS:
            found.append((len(CONTEXT_DIMENSIONS) + TAG_DIMENSIONS.index(name), value))
        elif name not in REQUEST_KEYS:
            found.append((OTHER_TAGS, f"{name[:60]}={value}"))
    return found


def _lowered(raw: str) -> dict[str, str]:
    from advisor.fingerprint import tags

    return {key.lower(): value for key, value in tags(raw).items()}


def _unit(found: dict[str, str]) -> str | None:
    for key in UNIT_KEYS:
        value = found.get(key)
        if value:
            # version-traceid-spanid-flags: the trace is the request, the span one call in it
            parts = value.split("-")
            return parts[1] if key == "traceparent" and len(parts) == 4 else value
    return None
