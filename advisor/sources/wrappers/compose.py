"""What `docker compose logs` and `kubectl logs --prefix` put before each line: the name of the container.

Compose prints ``db-1  | ``, padded to the longest name; kubectl ``[pod/db-0/postgres] ``. With several containers in
one log, the one whose lines are a database's is read, and the others' are counted as theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, database_share, sample

_NAME = re.compile(rb"(?P<name>[A-Za-z0-9][\w.-]{0,127}?)[ ]{1,64}\|(?: |$)|\[(?P<pod>pod/[\w./-]{1,255})\] ")


def matches(head: bytes) -> float:
    """Whether nearly every line begins with a container's name, and the rest of one's lines is a database's log."""
    lines = sample(head)
    named = _by_name(lines)
    if not lines or sum(map(len, named.values())) < 0.9 * len(lines):
        return 0.0
    return 0.96 if any(database_share(texts) > 0.3 for texts in named.values()) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of the container that the head shows to be a database."""
    named = _by_name(sample(head))
    database = max(named, key=lambda name: (database_share(named[name]), len(named[name])), default=b"")

    def take(line: bytes) -> Inner:
        found = _NAME.match(line)
        if found is None:
            return Foreign("a line without the name of its container")
        name = found["name"] or found["pod"]
        if name != database:
            return Foreign(f"a line of the container {name.decode('utf-8', 'replace')}")
        return line[found.end() :]

    return Lines(take)


def _by_name(lines: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    named: dict[bytes, list[bytes]] = {}
    for line in lines:
        found = _NAME.match(line)
        if found is not None:
            named.setdefault(found["name"] or found["pod"], []).append(line[found.end() :])
    return named
