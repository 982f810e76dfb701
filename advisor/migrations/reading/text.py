"""Bytes of a migration file to UTF-8, whatever an editor made of them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from advisor.model.migration_limits import MIGRATION

_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text as UTF-8, or why there is none."""

    data: bytes
    fault: str | None = None
    note: str | None = None
    """What was assumed to read it."""


def text_of(raw: bytes | None) -> Text:
    """A file's text; ``raw`` may be one byte longer than the limit, which tells that it is too large. None: no file."""
    if raw is None:
        return Text(b"", "the file cannot be read")
    if len(raw) > MIGRATION.max_file_bytes:
        return Text(b"", f"larger than {MIGRATION.max_file_bytes >> 20} MB: a dump of data is no migration")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return Text(with_line_ends(raw[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")))
    if b"\0" in raw:
        return Text(b"", "a binary file")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return Text(with_line_ends(raw.decode("latin-1").encode()), None, "not UTF-8: read as Latin-1")
    return Text(with_line_ends(raw))


def with_line_ends(data: bytes) -> bytes:
    """A carriage return by itself is a line end: PostgreSQL's comments end there (scan.l), and what follows runs. For
    MySQL they do not, and then what no server runs is judged, which hides nothing."""
    return _LONE_RETURN.sub(b"\n", data) if b"\r" in data else data


def printable(path: str) -> str:
    """A file's name as reports print it: on one line, whatever bytes it is made of."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
