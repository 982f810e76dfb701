"""goose: what stands between ``-- +goose Up`` and ``Down`` runs in one transaction, unless a ``NO TRANSACTION`` line
stands anywhere in the file; what ``StatementBegin`` and ``StatementEnd`` enclose is one message
(internal/sqlparser/parser.go, ``ParseSQLMigration``; provider_run.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.source import Reading, Source

_MARK = re.compile(rb"^--[ \t-]*\+goose[ \t]+([^\n]*?)[ \t\r]*(?:\n|\Z)", re.MULTILINE)
_KNOWN = frozenset({"up", "down", "statementbegin", "statementend", "no transaction", "envsub on", "envsub off"})
_VERSION = re.compile(r"(\d+)_")
_SHELL = re.compile(rb"\$(?:\{(\w+)(?::?-([^}\n]*))?\}|([A-Za-z_]\w*))")


def read(source: Source) -> Reading:
    """The parts from Up to Down."""
    version = _VERSION.match(source.name)
    found = Reading(name=version[1] if version else None)
    data = found.data = _with_environment(source.data, source.placeholders)
    marks = _marks(data)
    wrong = [word for _, _, word in marks if word not in _KNOWN]
    if wrong:
        found.fault = f"goose does not know `-- +goose {wrong[0][:40]}` and refuses the file"
        return found
    if not any(word == "up" for _, _, word in marks):
        found.fault = "no `-- +goose Up` line: goose refuses the file"
        return found
    group = None if any(word == "no transaction" for _, _, word in marks) else 1
    forward, block, at, blocks = False, False, 0, 0
    for start, end, word in [*marks, (len(data), len(data), "")]:
        if forward and at < start:
            blocks += block
            found.parts.append(Part(Span(at, start), group, blocks if block else None))
        at = end
        if word in ("up", "down"):
            forward = word == "up"
        elif word in ("statementbegin", "statementend"):
            block = word == "statementbegin"
    if block:
        found.notes.append("a `-- +goose StatementBegin` has no end: goose refuses the file")
    return found


def _marks(data: bytes) -> list[tuple[int, int, str]]:
    """(start of the line, its end, annotation in small letters)."""
    return [(match.start(), match.end(), match[1].decode("utf-8", "replace").lower()) for match in _MARK.finditer(data)]


def _with_environment(data: bytes, values: Mapping[str, str]) -> bytes:
    """``${NAME}`` and ``$NAME`` between ENVSUB ON and OFF, with the values given; ``${NAME:-default}`` with its own."""

    def put(match: re.Match[bytes]) -> bytes:
        default = match[2].decode("utf-8", "replace") if match[2] is not None else None
        value = values.get((match[1] or match[3]).decode(), default)
        return match[0] if value is None else " ".join(value.splitlines()).encode()

    out: list[bytes] = []
    at, on = 0, False
    for start, end, word in [*_marks(data), (len(data), len(data), "")]:
        out += [_SHELL.sub(put, data[at:start]) if on else data[at:start], data[start:end]]
        at = end
        if word in ("envsub on", "envsub off"):
            on = word == "envsub on"
    return b"".join(out)
