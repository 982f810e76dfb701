"""Which tables of a large schema a migration can tell apart from a copy that has them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from advisor.catalog.ddl.lexer import single
from advisor.model.migration import Script
from advisor.model.snapshot import SchemaObject, Snapshot

#: Up to so many tables all are made: it takes less than half a second.
FEW_TABLES = 20
#: Names are found by the migration itself, as it runs.
_SEARCHING = frozenset(
    {"information_schema", "performance_schema", "call", "execute", "prepare", "show", "database", "schema"}
)


def needed(snapshot: Snapshot, scripts: Sequence[Script]) -> list[SchemaObject]:
    """Objects to make, in their order.

    Those whose names stand anywhere in the statements, those that foreign keys tie to them, and those that their
    views and triggers name. Everything, where a migration may look names up.
    """
    objects = list(snapshot.objects)
    if sum(one.kind == "table" for one in objects) <= FEW_TABLES:
        return objects
    said = {word for script in scripts for one in script.statements for word in _words(one.sql)}
    if said & _SEARCHING:
        return objects
    named: dict[str, list[int]] = {}
    for at, one in enumerate(objects):
        for name in {one.name.lower(), (one.table or one.name).lower()}:
            named.setdefault(name, []).append(at)
    words = [frozenset(word for text in one.ddl for word in _words(text)) & named.keys() for one in objects]
    keyed = [any("FOREIGN" in text.upper() for text in one.ddl) for one in objects]
    wanted = _closed((at for word in said & named.keys() for at in named[word]), named, words)
    # Their children, whose keys forbid changes of the parent, and what those name in turn.
    parents = {objects[at].name.lower() for at in wanted}
    children = [at for at, one in enumerate(words) if keyed[at] and one & parents]
    wanted |= _closed(children, named, words)
    return [one for at, one in enumerate(objects) if at in wanted or one.kind == "schema"]


def _closed(start: Iterable[int], named: dict[str, list[int]], words: list[frozenset[str]]) -> set[int]:
    """With all that their definitions name."""
    found: set[int] = set()
    left = list(start)
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left += [other for word in words[at] for other in named[word]]
    return found


def _words(sql: str) -> set[str]:
    """Names, and words within strings, in lower case."""
    found: set[str] = set()
    for token in single(sql, "mysql").tokens:
        if token.kind in ("word", "quoted"):
            found.add(token.text.lower())
        elif token.kind == "string":
            # A statement that is prepared from it, or a name as ANSI_QUOTES has it.
            found.add(token.text.lower())
            found.update(re.split(r"[^\w$]+", token.text.lower()))
    return found
