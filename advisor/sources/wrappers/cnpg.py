"""CloudNativePG: the operator's JSON lines, with the columns of csvlog in ``record``. The inner format is jsonlog."""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, decode, sample

#: Column of csvlog -> key of jsonlog, and whether it is a number.
_KEYS = {
    "log_time": ("timestamp", False),
    "user_name": ("user", False),
    "database_name": ("dbname", False),
    "process_id": ("pid", True),
    "session_id": ("session_id", False),
    "session_line_num": ("line_num", True),
    "command_tag": ("ps", False),
    "session_start_time": ("session_start", False),
    "virtual_transaction_id": ("vxid", False),
    "transaction_id": ("txid", True),
    "error_severity": ("error_severity", False),
    "sql_state_code": ("state_code", False),
    "message": ("message", False),
    "detail": ("detail", False),
    "hint": ("hint", False),
    "internal_query": ("internal_query", False),
    "internal_query_pos": ("internal_position", True),
    "context": ("context", False),
    "query": ("statement", False),
    "query_pos": ("cursor_position", True),
    "application_name": ("application_name", False),
    "backend_type": ("backend_type", False),
    "leader_pid": ("leader_pid", True),
    "query_id": ("query_id", True),
}


def matches(head: bytes) -> float:
    """Whether the lines are the operator's and some carry a record."""
    lines = sample(head)
    found = [item for line in lines if (item := decode(line)) is not None]
    records = sum(_record(item) is not None for item in found)
    ours = sum("logging_pod" in item or _record(item) is not None for item in found)
    return 0.99 if records and ours * 2 > len(lines) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of one pod's log."""
    return Lines(_take)


def _record(item: dict[str, Any]) -> dict[str, Any] | None:
    record = item.get("record")
    return record if isinstance(record, dict) and "error_severity" in record and "message" in record else None


def _take(line: bytes) -> Inner:
    item = decode(line)
    if item is None:
        return Foreign("not a JSON object") if line.strip() else None
    record = _record(item)
    if record is None:
        return Foreign(f"the operator's own line ({item.get('logger') or item.get('msg') or 'no logger'})"[:80])
    out: dict[str, Any] = {}
    for column, (key, number) in _KEYS.items():
        value = record.get(column)
        if value in (None, ""):
            continue
        if number and isinstance(value, str) and value.lstrip("-").isdecimal():
            value = int(value)
        out[key] = value
    host, _, port = str(record.get("connection_from") or "").rpartition(":")
    if host or port:
        out["remote_host"] = host or port
        if host and port.isdecimal():
            out["remote_port"] = int(port)
    location = record.get("location")
    if location:
        out["func_name"] = location
    return msgspec.json.encode(out)
