"""Liquibase's changelogs in XML, YAML and JSON: which files they include, in which order.

``include`` names a file from the changelog's own folder (``relativeToChangelogFile``) or from a root of the class path,
which is one of the folders above; ``includeAll`` takes a folder by name (docs, "include", "includeAll"). Changesets
that stand in such a changelog themselves are no SQL: the file is told as one that cannot be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from advisor.migrations.reading.tree import Tree, below, parent

SUFFIXES = (".xml", ".yaml", ".yml", ".json")
#: Folders above a file, or a changelog, that are looked at.
_UP = 8
_MAX_BYTES = 1 << 20
"""Of a changelog that is looked into: it lists files."""
_MAX_ENTRIES = 20_000
"""Includes of all changelogs together."""


@dataclass(slots=True)
class Changelog:
    """What one root changelog runs."""

    files: list[str] = field(default_factory=list)
    """In order: formatted SQL, and changelogs with changesets of their own."""
    missing: list[str] = field(default_factory=list)
    """Named, and not there."""
    opened: set[str] = field(default_factory=set)
    """Changelogs that were looked into."""


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    relative: bool
    all: bool


def root_of(tree: Tree, path: str) -> str | None:
    """The folder of the outermost changelog that includes a file, or any of SQL; None: there is no changelog."""
    here = parent(path)
    found: str | None = None
    beside: str | None = None
    for _ in range(_UP):
        if here is None:
            break
        logs = changelogs(tree, here)
        if any(path in one.files for one in logs):
            found = here
        elif any(file.endswith(".sql") for one in logs for file in one.files):
            beside = here
        here = parent(here)
    return beside if found is None else found


def changelogs(tree: Tree, folder: str) -> list[Changelog]:
    """The changelogs of a folder that no other of that folder includes, by name."""
    key = ("changelogs", folder)
    if key not in tree.memo:
        names = [one for one in tree.entries(folder)[0] if one.endswith(SUFFIXES) and _is_changelog(tree, one)]
        read = [(name, _followed(tree, name)) for name in names]
        tree.memo[key] = [
            one for name, one in read if not any(name in other.opened for own, other in read if own != name)
        ]
    found: list[Changelog] = tree.memo[key]
    return found


def _is_changelog(tree: Tree, path: str) -> bool:
    return b"databaseChangeLog" in tree.head(path)


def _followed(tree: Tree, path: str) -> Changelog:
    found = Changelog()
    open_ = [path]
    entries = 0
    while open_ and entries < _MAX_ENTRIES:
        at = open_.pop()
        entries += 1
        if at in found.opened:
            continue
        if not at.endswith(SUFFIXES):
            if at.endswith(".sql") and at not in found.files:
                found.files.append(at)
            continue
        found.opened.add(at)
        own, listed = _listed(tree, at)
        if own:
            found.files.append(at)
        inside: list[str] = []
        for entry in listed[:_MAX_ENTRIES]:
            inside += _places(tree, at, entry, found)
        open_ += reversed(inside)
    return found


def _places(tree: Tree, changelog: str, entry: _Entry, found: Changelog) -> list[str]:
    """Files that an entry means."""
    name = entry.path.removeprefix("classpath:").lstrip("/")
    here = parent(changelog)
    for _ in range(1 if entry.relative else _UP):
        if here is None:
            break
        place = os.path.normpath(os.path.join(here, name))
        if entry.all:
            files = [one for one in below(tree, place) if one.endswith((".sql", *SUFFIXES))]
            if files:
                return files
        elif tree.holds(os.path.dirname(place), os.path.basename(place)):
            return [place]
        here = parent(here)
    found.missing.append(entry.path)
    return []


def _listed(tree: Tree, path: str) -> tuple[bool, list[_Entry]]:
    """Has it changesets of its own, and what it includes."""
    raw = tree.raw(path) or b""
    if len(raw) > _MAX_BYTES:
        return True, []
    return _of_xml(raw) if path.endswith(".xml") else _of_yaml(raw)


def _of_xml(raw: bytes) -> tuple[bool, list[_Entry]]:
    if b"<!ENTITY" in raw:  # nothing that expands
        return True, []
    try:
        root = ElementTree.fromstring(raw)  # noqa: S314 - without entities there is nothing to expand
    except (ElementTree.ParseError, ValueError, RecursionError):
        return True, []
    own, listed = False, []
    for element in root:
        name = element.tag.rpartition("}")[2]
        own |= name == "changeSet"
        if name in ("include", "includeAll"):
            place = element.get("file") or element.get("path")
            relative = (element.get("relativeToChangelogFile") or "").lower() == "true"
            if place:
                listed.append(_Entry(place, relative, name == "includeAll"))
    return own, listed


def _of_yaml(raw: bytes) -> tuple[bool, list[_Entry]]:
    """JSON is YAML."""
    import yaml

    try:
        loaded = yaml.load(raw.decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return True, []
    steps = loaded.get("databaseChangeLog") if isinstance(loaded, dict) else None
    own, listed = False, []
    for name, value in _pairs(steps):
        own |= name == "changeSet"
        if name in ("include", "includeAll") and isinstance(value, dict):
            place = value.get("file") or value.get("path")
            relative = str(value.get("relativeToChangelogFile", "")).lower() == "true"
            if isinstance(place, str):
                listed.append(_Entry(place, relative, name == "includeAll"))
    return own, listed


def _pairs(steps: object) -> Iterator[tuple[object, object]]:
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield from step.items()
