"""Liquibase's formatted SQL: each changeset is one transaction unless it says ``runInTransaction:false``
(liquibase-standard, AbstractFormattedChangeLogParser; docs, "runInTransaction"). Its statements are split at
``endDelimiter``, else at semicolons, unless ``splitStatements:false``. Rollback lines are comments."""

from __future__ import annotations

import re

from advisor.migrations.reading.cut import Span
from advisor.migrations.reading.script import Part
from advisor.migrations.reading.source import Reading, Source
from advisor.migrations.reading.template import dollars
from advisor.migrations.reading.tight import spaced
from advisor.model.engine import EngineName

_MARK = re.compile(
    rb"^[ \t]*--[ \t]*(?:(?P<changeset>changeset)[ \t]+(?P<author>\"[^\"\n]+\"|[^:\n]+):[ \t]*(?P<id>\"[^\"\n]+\"|\S+)"
    rb"(?P<rest>[^\n]*)|(?P<ignore>ignoreLines:(?P<lines>\w+))|(?P<property>property)[ \t](?P<values>[^\n]*)"
    rb"|(?P<condition>preconditions?\b[^\n]*))[^\n]*(?:\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(rb"^[ \t]*--[ \t]*liquibase[ \t]+formatted", re.IGNORECASE | re.MULTILINE)
_OWN = re.compile(
    rb"^[ \t]*--[ \t]*(?:liquibase[ \t]+formatted|changeset|rollback|preconditions?\b|comment:|property[ \t]"
    rb"|validchecksum:|ignorelines:)[^\r\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_CONDITIONS = "Liquibase's preconditions are not evaluated: every changeset is read as if it ran"
_ATTRIBUTE = re.compile(r"\b(\w+):[ \t]*(\"[^\"]*\"|[^\s\"]+)")
_PROPERTY = re.compile(r"\b(name|value|dbms):[ \t]*(\S+)")
#: In a regular expression: blanks, line ends, and the ends of the text.
_BLANK = re.compile(r"\\[nrst][*+?]?|[\^$\r\n]")
_PRODUCTS: dict[EngineName, frozenset[str]] = {
    "postgresql": frozenset({"postgresql"}),
    "mysql": frozenset({"mysql"}),
    "mariadb": frozenset({"mariadb", "mysql"}),
    "sqlite": frozenset({"sqlite"}),
}


def read(source: Source) -> Reading:
    """The changesets for this product."""
    found = Reading()
    if not _HEADER.search(source.data):
        # liquibase-standard, SqlChangeLogParser
        found.notes.append("a file without `--liquibase formatted sql` is one changeset, which is not split")
        found.parts = source.whole(group=1, message=1)
        return found
    properties = _properties(source)
    data = dollars(source.data, properties | dict(source.placeholders))
    # Its own lines hold no SQL, whatever stands in them: an open quote too
    text = found.data = spaced(_OWN.sub(lambda match: b" " * len(match[0]), data), source.engine)
    bounds: list[tuple[int, int, re.Match[bytes]]] = []
    skipped: list[Span] = []
    at = 0
    for match in _MARK.finditer(data):
        if match.start() < at:
            continue
        if match["ignore"]:
            at = _ignored(data, match)
            skipped.append(Span(match.start(), at))
        elif match["changeset"]:
            bounds.append((match.end(), len(data), match))
        elif match["condition"] and bounds and _CONDITIONS not in found.notes:
            found.notes.append(_CONDITIONS)
    for number, (start, _, match) in enumerate(bounds, start=1):
        end = bounds[number][2].start() if number < len(bounds) else len(data)
        attributes = {key.lower(): value.strip('"') for key, value in _ATTRIBUTE.findall(_text(match["rest"]))}
        who = f"{_text(match['author']).strip()}:{_text(match['id'])}"
        if not _meant(attributes.get("dbms"), source.engine):
            found.notes.append(f"changeset {who} is for {attributes['dbms']} only: passed over")
            continue
        if attributes.get("ignore", "").lower() == "true":
            found.notes.append(f"changeset {who} is ignored by Liquibase: passed over")
            continue
        group = None if attributes.get("runintransaction", "").lower() == "false" else number
        whole = number if attributes.get("splitstatements", "").lower() == "false" else None
        for span in _without(Span(start, end), skipped):
            found.parts += [Part(one, group, whole) for one in _split(text, span, attributes.get("enddelimiter"))]
    if not bounds:
        found.notes.append("no changeset stands in the file")
    return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _meant(dbms: str | None, engine: EngineName) -> bool:
    """Does a changeset run on this product? ``dbms:postgresql,h2`` or ``dbms:!mysql``."""
    names = [one.strip().lower() for one in (dbms or "").split(",") if one.strip()]
    if not names or "all" in names:
        return True
    mine = _PRODUCTS[engine]
    if any(one.startswith("!") and one[1:] in mine for one in names):
        return False
    wanted = [one for one in names if not one.startswith("!")]
    return not wanted or any(one in mine for one in wanted)


def _properties(source: Source) -> dict[str, str]:
    """``--property name:x value:y``: the first of a name counts."""
    found: dict[str, str] = {}
    for match in _MARK.finditer(source.data):
        if match["property"]:
            words = dict(_PROPERTY.findall(_text(match["values"])))
            if "name" in words and _meant(words.get("dbms"), source.engine):
                found.setdefault(words["name"], words.get("value", ""))
    return found


def _ignored(data: bytes, match: re.Match[bytes]) -> int:
    """Where the lines end that ``ignoreLines:start`` or ``ignoreLines:3`` takes out."""
    how = _text(match["lines"]).lower()
    if how.isdigit():
        at = match.end()
        for _ in range(min(int(how[:9]), 1_000_000)):
            at = data.find(b"\n", at) + 1
            if not at:
                return len(data)
        return at
    if how != "start":
        return match.end()
    for later in _MARK.finditer(data, match.end()):
        if later["ignore"] and _text(later["lines"]).lower() == "end":
            return later.end()
    return len(data)


def _without(span: Span, skipped: list[Span]) -> list[Span]:
    found: list[Span] = []
    at = span.start
    for one in skipped:
        if at <= one.start < span.end:
            found.append(Span(at, one.start))
            at = min(one.end, span.end)
    return [*found, Span(at, span.end)]


def _split(data: bytes, span: Span, delimiter: str | None) -> list[Span]:
    """The pieces between delimiters of the changeset's own; semicolons are cut later."""
    if delimiter is None or delimiter == ";":
        return [span]
    text, alone = _plain(delimiter)
    if not text:
        return [span]
    word = re.escape(text.encode())
    pattern = re.compile(rb"^[ \t]*" + word + rb"[ \t\r]*$" if alone else word, re.MULTILINE | re.IGNORECASE)
    found: list[Span] = []
    at = span.start
    for match in pattern.finditer(data, span.start, span.end):
        found.append(Span(at, match.start()))
        at = match.end()
    return [*found, Span(at, span.end)]


def _plain(delimiter: str) -> tuple[str, bool]:
    """The words of a delimiter, and whether they stand on a line alone. Liquibase takes it for a regular expression;
    a stranger's is not run: what it says of blanks and line ends is read, and the first of its alternatives."""
    first = delimiter if set(delimiter) == {"|"} else delimiter.partition("|")[0]
    text = _BLANK.sub("", first).replace("\\", "")
    return text, text != first or text.isalpha() or text == "/"
