"""The order of rotated files: ``app.log.2.gz``, ``app.log.1``, ``app.log``; dated names; else by first time."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_PACKED = re.compile(r"\.(gz|gzip|zst|zstd|bz2|xz|lz4|zip|Z)$", re.IGNORECASE)
_NUMBER = re.compile(r"\.(\d{1,5})$")
#: 2026-11-22, 20261122, 2026-11-22_10, 2026-11-22T101500, 20261122-1015, 2026-11-22-10... within a name.
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d{2})[-_.]?(\d{2})[-_.]?(\d{2})(?:[-_.T]?(\d{2})(?:[-_.:]?(\d{2})(?:[-_.:]?(\d{2}))?)?)?(?!\d)"
)
_TIMES = (
    re.compile(rb"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})"),
    re.compile(rb"^# Time: (\d{2})(\d{2})(\d{2}) +(\d{1,2}):(\d{2}):(\d{2})", re.MULTILINE),
)


def unpacked_name(name: str) -> str:
    """A file's name without the ending of a compression."""
    return _PACKED.sub("", name)


def position(path: str) -> tuple[str, tuple[int, ...]]:
    """The set that a file belongs to, and its place in it: within a set, smaller is older."""
    place = PurePosixPath(path)
    name = unpacked_name(place.name)
    number = 0
    if match := _NUMBER.search(name):
        # .1 is younger than .2; a date written as digits after the dot is no number of a rotation
        number, name = int(match[1]), name[: match.start()]
    date: tuple[int, ...] = ()
    if match := _DATE.search(name):
        parts = [int(part or 0) for part in match.groups()]
        if 1 <= parts[1] <= 12 and 1 <= parts[2] <= 31:
            date = tuple(parts)
            # app.log-20261122 belongs to app.log: the file without a date is the one being written
            name = name[: match.start()].rstrip("-_.") + name[match.end() :]
    return str(place.parent / name), ((0, *date) if date else (1,)) + (-number,)


def first_time(head: bytes) -> tuple[int, ...] | None:
    """The first time of day that stands in the head of a log, for putting files in order; None when there is none."""
    hits = [match for pattern in _TIMES if (match := pattern.search(head))]
    if not hits:
        return None
    parts = tuple(int(part) for part in min(hits, key=lambda match: match.start()).groups())
    return parts if parts[0] > 99 else (2000 + parts[0], *parts[1:])
