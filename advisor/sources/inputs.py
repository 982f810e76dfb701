"""SOURCE arguments as inputs, each once, in the order in which they are to be read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence

from advisor.sources.blocks import Rewound
from advisor.sources.errors import InputError
from advisor.sources.kinds import Input, LogInput
from advisor.sources.places import named
from advisor.sources.rotation import first_time, position
from advisor.sources.unpack import unpack

_SORTING_BYTES = 64 << 10


def resolve(sources: Sequence[str]) -> list[Input]:
    """The inputs that the arguments name: each once, members of a rotated set oldest first.

    Raises InputError for a name that leads nowhere, a file that may not be read, and a pattern that matches nothing.
    """
    if not sources:
        raise InputError(
            "no source is given", "", "name a log file, a directory, a database URL, or - for standard input"
        )
    found: list[Input] = []
    seen: set[object] = set()
    for source in sources:
        for identity, item in named(source):
            if identity not in seen:
                seen.add(identity)
                found.append(item)
    logs = _in_order([item for item in found if isinstance(item, LogInput)])
    return [*logs, *(item for item in found if not isinstance(item, LogInput))]


def _in_order(logs: list[LogInput]) -> list[LogInput]:
    """Sets in the order of their first time where all of them tell it, else as given; members oldest first."""
    if len(logs) < 2:
        return logs
    sets: dict[str, list[tuple[tuple[int, ...], LogInput]]] = {}
    for log in logs:
        name, place = position(log.path)
        sets.setdefault(name, []).append((place, log))
    groups = [[log for _, log in sorted(group, key=lambda pair: pair[0])] for group in sets.values()]
    if len(groups) > 1:
        times = [_time_of(group) for group in groups]
        known = [time for time in times if time is not None]
        if len(known) == len(groups):
            groups = [group for _, group in sorted(zip(known, groups, strict=True), key=lambda pair: pair[0])]
    return [log for group in groups for log in group]


def _time_of(group: Iterable[LogInput]) -> tuple[int, ...] | None:
    for log in group:
        if log.reopenable:
            try:
                with log.open() as raw:
                    time = first_time(Rewound(unpack(raw)[0]).head(_SORTING_BYTES))
            except (OSError, zipfile.BadZipFile, EOFError):
                continue
            if time is not None:
                return time
    return None
