"""Flyway: a file runs in one transaction, unless one of its statements cannot (flyway-database-postgresql,
``PostgreSQLParser.detectCanExecuteInTransaction``): then none of it does, and Flyway refuses a file that has both kinds
while ``mixed`` is off (``ParserSqlScript.parse``). ``executeInTransaction`` of the file's own .conf is stronger; there
is no such comment (``SqlScriptMetadata.getMetadataResource`` reads FILE.conf alone)."""

from __future__ import annotations

import os.path
import re
import tomllib
from dataclasses import dataclass, field

from advisor.migrations.reading.cut import Lines, Span, cut
from advisor.migrations.reading.source import Reading, Source
from advisor.migrations.reading.template import dollars
from advisor.migrations.reading.tight import spaced
from advisor.migrations.reading.tree import parent
from advisor.model.engine import dialect_of
from advisor.sources.split import comment_free

_ALONE = re.compile(
    r"(?:CREATE|DROP) (?:DATABASE|TABLESPACE|SUBSCRIPTION)|ALTER SYSTEM|(?:CREATE|DROP)(?: UNIQUE)? INDEX CONCURRENTLY"
    r"|REINDEX(?: VERBOSE)? (?:SCHEMA|DATABASE|SYSTEM)|VACUUM|DISCARD ALL",
    re.IGNORECASE,
)
_SETTING = re.compile(r"^\s*(?:flyway\.)?([\w.:-]+)\s*=\s*(.*?)\s*$", re.MULTILINE)
_COMMENT = re.compile(rb"^--[ \t]*flyway:[ \t]*executeInTransaction", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(r"([VR])(.*?)__(.*)\.sql\Z", re.DOTALL)
_UP = 6


@dataclass(slots=True)
class _Settings:
    """What Flyway's configuration says, as far as it changes how a file runs."""

    transaction: bool = True
    mixed: bool = False
    replaces: bool = True
    placeholders: dict[str, str] = field(default_factory=dict)


def read(source: Source) -> Reading:
    """All of the file."""
    settings = _settings(source)
    own = _own(source)
    match = _VERSION.match(source.name)
    found = Reading(name=(match[2].replace("_", ".") or match[3]) if match else None)
    found.data = source.data
    if settings.replaces and own.get("placeholderreplacement", "true") != "false":
        found.data = dollars(source.data, settings.placeholders | dict(source.placeholders))
    found.data = spaced(found.data, source.engine)
    if _COMMENT.search(source.data) and "executeintransaction" not in own:
        found.notes.append(
            f"Flyway reads no executeInTransaction in a comment: it stands in {source.name}.conf, which is not there"
        )
    alone = _alone(found.data, source)
    inside = settings.transaction and not alone
    if "executeintransaction" in own:
        inside = own["executeintransaction"] == "true"
    elif alone and settings.transaction and not settings.mixed and len(alone) < alone[0][1]:
        found.notes.append(
            f"line {alone[0][0]}: this statement cannot run in a transaction and others of the file can: Flyway "
            "refuses the file unless `mixed` is set"
        )
    if own.get("shouldexecute", "true") != "true":
        found.notes.append(f"{source.name}.conf says shouldExecute={own['shouldexecute']}: read as if it ran")
    found.parts = Source(source.path, found.data, source.root, source.tree, source.engine, source.placeholders).whole(
        group=1 if inside else None
    )
    return found


def _alone(data: bytes, source: Source) -> list[tuple[int, int]]:
    """(line, number of statements of the file) of those that Flyway knows to run in no transaction."""
    if source.engine != "postgresql":
        return []
    lines = Lines(data)
    spans = cut(data, Span(0, len(data)), dialect_of(source.engine)).statements
    return [
        (lines(span.start), len(spans))
        for span in spans
        if _ALONE.match(" ".join(comment_free(data[span.start : span.start + 400].decode("utf-8", "replace")).split()))
    ]


def _own(source: Source) -> dict[str, str]:
    """Of the .conf beside the file; names in small letters."""
    if not source.tree.holds(source.folder, f"{source.name}.conf"):
        return {}
    raw = source.tree.raw(os.path.join(source.folder, f"{source.name}.conf")) or b""
    return {key.lower(): value.lower() for key, value in _SETTING.findall(raw.decode("utf-8", "replace"))}


def _settings(source: Source) -> _Settings:
    """Of flyway.conf or flyway.toml in the folders above; else Flyway's defaults."""
    key = ("settings", source.root)
    if key not in source.tree.memo:
        source.tree.memo[key] = _looked_up(source)
    found: _Settings = source.tree.memo[key]
    return found


def _looked_up(source: Source) -> _Settings:
    here: str | None = source.root
    for _ in range(_UP):
        if here is None:
            break
        for name in ("flyway.toml", "flyway.conf", os.path.join("conf", "flyway.conf")):
            if source.tree.holds(here, name):
                text = (source.tree.raw(os.path.join(here or ".", name)) or b"").decode("utf-8", "replace")
                return _parsed(_flat(text) if name.endswith("toml") else dict(_SETTING.findall(text)))
        here = parent(here)
    return _Settings()


def _flat(text: str) -> dict[str, str]:
    try:
        table = tomllib.loads(text).get("flyway", {})
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            found |= {f"{key}.{inner}": str(one) for inner, one in value.items()}
        else:
            found[key] = str(value)
    return found


def _parsed(values: dict[str, str]) -> _Settings:
    folded = {key.lower(): value for key, value in values.items()}

    def flag(name: str, default: bool) -> bool:
        return folded.get(name, str(default)).strip().lower() == "true"

    return _Settings(
        flag("executeintransaction", True),
        flag("mixed", False),
        flag("placeholderreplacement", True),
        {key.removeprefix("placeholders."): value for key, value in folded.items() if key.startswith("placeholders.")},
    )
