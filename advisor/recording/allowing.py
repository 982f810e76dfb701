"""Repetitions that a test allows, by the names that a reader has for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePath

from advisor.model.recorded import CallSite, RecordedRepetition


def allowed(repetition: RecordedRepetition, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns names it: a table, ``Owner.attribute``, a fingerprint, a function or a place."""
    names = set(_names(repetition))
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _names(repetition: RecordedRepetition) -> Iterable[str]:
    yield repetition.child
    for word in re.findall(r'(?:from|join|into|update)\s+([\w."`\[\]]+)', repetition.child_sql, re.IGNORECASE):
        bare = re.sub(r'["`\[\]]', "", word)
        yield bare
        yield bare.rpartition(".")[2]
    lazy = repetition.lazy
    if lazy is not None:
        yield lazy.owner
        yield f"{lazy.owner}.{lazy.attribute}"
    for site in repetition.stack:
        yield from _places(site)


def _places(site: CallSite) -> Iterable[str]:
    """The function, and the file by every ending of its path, with and without the line."""
    yield site.function
    yield site.function.rpartition(".")[2]
    parts = PurePath(site.file).parts
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        yield path
        yield f"{path}:{site.line}"
