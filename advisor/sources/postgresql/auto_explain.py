"""auto_explain: what one logged plan says, in each of the four formats that the extension prints.

Only what belongs to the execution is read here (statement, parameters, rows of the root); the plan itself stays text
for whoever analyses plans.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from advisor.model.batch import UNKNOWN

_TEXT_ROOT = re.compile(r"[ ]{0,2}(\S[^\n]{0,4000}?)  \((?:cost=|actual )")
_TEXT_ACTUAL = re.compile(r"\(actual (?:time=[\d.]{1,32} )?rows=([\d.]{1,24}) loops=(\d{1,15})\)")
_CONTEXT_LEVEL = re.compile(r"^(?:PL/|SQL function|PL)", re.MULTILINE)
_WRITES = ("Insert", "Update", "Delete", "Merge", "ModifyTable")


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan as logged."""

    sql: str
    """Query Text: the whole string that the client sent, even when it holds several statements."""
    format: str
    """text, json, yaml or xml."""
    text: str
    """The plan, for text without the statement; for the other formats the whole document."""
    parameters: str | None = None
    """Query Parameters (PostgreSQL 16 and later), as ``$1 = '7'``."""
    rows: int = UNKNOWN
    """Rows that the statement returned; UNKNOWN without ANALYZE, and for writes, whose root returns none."""


def read_plan(message: str) -> Plan | None:
    """The plan in a message ``duration: N ms  plan:...``; None when there is none or it names no statement."""
    _, found, body = message.partition("plan:\n")
    if not found:
        return None
    body = body.rstrip("\n")
    start = body.lstrip()[:16]
    if start.startswith("{"):
        return _json(body)
    if start.startswith("<explain"):
        return _xml(body)
    if start.startswith('Query Text: "'):
        found_yaml = _yaml(body)
        if found_yaml is not None:
            return found_yaml
    return _text(body)


def depth(context: str | None) -> int:
    """How many functions a record's CONTEXT says it ran in; 0 for a statement of the client."""
    return len(_CONTEXT_LEVEL.findall(context)) if context else 0


def _text(body: str) -> Plan | None:
    label = "Query Text: "
    if not body.startswith(label):
        return None
    # The statement may have any number of lines; the first that looks like a plan node ends it.
    at, root = len(label), None
    sql_end = len(body)
    parameters: str | None = None
    parameters_at = -1
    while True:
        end = body.find("\n", at)
        if end < 0:
            break
        at = end + 1
        if parameters_at < 0 and body.startswith("Query Parameters: ", at):
            parameters_at, sql_end = at, end
        root = _TEXT_ROOT.match(body, at)
        if root is not None:
            if parameters_at >= 0:
                parameters = body[parameters_at + len("Query Parameters: ") : end]
            else:
                sql_end = end
            break
    text = body[at:] if root is not None else ""
    rows = UNKNOWN
    if root is not None and not root[1].startswith(_WRITES):
        line_end = body.find("\n", at)
        actual = _TEXT_ACTUAL.search(body, at, line_end if line_end >= 0 else len(body))
        if actual is not None:
            rows = _product(actual[1], actual[2])
    return Plan(body[len(label) : sql_end], "text", text, parameters, rows)


def _json(body: str) -> Plan | None:
    try:
        document: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        # Cut somewhere: the statement stands at the beginning.
        found = re.match(r'\s*\{\s*"Query Text": ("(?>(?:[^"\\]++|\\.)*)")', body)
        sql = _string(found[1]) if found else None
        return Plan(sql, "json", body) if sql else None
    if not isinstance(document, dict) or not isinstance(document.get("Query Text"), str):
        return None
    root = document.get("Plan")
    rows = UNKNOWN
    if isinstance(root, dict) and root.get("Node Type") not in _WRITES:
        rows = _product(root.get("Actual Rows"), root.get("Actual Loops"))
    parameters = document.get("Query Parameters")
    return Plan(document["Query Text"], "json", body, parameters if isinstance(parameters, str) else None, rows)


_YAML_STRING = r'("(?>(?:[^"\\\n]++|\\.)*)")'
_YAML_SQL = re.compile(r"Query Text: " + _YAML_STRING)
_YAML_PARAMETERS = re.compile(r"^Query Parameters: " + _YAML_STRING, re.MULTILINE)


def _yaml(body: str) -> Plan | None:
    # PostgreSQL escapes YAML strings as it does JSON's.
    found = _YAML_SQL.match(body.lstrip())
    sql = _string(found[1]) if found else None
    if sql is None:
        return None
    parameters = _YAML_PARAMETERS.search(body)
    head = body.partition("\n  Plans:")[0]
    return Plan(sql, "yaml", body, _string(parameters[1]) if parameters else None, _labelled(head, ": ", ""))


_XML_SQL = re.compile(r"<Query-Text>([^<]*+)")
_XML_PARAMETERS = re.compile(r"<Query-Parameters>([^<]*+)</")


def _xml(body: str) -> Plan | None:
    found = _XML_SQL.search(body)
    if found is None:
        return None
    parameters = _XML_PARAMETERS.search(body)
    head = body.partition("<Plans>")[0]
    return Plan(
        html.unescape(found[1]),
        "xml",
        body,
        html.unescape(parameters[1]) if parameters else None,
        _labelled(head.replace("-", " "), ">", "<"),
    )


def _labelled(head: str, separator: str, end: str) -> int:
    """Rows of the root node out of the labelled values before its children."""

    def value(name: str) -> str | None:
        found = re.search(rf'{name}{re.escape(separator)}"?([^"\n<]{{1,64}}){re.escape(end)}', head)
        return found[1] if found else None

    kind = value("Node Type")
    return UNKNOWN if kind in _WRITES else _product(value("Actual Rows"), value("Actual Loops"))


def _product(rows: object, loops: object) -> int:
    """Rows over all loops. PostgreSQL 18 prints rows with decimals."""
    try:
        return round(float(rows) * float(loops))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN


def _string(literal: str) -> str | None:
    try:
        return msgspec.json.decode(literal, type=str)
    except msgspec.DecodeError:
        return None
